/* The tables of inodes and their bitmaps (inodes.rst, bitmaps.rst). */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

enum {
	I_MODE = 0x0,
	I_LINKS = 0x1a,
	I_BLOCKS = 0x1c,
	I_GENERATION = 0x64,
	I_CHECKSUM = 0x7c,
	I_EXTRA_SIZE = 0x80,
	I_CHECKSUM_HIGH = 0x82,
};

#define PIECE_SIZE (256u * 1024) /* bytes of a table that are read at once */

struct ext4_item *ext4_item(const struct ext4_reader *r, uint32_t number)
{
	const struct ext4_group *g = NULL;
	uint32_t i = (number - 1) % r->inodes_per_group;

	if (number == 0 || number > r->n_inodes)
		return NULL;
	g = &r->groups[(number - 1) / r->inodes_per_group];
	return i < g->n_items ? g->items[i] : NULL;
}

uint32_t ext4_read_seed(const struct ext4_reader *r, uint32_t number, uint32_t generation)
{
	uint8_t both[8];

	put_le32(both, number);
	put_le32(both + 4, generation);
	return crc32c_raw(r->seed, BYTES_OF(both));
}

static bool checksum_is_right(const struct ext4_reader *r, uint32_t number, const uint8_t *raw)
{
	static const uint8_t none[2];
	bool wide = r->inode_size > EXT4_INODE_BASE && get_le16(raw + I_EXTRA_SIZE) >= 4;
	uint32_t crc = ext4_read_seed(r, number, get_le32(raw + I_GENERATION));
	uint32_t said = get_le16(raw + I_CHECKSUM);
	size_t at = I_CHECKSUM + 2;

	crc = crc32c_raw(crc, (struct bytes){ raw, I_CHECKSUM });
	crc = crc32c_raw(crc, BYTES_OF(none));
	if (wide) {
		said |= (uint32_t)get_le16(raw + I_CHECKSUM_HIGH) << 16;
		crc = crc32c_raw(crc, (struct bytes){ raw + at, I_CHECKSUM_HIGH - at });
		crc = crc32c_raw(crc, BYTES_OF(none));
		at = I_CHECKSUM_HIGH + 2;
	}
	crc = crc32c_raw(crc, (struct bytes){ raw + at, r->inode_size - at });
	return said == (wide ? crc : crc & 0xffff);
}

static int check_checksum(const struct ext4_reader *r, uint32_t number, const uint8_t *raw,
			  struct error *err)
{
	if (checksum_is_right(r, number, raw))
		return 0;
	return err_set(err, ERR_FORMAT, "the inode's checksum is wrong");
}

/* Never used: zeros; used once: no links. */
static int check_free(const struct ext4_reader *r, uint32_t number, const uint8_t *raw,
		      struct error *err)
{
	if (bytes_are_zero(raw, r->inode_size))
		return 0;
	if (check_checksum(r, number, raw, err) < 0)
		return -1;
	if (get_le16(raw + I_LINKS) != 0)
		return err_set(err, ERR_FORMAT, "a free inode has %u links",
			       get_le16(raw + I_LINKS));
	return 0;
}

/* Inodes below the first one for files, but root, journal and the one for growing. */
static int check_reserved(const struct ext4_reader *r, uint32_t number, const uint8_t *raw,
			  struct error *err)
{
	if (bytes_are_zero(raw, r->inode_size))
		return 0;
	if (check_checksum(r, number, raw, err) < 0)
		return -1;
	if (get_le16(raw + I_LINKS) || get_le16(raw + I_MODE) || get_le32(raw + I_BLOCKS))
		return err_set(err, ERR_UNSUPPORTED, "a reserved inode has contents");
	return 0;
}

static int read_used(struct ext4_reader *r, uint32_t number, const uint8_t *raw,
		     struct ext4_item **ret, struct error *err)
{
	struct ext4_item *item = NULL;

	if (number == EXT4_RESIZE_INODE && r->compat & EXT4_HAS_RESIZE_INODE) {
		if (check_checksum(r, number, raw, err) < 0)
			return -1;
		return ext4_check_resize_inode(r, raw, err);
	}
	if (number < r->first_inode && number != EXT4_ROOT_INODE && number != r->journal)
		return check_reserved(r, number, raw, err);
	if (check_checksum(r, number, raw, err) < 0)
		return -1;
	if (r->n_items == LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "more than %u inodes are in use", LIMIT_TREE_NODES);
	r->n_items++;
	item = arena_alloc(&r->arena, sizeof(*item));
	item->number = number;
	item->generation = get_le32(raw + I_GENERATION);
	item->special = number == r->journal || number == r->orphan_file;
	if (ext4_read_item(r, raw, item, err) < 0)
		return -1;
	*ret = item;
	return 0;
}

static int read_inode(struct ext4_reader *r, struct ext4_group *g, uint32_t number, uint32_t i,
		      const uint8_t *bitmap, const uint8_t *raw, struct error *err)
{
	if (!(bitmap[i / 8] >> (i & 7) & 1))
		return check_free(r, number, raw, err);
	return read_used(r, number, raw, &g->items[i], err);
}

