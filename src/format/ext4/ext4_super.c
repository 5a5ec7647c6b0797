/* The superblock, the table of group descriptors, bitmaps, and the journal's first block. */
#include <assert.h>

#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_encode.h"

enum {
	SUPER_INODES = 0x00,
	SUPER_BLOCKS = 0x04,
	SUPER_FREE_BLOCKS = 0x0c,
	SUPER_FREE_INODES = 0x10,
	SUPER_LOG_BLOCK_SIZE = 0x18,
	SUPER_LOG_CLUSTER_SIZE = 0x1c,
	SUPER_GROUP_BLOCKS = 0x20,
	SUPER_GROUP_CLUSTERS = 0x24,
	SUPER_GROUP_INODES = 0x28,
	SUPER_WTIME = 0x30,
	SUPER_MAX_MOUNTS = 0x36,
	SUPER_MAGIC = 0x38,
	SUPER_STATE = 0x3a,
	SUPER_ERRORS = 0x3c,
	SUPER_LASTCHECK = 0x40,
	SUPER_REVISION = 0x4c,
	SUPER_FIRST_INODE = 0x54,
	SUPER_INODE_SIZE = 0x58,
	SUPER_GROUP = 0x5a,
	SUPER_COMPAT = 0x5c,
	SUPER_INCOMPAT = 0x60,
	SUPER_RO_COMPAT = 0x64,
	SUPER_UUID = 0x68,
	SUPER_LABEL = 0x78,
	SUPER_RESERVED_GDT = 0xce,
	SUPER_JOURNAL_INODE = 0xe0,
	SUPER_HASH_SEED = 0xec,
	SUPER_HASH_VERSION = 0xfc,
	SUPER_JOURNAL_BACKUP_TYPE = 0xfd,
	SUPER_DESCRIPTOR_SIZE = 0xfe,
	SUPER_MOUNT_OPTIONS = 0x100,
	SUPER_MKFS_TIME = 0x108,
	SUPER_JOURNAL_BACKUP = 0x10c,
	SUPER_BLOCKS_HI = 0x150,
	SUPER_FREE_BLOCKS_HI = 0x158,
	SUPER_MIN_EXTRA_SIZE = 0x15c,
	SUPER_WANT_EXTRA_SIZE = 0x15e,
	SUPER_FLAGS = 0x160,
	SUPER_LOG_FLEX = 0x174,
	SUPER_CHECKSUM_TYPE = 0x175,
	SUPER_OVERHEAD = 0x248,
	SUPER_WTIME_HI = 0x274,
	SUPER_MKFS_TIME_HI = 0x276,
	SUPER_LASTCHECK_HI = 0x277,
	SUPER_CHECKSUM = 0x3fc,
};

/* ext2_fs.h: EXT3_FEATURE_COMPAT_*, EXT4_FEATURE_INCOMPAT_*, EXT4_FEATURE_RO_COMPAT_*. */
enum {
	COMPAT_JOURNAL = 0x4,
	COMPAT_XATTRS = 0x8,
	COMPAT_RESIZE_INODE = 0x10,
	COMPAT_FOLDER_INDEX = 0x20,
	INCOMPAT_KINDS = 0x2,
	INCOMPAT_EXTENTS = 0x40,
	INCOMPAT_64BIT = 0x80,
	INCOMPAT_FLEX_BG = 0x200,
	RO_SPARSE_SUPER = 0x1,
	RO_LARGE_FILE = 0x2,
	RO_HUGE_FILE = 0x8,
	RO_DIR_NLINK = 0x20,
	RO_EXTRA_SIZE = 0x40,
	RO_CHECKSUMS = 0x400,
};

enum {
	GROUP_BLOCK_BITMAP = 0,
	GROUP_INODE_BITMAP = 4,
	GROUP_INODE_TABLE = 8,
	GROUP_FREE_BLOCKS = 12,
	GROUP_FREE_INODES = 14,
	GROUP_FOLDERS = 16,
	GROUP_FLAGS = 18,
	GROUP_BLOCK_CSUM = 24,
	GROUP_INODE_CSUM = 26,
	GROUP_UNUSED_INODES = 28,
	GROUP_CHECKSUM = 30,
	GROUP_BLOCK_CSUM_HI = 56,
	GROUP_INODE_CSUM_HI = 58,
};

#define GROUP_TABLE_IS_ZEROED 0x4u
#define LOG_FLEX_GROUPS 4u /* what online growth works with; see docs/formats/ext4.md */
#define MOUNT_XATTRS_AND_ACLS 0xcu
#define INODE_EXTRA_SIZE 32u
#define INODE_MAP 0x28u /* fields of an inode that the superblock has a copy of */
#define INODE_MAP_SIZE 60u
#define INODE_SIZE_HI 0x6cu
#define INODE_SIZE_LO 0x04u

