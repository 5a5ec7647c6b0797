#include <assert.h>

#include "format/ext4/ext4_layout.h"

#define RUN_MAX 32768u	  /* blocks; more would say "unwritten" */
#define INODE_PLACES 4u	  /* in an inode's extent tree */
#define BLOCK_PLACES 340u /* in a block of it */

uint64_t ext4_backups_next(const struct ext4_backups *b, uint64_t block)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->start[i] >= block)
			return b->start[i];
	return UINT64_MAX;
}

uint64_t ext4_backups_skip(const struct ext4_backups *b, uint64_t block)
{
	for (unsigned i = 0; i < b->n && b->start[i] <= block; i++)
		if (block < b->start[i] + b->span)
			return b->start[i] + b->span;
	return block;
}

bool ext4_runs_next(struct ext4_runs *r, struct ext4_run *ret)
{
	uint64_t n = r->left < RUN_MAX ? r->left : RUN_MAX, room;

	if (!r->left)
		return false;
	r->next = ext4_backups_skip(r->backups, r->next);
	room = ext4_backups_next(r->backups, r->next) - r->next;
	if (n > room)
		n = room;
	*ret = (struct ext4_run){ .start = r->next, .logical = r->logical, .n = (uint32_t)n };
	r->next += n;
	r->logical += (uint32_t)n;
	r->left -= n;
	return true;
}

uint32_t ext4_runs_count(const struct ext4_backups *b, uint64_t start, uint64_t n)
{
	struct ext4_runs runs = { .backups = b, .next = start, .left = n };
	struct ext4_run run;
	uint32_t count = 0;

	while (ext4_runs_next(&runs, &run))
		count++;
	return count;
}

struct ext4_extent_tree ext4_extent_tree(uint32_t n_runs)
{
	struct ext4_extent_tree t = { 0 };

	if (n_runs <= INODE_PLACES)
		return t;
	t.leaves = (n_runs + BLOCK_PLACES - 1) / BLOCK_PLACES;
	if (t.leaves > INODE_PLACES)
		t.indexes = (t.leaves + BLOCK_PLACES - 1) / BLOCK_PLACES;
	assert(t.indexes <= INODE_PLACES); /* 4 * 340 * 340 runs: more than 2^32 blocks take */
	return t;
}
