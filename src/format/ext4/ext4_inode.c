/* Inodes: of the tree, and the few that the file system has for itself. */
#include <assert.h>

#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_encode.h"

enum {
	INODE_MODE = 0x00,
	INODE_UID = 0x02,
	INODE_SIZE_LO = 0x04,
	INODE_ATIME = 0x08,
	INODE_CTIME = 0x0c,
	INODE_MTIME = 0x10,
	INODE_GID = 0x18,
	INODE_LINKS = 0x1a,
	INODE_BLOCKS_LO = 0x1c,
	INODE_FLAGS = 0x20,
	INODE_BLOCK = 0x28,
	INODE_FILE_ACL = 0x68,
	INODE_SIZE_HI = 0x6c,
	INODE_BLOCKS_HI = 0x74,
	INODE_UID_HI = 0x78,
	INODE_GID_HI = 0x7a,
	INODE_CSUM_LO = 0x7c,
	INODE_EXTRA_SIZE = 0x80,
	INODE_CSUM_HI = 0x82,
	INODE_CTIME_EXTRA = 0x84,
	INODE_MTIME_EXTRA = 0x88,
	INODE_ATIME_EXTRA = 0x8c,
	INODE_CRTIME = 0x90,
	INODE_CRTIME_EXTRA = 0x94,
	INODE_XATTRS = 0xa0,
};
static_assert(INODE_XATTRS + EXT4_INODE_XATTRS == EXT4_INODE_SIZE, "");

#define EXTRA_SIZE 32u
#define FLAG_EXTENTS 0x80000u
#define FAST_LINK_MAX 60u /* bytes, with the NUL behind */
#define BLOCK_SECTORS (EXT4_BLOCK_SIZE / 512)
#define DOUBLE_BLOCK 13u /* place in the block map of a block of blocks of blocks */
#define BLOCK_POINTERS (EXT4_BLOCK_SIZE / 4)

uint32_t ext4_seed(const struct ext4_plan *p)
{
	return crc32c_raw(~0u, BYTES_OF(p->options.uuid));
}

uint32_t ext4_inode_seed(const struct ext4_plan *p, uint32_t number)
{
	uint8_t le[8] = { 0 }; /* number and generation */

	put_le32(le, number);
	return crc32c_raw(ext4_seed(p), BYTES_OF(le));
}

static uint16_t kind_bits(enum node_kind kind)
{
	static const uint16_t bits[] = {
		[NODE_FIFO] = 0010000,	[NODE_CHAR] = 0020000, [NODE_DIRECTORY] = 0040000,
		[NODE_BLOCK] = 0060000, [NODE_FILE] = 0100000, [NODE_SYMLINK] = 0120000
	};

	return bits[kind];
}

/* Seconds have 32 bits with a sign, and two more that count 2^32 up from it. */
static void put_time(uint8_t *to, size_t seconds, size_t extra, int64_t time)
{
	int64_t low = (int32_t)(uint32_t)time;

	put_le32(to + seconds, (uint32_t)time);
	put_le32(to + extra, (uint32_t)((time - low) >> 32) & 3);
}

static void put_times(uint8_t *to, int64_t time)
{
	put_time(to, INODE_ATIME, INODE_ATIME_EXTRA, time);
	put_time(to, INODE_CTIME, INODE_CTIME_EXTRA, time);
	put_time(to, INODE_MTIME, INODE_MTIME_EXTRA, time);
	put_time(to, INODE_CRTIME, INODE_CRTIME_EXTRA, time);
}

static void put_size(uint8_t *to, uint64_t size)
{
	put_le32(to + INODE_SIZE_LO, (uint32_t)size);
	put_le32(to + INODE_SIZE_HI, (uint32_t)(size >> 32));
}

static void put_blocks(uint8_t *to, uint64_t blocks)
{
	put_le32(to + INODE_BLOCKS_LO, (uint32_t)(blocks * BLOCK_SECTORS));
	put_le16(to + INODE_BLOCKS_HI, (uint16_t)(blocks * BLOCK_SECTORS >> 32));
}

static void put_extents(const struct ext4_plan *p, const struct ext4_place *place, uint8_t *to)
{
	put_le32(to + INODE_FLAGS, FLAG_EXTENTS);
	ext4_encode_extents(p, place, to + INODE_BLOCK);
}

static uint64_t blocks_of(const struct ext4_plan *p, const struct ext4_place *place)
{
	struct ext4_extent_tree tree =
		ext4_extent_tree(ext4_runs_count(&p->geometry.backups, place->start, place->n));

	return (uint64_t)place->n + (place->xattrs != 0) + tree.indexes + tree.leaves;
}

/* Folders: their name, ".", and ".." of each folder in them. 1: more than can be counted. */
static uint16_t count_links(const struct ext4_plan *p, const struct node *node)
{
	struct node *const *list;
	size_t n = tree_children(node, &list), links = 2;

	if (node->inode->kind != NODE_DIRECTORY)
		return (uint16_t)node->inode->links;
	for (size_t i = 0; i < n; i++)
		links += list[i]->inode->kind == NODE_DIRECTORY;
	if (!node->parent && !p->nodes[EXT4_LOST_FOUND_INODE - 1])
		links++;
	return links > EXT4_LINKS_MAX ? 1 : (uint16_t)links;
}

static int64_t time_of(const struct ext4_plan *p, const struct inode *inode)
{
	if (inode->kind == NODE_DIRECTORY)
		return p->options.folder_mtime;
	if (inode->mtime < 0)
		return 0;
	return inode->mtime < p->options.epoch ? inode->mtime : p->options.epoch;
}

