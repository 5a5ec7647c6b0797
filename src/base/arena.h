#pragma once

/*
 * base/arena.h - memory of one phase.
 *
 * What lies in an arena is released with it, at once; nothing in it has a free
 * function of its own. Functions that allocate from an arena take it as a
 * parameter and say so. Pointers stay valid until arena_release().
 */

#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/bytes.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	char *next, *end; /* free part of the newest block */
	size_t used;      /* bytes handed out in all */
};

#define ARENA_INIT { 0 }

void arena_release(struct arena *a);
#define CLEANUP_ARENA CLEANUP(arena_release)

void *arena_alloc(struct arena *a, size_t size) NEVER_NULL; /* zeroed, 16-aligned */
void *arena_array(struct arena *a, size_t n, size_t size) NEVER_NULL; /* checked product */
char *arena_strdup(struct arena *a, struct str s) NEVER_NULL; /* NUL-terminated */
struct str arena_str(struct arena *a, struct str s);       /* copy; NUL follows */
struct bytes arena_bytes(struct arena *a, struct bytes b);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) NEVER_NULL;

/* ARENA_GROW(arena, list, n, capacity): room for element n of an arena array. */
#define ARENA_GROW(arena, array, n, capacity)                                      \
	do {                                                                       \
		if ((n) == (capacity)) {                                           \
			size_t wider_ = (capacity) ? 2 * (capacity) : 16;          \
			typeof(array) grown_ = arena_array((arena), wider_, sizeof(*(array))); \
			if (n)                                                     \
				memcpy(grown_, (array), (n) * sizeof(*(array)));   \
			(array) = grown_;                                          \
			(capacity) = wider_;                                       \
		}                                                                  \
	} while (0)
