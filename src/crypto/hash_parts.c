#include "crypto/hash_parts.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"

#define CHUNK_SIZE (128u * 1024) /* bytes */

struct passing {
	struct hash *whole, *part;
	struct hash_part *parts;
	size_t n, next;
	uint64_t at; /* bytes of the whole that are taken */
};

/* What of @data belongs to the next parts; a part that ends here gets its digest. */
static void add_to_parts(struct passing *p, struct bytes data)
{
	uint64_t data_end = p->at + data.len;

	while (p->next < p->n && p->parts[p->next].offset <= data_end) {
		struct hash_part *part = &p->parts[p->next];
		uint64_t end = part->offset + part->size;
		uint64_t from = part->offset > p->at ? part->offset : p->at;
		uint64_t to = end < data_end ? end : data_end;

		hash_add(p->part, (struct bytes){ data.ptr + (from - p->at), (size_t)(to - from) });
		if (end > data_end)
			return;
		part->digest = hash_finish(p->part);
		p->next++;
	}
}

static int fill(struct source *in, uint8_t *chunk, size_t *ret, struct error *err)
{
	size_t n = 0, more = 1;

	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	while (n < CHUNK_SIZE && more) {
		if (source_read(in, chunk + n, CHUNK_SIZE - n, &more, err) < 0)
			return -1;
		n += more;
	}
	*ret = n;
	return 0;
}

static int pass(struct passing *p, struct source *in, struct digest *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = mem_alloc(CHUNK_SIZE);
	size_t n = 0;

	do {
		if (fill(in, chunk, &n, err) < 0)
			return -1;
		hash_add(p->whole, (struct bytes){ chunk, n });
		add_to_parts(p, (struct bytes){ chunk, n });
		p->at += n;
	} while (n == CHUNK_SIZE);
	if (p->next < p->n)
		return err_set(err, ERR_FORMAT, "unexpected end at byte %llu",
			       (unsigned long long)p->at);
	*ret = hash_finish(p->whole);
	return 0;
}

int hash_parts(struct source *in, struct hash_part *parts, size_t n, struct digest *ret,
	       struct error *err)
{
	struct passing p = { .parts = parts, .n = n };
	int r;

	for (size_t i = 1; i < n; i++)
		assert(parts[i - 1].offset + parts[i - 1].size <= parts[i].offset);
	p.whole = hash_new();
	p.part = hash_new();
	r = pass(&p, in, ret, err);
	hash_free(p.whole);
	hash_free(p.part);
	return r;
}