static void put_content(const struct ext4_plan *p, const struct ext4_place *place,
			const struct inode *inode, uint8_t *to)
{
	switch (inode->kind) {
	case NODE_DIRECTORY:
		put_size(to, (uint64_t)place->n * EXT4_BLOCK_SIZE);
		put_extents(p, place, to);
		break;
	case NODE_FILE:
		put_size(to, inode->content.size);
		put_extents(p, place, to);
		break;
	case NODE_SYMLINK:
		put_size(to, inode->target.len);
		if (inode->target.len < FAST_LINK_MAX)
			memcpy(to + INODE_BLOCK, inode->target.ptr, inode->target.len);
		else
			put_extents(p, place, to);
		break;
	case NODE_CHAR:
	case NODE_BLOCK: /* 12 bits of major, 20 of minor around them */
		put_le32(to + INODE_BLOCK + 4, (inode->minor & 0xff) | inode->major << 8 |
						       (inode->minor & 0xfff00) << 12);
		break;
	case NODE_FIFO:
		break;
	}
}

static void encode_node(const struct ext4_plan *p, const struct ext4_place *place,
			const struct node *node, uint8_t *to)
{
	const struct inode *inode = node->inode;

	put_le16(to + INODE_MODE, (uint16_t)(kind_bits(inode->kind) | inode->mode));
	put_le16(to + INODE_UID, (uint16_t)inode->uid);
	put_le16(to + INODE_UID_HI, (uint16_t)(inode->uid >> 16));
	put_le16(to + INODE_GID, (uint16_t)inode->gid);
	put_le16(to + INODE_GID_HI, (uint16_t)(inode->gid >> 16));
	put_le16(to + INODE_LINKS, count_links(p, node));
	put_times(to, time_of(p, inode));
	put_blocks(to, blocks_of(p, place));
	put_content(p, place, inode, to);
	put_le32(to + INODE_FILE_ACL, place->xattrs);
	if (inode->n_xattrs)
		ext4_encode_xattrs(p, inode, to + INODE_XATTRS, 0, NULL);
}

static void encode_own(const struct ext4_plan *p, const struct ext4_place *place, uint16_t mode,
		       uint16_t links, int64_t time, uint8_t *to)
{
	put_le16(to + INODE_MODE, mode);
	put_le16(to + INODE_LINKS, links);
	put_times(to, time);
	put_size(to, (uint64_t)place->n * EXT4_BLOCK_SIZE);
	put_blocks(to, blocks_of(p, place));
	put_extents(p, place, to);
}

/*
 * A file of old kind: its doubly indirect block tells of the primary reserved descriptor
 * blocks, each of which tells of its copies. The size is what such a map can reach.
 */
static void encode_resize(const struct ext4_plan *p, uint8_t *to)
{
	const struct ext4_geometry *g = &p->geometry;
	uint64_t reach = (uint64_t)BLOCK_POINTERS * BLOCK_POINTERS + BLOCK_POINTERS + 12;

	put_le16(to + INODE_MODE, kind_bits(NODE_FILE) | 0600);
	put_le16(to + INODE_LINKS, 1);
	put_times(to, p->options.epoch);
	put_size(to, reach * EXT4_BLOCK_SIZE);
	put_blocks(to, 1 + (uint64_t)g->reserved_gdt_blocks * (1 + g->backups.n));
	put_le32(to + INODE_BLOCK + 4 * DOUBLE_BLOCK, p->resize_block);
}

static void put_checksum(const struct ext4_plan *p, uint32_t number, uint8_t *to)
{
	uint32_t crc;

	put_le16(to + INODE_EXTRA_SIZE, EXTRA_SIZE);
	crc = crc32c_raw(ext4_inode_seed(p, number), (struct bytes){ to, EXT4_INODE_SIZE });
	put_le16(to + INODE_CSUM_LO, (uint16_t)crc);
	put_le16(to + INODE_CSUM_HI, (uint16_t)(crc >> 16));
}

void ext4_encode_inode(const struct ext4_plan *p, uint32_t number, uint8_t *to)
{
	const struct ext4_place *place = &p->places[number - 1];
	const struct node *node = p->nodes[number - 1];

	if (node)
		encode_node(p, place, node, to);
	else if (number == EXT4_LOST_FOUND_INODE)
		encode_own(p, place, kind_bits(NODE_DIRECTORY) | 0700, 2, p->options.folder_mtime,
			   to);
	else if (number == EXT4_JOURNAL_INODE && place->n)
		encode_own(p, place, kind_bits(NODE_FILE) | 0600, 1, p->options.epoch, to);
	else if (number == EXT4_RESIZE_INODE && p->resize_block)
		encode_resize(p, to);
	else
		return; /* reserved, and of no use: zeros */
	put_checksum(p, number, to);
}

void ext4_encode_resize_block(const struct ext4_plan *p, uint8_t *to)
{
	const struct ext4_geometry *g = &p->geometry;

	for (uint32_t i = 0; i < g->reserved_gdt_blocks; i++)
		put_le32(to + 4 * (size_t)((g->gdt_blocks + i) % BLOCK_POINTERS),
			 1 + g->gdt_blocks + i);
}

void ext4_encode_reserved_block(const struct ext4_plan *p, uint32_t i, uint8_t *to)
{
	const struct ext4_geometry *g = &p->geometry;

	for (unsigned k = 0; k < g->backups.n; k++)
		put_le32(to + 4 * (size_t)k, (uint32_t)g->backups.start[k] + 1 + g->gdt_blocks + i);
}
