/* Block groups and their descriptors (blockgroup.rst, group_descr.rst). */
#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_read_private.h"

enum {
	GD_BLOCK_BITMAP = 0x0,
	GD_INODE_BITMAP = 0x4,
	GD_INODE_TABLE = 0x8,
	GD_FREE_BLOCKS = 0xc,
	GD_FREE_INODES = 0xe,
	GD_FOLDERS = 0x10,
	GD_FLAGS = 0x12,
	GD_BLOCK_BITMAP_CHECKSUM = 0x18,
	GD_INODE_BITMAP_CHECKSUM = 0x1a,
	GD_UNUSED = 0x1c,
	GD_CHECKSUM = 0x1e,
	/* with 64 bytes */
	GD_FREE_BLOCKS_HIGH = 0x2c,
	GD_FREE_INODES_HIGH = 0x2e,
	GD_FOLDERS_HIGH = 0x30,
	GD_UNUSED_HIGH = 0x32,
	GD_BLOCK_BITMAP_CHECKSUM_HIGH = 0x38,
	GD_INODE_BITMAP_CHECKSUM_HIGH = 0x3a,
};

static bool is_power_of(uint32_t n, uint32_t base)
{
	uint64_t power = base;

	while (power < n)
		power *= base;
	return power == n;
}

bool ext4_has_super(const struct ext4_reader *r, uint32_t group)
{
	return !(r->ro_compat & EXT4_HAS_SPARSE_SUPER) || group <= 1 || is_power_of(group, 3) ||
	       is_power_of(group, 5) || is_power_of(group, 7);
}

uint64_t ext4_group_start(const struct ext4_reader *r, uint32_t group)
{
	return r->first_block + (uint64_t)group * r->blocks_per_group;
}

uint32_t ext4_group_blocks(const struct ext4_reader *r, uint32_t group)
{
	uint64_t left = r->n_blocks - ext4_group_start(r, group);

	return left < r->blocks_per_group ? (uint32_t)left : r->blocks_per_group;
}

/* Where the block @i of descriptors is; those from first_meta on are with their groups. */
uint64_t ext4_descriptor_block(const struct ext4_reader *r, uint32_t i)
{
	uint32_t group = i * (r->block_size / r->descriptor_size);

	if (i < r->first_meta)
		return r->first_block + 1 + i;
	return ext4_group_start(r, group) + ext4_has_super(r, group);
}

uint64_t ext4_descriptor_place(const struct ext4_reader *r, const uint8_t *raw, unsigned which)
{
	uint64_t low = get_le32(raw + GD_BLOCK_BITMAP + (size_t)which * 4);

	return low |
	       (r->descriptor_size == 64 ? (uint64_t)get_le32(raw + 0x20 + which * 4) << 32 : 0);
}

static uint32_t wide16(const struct ext4_reader *r, const uint8_t *raw, unsigned low, unsigned high)
{
	return get_le16(raw + low) |
	       (r->descriptor_size == 64 ? (uint32_t)get_le16(raw + high) << 16 : 0);
}

int ext4_check_descriptor(const struct ext4_reader *r, uint32_t group, const uint8_t *raw,
			  struct error *err)
{
	static const uint8_t no_checksum[2];
	uint8_t number[4];
	uint32_t crc = 0;

	put_le32(number, group);
	crc = crc32c_raw(r->seed, BYTES_OF(number));
	crc = crc32c_raw(crc, (struct bytes){ raw, GD_CHECKSUM });
	crc = crc32c_raw(crc, BYTES_OF(no_checksum));
	crc = crc32c_raw(
		crc, (struct bytes){ raw + GD_CHECKSUM + 2, r->descriptor_size - GD_CHECKSUM - 2 });
	if ((crc & 0xffff) == get_le16(raw + GD_CHECKSUM))
		return 0;
	return err_set(err, ERR_FORMAT, "group %u: its descriptor's checksum is wrong", group);
}

static void decode(const struct ext4_reader *r, const uint8_t *raw, struct ext4_group *g)
{
	*g = (struct ext4_group){
		.block_bitmap = ext4_descriptor_place(r, raw, 0),
		.inode_bitmap = ext4_descriptor_place(r, raw, 1),
		.inode_table = ext4_descriptor_place(r, raw, 2),
		.free_blocks = wide16(r, raw, GD_FREE_BLOCKS, GD_FREE_BLOCKS_HIGH),
		.free_inodes = wide16(r, raw, GD_FREE_INODES, GD_FREE_INODES_HIGH),
		.folders = wide16(r, raw, GD_FOLDERS, GD_FOLDERS_HIGH),
		.unused = wide16(r, raw, GD_UNUSED, GD_UNUSED_HIGH),
		.block_bitmap_checksum =
			wide16(r, raw, GD_BLOCK_BITMAP_CHECKSUM, GD_BLOCK_BITMAP_CHECKSUM_HIGH),
		.inode_bitmap_checksum =
			wide16(r, raw, GD_INODE_BITMAP_CHECKSUM, GD_INODE_BITMAP_CHECKSUM_HIGH),
		.flags = get_le16(raw + GD_FLAGS),
	};
}

static bool is_in_group(const struct ext4_reader *r, uint32_t group, uint64_t block)
{
	return block >= ext4_group_start(r, group) &&
	       block - ext4_group_start(r, group) < ext4_group_blocks(r, group);
}

static int check(const struct ext4_reader *r, uint32_t group, const struct ext4_group *g,
		 struct error *err)
{
	if (g->flags & ~7u)
		return err_set(err, ERR_FORMAT, "group %u: unknown flags 0x%x", group, g->flags);
	if (g->unused > r->inodes_per_group)
		return err_set(err, ERR_FORMAT, "group %u: %u unused inodes of %u", group,
			       g->unused, r->inodes_per_group);
	if (!(r->incompat & EXT4_HAS_FLEX_BG) &&
	    (!is_in_group(r, group, g->block_bitmap) || !is_in_group(r, group, g->inode_bitmap) ||
	     !is_in_group(r, group, g->inode_table)))
		return err_set(err, ERR_FORMAT, "group %u: its tables lie in another group", group);
	return 0;
}

int ext4_read_groups(struct ext4_reader *r, struct error *err)
{
	uint32_t per_block = r->block_size / r->descriptor_size;

	r->groups = arena_array(&r->arena, r->n_groups, sizeof(*r->groups));
	for (uint32_t group = 0; group < r->n_groups; group++) {
		const uint8_t *raw = r->block + (size_t)(group % per_block) * r->descriptor_size;

		if (group % per_block == 0 &&
		    ext4_read_block(r, ext4_descriptor_block(r, group / per_block), r->block, err) <
			    0)
			return -1;
		if (ext4_check_descriptor(r, group, raw, err) < 0)
			return -1;
		decode(r, raw, &r->groups[group]);
		if (check(r, group, &r->groups[group], err) < 0)
			return -1;
	}
	return 0;
}
