/*
 * What one command expands is needed until it has run, and commands nest
 * strictly: a stack of blocks, given back by marks, costs no free() a word.
 */
#include "shell/shell_private.h"

#include <assert.h>

#define SCRATCH_BLOCK 65536u

struct scratch_block {
	struct scratch_block *below;
	size_t at, size;
	_Alignas(16) char bytes[];
};

void *scratch_alloc(struct scratch *s, size_t size)
{
	struct scratch_block *b = s->top;
	void *ret;

	assert(size <= SIZE_MAX / 2);
	size = (size + 15) & ~(size_t)15;
	if (!b || b->size - b->at < size) {
		size_t room = size > SCRATCH_BLOCK ? size : SCRATCH_BLOCK;

		b = mem_resize(NULL, sizeof(*b) + room, 1);
		b->below = s->top;
		b->at = 0;
		b->size = room;
		s->top = b;
	}
	ret = b->bytes + b->at;
	b->at += size;
	s->used += size;
	return ret;
}

struct str scratch_str(struct scratch *s, struct str text)
{
	char *copy = scratch_alloc(s, text.len + 1);

	if (text.len)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	return (struct str){ copy, text.len };
}

struct scratch_mark scratch_mark(const struct scratch *s)
{
	return (struct scratch_mark){ s->top, s->top ? s->top->at : 0, s->used };
}

void scratch_back(struct scratch *s, struct scratch_mark mark)
{
	while (s->top != mark.block) {
		struct scratch_block *below = s->top->below;

		/* The lowest block stays: most commands need no more than it. */
		if (!mark.block && !below) {
			s->top->at = 0;
			break;
		}
		free(s->top);
		s->top = below;
	}
	if (s->top && s->top == mark.block)
		s->top->at = mark.at;
	s->used = mark.used;
}

void scratch_release(struct scratch *s)
{
	while (s->top) {
		struct scratch_block *below = s->top->below;

		free(s->top);
		s->top = below;
	}
	s->used = 0;
}
