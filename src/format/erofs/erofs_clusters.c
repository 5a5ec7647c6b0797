/*
 * A compressed file: clusters of one block each, which hold as much of the content as LZ4
 * gets into them, or 4096 bytes as they are. They are made when the file is planned, on
 * several threads, and kept until it is written; beyond a limit the same are made again.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/lz4.h"
#include "format/erofs/erofs_private.h"
#include "io/workers.h"

#define BLOCK EROFS_BLOCK_SIZE
#define WINDOW (128u * 1024) /* bytes that the encoder sees at once */
#define BATCH 16u	     /* files that a thread takes at once, with one encoder */

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

/* What takes the clusters of a file, one by one. */
struct taker {
	int (*take)(struct taker *t, const struct cluster *c, struct error *err);
	uint32_t n; /* clusters taken */
};

static int make_clusters(const struct erofs_item *item, const struct content_reader *reader,
			 struct lz4 *lz4, struct taker *to, struct error *err)
{
	CLEANUP_FREE uint8_t *buf = mem_alloc(2 * WINDOW);
	CLEANUP_SOURCE struct source *in = NULL;
	struct feed f = { .lz4 = lz4, .buf = buf, .size = item->size };
	struct cluster c = { .offset = 0 };
	int r;

	if (content_open(reader, &erofs_inode(item)->content, &in, err) < 0)
		return -1;
	f.in = in;
	while ((r = next_cluster(&f, &c, err)) > 0) {
		if (to->take(to, &c, err) < 0)
			return -1;
		to->n++;
	}
	return r;
}

/* --- planning ------------------------------------------------------------------------------ */

struct keeper {
	struct taker taker;
	struct erofs_kept *kept; /* or NULL: they are only counted */
};

static int keep(struct taker *t, const struct cluster *c, struct error *err)
{
	struct erofs_kept *k = ((struct keeper *)t)->kept;

	(void)err;
	if (!k)
		return 0;
	MEM_GROW(k->clusters, k->n, k->clusters_capacity);
	MEM_GROW(k->blocks, k->n, k->blocks_capacity);
	k->clusters[k->n] = (struct erofs_cluster){ (uint32_t)c->used, c->raw };
	memcpy(k->blocks[k->n].bytes, c->block, BLOCK);
	k->n++;
	return 0;
}

void erofs_kept_free(struct erofs_kept *kept)
{
	if (!kept)
		return;
	free(kept->clusters);
	free(kept->blocks);
	free(kept);
}

static bool saves(const struct erofs_item *item, uint32_t clusters)
{
	struct erofs_item compressed = *item;

	compressed.layout = EROFS_COMPRESSED;
	compressed.clusters = clusters;
	return clusters < (item->size + BLOCK - 1) / BLOCK &&
	       erofs_meta_size(&compressed) <= EROFS_GROUP_BLOCKS * BLOCK;
}

struct measuring {
	struct erofs_plan *plan;
	uint32_t first;
	_Atomic uint64_t kept; /* bytes of files whose clusters are kept */
};

/* What is kept, and hence by which thread, shows in nothing but time. */
static int measure(struct measuring *m, struct erofs_item *item, struct lz4 *lz4, struct error *err)
{
	struct keeper k = { .taker.take = keep };

	if (atomic_fetch_add(&m->kept, item->size) + item->size <= EROFS_KEPT_MAX)
		k.kept = mem_alloc(sizeof(*k.kept));
	else
		atomic_fetch_sub(&m->kept, item->size);
	if (make_clusters(item, m->plan->options.reader, lz4, &k.taker, err) < 0) {
		erofs_kept_free(k.kept);
		return erofs_placing(item->node, err);
	}
	if (!saves(item, k.taker.n)) {
		if (k.kept)
			atomic_fetch_sub(&m->kept, item->size);
		erofs_kept_free(k.kept);
		return 0;
	}
	item->layout = EROFS_COMPRESSED;
	item->clusters = k.taker.n;
	item->kept = k.kept;
	return 0;
}

static int measure_batch(void *context, size_t batch, struct error *err)
{
	struct measuring *m = context;
	CLEANUP_LZ4 struct lz4 *lz4 = lz4_new();
	uint32_t n = m->plan->n_items - m->first;

	for (uint32_t i = (uint32_t)batch * BATCH; i < n && i < (batch + 1) * BATCH; i++) {
		struct erofs_item *item = &m->plan->items[m->first + i];

		/* The index is metadata, of which a group holds only so much. */
		if (item->size > BLOCK && item->size <= (uint64_t)EROFS_INDEX_MAX * BLOCK &&
		    measure(m, item, lz4, err) < 0)
			return -1;
	}
	return 0;
}

int erofs_clusters_measure(struct erofs_plan *p, uint32_t first, struct error *err)
{
	struct measuring m = { .plan = p, .first = first };
	unsigned threads = p->options.threads ? p->options.threads : 1;

	return workers_run(threads, (p->n_items - first + BATCH - 1) / BATCH, measure_batch, &m,
			   err);
}

/* --- writing ------------------------------------------------------------------------------- */

struct writer {
	struct taker taker;
	const struct erofs_item *item;
	uint8_t *index;
	struct sink *out;
};

static int write_cluster(struct taker *t, const struct cluster *c, struct error *err)
{
	struct writer *w = (struct writer *)t;

	index_cluster(c, w->item->first_block + t->n, w->item->size, w->index);
	return sink_write(w->out, BYTES_OF(c->block), err);
}

static int write_kept(struct writer *w, const struct erofs_kept *k, struct error *err)
{
	struct cluster c = { .offset = 0 };

	for (size_t i = 0; i < k->n; i++) {
		c.used = k->clusters[i].used;
		c.raw = k->clusters[i].raw;
		memcpy(c.block, k->blocks[i].bytes, BLOCK);
		if (write_cluster(&w->taker, &c, err) < 0)
			return -1;
		c.offset += c.used;
		w->taker.n++;
	}
	return 0;
}

int erofs_clusters_write(const struct erofs_item *item, const struct content_reader *reader,
			 uint8_t *index, struct sink *out, struct error *err)
{
	CLEANUP_LZ4 struct lz4 *lz4 = NULL;
	struct writer w = { .taker.take = write_cluster, .item = item, .index = index, .out = out };

	if (item->kept)
		return write_kept(&w, item->kept, err);
	lz4 = lz4_new();
	if (make_clusters(item, reader, lz4, &w.taker, err) < 0)
		return -1;
	if (w.taker.n != item->clusters)
		return err_set(err, ERR_DIGEST, "the content has changed since it was planned");
	return 0;
}
