/* Extent trees: entries of 12 bytes behind a header of 12; a block ends in a checksum. */
#include <assert.h>

#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_encode.h"

#define MAGIC 0xf30au
#define ENTRY_SIZE 12u
#define INODE_PLACES 4u
#define BLOCK_PLACES 340u
#define BLOCK_TAIL (ENTRY_SIZE + BLOCK_PLACES * ENTRY_SIZE)

static void encode_header(uint8_t *to, uint32_t n, uint32_t places, uint32_t depth)
{
	put_le16(to, MAGIC);
	put_le16(to + 2, (uint16_t)n);
	put_le16(to + 4, (uint16_t)places);
	put_le16(to + 6, (uint16_t)depth);
}

static void encode_leaf_entry(uint8_t *to, const struct ext4_run *run)
{
	put_le32(to, run->logical);
	put_le16(to + 4, (uint16_t)run->n);
	put_le16(to + 6, (uint16_t)(run->start >> 32));
	put_le32(to + 8, (uint32_t)run->start);
}

static void encode_index_entry(uint8_t *to, uint32_t logical, uint64_t block)
{
	put_le32(to, logical);
	put_le32(to + 4, (uint32_t)block);
	put_le16(to + 8, (uint16_t)(block >> 32));
}

static struct ext4_runs runs_of(const struct ext4_plan *p, const struct ext4_place *place)
{
	return (struct ext4_runs){ .backups = &p->geometry.backups,
				   .next = place->start,
				   .left = place->n };
}

/* Up to @max runs from the @skip-th on. Returns their number. */
static uint32_t encode_leaf(struct ext4_runs runs, uint32_t skip, uint32_t max, uint8_t *to)
{
	struct ext4_run run;
	uint32_t n = 0;

	while (n < max && ext4_runs_next(&runs, &run)) {
		if (skip) {
			skip--;
			continue;
		}
		encode_leaf_entry(to + ENTRY_SIZE * ++n, &run);
	}
	encode_header(to, n, max, 0);
	return n;
}

/* The first block of the file that leaf @leaf tells of. */
static uint32_t leaf_start(struct ext4_runs runs, uint32_t leaf)
{
	struct ext4_run run = { 0 };

	for (uint32_t i = 0; i <= leaf * BLOCK_PLACES; i++)
		if (!ext4_runs_next(&runs, &run))
			assert(false);
	return run.logical;
}

/* Block @i of the tree. */
static uint64_t tree_block(const struct ext4_plan *p, const struct ext4_place *place, uint32_t i)
{
	struct ext4_runs runs = { .backups = &p->geometry.backups,
				  .next = place->extents,
				  .left = UINT32_MAX };
	struct ext4_run run;

	while (ext4_runs_next(&runs, &run))
		if (i - run.logical < run.n)
			return run.start + (i - run.logical);
	assert(false);
	return 0;
}

/*
 * @n entries for the blocks of the tree from @first on, each of which has @leaves
 * leaves below it, the first one @leaf.
 */
static void encode_index(const struct ext4_plan *p, const struct ext4_place *place, uint32_t first,
			 uint32_t n, uint32_t leaf, uint32_t leaves, uint8_t *to)
{
	for (uint32_t i = 0; i < n; i++)
		encode_index_entry(to + ENTRY_SIZE * (i + 1),
				   leaf_start(runs_of(p, place), leaf + i * leaves),
				   tree_block(p, place, first + i));
}

static struct ext4_extent_tree tree_of(const struct ext4_plan *p, const struct ext4_place *place)
{
	return ext4_extent_tree(ext4_runs_count(&p->geometry.backups, place->start, place->n));
}

void ext4_encode_extents(const struct ext4_plan *p, const struct ext4_place *place, uint8_t *to)
{
	struct ext4_extent_tree t = tree_of(p, place);

	if (!t.leaves) {
		encode_leaf(runs_of(p, place), 0, INODE_PLACES, to);
		return;
	}
	if (t.indexes) {
		encode_index(p, place, 0, t.indexes, 0, BLOCK_PLACES, to);
		encode_header(to, t.indexes, INODE_PLACES, 2);
	} else {
		encode_index(p, place, 0, t.leaves, 0, 1, to);
		encode_header(to, t.leaves, INODE_PLACES, 1);
	}
}

void ext4_encode_extent_block(const struct ext4_plan *p, uint32_t number, uint32_t i, uint8_t *to)
{
	const struct ext4_place *place = &p->places[number - 1];
	struct ext4_extent_tree t = tree_of(p, place);
	uint32_t leaf = i * BLOCK_PLACES, n;

	assert(i < t.indexes + t.leaves);
	if (i < t.indexes) {
		n = t.leaves - leaf < BLOCK_PLACES ? t.leaves - leaf : BLOCK_PLACES;
		encode_index(p, place, t.indexes + leaf, n, leaf, 1, to);
		encode_header(to, n, BLOCK_PLACES, 1);
	} else {
		encode_leaf(runs_of(p, place), (i - t.indexes) * BLOCK_PLACES, BLOCK_PLACES, to);
	}
	put_le32(to + BLOCK_TAIL,
		 crc32c_raw(ext4_inode_seed(p, number), (struct bytes){ to, BLOCK_TAIL }));
}
