#include "format/erofs/erofs_private.h"

/* Over several blocks, from the start of the first of them. */
static bool take_blocks(struct erofs_space *s, uint32_t size, uint64_t *ret_offset)
{
	uint32_t n = (size + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;

	if (n > EROFS_GROUP_BLOCKS - s->n)
		return false;
	*ret_offset = (uint64_t)s->n * EROFS_BLOCK_SIZE;
	for (uint32_t i = 0; i < n; i++)
		s->used[s->n++] = EROFS_BLOCK_SIZE;
	s->used[s->n - 1] = (uint16_t)(size - (n - 1) * EROFS_BLOCK_SIZE);
	return true;
}

/* The block that has the least room to spare, the first of those; s->n if none has. */
static uint32_t best_block(const struct erofs_space *s, uint32_t size)
{
	uint32_t best = s->n;

	for (uint32_t i = 0; i < s->n; i++)
		if (size <= EROFS_BLOCK_SIZE - s->used[i] &&
		    (best == s->n || s->used[i] > s->used[best]))
			best = i;
	return best;
}

bool erofs_space_take(struct erofs_space *s, uint32_t size, uint64_t *ret_offset)
{
	uint32_t whole = (size + EROFS_SLOT_SIZE - 1) / EROFS_SLOT_SIZE * EROFS_SLOT_SIZE, block;

	if (whole > EROFS_BLOCK_SIZE)
		return take_blocks(s, whole, ret_offset);
	block = best_block(s, whole);
	if (block == EROFS_GROUP_BLOCKS)
		return false;
	if (block == s->n)
		s->used[s->n++] = 0;
	*ret_offset = (uint64_t)block * EROFS_BLOCK_SIZE + s->used[block];
	s->used[block] = (uint16_t)(s->used[block] + whole);
	return true;
}
