/*
 * The digests of all data blocks are kept (1/128 of the data) and nothing else: the
 * levels above follow from them when the data has ended.
 */
#include "format/verity/verity.h"

#include <assert.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define PER_BLOCK (VERITY_BLOCK_SIZE / DIGEST_SIZE) /* digests of one hash block: 128 */
#define LEVELS_MAX 10u				    /* 128^10 blocks is beyond 2^64 bytes */
#define SALT_MAX 256u				    /* bytes */

/* The superblock, version 1; formats A6. It takes a whole block, the rest is zeros. */
enum {
	SB_MAGIC = 0,		 /* "verity" NUL NUL */
	SB_VERSION = 8,		 /* le32: 1 */
	SB_HASH_TYPE = 12,	 /* le32: 1, the salt comes before the data */
	SB_UUID = 16,		 /* 16 bytes */
	SB_ALGORITHM = 32,	 /* 32 bytes, text */
	SB_DATA_BLOCK_SIZE = 64, /* le32 */
	SB_HASH_BLOCK_SIZE = 68, /* le32 */
	SB_DATA_BLOCKS = 72,	 /* le64 */
	SB_SALT_SIZE = 80,	 /* le16 */
	SB_SALT = 88,		 /* 256 bytes */
};

/* Digests, one for each block of the level below. */
struct level {
	uint8_t *digests;
	uint64_t n, capacity;
};

struct verity {
	uint8_t uuid[16];
	uint8_t salt[SALT_MAX];
	size_t salt_size;
	struct hash *hash;
	struct level levels[LEVELS_MAX]; /* [0]: of the data */
	unsigned n_levels;
	bool complete;
	struct digest root;
};

static uint64_t blocks_of(uint64_t n_digests)
{
	return (n_digests + PER_BLOCK - 1) / PER_BLOCK;
}

uint64_t verity_size(uint64_t data_size)
{
	uint64_t n = data_size / VERITY_BLOCK_SIZE, blocks = 1;

	while (n > 1) {
		n = blocks_of(n);
		blocks += n;
	}
	return blocks * VERITY_BLOCK_SIZE;
}

struct verity *verity_new(const struct verity_options *o)
{
	struct verity *v = mem_alloc(sizeof(*v));

	assert(o->salt.len <= SALT_MAX);
	memcpy(v->uuid, o->uuid, sizeof(v->uuid));
	if (o->salt.len)
		memcpy(v->salt, o->salt.ptr, o->salt.len);
	v->salt_size = o->salt.len;
	v->hash = hash_new();
	return v;
}

void verity_free(struct verity *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < LEVELS_MAX; i++)
		free(v->levels[i].digests);
	hash_free(v->hash);
	free(v);
}

static void add_digest(struct level *l, const struct digest *d)
{
	if (l->n == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : PER_BLOCK;
		l->digests = mem_resize(l->digests, l->capacity, DIGEST_SIZE);
	}
	memcpy(l->digests + l->n++ * DIGEST_SIZE, d->bytes, DIGEST_SIZE);
}

/* A block of fewer bytes is filled up with zeros. */
static struct digest hash_block(struct verity *v, struct bytes block)
{
	static const uint8_t zeros[VERITY_BLOCK_SIZE];

	hash_add(v->hash, (struct bytes){ v->salt, v->salt_size });
	hash_add(v->hash, block);
	hash_add(v->hash, (struct bytes){ zeros, VERITY_BLOCK_SIZE - block.len });
	return hash_finish(v->hash);
}

static struct bytes block_of_level(const struct level *l, uint64_t block)
{
	uint64_t first = block * PER_BLOCK, n = l->n - first;

	return (struct bytes){ l->digests + first * DIGEST_SIZE,
			       (size_t)(n < PER_BLOCK ? n : PER_BLOCK) * DIGEST_SIZE };
}

/* Of a device of one block the block's own digest is the root: there is no tree. */
static void complete(struct verity *v)
{
	const struct level *below = &v->levels[0];

	while (below->n > 1) {
		struct level *l = &v->levels[++v->n_levels];

		assert(v->n_levels < LEVELS_MAX);
		for (uint64_t i = 0; i < blocks_of(below->n); i++) {
			struct digest d = hash_block(v, block_of_level(below, i));

			add_digest(l, &d);
		}
		below = l;
	}
	memcpy(v->root.bytes, below->digests, DIGEST_SIZE);
	v->complete = true;
}

struct verity_sink {
	struct sink sink;
	struct sink *next;
	struct verity *v;
	uint8_t pending[VERITY_BLOCK_SIZE]; /* the start of a block */
	size_t n_pending;
};

static void add_block(struct verity *v, const uint8_t *block)
{
	struct digest d = hash_block(v, (struct bytes){ block, VERITY_BLOCK_SIZE });

	add_digest(&v->levels[0], &d);
}

