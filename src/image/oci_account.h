#pragma once

/*
 * image/oci_account.h - every byte of an image tar is accounted for.
 *
 * Spec: docs/formats/oci.md, "Every byte". A tar hides things: in fields that nobody reads, in
 * padding, in members that no manifest names, behind the end. So what oci_build() would have
 * written around the blobs is made again and compared.
 */

#include "image/oci_read.h"

/*
 * @image: what oci_read_documents() made of @fd. Blobs are compared by nobody here: their
 * digests are oci_read_layers()'s business.
 *
 * Errors: ERR_UNACCOUNTED with the offset, what was expected there and what is there;
 *         ERR_IO.
 */
int oci_account_tar(int fd, const char *name, const struct oci_image *image,
		    struct error *err) MUST_CHECK;

/*
 * index.json, manifest.json (which Docker reads) and the manifest say what the layers and the
 * config say, in the one canonical way, and nothing more. The same errors.
 */
int oci_account_documents(int fd, const char *name, const struct oci_image *image,
			  struct error *err) MUST_CHECK;

/*
 * Where another tool (skopeo, tar) has written the tar and index.json anew: the manifest and the
 * config are as above, manifest.json is, if there is one, and every file in the tar is the
 * image's. Headers, padding, times and index.json's words are not looked at. The same errors.
 */
int oci_account_repacked(int fd, const char *name, const struct oci_image *image,
			 struct error *err) MUST_CHECK;
