#include "format/blocks/block_files.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/lz4.h"
#include "crypto/hash.h"

/* Large enough that the calls cost nothing, small enough for a core's own cache. */
#define PIECE_SIZE (256u * 1024) /* bytes */

#define LZ4_RATIO 255u /* a byte of LZ4 gives no more */

struct entry {
	const struct block_extent *extents;
	size_t n;
};

struct block_files {
	struct content_reader reader; /* first: the reader's open() gets back here */
	struct window in;
	struct arena arena;
	struct entry *entries; /* content.offset is the number in this list */
	size_t n, capacity;
	uint64_t left;	    /* bytes that may still be added */
	struct digest self; /* its address says whose a handle is */
	uint8_t *piece;
};

struct extent_source {
	struct source source;
	struct window in;
	struct entry entry;
	size_t current;	   /* extent */
	uint64_t done;	   /* bytes of it */
	uint8_t *unpacked; /* of the current extent; or NULL */
};

static int unpack(const struct extent_source *s, const struct block_extent *e, uint8_t *to,
		  struct error *err)
{
	uint8_t packed[BLOCK_FILES_PACKED_MAX];
	struct bytes block = { packed, e->packed };

	if (window_read(&s->in, e->offset, packed, e->packed, err) < 0)
		return -1;
	if (lz4_decode(block, to, (size_t)e->length, err) < 0)
		return err_while(err, "reading byte %llu of '%s'", (unsigned long long)e->offset,
				 s->in.name);
	return 0;
}

/* All of the block at once if there is room for it, else by way of memory of our own. */
static int read_packed(struct extent_source *s, const struct block_extent *e, uint8_t *to,
		       size_t size, struct error *err)
{
	if (s->done == 0 && size == e->length)
		return unpack(s, e, to, err);
	if (s->done == 0) {
		free(s->unpacked);
		s->unpacked = mem_alloc((size_t)e->length);
		if (unpack(s, e, s->unpacked, err) < 0)
			return -1;
	}
	memcpy(to, s->unpacked + s->done, size);
	return 0;
}

static int read_extent(struct extent_source *s, const struct block_extent *e, uint8_t *to,
		       size_t size, struct error *err)
{
	if (e->packed)
		return read_packed(s, e, to, size, err);
	if (!e->hole)
		return window_read(&s->in, e->offset + s->done, to, size, err);
	memset(to, 0, size);
	return 0;
}

static int extent_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		       struct error *err)
{
	struct extent_source *s = (struct extent_source *)source;
	const struct block_extent *e = NULL;

	while (s->current < s->entry.n && s->done == s->entry.extents[s->current].length) {
		s->current++;
		s->done = 0;
	}
	if (s->current == s->entry.n) {
		*ret_n = 0;
		return 0;
	}
	e = &s->entry.extents[s->current];
	if (size > e->length - s->done)
		size = (size_t)(e->length - s->done);
	if (read_extent(s, e, to, size, err) < 0)
		return -1;
	s->done += size;
	*ret_n = size;
	return 0;
}

static void extent_close(struct source *source)
{
	struct extent_source *s = (struct extent_source *)source;

	free(s->unpacked);
	free(s);
}

static struct source *source_of_entry(const struct block_files *f, struct entry entry)
{
	static const struct source_ops ops = { .read = extent_read, .close = extent_close };
	struct extent_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->in = f->in;
	s->entry = entry;
	return &s->source;
}

static int open_content(const struct content_reader *reader, const struct content *content,
			struct source **ret, struct error *err)
{
	const struct block_files *f = (const struct block_files *)reader;

	(void)err;
	assert(content->object == &f->self && content->offset < f->n);
	*ret = hash_check_source(source_of_entry(f, f->entries[content->offset]), content->size,
				 &content->digest, f->in.name);
	return 0;
}

struct block_files *block_files_new(const struct window *in)
{
	struct block_files *f = mem_alloc(sizeof(*f));

	f->reader.open = open_content;
	f->in = *in;
	f->piece = mem_alloc(PIECE_SIZE);
	block_files_limit(f, BLOCK_FILES_EXCESS_MAX);
	return f;
}

void block_files_limit(struct block_files *f, uint64_t excess)
{
	assert(f->n == 0);
	f->left = excess > UINT64_MAX - f->in.size ? UINT64_MAX : f->in.size + excess;
}

void block_files_free(struct block_files *f)
{
	if (!f)
		return;
	arena_release(&f->arena);
	free(f->entries);
	free(f->piece);
	free(f);
}

/* What an extent has in the window lies in it, and gives no more than it can. */
static int check_extent(const struct block_files *f, const struct block_extent *e,
			struct error *err)
{
	struct window part;

	if (e->hole)
		return 0;
	if (e->packed > BLOCK_FILES_PACKED_MAX ||
	    (e->packed && e->length > (uint64_t)LZ4_RATIO * e->packed))
		return err_set(err, ERR_FORMAT,
			       "%u bytes at byte %llu of '%s' can't be %llu bytes compressed",
			       e->packed, (unsigned long long)e->offset, f->in.name,
			       (unsigned long long)e->length);
	return window_part(&f->in, e->offset, e->packed ? e->packed : e->length, &part, err);
}

static int check(const struct block_files *f, const struct block_extent *extents, size_t n,
		 uint64_t *ret_size, struct error *err)
{
	uint64_t size = 0;

	for (size_t i = 0; i < n; i++) {
		if (extents[i].length > f->left - size)
			return err_set(err, ERR_LIMIT,
				       "'%s' holds files that are too large for it: too many "
				       "holes or shared blocks",
				       f->in.name);
		size += extents[i].length;
		if (check_extent(f, &extents[i], err) < 0)
			return -1;
	}
	*ret_size = size;
	return 0;
}

static int hash_entry(struct block_files *f, struct entry entry, struct digest *ret,
		      struct error *err)
{
	CLEANUP_SOURCE struct source *in = source_of_entry(f, entry);
	struct hash *hash = hash_new();
	size_t n = 1;
	int r = 0;

	while (r == 0 && n) {
		r = source_read(in, f->piece, PIECE_SIZE, &n, err);
		if (r == 0 && n)
			hash_add(hash, (struct bytes){ f->piece, n });
	}
	*ret = hash_finish(hash);
	hash_free(hash);
	return r;
}

int block_files_add(struct block_files *f, const struct block_extent *extents, size_t n,
		    struct content *ret, struct error *err)
{
	struct block_extent *copy = NULL;
	struct digest digest;
	uint64_t size = 0;

	if (check(f, extents, n, &size, err) < 0)
		return -1;
	if (size == 0) {
		*ret = content_empty;
		return 0;
	}
	if (hash_entry(f, (struct entry){ extents, n }, &digest, err) < 0)
		return -1;
	copy = arena_array(&f->arena, n, sizeof(*copy));
	memcpy(copy, extents, n * sizeof(*copy));
	MEM_GROW(f->entries, f->n, f->capacity);
	f->entries[f->n] = (struct entry){ copy, n };
	f->left -= size;
	*ret = (struct content){ .digest = digest,
				 .size = size,
				 .where = CONTENT_OBJECT,
				 .object = &f->self,
				 .offset = f->n++ };
	return 0;
}

const struct content_reader *block_files_reader(const struct block_files *f)
{
	return f ? &f->reader : NULL;
}
