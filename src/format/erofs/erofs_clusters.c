/*
 * A compressed file: clusters of one block each, which hold as much of the content as LZ4
 * gets into them, or 4096 bytes as they are. The plan keeps only how many there are; the
 * same clusters are made again when they are written.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/lz4.h"
#include "format/erofs/erofs_private.h"

#define BLOCK EROFS_BLOCK_SIZE
#define WINDOW (128u * 1024) /* bytes that the encoder sees at once */

/* z_erofs_lcluster_index: what begins in a block of the content. */
enum {
	ENTRY_SIZE = 8,
	ENTRY_TYPE = 0,	  /* le16 */
	ENTRY_OFFSET = 2, /* le16: where in the block a cluster begins */
	ENTRY_BLOCK = 4,  /* le32: where the cluster lies */
	ENTRY_BACK = 4,	  /* le16, if none begins: blocks back to where one does */
	ENTRY_ON = 6,	  /* le16: and on to where the next one does */
};
enum { TYPE_RAW = 0, TYPE_LZ4 = 1, TYPE_NONE = 2 };

/* A content on its way into clusters. */
struct feed {
	struct lz4 *lz4;
	struct source *in;
	uint8_t *buf; /* 2 * WINDOW */
	size_t at, end;
	uint64_t offset, size; /* of the content: what is in clusters, and the whole */
};

struct cluster {
	uint64_t offset; /* in the content */
	size_t used;	 /* bytes of it */
	bool raw;
	uint8_t block[BLOCK];
};

/* WINDOW bytes, or all that is left: never less, whatever the pieces that the source gives. */
static int fill(struct feed *f, struct bytes *ret, struct error *err)
{
	size_t n = 1;

	if (f->end - f->at < WINDOW) {
		memmove(f->buf, f->buf + f->at, f->end - f->at);
		f->end -= f->at;
		f->at = 0;
	}
	while (f->end - f->at < WINDOW && n > 0) {
		if (source_read(f->in, f->buf + f->end, 2 * WINDOW - f->end, &n, err) < 0)
			return -1;
		f->end += n;
	}
	ret->ptr = f->buf + f->at;
	ret->len = f->end - f->at < WINDOW ? f->end - f->at : WINDOW;
	return 0;
}

/* Compressed bytes end with the block, zeros come before them. */
static void encode_cluster(struct feed *f, struct bytes in, struct cluster *c)
{
	uint8_t out[BLOCK];
	size_t n = lz4_encode(f->lz4, in, out, sizeof(out), &c->used);

	c->raw = c->used <= BLOCK;
	memset(c->block, 0, sizeof(c->block));
	if (c->raw) {
		c->used = in.len < BLOCK ? in.len : BLOCK;
		memcpy(c->block, in.ptr, c->used);
	} else {
		memcpy(c->block + BLOCK - n, out, n);
	}
}

/* 1 with the next cluster, 0 at the end; there the source has had its say on the digest. */
static int next_cluster(struct feed *f, struct cluster *c, struct error *err)
{
	struct bytes in = { NULL, 0 };

	if (fill(f, &in, err) < 0)
		return -1;
	if (in.len > f->size - f->offset)
		return err_set(err, ERR_DIGEST, "the content is longer than %llu bytes",
			       (unsigned long long)f->size);
	if (in.len == 0 && f->offset < f->size)
		return err_set(err, ERR_DIGEST, "the content is shorter than %llu bytes",
			       (unsigned long long)f->size);
	if (in.len == 0)
		return 0;
	c->offset = f->offset;
	encode_cluster(f, in, c);
	f->at += c->used;
	f->offset += c->used;
	return 1;
}

/*
 * The blocks of the content from where @c begins to where the next one does. The end of a
 * file within a block counts as the beginning of a raw cluster that lies nowhere.
 */
static void index_cluster(const struct cluster *c, uint32_t block, uint64_t size, uint8_t *index)
{
	uint64_t end = c->offset + c->used, first = c->offset / BLOCK, next = end / BLOCK;
	uint8_t *e = index + ENTRY_SIZE * first;

	put_le16(e + ENTRY_TYPE, c->raw ? TYPE_RAW : TYPE_LZ4);
	put_le16(e + ENTRY_OFFSET, (uint16_t)(c->offset % BLOCK));
	put_le32(e + ENTRY_BLOCK, block);
	for (uint64_t i = first + 1; i < next; i++) {
		e = index + ENTRY_SIZE * i;
		put_le16(e + ENTRY_TYPE, TYPE_NONE);
		put_le16(e + ENTRY_BACK, (uint16_t)(i - first));
		put_le16(e + ENTRY_ON, (uint16_t)(next - i));
	}
	if (end == size && end % BLOCK && next > first)
		put_le16(index + ENTRY_SIZE * next + ENTRY_OFFSET, (uint16_t)(end % BLOCK));
}

/* All clusters of @item, to @index and @out if they are not NULL. */
static int make_clusters(const struct erofs_item *item, const struct content_reader *reader,
			 uint8_t *index, struct sink *out, uint32_t *ret_n, struct error *err)
{
	CLEANUP_LZ4 struct lz4 *lz4 = lz4_new();
	CLEANUP_FREE uint8_t *buf = mem_alloc(2 * WINDOW);
	CLEANUP_SOURCE struct source *in = NULL;
	struct feed f = { .lz4 = lz4, .buf = buf, .size = item->size };
	struct cluster c = { .offset = 0 };
	uint32_t n = 0;
	int r;

	if (content_open(reader, &erofs_inode(item)->content, &in, err) < 0)
		return -1;
	f.in = in;
	while ((r = next_cluster(&f, &c, err)) > 0) {
		if (index)
			index_cluster(&c, item->first_block + n, item->size, index);
		if (out && sink_write(out, BYTES_OF(c.block), err) < 0)
			return -1;
		n++;
	}
	*ret_n = n;
	return r;
}

int erofs_clusters_measure(struct erofs_item *item, const struct content_reader *reader,
			   struct error *err)
{
	struct erofs_item compressed = *item;
	uint64_t blocks = (item->size + BLOCK - 1) / BLOCK;
	uint32_t n = 0;

	/* The index is metadata, of which a group holds only so much. */
	if (blocks < 2 || blocks > EROFS_INDEX_MAX)
		return 0;
	if (make_clusters(item, reader, NULL, NULL, &n, err) < 0)
		return -1;
	if (n >= blocks)
		return 0;
	compressed.layout = EROFS_COMPRESSED;
	compressed.clusters = n;
	if (erofs_meta_size(&compressed) <= EROFS_GROUP_BLOCKS * BLOCK)
		*item = compressed;
	return 0;
}

int erofs_clusters_write(const struct erofs_item *item, const struct content_reader *reader,
			 uint8_t *index, struct sink *out, struct error *err)
{
	uint32_t n = 0;

	if (make_clusters(item, reader, index, out, &n, err) < 0)
		return -1;
	if (n != item->clusters)
		return err_set(err, ERR_DIGEST, "the content has changed since it was planned");
	return 0;
}
