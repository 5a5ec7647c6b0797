/*
 * Which blocks are in use. Whatever is read claims its blocks here, so that two that
 * claim the same are found at once, and nothing can be walked twice: no loop of blocks
 * can hold the reader. At the end the claims are what the bitmaps must say.
 */
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

int ext4_read_block(const struct ext4_reader *r, uint64_t block, uint8_t *to, struct error *err)
{
	if (block >= r->n_blocks)
		return err_set(err, ERR_FORMAT, "block %llu is outside the file system",
			       (unsigned long long)block);
	return window_read(r->in, block * r->block_size, to, r->block_size, err);
}

int ext4_use(struct ext4_reader *r, uint64_t block, uint64_t n, struct error *err)
{
	if (block < r->first_block || block >= r->n_blocks || n > r->n_blocks - block)
		return err_set(err, ERR_FORMAT,
			       "%llu blocks from block %llu on are outside the file system",
			       (unsigned long long)n, (unsigned long long)block);
	r->n_in_use += n;
	for (uint64_t i = block - r->first_block; n; i++, n--) {
		uint8_t bit = (uint8_t)(1u << (i & 7));

		if (i % 8 == 0 && n >= 8 && !r->in_use[i / 8]) {
			r->in_use[i / 8] = 0xff;
			i += 7;
			n -= 7;
			continue;
		}
		if (r->in_use[i / 8] & bit)
			return err_set(err, ERR_FORMAT, "block %llu is in use twice",
				       (unsigned long long)(i + r->first_block));
		r->in_use[i / 8] |= bit;
	}
	return 0;
}

/* Blocks at a group's start: superblock, descriptors, blocks reserved for more of them. */
static uint64_t blocks_at_start(const struct ext4_reader *r, uint32_t group)
{
	uint32_t per_block = r->block_size / r->descriptor_size;
	uint32_t in_meta = group % per_block;
	bool super = ext4_has_super(r, group);

	if (r->incompat & EXT4_HAS_META_BG && group / per_block >= r->first_meta)
		return (uint64_t)super + (in_meta == 0 || in_meta == 1 || in_meta == per_block - 1);
	return super ? (uint64_t)1 + r->first_meta + r->reserved_gdt : 0;
}

static uint64_t table_blocks(const struct ext4_reader *r)
{
	return (uint64_t)r->inodes_per_group * r->inode_size / r->block_size;
}

static int use_group(struct ext4_reader *r, uint32_t group, struct error *err)
{
	const struct ext4_group *g = &r->groups[group];
	uint64_t n = blocks_at_start(r, group);

	if (n && ext4_use(r, ext4_group_start(r, group), n, err) < 0)
		return -1;
	if (ext4_use(r, g->block_bitmap, 1, err) < 0 || ext4_use(r, g->inode_bitmap, 1, err) < 0)
		return -1;
	return ext4_use(r, g->inode_table, table_blocks(r), err);
}

int ext4_use_groups(struct ext4_reader *r, struct error *err)
{
	uint64_t bits = (uint64_t)r->n_groups * r->blocks_per_group;

	r->in_use = mem_alloc((size_t)(bits / 8));
	for (uint32_t group = 0; group < r->n_groups; group++)
		if (use_group(r, group, err) < 0)
			return err_while(err, "reading group %u", group);
	return 0;
}

static uint64_t part_in(const struct ext4_reader *r, uint32_t group, uint64_t block, uint64_t n)
{
	uint64_t from = ext4_group_start(r, group), to = from + ext4_group_blocks(r, group);

	if (block > from)
		from = block;
	if (block + n < to)
		to = block + n;
	return from < to ? to - from : 0;
}

/* What a kernel that makes the bitmap anew takes as used: the group's own tables. */
static uint64_t own_blocks(const struct ext4_reader *r, uint32_t group)
{
	const struct ext4_group *g = &r->groups[group];

	return blocks_at_start(r, group) + part_in(r, group, g->block_bitmap, 1) +
	       part_in(r, group, g->inode_bitmap, 1) +
	       part_in(r, group, g->inode_table, table_blocks(r));
}

static uint32_t count_bits(const uint8_t *bits, size_t n_bytes)
{
	uint32_t n = 0;

	for (size_t i = 0; i < n_bytes; i++)
		n += (uint32_t)__builtin_popcount(bits[i]);
	return n;
}

/* In @r->block: the bitmap of @group as it must be; bits behind the last block are set. */
static void expected_bitmap(const struct ext4_reader *r, uint32_t group)
{
	size_t bytes = r->blocks_per_group / 8;

	memset(r->block, 0xff, r->block_size);
	memcpy(r->block, r->in_use + (size_t)group * bytes, bytes);
	for (uint32_t i = ext4_group_blocks(r, group); i < r->blocks_per_group; i++)
		r->block[i / 8] |= (uint8_t)(1u << (i & 7));
}

static int differs(const struct ext4_reader *r, uint32_t group, const uint8_t *found,
		   struct error *err)
{
	uint32_t i = 0;

	while (!((found[i / 8] ^ r->block[i / 8]) >> (i & 7) & 1))
		i++;
	if (i >= ext4_group_blocks(r, group))
		return err_set(err, ERR_FORMAT,
			       "group %u: its block bitmap is not filled up with ones", group);
	return err_set(err, ERR_FORMAT, "block %llu is %s",
		       (unsigned long long)(ext4_group_start(r, group) + i),
		       r->block[i / 8] >> (i & 7) & 1 ? "in use and marked free"
						      : "marked as in use, but nothing uses it");
}

static int check_bitmap(const struct ext4_reader *r, uint32_t group, uint8_t *found,
			struct error *err)
{
	const struct ext4_group *g = &r->groups[group];
	uint32_t crc = 0, mask = r->descriptor_size == 64 ? ~0u : 0xffffu;

	if (ext4_read_block(r, g->block_bitmap, found, err) < 0)
		return -1;
	crc = crc32c_raw(r->seed, (struct bytes){ found, r->blocks_per_group / 8 });
	if ((crc & mask) != g->block_bitmap_checksum)
		return err_set(err, ERR_FORMAT,
			       "group %u: the checksum of its block bitmap is wrong", group);
	if (memcmp(found, r->block, r->block_size) != 0)
		return differs(r, group, found, err);
	return 0;
}

static int check_group(struct ext4_reader *r, uint32_t group, uint8_t *scratch, struct error *err)
{
	const struct ext4_group *g = &r->groups[group];
	size_t bytes = r->blocks_per_group / 8;
	uint32_t n = ext4_group_blocks(r, group);
	uint32_t used = count_bits(r->in_use + (size_t)group * bytes, bytes);

	if (n - used != g->free_blocks)
		return err_set(err, ERR_FORMAT, "group %u has %u free blocks and says %u", group,
			       n - used, g->free_blocks);
	if (g->flags & EXT4_GROUP_BLOCKS_UNUSED) {
		if (used != own_blocks(r, group))
			return err_set(err, ERR_FORMAT,
				       "group %u says that nothing but its own tables is in it",
				       group);
		return 0;
	}
	expected_bitmap(r, group);
	return check_bitmap(r, group, scratch, err);
}

int ext4_check_blocks(struct ext4_reader *r, struct error *err)
{
	for (uint32_t group = 0; group < r->n_groups; group++)
		if (check_group(r, group, r->extent_nodes, err) < 0)
			return -1;
	return 0;
}
