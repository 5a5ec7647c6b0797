#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/erofs/erofs_private.h"
#include "io/sink_sparse.h"

/* The superblock, 128 bytes; what is not named is 0. */
enum {
	SB_OFFSET = 1024,
	SB_MAGIC = 0,
	SB_CHECKSUM = 4,
	SB_COMPAT = 8,
	SB_BLOCK_BITS = 12,
	SB_ROOT_NID = 14, /* le16 */
	SB_INODES = 16,	  /* le64 */
	SB_TIME = 24,	  /* le64: what compact inodes have */
	SB_BLOCKS = 36,	  /* le32 */
	SB_UUID = 48,
	SB_LABEL = 64,	  /* 16 bytes */
	SB_INCOMPAT = 80, /* le32 */
};

#define MAGIC 0xe0f5e1e2u
#define COMPAT_CSUM 1u
#define INCOMPAT_ZEROS_FIRST 1u /* compressed bytes end with their block */
#define COMPAT_MTIME 2u		/* times are those of modification */

/* The checksum covers the rest of the first block, inodes in it, too. */
static void encode_superblock(const struct erofs_plan *p, uint8_t first[static EROFS_BLOCK_SIZE])
{
	uint8_t *sb = first + SB_OFFSET;
	struct bytes covered = { sb, EROFS_BLOCK_SIZE - SB_OFFSET };

	assert(p->items[0].nid <= UINT16_MAX);
	put_le32(sb + SB_MAGIC, MAGIC);
	put_le32(sb + SB_COMPAT, COMPAT_CSUM | COMPAT_MTIME);
	sb[SB_BLOCK_BITS] = 12;
	put_le16(sb + SB_ROOT_NID, (uint16_t)p->items[0].nid);
	put_le64(sb + SB_INODES, p->n_items);
	put_le64(sb + SB_TIME, (uint64_t)p->options.epoch);
	put_le32(sb + SB_BLOCKS, (uint32_t)p->blocks);
	memcpy(sb + SB_UUID, p->options.uuid, sizeof(p->options.uuid));
	memcpy(sb + SB_LABEL, p->label, sizeof(p->label));
	if (p->options.compression == EROFS_LZ4)
		put_le32(sb + SB_INCOMPAT, INCOMPAT_ZEROS_FIRST);
	put_le32(sb + SB_CHECKSUM, crc32c_raw(~0u, covered));
}

static uint8_t *place_in(const struct erofs_group *g, const struct erofs_item *item, uint8_t *meta)
{
	return meta + (item->nid - g->meta_block * EROFS_SLOTS) * EROFS_SLOT_SIZE;
}

static uint8_t *tail_in(const struct erofs_group *g, const struct erofs_item *item, uint8_t *meta)
{
	return place_in(g, item, meta) + erofs_inode_size(item) + item->xattr_size;
}

static void encode_inodes(const struct erofs_plan *p, const struct erofs_group *g, uint8_t *meta)
{
	for (uint32_t i = 0; i < g->n_items; i++) {
		const struct erofs_item *item = &p->items[g->first_item + i];

		erofs_inode_encode(p, item, place_in(g, item, meta));
	}
}

/* The names of a folder that don't lie behind its inode. */
static int write_folder(const struct erofs_plan *p, const struct erofs_item *item, struct sink *out,
			struct error *err)
{
	struct erofs_names names = erofs_names(item->node);
	uint64_t n = erofs_data_blocks(item);
	uint8_t block[EROFS_BLOCK_SIZE];

	for (uint64_t i = 0; i < n; i++) {
		erofs_names_encode(&names, p, block);
		if (sink_write(out, BYTES_OF(block), err) < 0)
			return -1;
	}
	return 0;
}

/* And those that do. */
static void encode_folder_tail(const struct erofs_plan *p, const struct erofs_item *item,
			       uint8_t *tail)
{
	struct erofs_names names = erofs_names(item->node);
	uint64_t n = erofs_data_blocks(item);
	uint8_t block[EROFS_BLOCK_SIZE];

	for (uint64_t i = 0; i < n; i++)
		erofs_names_skip(&names);
	erofs_names_encode(&names, p, block);
	memcpy(tail, block, erofs_tail_size(item));
}

/* Of folders and links: no content is read for them. */
static void encode_tails(const struct erofs_plan *p, const struct erofs_group *g, uint8_t *meta)
{
	for (uint32_t i = 0; i < g->n_items; i++) {
		const struct erofs_item *item = &p->items[g->first_item + i];
		uint8_t *tail = tail_in(g, item, meta);

		if (item->layout != EROFS_INLINE)
			continue;
		if (erofs_inode(item)->kind == NODE_DIRECTORY)
			encode_folder_tail(p, item, tail);
		else
			memcpy(tail, erofs_inode(item)->target.ptr, item->size);
	}
}

