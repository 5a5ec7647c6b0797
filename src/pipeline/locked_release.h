#pragma once

/*
 * pipeline/locked_release.h - the signed Release that a lock names, judged again.
 *
 * Spec: design.md, section 10. As of its own time: a signature stays good when its key has
 * expired since.
 */

#include "base/arena.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/archive.h"
#include "resolve/lock.h"

/*
 * @text: what the lock's digest names; verified by @keyring. All keys that the lock pins must
 * have signed it, and it must be of the archive and the date that the lock says. *ret lies in
 * @arena. Errors: ERR_SIGNATURE, ERR_WRONG_ARCHIVE, ERR_FORMAT.
 *
 * Call it while no other thread runs: OpenPGP is read in a process of its own.
 */
int locked_release(struct bytes text, struct bytes keyring, const struct lock_suite *suite,
		   struct arena *arena, struct release *ret, struct error *err) MUST_CHECK;

/* The suite's source in the recipe, or NULL. */
const struct recipe_source *locked_source(const struct recipe *r, const struct lock_suite *suite);
