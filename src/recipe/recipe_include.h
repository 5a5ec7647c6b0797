#pragma once

/* recipe/recipe_include.h - reads a recipe file and all that it includes. */

#include "base/limits.h"
#include "recipe/schema.h"

struct include_file {
	struct str path;           /* relative to recipes/ */
	struct ydoc_node *composed; /* NULL while it is being read: a cycle */
};

struct include_set {
	int folder;                /* recipes/, borrowed */
	struct arena *arena;
	struct include_file files[LIMIT_INCLUDES]; /* in the order read, the recipe first */
	size_t n;
};

/*
 * @path is relative to recipes/. *ret is checked, composed and sorted, in the
 * set's arena. Each file is read once, however often it is included.
 *
 * Errors: ERR_RECIPE_*, ERR_NO_RECIPE if @path itself is missing, ERR_LIMIT.
 */
int include_load(struct include_set *set, struct str path, struct ydoc_node **ret,
		 struct error *err) MUST_CHECK;
