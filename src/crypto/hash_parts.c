#include "crypto/hash_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "crypto/sha256_pair.h"
#include "io/interrupt.h"

#define CHUNK_SIZE (128u * 1024) /* bytes; a multiple of a block */

static_assert(HASH_PART_ALIGN == SHA256_BLOCK, "parts begin with a block");

struct passing {
	struct hash *whole_hash, *part_hash; /* both NULL: by the processor's instructions */
	uint32_t whole[SHA256_WORDS], part[SHA256_WORDS];
	struct hash_part *parts;
	size_t n, next;
	uint64_t at; /* bytes of the whole that are taken */
};

/* FIPS 180-4, 5.3.3 */
static const uint32_t initial[SHA256_WORDS] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
						0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

static void add_blocks(struct passing *p, const uint8_t *data, size_t size, bool in_part)
{
	uint32_t unused[SHA256_WORDS] = { 0 };

	assert(size % SHA256_BLOCK == 0);
	p->at += size;
	if (!p->whole_hash) {
		sha256_pair_add(p->whole, in_part ? p->part : unused, data, size / SHA256_BLOCK);
		return;
	}
	hash_add(p->whole_hash, (struct bytes){ data, size });
	if (in_part)
		hash_add(p->part_hash, (struct bytes){ data, size });
}

/* 5.1.1: a bit, zeros, the length in bits; @tail is less than a block. */
static struct digest finish_words(uint32_t *words, struct bytes tail, uint64_t size)
{
	uint8_t last[2 * SHA256_BLOCK] = { 0 };
	size_t n = tail.len < SHA256_BLOCK - 8 ? 1 : 2;
	uint32_t unused[SHA256_WORDS] = { 0 };
	struct digest d;

	assert(tail.len < SHA256_BLOCK);
	if (tail.len)
		memcpy(last, tail.ptr, tail.len);
	last[tail.len] = 0x80;
	put_be64(last + n * SHA256_BLOCK - 8, size * 8);
	sha256_pair_add(words, unused, last, n);
	for (size_t i = 0; i < SHA256_WORDS; i++)
		put_be32(d.bytes + 4 * i, words[i]);
	return d;
}

static struct digest finish(struct hash *hash, uint32_t *words, struct bytes tail, uint64_t size)
{
	if (!hash)
		return finish_words(words, tail, size);
	hash_add(hash, tail);
	return hash_finish(hash);
}

static void finish_part(struct passing *p, struct bytes tail)
{
	struct hash_part *part = &p->parts[p->next++];

	part->digest = finish(p->part_hash, p->part, tail, part->size);
	memcpy(p->part, initial, sizeof(initial));
}

/* How much of @data is taken: all blocks up to where a part begins or ends; 0 at its end. */
static size_t take(struct passing *p, struct bytes data)
{
	const struct hash_part *part = p->next < p->n ? &p->parts[p->next] : NULL;
	bool inside = part && p->at >= part->offset;
	uint64_t left = !part	 ? UINT64_MAX
			: inside ? part->offset + part->size - p->at
				 : part->offset - p->at;
	size_t n = left < data.len ? (size_t)left : data.len;

	if (inside && n == left && n < SHA256_BLOCK) {
		finish_part(p, (struct bytes){ data.ptr, n });
		return 0;
	}
	n -= n % SHA256_BLOCK;
	add_blocks(p, data.ptr, n, inside);
	return n;
}

/* All of @data but the end of the file that is no whole block. */
static size_t take_all(struct passing *p, struct bytes data)
{
	size_t done = 0;

	for (;;) {
		size_t next = p->next, n;

		n = take(p, (struct bytes){ data.ptr + done, data.len - done });
		done += n;
		if (n == 0 && next == p->next)
			return done;
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
	size_t n = 0, done = 0;

	for (size_t i = 0; i < p->n; i++)
		assert(p->parts[i].offset % HASH_PART_ALIGN == 0 &&
		       (i == 0 || p->parts[i - 1].offset + p->parts[i - 1].size <=
					  p->parts[i].offset));
	memcpy(p->whole, initial, sizeof(initial));
	memcpy(p->part, initial, sizeof(initial));
	do {
		if (fill(in, chunk, &n, err) < 0)
			return -1;
		done = take_all(p, (struct bytes){ chunk, n });
	} while (n == CHUNK_SIZE);
	if (p->next < p->n)
		return err_set(err, ERR_FORMAT, "unexpected end at byte %llu",
			       (unsigned long long)p->at);
	*ret = finish(p->whole_hash, p->whole, (struct bytes){ chunk + done, n - done },
		      p->at + (n - done));
	return 0;
}

int hash_parts_slowly(struct source *in, struct hash_part *parts, size_t n, struct digest *ret,
		      struct error *err)
{
	struct passing p = { .parts = parts, .n = n };
	int r;

	p.whole_hash = hash_new();
	p.part_hash = hash_new();
	r = pass(&p, in, ret, err);
	hash_free(p.whole_hash);
	hash_free(p.part_hash);
	return r;
}

int hash_parts(struct source *in, struct hash_part *parts, size_t n, struct digest *ret,
	       struct error *err)
{
	struct passing p = { .parts = parts, .n = n };

	if (n == 0 || !sha256_pair_can())
		return hash_parts_slowly(in, parts, n, ret, err);
	return pass(&p, in, ret, err);
}
