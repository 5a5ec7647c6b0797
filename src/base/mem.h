#pragma once

/*
 * base/mem.h - memory from the heap.
 *
 * None of these returns NULL: out of memory aborts, in this one place. That
 * is sound because outputs are published by one rename at the end and sizes
 * from outside are checked against base/limits.h before they are allocated.
 */

#include <stddef.h>

#include "base/bytes.h"

void *mem_alloc(size_t size);               /* zeroed; owned, free() */
void *mem_array(size_t n, size_t size);     /* zeroed, checked product */
void *mem_resize(void *p, size_t n, size_t size);
char *mem_strdup(const char *text);
char *mem_str(struct str s);                /* NUL-terminated copy */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * MEM_GROW(array, n, capacity): makes room for element n of a heap array.
 * MEM_GROW(v, n, cap); v[n++] = x;
 */
#define MEM_GROW(array, n, capacity)                                              \
	do {                                                                      \
		if ((n) == (capacity)) {                                          \
			(capacity) = (capacity) ? 2 * (capacity) : 8;             \
			(array) = mem_resize((array), (capacity), sizeof(*(array))); \
		}                                                                 \
	} while (0)
