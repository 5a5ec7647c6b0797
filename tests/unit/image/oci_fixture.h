#pragma once

/* A stage in a folder of its own, and images made in it. */

#include "image/oci.h"
#include "tools/tree_text.h"

struct fixture {
	char folder[64];
	struct stage *stage;
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f); /* removes the folder */
void fixture_reopen(struct fixture *f);

/* Slices 0 to n-1 of @slices are the layers, in this order. */
struct image_spec {
	const struct tree *tree;
	const uint32_t *slices;
	uint32_t n_layers;
	struct recipe_target target; /* compression 0 is none */
	const char *architecture;    /* NULL: amd64 */
	const char *reference;       /* NULL: web:1.4.0 */
	const char *locale;          /* of the recipe; NULL: none */
	unsigned n_threads;          /* 0: 2 */
};

/* Asserts success. *tar is appended to. Layers lie in @arena. */
void fixture_build(struct fixture *f, const struct image_spec *spec, struct arena *arena,
		   struct buf *tar, struct oci_output *ret);

/* As oci_build(). */
int fixture_try(struct fixture *f, const struct image_spec *spec, struct arena *arena,
		struct buf *tar, struct oci_output *ret, struct error *err);

/* The tree that @text describes, with its slices. */
struct tree *fixture_tree(const char *text, uint32_t **ret_slices);
