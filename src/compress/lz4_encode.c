/*
 * Hash chains over all that lies at most 64 KiB back, and a look at the next byte before a
 * match is taken: the next one may have a longer match.
 */
#include "compress/lz4.h"

#include <assert.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"

#define HASH_BITS 15
#define WINDOW 65536u	   /* bytes; a distance has 16 bits and is not 0 */
#define DEPTH 256u	   /* candidates that are looked at */
#define LENGTH_ENOUGH 512u /* a match as long as this is not bettered */
#define MATCH_MIN 4u
#define LAST_LITERALS 5u /* spec: the last bytes are literals */
#define LAST_MATCH 12u	 /* spec: and no match starts within these */

struct lz4 {
	uint32_t base;		       /* what position 0 of this block is called */
	uint32_t head[1 << HASH_BITS]; /* last position by hash; below base: none */
	uint32_t chain[WINDOW];	       /* the one before it with the same hash */
};

struct match {
	size_t length; /* 0: none */
	size_t distance;
};

struct block {
	struct lz4 *z;
	struct bytes in;
	size_t inserted; /* positions below are in the tables */
	uint8_t *out;
	size_t n, room;
};

struct lz4 *lz4_new(void)
{
	struct lz4 *z = mem_alloc(sizeof(*z));

	z->base = 1;
	return z;
}

void lz4_free(struct lz4 *z)
{
	free(z);
}

static uint32_t hash_at(const uint8_t *p)
{
	return (get_le32(p) * 2654435761u) >> (32 - HASH_BITS);
}

/* Tables know the positions before @at afterwards. */
static void insert_until(struct block *b, size_t at)
{
	for (; b->inserted < at && b->inserted + MATCH_MIN <= b->in.len; b->inserted++) {
		uint32_t name = b->z->base + (uint32_t)b->inserted;
		uint32_t *head = &b->z->head[hash_at(b->in.ptr + b->inserted)];

		b->z->chain[name % WINDOW] = *head;
		*head = name;
	}
}

static size_t common(const uint8_t *a, const uint8_t *b, size_t max)
{
	size_t n = 0;

	while (n + 8 <= max && memcmp(a + n, b + n, 8) == 0)
		n += 8;
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* The longest match at @at, the nearest of those. */
static struct match find_match(struct block *b, size_t at)
{
	const uint8_t *p = b->in.ptr + at;
	struct match best = { 0, 0 };
	uint32_t name, tries = DEPTH;
	size_t max;

	if (at + LAST_MATCH > b->in.len)
		return best;
	max = b->in.len - LAST_LITERALS - at;
	insert_until(b, at);
	name = b->z->head[hash_at(p)];
	while (name >= b->z->base && tries-- > 0 && best.length < LENGTH_ENOUGH) {
		size_t distance = at - (name - b->z->base), n;

		if (distance >= WINDOW)
			break;
		if (best.length == 0 || p[best.length] == p[best.length - distance]) {
			n = common(p, p - distance, max);
			if (n >= MATCH_MIN && n > best.length)
				best = (struct match){ n, distance };
		}
		if (best.length == max)
			break;
		name = b->z->chain[name % WINDOW];
	}
	return best;
}

/* Bytes that follow a token whose field is full. */
static size_t extra(size_t length)
{
	return length < 15 ? 0 : (length - 15) / 255 + 1;
}

static void put_extra(struct block *b, size_t length)
{
	if (length < 15)
		return;
	for (length -= 15; length >= 255; length -= 255)
		b->out[b->n++] = 255;
	b->out[b->n++] = (uint8_t)length;
}

static void put_literals(struct block *b, size_t from, size_t n, size_t match_code)
{
	b->out[b->n++] = (uint8_t)((n < 15 ? n : 15) << 4 | (match_code < 15 ? match_code : 15));
	put_extra(b, n);
	memcpy(b->out + b->n, b->in.ptr + from, n);
	b->n += n;
}

/* Literals that must follow a match of @length. */
static size_t literals_after(size_t length)
{
	return length < LAST_MATCH - LAST_LITERALS ? LAST_MATCH - length : LAST_LITERALS;
}

/* How much of a match of @length fits, with the literals that must end the block; or 0. */
static size_t fit_match(const struct block *b, size_t literals, size_t length)
{
	size_t size = 1 + extra(literals) + literals + 2 + 1, room = b->room - b->n;
	size_t code = length - MATCH_MIN;

	if (size + literals_after(length) > room)
		return 0;
	room -= size + LAST_LITERALS;
	if (extra(code) <= room)
		return length;
	return MATCH_MIN + 14 + 255 * room; /* extra() of it less MATCH_MIN is @room */
}

static void put_sequence(struct block *b, size_t anchor, size_t at, const struct match *m)
{
	put_literals(b, anchor, at - anchor, m->length - MATCH_MIN);
	put_le16(b->out + b->n, (uint16_t)m->distance);
	b->n += 2;
	put_extra(b, m->length - MATCH_MIN);
}

/* What ends the block: as many literals as there is room for. Returns where it ends. */
static size_t put_last(struct block *b, size_t anchor)
{
	size_t n = b->in.len - anchor, room = b->room - b->n - 1;

	if (n + extra(n) > room) {
		n = room;
		while (n + extra(n) > room)
			n--;
	}
	put_literals(b, anchor, n, 0);
	return anchor + n;
}

static size_t encode(struct block *b)
{
	size_t at = 0, anchor = 0, whole;

	while (at + LAST_MATCH <= b->in.len && at - anchor < b->room) {
		struct match m = find_match(b, at), next;

		if (m.length == 0) {
			at++;
			continue;
		}
		while (m.length < LENGTH_ENOUGH) {
			next = find_match(b, at + 1);
			if (next.length <= m.length)
				break;
			m = next;
			at++;
		}
		whole = m.length;
		m.length = fit_match(b, at - anchor, whole);
		if (m.length) {
			put_sequence(b, anchor, at, &m);
			anchor = at += m.length;
		}
		if (m.length < whole)
			break;
	}
	return put_last(b, anchor);
}

size_t lz4_encode(struct lz4 *z, struct bytes in, uint8_t *out, size_t room, size_t *ret_used)
{
	struct block b = { .z = z, .in = in, .out = out, .room = room };

	assert(room >= LZ4_ROOM_MIN && in.len < UINT32_MAX / 2);
	if (z->base > UINT32_MAX / 2) { /* the names of positions run out */
		memset(z->head, 0, sizeof(z->head));
		z->base = 1;
	}
	*ret_used = encode(&b);
	z->base += (uint32_t)b.inserted + WINDOW;
	return b.n;
}
