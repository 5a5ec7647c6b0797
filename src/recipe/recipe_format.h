#pragma once

/* recipe/recipe_format.h - the canonical form of a composed document, or a part of it. */

#include "base/buf.h"
#include "recipe/schema.h"

/* All of it: what recipe_format() writes. */
void recipe_format_document(const struct ydoc_node *document, struct buf *to);

/* Only what decides packages: what resolution_digest is of. */
void recipe_format_resolution(const struct ydoc_node *document, struct buf *to);
