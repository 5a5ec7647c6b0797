/*
 * Compressed contents: struct z_erofs_map_header and z_erofs_lcluster_index of erofs_fs.h,
 * and for the compact form Documentation/filesystems/erofs.rst and fs/erofs/zmap.c. An
 * entry for each block of the content says what begins in it.
 */
#include "format/erofs/erofs_reader.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"

#define HEADER_SIZE 8u
#define BY_2_BYTES 1u /* of what the header advises: entries of 2 bytes, where they fit */

#define FULL_HEADER_SIZE 16u /* 8 more bytes, in which nothing is */
#define FULL_SIZE 8u
#define FULL_COUNT 64u /* entries that are read at once */

/* Compact entries: packs end with a block number, before it are offsets with types. */
#define PACK_OF_4_SIZE 8u  /* of 2 entries of 4 bytes */
#define PACK_OF_2_SIZE 32u /* of 16 entries of 2 bytes */
#define PACK_OF_2_COUNT 16u
#define OFFSET_BITS 12u
#define NOT_SAID UINT32_MAX

enum { TYPE_RAW = 0, TYPE_LZ4 = 1, TYPE_NONE = 2 };

struct entry {
	unsigned type;
	uint32_t offset, block; /* where something begins, and where it lies */
	uint32_t back, on;	/* where nothing does: blocks to those where something does */
};

struct clusters {
	struct erofs_reader *r;
	const struct erofs_inode *inode;
	struct block_extent *list;
	size_t n, capacity;
	uint64_t first, next, blocks; /* blocks: of the current cluster; of the content */
	uint64_t start;		      /* of it, in the content */
	struct entry current;
	bool has_next, at_end; /* @next is known; the end has been marked */
};

static int no_such(const struct erofs_inode *i, struct error *err, const char *what, unsigned value)
{
	return err_set(err, ERR_UNSUPPORTED, "inode %llu of the EROFS is compressed with %s %u",
		       (unsigned long long)i->number, what, value);
}

static uint64_t count_blocks(const struct erofs_inode *i)
{
	return (i->size + EROFS_BLOCK - 1) / EROFS_BLOCK;
}

/* Entries of 4 bytes until the next multiple of 32, then of 2 while 16 are left, then of 4. */
static void split_compact(const struct erofs_inode *i, uint64_t *ret_before, uint64_t *ret_by_2)
{
	uint64_t n = count_blocks(i), before = (32 - (i->index + HEADER_SIZE) % 32) % 32 / 4;

	*ret_before = before < n ? before : n;
	*ret_by_2 = i->by_2_bytes ? (n - *ret_before) / PACK_OF_2_COUNT * PACK_OF_2_COUNT : 0;
}

static uint64_t index_size(const struct erofs_inode *i)
{
	uint64_t n = count_blocks(i), before = 0, by_2 = 0;

	if (i->layout == EROFS_FULL)
		return FULL_HEADER_SIZE + FULL_SIZE * n;
	split_compact(i, &before, &by_2);
	return HEADER_SIZE + 2 * by_2 + (n - by_2 + 1) / 2 * PACK_OF_4_SIZE;
}

int erofs_claim_index(struct erofs_reader *r, struct erofs_inode *i, uint64_t end,
		      struct error *err)
{
	size_t size = i->layout == EROFS_FULL ? FULL_HEADER_SIZE : HEADER_SIZE;
	uint8_t p[FULL_HEADER_SIZE];
	unsigned advice;

	i->index = (end + 7) & ~7ull;
	if (!r->super.zeros_first)
		return no_such(i, err, "zeros after it, feature", 1);
	if (i->attributes.kind != NODE_FILE)
		return no_such(i, err, "type", i->attributes.kind);
	if (i->size == 0)
		return erofs_wrong(err, i->number, "is compressed, and empty");
	if (window_read(r->in, i->index, p, size, err) < 0)
		return -1;
	advice = get_le16(p + 4);
	if (p[6])
		return no_such(i, err, "algorithm", p[6]);
	if (p[7])
		return no_such(i, err, "blocks or fragments of kind", p[7]);
	if (advice > (i->layout == EROFS_FULL ? 0 : BY_2_BYTES))
		return no_such(i, err, "advice", advice);
	if (get_le32(p) || !bytes_are_zero(p + HEADER_SIZE, size - HEADER_SIZE))
		return erofs_wrong(err, i->number, "has reserved bytes before its index");
	i->by_2_bytes = advice & BY_2_BYTES;
	return erofs_claim(&r->ranges, i->index, index_size(i), false, i->number, err);
}

