#include "format/ext4/ext4_out.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define HELD_MAX 256u /* blocks: 1 MiB */

struct ext4_out ext4_out_init(const struct ext4_plan *p, const uint8_t *descriptors,
			      struct sink *out)
{
	return (struct ext4_out){ .sink = out,
				  .plan = p,
				  .descriptors = descriptors,
				  .blocks = mem_array(HELD_MAX, EXT4_BLOCK_SIZE) };
}

void ext4_out_release(struct ext4_out *o)
{
	free(o->blocks);
}

/* Blocks from @i on that are all zeros, or all not. */
static size_t count_alike(const struct ext4_out *o, size_t i, bool zero)
{
	size_t n = 1;

	while (i + n < o->n && bytes_are_zero(o->blocks + (i + n) * EXT4_BLOCK_SIZE,
					      EXT4_BLOCK_SIZE) == zero)
		n++;
	return n;
}

int ext4_out_flush(struct ext4_out *o, struct error *err)
{
	for (size_t i = 0, n; i < o->n; i += n) {
		uint8_t *block = o->blocks + i * EXT4_BLOCK_SIZE;
		bool zero = bytes_are_zero(block, EXT4_BLOCK_SIZE);

		n = count_alike(o, i, zero);
		if (zero ? sink_hole(o->sink, n * EXT4_BLOCK_SIZE, err) < 0
			 : sink_write(o->sink, (struct bytes){ block, n * EXT4_BLOCK_SIZE }, err) <
				    0)
			return -1;
	}
	o->n = 0;
	return 0;
}

int ext4_out_blocks(struct ext4_out *o, uint64_t n, uint8_t **ret, size_t *ret_n, struct error *err)
{
	if (o->n == HELD_MAX && ext4_out_flush(o, err) < 0)
		return -1;
	*ret_n = n < HELD_MAX - o->n ? (size_t)n : HELD_MAX - o->n;
	*ret = o->blocks + o->n * EXT4_BLOCK_SIZE;
	o->n += *ret_n;
	o->next += *ret_n;
	return 0;
}

static int next_zeroed(struct ext4_out *o, uint8_t **ret, struct error *err)
{
	size_t n;

	if (ext4_out_blocks(o, 1, ret, &n, err) < 0)
		return -1;
	memset(*ret, 0, EXT4_BLOCK_SIZE);
	return 0;
}

/* A copy of superblock and descriptors; room that is reserved stays empty. */
static int write_backup(struct ext4_out *o, struct error *err)
{
	uint32_t group = (uint32_t)(o->next / EXT4_GROUP_BLOCKS);
	uint8_t *block;

	if (next_zeroed(o, &block, err) < 0)
		return -1;
	ext4_encode_super(o->plan, group, block);
	for (uint32_t i = 0; i < o->plan->geometry.gdt_blocks; i++) {
		if (next_zeroed(o, &block, err) < 0)
			return -1;
		memcpy(block, o->descriptors + (size_t)i * EXT4_BLOCK_SIZE, EXT4_BLOCK_SIZE);
	}
	return 0;
}

static int pass_over(struct ext4_out *o, uint64_t block, struct error *err)
{
	if (block == o->next)
		return 0;
	if (ext4_out_flush(o, err) < 0 ||
	    sink_hole(o->sink, (block - o->next) * EXT4_BLOCK_SIZE, err) < 0)
		return -1;
	o->next = block;
	return 0;
}

int ext4_out_to(struct ext4_out *o, uint64_t block, struct error *err)
{
	const struct ext4_backups *b = &o->plan->geometry.backups;

	assert(block >= o->next);
	for (;;) {
		uint64_t backup = ext4_backups_next(b, o->next);

		if (backup >= block)
			return pass_over(o, block, err);
		if (pass_over(o, backup, err) < 0 || write_backup(o, err) < 0)
			return -1;
	}
}

int ext4_out_block(struct ext4_out *o, uint8_t **ret, struct error *err)
{
	uint64_t block = ext4_backups_skip(&o->plan->geometry.backups, o->next);

	if (ext4_out_to(o, block, err) < 0)
		return -1;
	return next_zeroed(o, ret, err);
}
