#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define ARENA_ALIGN      16
#define ARENA_BLOCK_SIZE (64 * 1024) /* bytes; larger requests get their own block */

struct arena_block {
	struct arena_block *older;
	char pad[8]; /* keeps what follows 16-aligned */
};

static_assert(sizeof(struct arena_block) == ARENA_ALIGN, "blocks start aligned");

void arena_release(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *older = a->blocks->older;

		free(a->blocks);
		a->blocks = older;
	}
	*a = (struct arena)ARENA_INIT;
}

static void add_block(struct arena *a, size_t size)
{
	struct arena_block *block = mem_alloc(sizeof(*block) + size);

	block->older = a->blocks;
	a->blocks = block;
	a->next = (char *)(block + 1);
	a->end = a->next + size;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	assert(size <= SIZE_MAX / 2);
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size == 0)
		size = ARENA_ALIGN;
	if ((size_t)(a->end - a->next) < size)
		add_block(a, size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE);
	p = a->next;
	a->next += size;
	a->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	assert(size == 0 || n <= SIZE_MAX / 2 / size);
	return arena_alloc(a, n * size);
}

struct str arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_strdup(a, s), s.len };
}

char *arena_strdup(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

struct bytes arena_bytes(struct arena *a, struct bytes b)
{
	uint8_t *copy = arena_alloc(a, b.len);

	if (b.len)
		memcpy(copy, b.ptr, b.len);
	return (struct bytes){ copy, b.len };
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);
	text = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return text;
}
