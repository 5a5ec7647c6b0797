#pragma once

/*
 * pipeline/statement_parts.h - what statements say, from a recipe, its lock and a tree.
 *
 * Spec: docs/statements.md. Nothing here knows which machine builds.
 */

#include "attest/causes.h"
#include "attest/provenance.h"
#include "image/oci.h"
#include "pipeline/build_private.h"

/* Versions of the writers whose bytes are in the outputs of @t, sorted by name. In @arena. */
size_t statement_formats(const struct recipe_target *t, struct arena *arena,
			 struct provenance_version **ret);

/* Whether a library compresses something in the outputs of @t: its version counts then. */
bool statement_is_compressed(const struct recipe_target *t);

/* Whether a package of the lock is in an output of @t, be it in what boots it. */
bool statement_has_package(const struct recipe_target *t, const struct lock_package *p);

/*
 * All that the outputs @outs of @t were made from, each by digest: packages, evidence, then
 * what the recipe names, effects, a signature for Secure Boot. @distribution: "debian-13",
 * for purls. In @arena.
 */
int statement_provenance(const struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, struct str distribution,
			 struct arena *arena, struct provenance *ret, struct error *err) MUST_CHECK;

/*
 * STEM.causes.json. @layers: bottom first; none of a disk. Reads @tree, which is frozen.
 */
void statement_causes(const struct building *b, const struct recipe_target *t,
		      struct str architecture, const struct tree *tree,
		      const struct oci_layer_input *layers, size_t n_layers, struct buf *to);