enum {
	JOURNAL_MAGIC = 0x00,
	JOURNAL_TYPE = 0x04,
	JOURNAL_BLOCK_SIZE = 0x0c,
	JOURNAL_BLOCKS = 0x10,
	JOURNAL_FIRST = 0x14,
	JOURNAL_SEQUENCE = 0x18,
	JOURNAL_UUID = 0x30,
	JOURNAL_USERS = 0x40
};

/* Bits from @start to @end; the rest stays. */
static void set_bits(uint8_t *map, uint64_t start, uint64_t end, bool value)
{
	for (; start < end && start % 8; start++)
		map[start / 8] = (uint8_t)((map[start / 8] & ~(1u << start % 8)) |
					   (unsigned)value << start % 8);
	if (end > start)
		memset(map + start / 8, value ? 0xff : 0, (size_t)(end / 8 - start / 8));
	for (start = start < end / 8 * 8 ? end / 8 * 8 : start; start < end; start++)
		map[start / 8] = (uint8_t)((map[start / 8] & ~(1u << start % 8)) |
					   (unsigned)value << start % 8);
}

/* The part of blocks @start to @end that lies in @group. */
static void set_blocks(uint8_t *map, uint32_t group, uint64_t start, uint64_t end, bool value)
{
	uint64_t first = (uint64_t)group * EXT4_GROUP_BLOCKS, last = first + EXT4_GROUP_BLOCKS;

	if (start < first)
		start = first;
	if (end > last)
		end = last;
	if (start < end)
		set_bits(map, start - first, end - first, value);
}

void ext4_encode_block_bitmap(const struct ext4_plan *p, uint32_t group, uint8_t *to)
{
	const struct ext4_geometry *g = &p->geometry;

	memset(to, 0, EXT4_BLOCK_SIZE);
	set_blocks(to, group, 0, g->end, true);
	for (unsigned i = 0; i < g->n_gaps; i++)
		set_blocks(to, group, g->gaps[i].start, g->gaps[i].start + g->gaps[i].n, false);
	for (unsigned i = 0; i < g->backups.n; i++)
		set_blocks(to, group, g->backups.start[i], g->backups.start[i] + g->backups.span,
			   true);
	set_blocks(to, group, g->blocks, UINT64_MAX, true); /* behind the end */
}

/* Of the inodes of @group, how many come before the end of what is used. */
static uint32_t used_inodes(const struct ext4_plan *p, uint32_t group)
{
	uint32_t per_group = p->geometry.inodes_per_group;
	uint64_t before = (uint64_t)group * per_group;

	if (p->n_used <= before)
		return 0;
	return p->n_used - before < per_group ? (uint32_t)(p->n_used - before) : per_group;
}

void ext4_encode_inode_bitmap(const struct ext4_plan *p, uint32_t group, uint8_t *to)
{
	memset(to, 0, EXT4_BLOCK_SIZE);
	set_bits(to, 0, used_inodes(p, group), true);
	set_bits(to, p->geometry.inodes_per_group, (uint64_t)EXT4_BLOCK_SIZE * 8, true);
}

static uint32_t count_free(const uint8_t *map)
{
	uint32_t n = 0;

	for (size_t i = 0; i < EXT4_BLOCK_SIZE; i += 4)
		n += 32 - (uint32_t)__builtin_popcount(get_le32(map + i));
	return n;
}

struct ext4_counts ext4_count_group(const struct ext4_plan *p, uint32_t group)
{
	uint32_t per_group = p->geometry.inodes_per_group, used = used_inodes(p, group);
	struct ext4_counts c = { .free_inodes = per_group - used,
				 .unused_inodes = per_group - used };
	uint8_t map[EXT4_BLOCK_SIZE];

	ext4_encode_block_bitmap(p, group, map);
	c.free_blocks = count_free(map);
	for (uint32_t i = 0; i < used; i++)
		c.folders += ext4_is_folder(p, group * per_group + i + 1);
	return c;
}

struct ext4_counts ext4_count_all(const struct ext4_plan *p)
{
	const struct ext4_geometry *g = &p->geometry;
	struct ext4_counts all = { .free_blocks = g->blocks - g->end };

	for (unsigned i = 0; i < g->n_gaps; i++)
		all.free_blocks += g->gaps[i].n;
	for (unsigned i = 0; i < g->backups.n; i++)
		if (g->backups.start[i] >= g->end)
			all.free_blocks -= g->backups.span;
	all.free_inodes = g->groups * g->inodes_per_group - p->n_used;
	return all;
}