/* Bytes of a cluster of LZ4 come after zeros. */
static int add_packed(struct clusters *c, uint64_t at, uint64_t length, struct error *err)
{
	uint8_t block[EROFS_BLOCK];
	uint32_t zeros = 0;

	if (erofs_claim_blocks(&c->r->ranges, at, EROFS_BLOCK, c->inode->number, err) < 0 ||
	    window_read(c->r->in, at, block, sizeof(block), err) < 0)
		return -1;
	while (zeros < EROFS_BLOCK && block[zeros] == 0)
		zeros++;
	if (zeros == EROFS_BLOCK)
		return erofs_wrong(err, c->inode->number, "has zeros where there should be LZ4");
	MEM_GROW(c->list, c->n, c->capacity);
	c->list[c->n++] = (struct block_extent){ .offset = at + zeros,
						 .length = length,
						 .packed = EROFS_BLOCK - zeros };
	return 0;
}

static int add_raw(struct clusters *c, uint64_t at, uint64_t length, struct error *err)
{
	if (length > EROFS_BLOCK)
		return erofs_wrong(err, c->inode->number, "has %llu bytes in a block",
				   (unsigned long long)length);
	if (erofs_claim_blocks(&c->r->ranges, at, length, c->inode->number, err) < 0)
		return -1;
	MEM_GROW(c->list, c->n, c->capacity);
	c->list[c->n++] = (struct block_extent){ .offset = at, .length = length };
	return 0;
}

/* The current cluster ends at byte @end of the content, in block @next of its index. */
static int finish_cluster(struct clusters *c, uint64_t end, uint64_t next, struct error *err)
{
	uint64_t at = (uint64_t)c->current.block * EROFS_BLOCK;

	if (c->has_next && c->next != next)
		return erofs_wrong(err, c->inode->number, "says that block %llu begins a cluster",
				   (unsigned long long)c->next);
	if (c->current.block == 0)
		return erofs_wrong(err, c->inode->number, "has a cluster in block 0");
	c->has_next = false;
	return c->current.type == TYPE_RAW ? add_raw(c, at, end - c->start, err)
					   : add_packed(c, at, end - c->start, err);
}

static int begin_cluster(struct clusters *c, uint64_t block, const struct entry *e,
			 struct error *err)
{
	uint64_t start = block * EROFS_BLOCK + e->offset;

	if (e->offset >= EROFS_BLOCK || start > c->inode->size || (block == 0 && start))
		return erofs_wrong(err, c->inode->number, "has a cluster at byte %llu",
				   (unsigned long long)start);
	if (block && finish_cluster(c, start, block, err) < 0)
		return -1;
	c->at_end = start == c->inode->size;
	if (c->at_end && (e->type != TYPE_RAW || (c->inode->layout == EROFS_FULL && e->block)))
		return erofs_wrong(err, c->inode->number, "has a cluster after its end");
	c->start = start;
	c->first = block;
	c->current = *e;
	return 0;
}

static int go_on(struct clusters *c, uint64_t block, const struct entry *e, struct error *err)
{
	bool has_offset = e->offset == 0 || e->offset == c->current.offset;

	if (block == 0 || !has_offset || (e->back != NOT_SAID && e->back != block - c->first))
		return erofs_wrong(err, c->inode->number, "has a wrong index at block %llu",
				   (unsigned long long)block);
	if (e->on == NOT_SAID)
		return 0;
	if (c->has_next && c->next != block + e->on)
		return erofs_wrong(err, c->inode->number, "has a wrong index at block %llu",
				   (unsigned long long)block);
	c->has_next = true;
	c->next = block + e->on;
	return 0;
}

