#pragma once

/* recipe/recipe_check.h - does a document follow the schema table? */

#include "recipe/schema.h"

/*
 * Checks one file's document (@folder: where it lies, "" or "base/") and brings
 * its scalars into canonical form. Keys that another file may still give are not
 * missed yet. The first problem in file order is reported.
 *
 * Errors: ERR_RECIPE_*.
 */
int recipe_check_document(struct ydoc_node *root, struct str folder, struct arena *arena,
			  struct error *err) MUST_CHECK;

/* Is every key there that a composed recipe needs? Errors: ERR_RECIPE_MISSING, _VALUE. */
int recipe_check_composed(const struct ydoc_node *root, struct error *err) MUST_CHECK;

/* Key of an entry of a SCHEMA_KEYED (or other) list; lies in @arena or in the entry. */
struct str recipe_entry_key(const struct schema_type *list, const struct ydoc_node *entry,
			    struct arena *arena);