static void encode_descriptor(const struct ext4_plan *p, uint32_t group, uint8_t *to)
{
	struct ext4_counts c = ext4_count_group(p, group);
	uint32_t seed = ext4_seed(p), crc;
	uint8_t map[EXT4_BLOCK_SIZE], le_group[4];

	put_le32(to + GROUP_BLOCK_BITMAP, p->block_bitmaps[group]);
	put_le32(to + GROUP_INODE_BITMAP, p->inode_bitmaps[group]);
	put_le32(to + GROUP_INODE_TABLE, p->inode_tables[group]);
	put_le16(to + GROUP_FREE_BLOCKS, (uint16_t)c.free_blocks);
	put_le16(to + GROUP_FREE_INODES, (uint16_t)c.free_inodes);
	put_le16(to + GROUP_FOLDERS, (uint16_t)c.folders);
	put_le16(to + GROUP_FLAGS, GROUP_TABLE_IS_ZEROED);
	put_le16(to + GROUP_UNUSED_INODES, (uint16_t)c.unused_inodes);
	ext4_encode_block_bitmap(p, group, map);
	crc = crc32c_raw(seed, BYTES_OF(map));
	put_le16(to + GROUP_BLOCK_CSUM, (uint16_t)crc);
	put_le16(to + GROUP_BLOCK_CSUM_HI, (uint16_t)(crc >> 16));
	ext4_encode_inode_bitmap(p, group, map);
	crc = crc32c_raw(seed, (struct bytes){ map, p->geometry.inodes_per_group / 8 });
	put_le16(to + GROUP_INODE_CSUM, (uint16_t)crc);
	put_le16(to + GROUP_INODE_CSUM_HI, (uint16_t)(crc >> 16));
	put_le32(le_group, group);
	crc = crc32c_raw(seed, BYTES_OF(le_group));
	crc = crc32c_raw(crc, (struct bytes){ to, EXT4_DESCRIPTOR_SIZE });
	put_le16(to + GROUP_CHECKSUM, (uint16_t)crc);
}

void ext4_encode_descriptors(const struct ext4_plan *p, uint8_t *to)
{
	for (uint32_t i = 0; i < p->geometry.groups; i++)
		encode_descriptor(p, i, to + (size_t)i * EXT4_DESCRIPTOR_SIZE);
}

static void put_features(const struct ext4_plan *p, uint8_t *to)
{
	uint32_t compat = COMPAT_XATTRS | COMPAT_FOLDER_INDEX;

	if (p->options.journal)
		compat |= COMPAT_JOURNAL;
	if (p->geometry.reserved_gdt_blocks)
		compat |= COMPAT_RESIZE_INODE;
	put_le32(to + SUPER_COMPAT, compat);
	put_le32(to + SUPER_INCOMPAT,
		 INCOMPAT_KINDS | INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG);
	put_le32(to + SUPER_RO_COMPAT, RO_SPARSE_SUPER | RO_LARGE_FILE | RO_HUGE_FILE |
					       RO_DIR_NLINK | RO_EXTRA_SIZE | RO_CHECKSUMS);
}

static void put_numbers(const struct ext4_plan *p, uint8_t *to)
{
	const struct ext4_geometry *g = &p->geometry;
	struct ext4_counts all = ext4_count_all(p);
	uint64_t overhead = (uint64_t)(1 + g->gdt_blocks) * (1 + g->backups.n) +
			    (uint64_t)g->groups * (2 + g->table_blocks) + g->journal_blocks;

	put_le32(to + SUPER_INODES, g->groups * g->inodes_per_group);
	put_le32(to + SUPER_BLOCKS, (uint32_t)g->blocks);
	put_le32(to + SUPER_BLOCKS_HI, (uint32_t)(g->blocks >> 32));
	put_le32(to + SUPER_FREE_BLOCKS, (uint32_t)all.free_blocks);
	put_le32(to + SUPER_FREE_BLOCKS_HI, (uint32_t)(all.free_blocks >> 32));
	put_le32(to + SUPER_FREE_INODES, all.free_inodes);
	put_le32(to + SUPER_LOG_BLOCK_SIZE, 2); /* 1024 << 2 */
	put_le32(to + SUPER_LOG_CLUSTER_SIZE, 2);
	put_le32(to + SUPER_GROUP_BLOCKS, EXT4_GROUP_BLOCKS);
	put_le32(to + SUPER_GROUP_CLUSTERS, EXT4_GROUP_BLOCKS);
	put_le32(to + SUPER_GROUP_INODES, g->inodes_per_group);
	put_le16(to + SUPER_RESERVED_GDT, (uint16_t)g->reserved_gdt_blocks);
	put_le32(to + SUPER_OVERHEAD, (uint32_t)overhead);
}