/* Inodes that were never used may hold anything, if nobody has said that they are zeros. */
static uint32_t readable(const struct ext4_reader *r, const struct ext4_group *g)
{
	if (g->flags & EXT4_GROUP_TABLE_ZEROED)
		return r->inodes_per_group;
	return g->flags & EXT4_GROUP_INODES_UNUSED ? 0 : r->inodes_per_group - g->unused;
}

static int read_table(struct ext4_reader *r, uint32_t group, const uint8_t *bitmap, uint8_t *piece,
		      struct error *err)
{
	struct ext4_group *g = &r->groups[group];
	uint64_t at = g->inode_table * r->block_size;
	uint32_t n = readable(r, g), per_piece = PIECE_SIZE / r->inode_size;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = group * r->inodes_per_group + i + 1;
		uint32_t left = n - i < per_piece ? n - i : per_piece;

		if (i % per_piece == 0 && window_read(r->in, at + (uint64_t)i * r->inode_size,
						      piece, (size_t)left * r->inode_size, err) < 0)
			return -1;
		if (read_inode(r, g, number, i, bitmap,
			       piece + (size_t)(i % per_piece) * r->inode_size, err) < 0)
			return err_while(err, "reading inode %u", number);
	}
	return 0;
}

static int check_bitmap(const struct ext4_reader *r, uint32_t group, const uint8_t *bitmap,
			struct error *err)
{
	const struct ext4_group *g = &r->groups[group];
	uint32_t bytes = r->inodes_per_group / 8;
	uint32_t mask = r->descriptor_size == 64 ? ~0u : 0xffffu;
	uint32_t crc = crc32c_raw(r->seed, (struct bytes){ bitmap, bytes });

	if ((crc & mask) != g->inode_bitmap_checksum)
		return err_set(err, ERR_FORMAT,
			       "group %u: the checksum of its inode bitmap is wrong", group);
	for (uint32_t i = bytes; i < r->block_size; i++)
		if (bitmap[i] != 0xff)
			return err_set(err, ERR_FORMAT,
				       "group %u: its inode bitmap is not filled up with ones",
				       group);
	return 0;
}

/* *ret_end: one more than the index of the last inode in use. */
static uint32_t count_used(const struct ext4_reader *r, const uint8_t *bitmap, uint32_t *ret_end)
{
	uint32_t n = 0;

	*ret_end = 0;
	for (uint32_t i = 0; i < r->inodes_per_group; i++) {
		if (!(bitmap[i / 8] >> (i & 7) & 1))
			continue;
		*ret_end = i + 1;
		n++;
	}
	return n;
}

static int read_bitmap(struct ext4_reader *r, uint32_t group, uint8_t *bitmap, struct error *err)
{
	struct ext4_group *g = &r->groups[group];
	uint32_t n = 0;

	memset(bitmap, 0, r->block_size);
	if (!(g->flags & EXT4_GROUP_INODES_UNUSED) &&
	    (ext4_read_block(r, g->inode_bitmap, bitmap, err) < 0 ||
	     check_bitmap(r, group, bitmap, err) < 0))
		return -1;
	n = count_used(r, bitmap, &g->n_items);
	if (r->inodes_per_group - n != g->free_inodes)
		return err_set(err, ERR_FORMAT, "group %u has %u free inodes and says %u", group,
			       r->inodes_per_group - n, g->free_inodes);
	if (g->n_items > r->inodes_per_group - g->unused)
		return err_set(err, ERR_FORMAT, "inode %u is in use and counted as unused",
			       group * r->inodes_per_group + g->n_items);
	g->items = arena_array(&r->arena, g->n_items, sizeof(struct ext4_item *));
	for (uint32_t i = 0; group == 0 && i < r->first_inode - 1; i++)
		if (i >= r->inodes_per_group || !(bitmap[i / 8] >> (i & 7) & 1))
			return err_set(err, ERR_FORMAT, "reserved inode %u is marked free", i + 1);
	return 0;
}

/* Folders of the group, against what its descriptor says. */
static int check_folders(const struct ext4_reader *r, uint32_t group, struct error *err)
{
	const struct ext4_group *g = &r->groups[group];
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n_items; i++)
		n += g->items[i] && g->items[i]->attributes.kind == NODE_DIRECTORY;
	if (n != g->folders)
		return err_set(err, ERR_FORMAT, "group %u has %u folders and says %u", group, n,
			       g->folders);
	return 0;
}

int ext4_read_inodes(struct ext4_reader *r, struct error *err)
{
	CLEANUP_FREE uint8_t *piece = mem_alloc(PIECE_SIZE);
	CLEANUP_FREE uint8_t *bitmap = mem_alloc(r->block_size);

	for (uint32_t group = 0; group < r->n_groups; group++) {
		if (read_bitmap(r, group, bitmap, err) < 0 ||
		    read_table(r, group, bitmap, piece, err) < 0 ||
		    check_folders(r, group, err) < 0)
			return -1;
	}
	if (!ext4_item(r, EXT4_ROOT_INODE) ||
	    ext4_item(r, EXT4_ROOT_INODE)->attributes.kind != NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "inode 2, the root, is no folder");
	return 0;
}
