#pragma once

/* image/oci_account_private.h - what the two halves of the accounting share. Private. */

#include "base/buf.h"
#include "image/oci_account.h"
#include "image/oci_private.h"

/* The texts that follow from the blobs and the name of an image. */
struct oci_texts {
	struct buf index, docker, manifest;
};
void oci_texts_release(struct oci_texts *t);
#define CLEANUP_OCI_TEXTS CLEANUP(oci_texts_release)

/* ERR_UNSUPPORTED an architecture that Debian has no name for. */
int oci_texts_make(const struct oci_image *image, struct oci_texts *ret,
		   struct error *err) MUST_CHECK;
