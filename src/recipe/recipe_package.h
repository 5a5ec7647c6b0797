#pragma once

/* recipe/recipe_package.h - "nginx", "nginx (>= 1.22)" (deb-version(7), policy 7.1). */

#include "recipe/recipe.h"
#include "recipe/schema.h"

/*
 * NULL if @text is a package name with or without a relation: *ret then borrows
 * from it. Else what is wrong with it, as a help for the user.
 */
const char *package_parse(struct str text, struct recipe_package *ret);

const char *relation_text(enum relation r); /* ">=" */

/* Checks and binds of the table's types. */
int package_check(const struct schema_type *t, const struct schema_place *where,
		  struct ydoc_node *n, struct error *err);
void package_bind(const struct ydoc_node *n, struct arena *arena, void *to);

/* The name in an entry of `packages:`, without '-' and relation. */
struct str package_identity(struct str text);
