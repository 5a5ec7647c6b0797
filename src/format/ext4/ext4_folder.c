/*
 * Folders: names in canonical order, one after the other; a block's last name takes what
 * is left but for 12 bytes, in which the checksum looks like a name that is deleted.
 */
#include <assert.h>

#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_encode.h"

#define TAIL_SIZE 12u
#define TAIL_OFFSET (EXT4_BLOCK_SIZE - TAIL_SIZE)
#define TAIL_MARK 0xdeu /* where others have the kind */

enum { ENTRY_INODE = 0, ENTRY_LENGTH = 4, ENTRY_NAME_LEN = 6, ENTRY_KIND = 7, ENTRY_NAME = 8 };

/* Without a target only the blocks are counted. */
struct packer {
	uint8_t *to;
	uint32_t block, offset; /* bytes of this block that are taken */
	uint32_t last;		/* where the last name of this block starts */
};

static uint8_t kind_byte(enum node_kind kind)
{
	static const uint8_t kinds[] = {
		[NODE_FILE] = 1,  [NODE_DIRECTORY] = 2, [NODE_CHAR] = 3,
		[NODE_BLOCK] = 4, [NODE_FIFO] = 5,	[NODE_SYMLINK] = 7
	};

	return kinds[kind];
}

/* The last name of a block reaches to the tail. */
static void end_block(struct packer *w)
{
	uint8_t *block;

	if (!w->to)
		return;
	block = w->to + (size_t)w->block * EXT4_BLOCK_SIZE;
	put_le16(block + w->last + ENTRY_LENGTH, (uint16_t)(TAIL_OFFSET - w->last));
	put_le16(block + TAIL_OFFSET + ENTRY_LENGTH, TAIL_SIZE);
	block[TAIL_OFFSET + ENTRY_KIND] = TAIL_MARK;
}

static void add(struct packer *w, struct str name, uint32_t number, enum node_kind kind)
{
	uint32_t size = (uint32_t)(ENTRY_NAME + name.len + 3) & ~3u;
	uint8_t *entry;

	if (w->offset + size > TAIL_OFFSET) {
		end_block(w);
		w->block++;
		w->offset = 0;
	}
	w->last = w->offset;
	w->offset += size;
	if (!w->to)
		return;
	entry = w->to + (size_t)w->block * EXT4_BLOCK_SIZE + w->last;
	put_le32(entry + ENTRY_INODE, number);
	put_le16(entry + ENTRY_LENGTH, (uint16_t)size);
	entry[ENTRY_NAME_LEN] = (uint8_t)name.len;
	entry[ENTRY_KIND] = kind_byte(kind);
	memcpy(entry + ENTRY_NAME, name.ptr, name.len);
}

static void pack(const struct ext4_plan *p, uint32_t number, struct packer *w)
{
	const struct node *node = p->nodes[number - 1];
	struct node *const *list = NULL;
	size_t n = node ? tree_children(node, &list) : 0;
	uint32_t parent = node && node->parent ? ext4_number(p, node->parent) : EXT4_ROOT_INODE;

	add(w, STR("."), number, NODE_DIRECTORY);
	add(w, STR(".."), parent, NODE_DIRECTORY);
	if (number == EXT4_ROOT_INODE && !p->nodes[EXT4_LOST_FOUND_INODE - 1])
		add(w, STR("lost+found"), EXT4_LOST_FOUND_INODE, NODE_DIRECTORY);
	for (size_t i = 0; i < n; i++)
		add(w, list[i]->name, w->to ? ext4_number(p, list[i]) : 0, list[i]->inode->kind);
	end_block(w);
}

uint32_t ext4_folder_blocks(const struct ext4_plan *p, uint32_t number)
{
	struct packer w = { 0 };

	pack(p, number, &w);
	return w.block + 1;
}

void ext4_encode_folder(const struct ext4_plan *p, uint32_t number, uint8_t *to)
{
	struct packer w = { .to = to };
	uint32_t seed = ext4_inode_seed(p, number);

	pack(p, number, &w);
	assert(w.block + 1 == p->places[number - 1].n);
	for (uint32_t i = 0; i <= w.block; i++, to += EXT4_BLOCK_SIZE)
		put_le32(to + TAIL_OFFSET + ENTRY_NAME,
			 crc32c_raw(seed, (struct bytes){ to, TAIL_OFFSET }));
}
