#pragma once

/* attest/diff_layers.h - how two images cut the same tree into layers. Pure. */

#include "attest/diff_images.h"

/* By node->serial: which layer brought the path last, from 0; UINT32_MAX none. In @arena. */
uint32_t *diff_layers_of(const struct oci_tree *layers, size_t n_layers, struct arena *arena);

/*
 * Number, media types, compressed forms, and paths that lie in another layer; the trees were
 * compared before. @trees_differ: then what diff ids say follows from it.
 */
void diff_layers(struct image_diff *d, const struct diff_images_side *a,
		 const struct diff_images_side *b, const uint32_t *of_a, const uint32_t *of_b,
		 bool trees_differ);
