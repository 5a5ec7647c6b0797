#pragma once

/*
 * recipe/recipe_merge.h - a file and what it includes, as one document.
 *
 * The rules are design 4's and stand in the schema table: scalars and "value"
 * lists of the includer win, and two includes that disagree are an error unless
 * the includer decides; sets are united; keyed entries are replaced whole; maps
 * and records are composed key by key.
 */

#include "recipe/schema.h"

/*
 * @own:   the checked document of the file
 * @parts: the composed documents of its includes, in the order written
 * @ret:   in @arena; sets, keyed lists and maps sorted, no `include`
 *
 * With @n == 0 it brings a single file into canonical order.
 *
 * Errors: ERR_RECIPE_INCLUDE, ERR_RECIPE_VALUE ("-name" that drops nothing).
 */
int recipe_merge(const struct ydoc_node *own, const struct ydoc_node *const *parts, size_t n,
		 struct arena *arena, struct ydoc_node **ret, struct error *err) MUST_CHECK;