/* What folders and links have beside their inodes; devices have nothing. */
static int write_head_item(const struct erofs_plan *p, const struct erofs_item *item,
			   struct sink *out, struct error *err)
{
	const struct inode *inode = erofs_inode(item);

	if (inode->kind == NODE_DIRECTORY)
		return write_folder(p, item, out, err);
	if (inode->kind != NODE_SYMLINK || item->layout == EROFS_INLINE)
		return 0;
	return sink_write(out, str_bytes(inode->target), err) < 0
		       ? -1
		       : sink_align(out, EROFS_BLOCK_SIZE, err);
}

static int write_head_group(const struct erofs_plan *p, const struct erofs_group *g, uint8_t *meta,
			    struct sink *out, struct error *err)
{
	struct bytes all = { meta, (size_t)g->meta_blocks * EROFS_BLOCK_SIZE };

	encode_tails(p, g, meta);
	if (g->first_item == 0)
		encode_superblock(p, meta);
	if (sink_write(out, all, err) < 0)
		return -1;
	for (uint32_t i = 0; i < g->n_items; i++)
		if (write_head_item(p, &p->items[g->first_item + i], out, err) < 0)
			return -1;
	return 0;
}

/* Takes a content: the blocks go to @blocks, what comes after them to @tail. */
struct content_sink {
	struct sink sink;
	struct sink *blocks;
	uint64_t left; /* bytes that @blocks still gets */
	uint8_t *tail;
};

static int content_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct content_sink *s = (struct content_sink *)sink;
	size_t n = data.len < s->left ? data.len : (size_t)s->left;

	if (sink_write(s->blocks, (struct bytes){ data.ptr, n }, err) < 0)
		return -1;
	s->left -= n;
	memcpy(s->tail, data.ptr + n, data.len - n);
	s->tail += data.len - n;
	return 0;
}

static int write_content(const struct erofs_item *item, const struct content_reader *reader,
			 uint8_t *tail, struct sink *out, struct error *err)
{
	static const struct sink_ops ops = { .write = content_write };
	struct content_sink s = { .sink.ops = &ops, .tail = tail };
	CLEANUP_ERR struct error second = ERR_INIT;
	int r;

	s.blocks = sparse_sink(out);
	s.left = item->size - erofs_tail_size(item);
	r = content_copy(reader, &erofs_inode(item)->content, &s.sink, err);
	if (sink_close(s.blocks, r < 0 ? &second : err) < 0)
		r = -1;
	return r < 0 ? -1 : sink_align(out, EROFS_BLOCK_SIZE, err);
}

static int write_file(const struct erofs_item *item, const struct content_reader *reader,
		      uint8_t *meta, struct sink *out, struct error *err)
{
	uint8_t *tail = meta + erofs_inode_size(item) + item->xattr_size;

	if (item->layout == EROFS_COMPRESSED)
		return erofs_clusters_write(item, reader, meta + erofs_index_offset(item), out,
					    err);
	return write_content(item, reader, tail, out, err);
}

static int fail_at(const struct erofs_item *item, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	tree_path(item->node, &path);
	return err_while(err, "writing '/%s'", buf_cstr(&path));
}

static int write_file_group(const struct erofs_plan *p, const struct erofs_group *g, uint8_t *meta,
			    const struct content_reader *reader, struct sink *out,
			    struct error *err)
{
	struct bytes all = { meta, (size_t)g->meta_blocks * EROFS_BLOCK_SIZE };

	for (uint32_t i = 0; i < g->n_items; i++) {
		const struct erofs_item *item = &p->items[g->first_item + i];

		if (item->size == 0)
			continue;
		if (write_file(item, reader, place_in(g, item, meta), out, err) < 0)
			return fail_at(item, err);
	}
	return sink_write(out, all, err);
}

int erofs_write(const struct erofs_plan *p, const struct content_reader *reader, struct sink *out,
		struct error *err)
{
	CLEANUP_FREE uint8_t *meta = mem_alloc((size_t)EROFS_GROUP_BLOCKS * EROFS_BLOCK_SIZE);
	uint64_t start = out->offset;

	assert(start % EROFS_BLOCK_SIZE == 0);
	for (uint32_t i = 0; i < p->n_groups; i++) {
		const struct erofs_group *g = &p->groups[i];
		int r;

		memset(meta, 0, (size_t)g->meta_blocks * EROFS_BLOCK_SIZE);
		encode_inodes(p, g, meta);
		if (i < p->n_head_groups)
			r = write_head_group(p, g, meta, out, err);
		else
			r = write_file_group(p, g, meta, reader, out, err);
		if (r < 0)
			return -1;
	}
	assert(out->offset - start == erofs_size(p));
	return 0;
}