static void put_constants(const struct ext4_plan *p, uint8_t *to)
{
	uint32_t epoch = (uint32_t)p->options.epoch;
	uint8_t epoch_hi = (uint8_t)(p->options.epoch >> 32);

	put_le32(to + SUPER_WTIME, epoch);
	put_le32(to + SUPER_LASTCHECK, epoch);
	put_le32(to + SUPER_MKFS_TIME, epoch);
	to[SUPER_WTIME_HI] = to[SUPER_LASTCHECK_HI] = to[SUPER_MKFS_TIME_HI] = epoch_hi;
	put_le16(to + SUPER_MAX_MOUNTS, 0xffff); /* never checked for its age */
	put_le16(to + SUPER_MAGIC, 0xef53);
	put_le16(to + SUPER_STATE, 1);	/* clean */
	put_le16(to + SUPER_ERRORS, 1); /* go on */
	put_le32(to + SUPER_REVISION, 1);
	put_le32(to + SUPER_FIRST_INODE, EXT4_LOST_FOUND_INODE);
	put_le16(to + SUPER_INODE_SIZE, EXT4_INODE_SIZE);
	put_le16(to + SUPER_DESCRIPTOR_SIZE, EXT4_DESCRIPTOR_SIZE);
	put_le32(to + SUPER_MOUNT_OPTIONS, MOUNT_XATTRS_AND_ACLS);
	put_le16(to + SUPER_MIN_EXTRA_SIZE, INODE_EXTRA_SIZE);
	put_le16(to + SUPER_WANT_EXTRA_SIZE, INODE_EXTRA_SIZE);
	put_le32(to + SUPER_FLAGS, 1); /* signed hash, on all machines */
	to[SUPER_HASH_VERSION] = 1;    /* half MD4 */
	to[SUPER_LOG_FLEX] = LOG_FLEX_GROUPS;
	to[SUPER_CHECKSUM_TYPE] = 1; /* CRC-32C */
	memcpy(to + SUPER_UUID, p->options.uuid, sizeof(p->options.uuid));
	memcpy(to + SUPER_HASH_SEED, p->options.hash_seed, sizeof(p->options.hash_seed));
	memcpy(to + SUPER_LABEL, p->label, sizeof(p->label));
}

/* e2fsck finds the journal by this if its inode is lost: block map, size high and low. */
static void put_journal(const struct ext4_plan *p, uint8_t *to)
{
	uint8_t inode[EXT4_INODE_SIZE] = { 0 };
	uint8_t *backup = to + SUPER_JOURNAL_BACKUP;

	ext4_encode_inode(p, EXT4_JOURNAL_INODE, inode);
	put_le32(to + SUPER_JOURNAL_INODE, EXT4_JOURNAL_INODE);
	to[SUPER_JOURNAL_BACKUP_TYPE] = 1;
	memcpy(backup, inode + INODE_MAP, INODE_MAP_SIZE);
	memcpy(backup + INODE_MAP_SIZE, inode + INODE_SIZE_HI, 4);
	memcpy(backup + INODE_MAP_SIZE + 4, inode + INODE_SIZE_LO, 4);
}

void ext4_encode_super(const struct ext4_plan *p, uint32_t group, uint8_t *to)
{
	memset(to, 0, EXT4_SUPER_SIZE);
	put_numbers(p, to);
	put_features(p, to);
	put_constants(p, to);
	put_le16(to + SUPER_GROUP, (uint16_t)group);
	if (p->options.journal)
		put_journal(p, to);
	put_le32(to + SUPER_CHECKSUM, crc32c_raw(~0u, (struct bytes){ to, SUPER_CHECKSUM }));
}

void ext4_encode_journal(const struct ext4_plan *p, uint8_t *to)
{
	put_be32(to + JOURNAL_MAGIC, 0xc03b3998);
	put_be32(to + JOURNAL_TYPE, 4); /* superblock, version 2 */
	put_be32(to + JOURNAL_BLOCK_SIZE, EXT4_BLOCK_SIZE);
	put_be32(to + JOURNAL_BLOCKS, p->geometry.journal_blocks);
	put_be32(to + JOURNAL_FIRST, 1);
	put_be32(to + JOURNAL_SEQUENCE, 1);
	memcpy(to + JOURNAL_UUID, p->options.uuid, sizeof(p->options.uuid));
	put_be32(to + JOURNAL_USERS, 1);
}