/* As much of @data as the block that was begun takes. */
static size_t fill_pending(struct verity_sink *s, struct bytes data)
{
	size_t room = VERITY_BLOCK_SIZE - s->n_pending;
	size_t n = data.len < room ? data.len : room;

	memcpy(s->pending + s->n_pending, data.ptr, n);
	s->n_pending += n;
	if (s->n_pending == VERITY_BLOCK_SIZE) {
		add_block(s->v, s->pending);
		s->n_pending = 0;
	}
	return n;
}

static int verity_sink_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct verity_sink *s = (struct verity_sink *)sink;
	struct bytes left = data;

	while (left.len) {
		size_t n = VERITY_BLOCK_SIZE;

		if (s->n_pending || left.len < VERITY_BLOCK_SIZE)
			n = fill_pending(s, left);
		else
			add_block(s->v, left.ptr);
		left.ptr += n;
		left.len -= n;
	}
	return s->next ? sink_write(s->next, data, err) : 0;
}

static int verity_sink_hole(struct sink *sink, uint64_t len, struct error *err)
{
	static const uint8_t zeros[VERITY_BLOCK_SIZE];
	struct verity_sink *s = (struct verity_sink *)sink;
	uint64_t left = len;

	if (s->n_pending && left) {
		uint64_t n = left < VERITY_BLOCK_SIZE ? left : VERITY_BLOCK_SIZE;

		left -= fill_pending(s, (struct bytes){ zeros, (size_t)n });
	}
	if (left >= VERITY_BLOCK_SIZE) {
		struct digest d = hash_block(s->v, BYTES_OF(zeros));

		for (; left >= VERITY_BLOCK_SIZE; left -= VERITY_BLOCK_SIZE)
			add_digest(&s->v->levels[0], &d);
	}
	if (left)
		fill_pending(s, (struct bytes){ zeros, (size_t)left });
	return s->next ? sink_hole(s->next, len, err) : 0;
}

static int verity_sink_close(struct sink *sink, struct error *err)
{
	struct verity_sink *s = (struct verity_sink *)sink;
	uint64_t size = sink->offset;
	int r = 0;

	if (size == 0 || size % VERITY_BLOCK_SIZE)
		r = err_set(err, ERR_LIMIT,
			    "dm-verity covers whole blocks of %u bytes, not %llu bytes",
			    VERITY_BLOCK_SIZE, (unsigned long long)size);
	else if (!sink->failed)
		complete(s->v);
	free(s);
	return r;
}

struct sink *verity_sink(struct verity *v, struct sink *next)
{
	static const struct sink_ops ops = { .write = verity_sink_write,
					     .hole = verity_sink_hole,
					     .close = verity_sink_close };
	struct verity_sink *s = mem_alloc(sizeof(*s));

	assert(!v->complete && v->levels[0].n == 0);
	s->sink.ops = &ops;
	s->next = next;
	s->v = v;
	return &s->sink;
}

struct digest verity_root(const struct verity *v)
{
	assert(v->complete);
	return v->root;
}

static void encode_superblock(const struct verity *v, uint8_t to[static VERITY_BLOCK_SIZE])
{
	memcpy(to + SB_MAGIC, "verity\0", 8);
	put_le32(to + SB_VERSION, 1);
	put_le32(to + SB_HASH_TYPE, 1);
	memcpy(to + SB_UUID, v->uuid, sizeof(v->uuid));
	memcpy(to + SB_ALGORITHM, "sha256", 6);
	put_le32(to + SB_DATA_BLOCK_SIZE, VERITY_BLOCK_SIZE);
	put_le32(to + SB_HASH_BLOCK_SIZE, VERITY_BLOCK_SIZE);
	put_le64(to + SB_DATA_BLOCKS, v->levels[0].n);
	put_le16(to + SB_SALT_SIZE, (uint16_t)v->salt_size);
	memcpy(to + SB_SALT, v->salt, v->salt_size);
}

int verity_write(const struct verity *v, struct sink *out, struct error *err)
{
	uint8_t superblock[VERITY_BLOCK_SIZE] = { 0 };
	uint64_t start = out->offset;

	assert(v->complete);
	encode_superblock(v, superblock);
	if (sink_write(out, BYTES_OF(superblock), err) < 0)
		return -1;
	/* The level below the root first, that of the data last. */
	for (unsigned i = v->n_levels; i-- > 0;) {
		const struct level *l = &v->levels[i];
		struct bytes all = { l->digests, (size_t)l->n * DIGEST_SIZE };

		if (sink_write(out, all, err) < 0 ||
		    sink_hole(out, -all.len % VERITY_BLOCK_SIZE, err) < 0)
			return -1;
	}
	assert(out->offset - start == verity_size(v->levels[0].n * VERITY_BLOCK_SIZE));
	return 0;
}
