#pragma once

/* recipe/recipe_bind.h - a composed document as the structs of recipe.h. */

#include "recipe/recipe.h"
#include "recipe/schema.h"

/* Fills *r from its checked @document; defaults where it says nothing. In r->arena. */
void recipe_bind(const struct ydoc_node *document, struct recipe *r);