static int take(struct clusters *c, uint64_t block, const struct entry *e, struct error *err)
{
	if (e->type == TYPE_RAW || e->type == TYPE_LZ4)
		return begin_cluster(c, block, e, err);
	if (e->type == TYPE_NONE)
		return go_on(c, block, e, err);
	return no_such(c->inode, err, "clusters of type", e->type);
}

static int take_full(struct clusters *c, struct error *err)
{
	uint64_t at = c->inode->index + FULL_HEADER_SIZE;
	uint8_t p[FULL_COUNT * FULL_SIZE];

	for (uint64_t i = 0; i < c->blocks; i++) {
		const uint8_t *e = p + i % FULL_COUNT * FULL_SIZE;
		uint64_t left = c->blocks - i;
		size_t n = left < FULL_COUNT ? (size_t)left : FULL_COUNT;
		struct entry entry;

		if (i % FULL_COUNT == 0 &&
		    window_read(c->r->in, at + i * FULL_SIZE, p, n * FULL_SIZE, err) < 0)
			return -1;
		entry = (struct entry){ .type = get_le16(e),
					.offset = get_le16(e + 2),
					.block = get_le32(e + 4),
					.back = get_le16(e + 4),
					.on = get_le16(e + 6) };
		if (take(c, i, &entry, err) < 0)
			return -1;
	}
	return 0;
}

/* Entry @i of a pack: its offset (or its way back) and above that its type. */
static unsigned bits_of(const uint8_t *pack, size_t size, size_t count, size_t i, unsigned *type)
{
	size_t bits = (size - 4) * 8 / count, at = i * bits;
	uint32_t value = get_le32(pack + at / 8) >> at % 8;

	*type = value >> OFFSET_BITS & 3;
	return value & ((1u << OFFSET_BITS) - 1);
}

/* Up to @count entries; the number at the pack's end is the block before its first cluster. */
static int take_pack(struct clusters *c, uint64_t block, uint64_t at, size_t size, size_t count,
		     struct error *err)
{
	uint8_t p[PACK_OF_2_SIZE] = { 0 };
	uint32_t place;

	if (window_read(c->r->in, at, p, size, err) < 0)
		return -1;
	place = get_le32(p + size - 4);
	for (size_t i = 0; i < count && block + i < c->blocks; i++) {
		struct entry e = { .on = NOT_SAID, .back = NOT_SAID };
		unsigned value = bits_of(p, size, count, i, &e.type);

		if (e.type != TYPE_NONE) {
			e.offset = value;
			e.block = ++place;
		} else if (i + 1 < count) {
			e.back = value;
		} else {
			e.on = value;
		}
		if (take(c, block + i, &e, err) < 0)
			return -1;
	}
	return 0;
}

static int take_compact(struct clusters *c, struct error *err)
{
	uint64_t at = c->inode->index + HEADER_SIZE, before, by_2;

	split_compact(c->inode, &before, &by_2);
	for (uint64_t i = 0; i < c->blocks;) {
		bool is_by_2 = i >= before && i < before + by_2;
		size_t size = is_by_2 ? PACK_OF_2_SIZE : PACK_OF_4_SIZE;
		size_t count = is_by_2 ? PACK_OF_2_COUNT : 2;

		if (take_pack(c, i, at, size, count, err) < 0)
			return -1;
		at += size;
		i += count;
	}
	return 0;
}

static int take_all(struct clusters *c, struct error *err)
{
	if ((c->inode->layout == EROFS_FULL ? take_full : take_compact)(c, err) < 0)
		return -1;
	if (!c->at_end && finish_cluster(c, c->inode->size, c->blocks, err) < 0)
		return -1;
	if (c->n != c->inode->clusters)
		return erofs_wrong(err, c->inode->number, "counts %u clusters, and has %zu",
				   c->inode->clusters, c->n);
	return 0;
}

int erofs_clusters(struct erofs_reader *r, const struct erofs_inode *inode,
		   struct block_extent **ret, size_t *ret_n, struct error *err)
{
	struct clusters c = { .r = r, .inode = inode, .blocks = count_blocks(inode) };

	if (take_all(&c, err) < 0) {
		free(c.list);
		return -1;
	}
	*ret = c.list;
	*ret_n = c.n;
	return 0;
}
