#pragma once

/*
 * pipeline/unevaluated.h - packages whose scripts the machine itself will run.
 *
 * Spec: design.md, sections 6 and 10: what is signed was evaluated. A package that the recipe
 * answers by 'first-boot' lies in the tree unpacked, and dpkg configures it on the machine:
 * nobody can say what that makes. Such an image is not signed. ('skip', 'skip-command' and
 * 'effects' are answers with a reason, given by a person and recorded: nothing is left to run.)
 */

#include "recipe/recipe.h"
#include "resolve/lock.h"
#include "tree/reader.h"

/* ERR_POLICY, at the recipe's answer, if @t of @architecture has such a package. */
int unevaluated_in_lock(const struct recipe *r, const struct lock *l,
			const struct recipe_target *t, struct str architecture,
			struct error *err) MUST_CHECK;

/* By the status that dpkg's database in @t gives: ERR_POLICY lists them. */
int unevaluated_in_tree(const struct tree *t, const struct content_reader *reader,
			const char *name, struct error *err) MUST_CHECK;
