#pragma once

/*
 * pipeline/refs.h - the names under which a workspace keeps things in a stage.
 *
 * One stage may serve many workspaces: a name holds a digest of the workspace's
 * path and one of the recipe's. "lock-W-R" keeps the evidence of a lock,
 * "build-W-R-TARGET-ARCH" what an output was made from.
 */

#include "pipeline/context.h"
#include "recipe/recipe.h"

/* Both owned. */
char *refs_lock_name(const struct context *c, const struct recipe *r);
char *refs_build_name(const struct context *c, const struct recipe *r, struct str target,
		      struct str architecture);

/*
 * Drops the refs of this workspace's recipes that have no lock any more, for
 * `ingot stage gc`. Those of other workspaces stay.
 */
int refs_drop_stale(struct context *c, size_t *ret_dropped, struct error *err) MUST_CHECK;
