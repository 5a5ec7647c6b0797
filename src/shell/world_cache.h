#pragma once

/*
 * shell/world_cache.h - what was read or parsed once. Private to shell/.
 *
 * Only speed depends on it: steps and memory are counted as if it were not there.
 */

#include "base/digest.h"
#include "shell/world.h"

struct ast;

/* The bytes behind a content, which lie in the arena. False: not read yet. */
bool world_cache_text(struct world *w, const struct digest *digest, struct str *ret);
void world_cache_put_text(struct world *w, const struct digest *digest, struct str text);

/* The program in a file; *ret NULL: an empty one. @size: what it takes in the arena. */
bool world_cache_program(struct world *w, const struct digest *digest, bool bash,
			 struct ast **ret, size_t *ret_size);
void world_cache_put_program(struct world *w, const struct digest *digest, bool bash,
			     struct ast *list, size_t size);
