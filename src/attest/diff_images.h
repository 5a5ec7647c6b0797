#pragma once

/*
 * attest/diff_images.h - two container images, from the tar to the paths. Pure.
 *
 * Tar, index, manifest, config key by key, layers (number, compression, which of them holds
 * a path), then the flattened trees.
 */

#include "attest/image_diff.h"
#include "image/oci_read.h"
#include "io/window.h"

struct diff_images_side {
	const struct oci_image *image;
	const struct oci_tree *layers;
	const struct content_reader *reader;
	struct window file;
};

/* @details: contents that are looked into, at most. */
int diff_images(struct image_diff *d, const struct diff_images_side *a,
		const struct diff_images_side *b, unsigned details, struct error *err) MUST_CHECK;
