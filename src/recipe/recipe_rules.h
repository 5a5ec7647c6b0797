#pragma once

/*
 * recipe/recipe_rules.h - what a table of keys can't say: how the values of one
 * recipe go together.
 */

#include "recipe/recipe.h"
#include "recipe/schema.h"

/* Rules within one entry of a list (a file, a script's answer). ERR_RECIPE_*. */
int rules_check_entry(const struct schema_type *t, const struct ydoc_node *n,
		      struct error *err) MUST_CHECK;

/* Rules across the composed recipe: ids, paths, sources, targets. ERR_RECIPE_*. */
int rules_check_recipe(const struct recipe *r, struct error *err) MUST_CHECK;

/* Of those, the rules of disks. */
int rules_check_disks(const struct recipe *r, struct error *err) MUST_CHECK;
