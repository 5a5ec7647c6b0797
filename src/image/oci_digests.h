#pragma once

/*
 * image/oci_digests.h - the digest of an image tar and those of the files in it, in one pass.
 *
 * The blobs are nearly all of the tar: both digests of a byte come from one look at it
 * (crypto/hash_parts.h), beside those who decode the layers.
 */

#include "crypto/hash_parts.h"
#include "image/oci_read.h"

struct oci_digests {
	struct digest file;	 /* of the whole */
	struct hash_part *parts; /* heap: of the files in it, by offset */
	size_t n;
};

/*
 * Of a file that is no tar there is only the digest of the whole: who reads it tells what is
 * wrong. ERR_IO, ERR_FORMAT if it becomes shorter meanwhile, ERR_INTERRUPTED.
 */
int oci_digests_make(int fd, const char *name, struct oci_digests *ret,
		     struct error *err) MUST_CHECK;
void oci_digests_release(struct oci_digests *d);

/*
 * The blobs of all layers have the digests that the manifest says. With this oci_read_layers()
 * needn't look (OCI_OUR_TAR_ONLY). ERR_DIGEST.
 */
int oci_check_blobs(const struct oci_digests *d, const char *name, const struct oci_image *image,
		    struct error *err) MUST_CHECK;
