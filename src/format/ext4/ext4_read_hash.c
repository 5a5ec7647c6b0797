/*
 * Hashes of names in indexed folders (index.rst; what the words stand for is said by
 * Linux fs/ext4/hash.c only). Half MD4 is MD4 (RFC 1320) with 8 steps a round on 8 words.
 */
#include "format/ext4/ext4_read_private.h"

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static uint32_t letter(const struct ext4_name_hash *h, char c)
{
	uint32_t v = (uint8_t)c;

	return h->is_signed && v & 0x80 ? v | 0xffffff00u : v;
}

/* @n words of four letters, the first highest; what is missing is the length, repeated. */
static void fill(const struct ext4_name_hash *h, struct str rest, uint32_t *words, size_t n)
{
	uint32_t pad = (uint32_t)rest.len * 0x01010101u;

	for (size_t i = 0; i < n; i++) {
		words[i] = pad;
		for (size_t k = 4 * i; k < 4 * i + 4 && k < rest.len; k++)
			words[i] = (words[i] << 8) + letter(h, rest.ptr[k]);
	}
}

static uint32_t mix(unsigned round, uint32_t x, uint32_t y, uint32_t z)
{
	switch (round) {
	case 0:
		return (x & y) | (~x & z);
	case 1:
		return (x & y) + ((x ^ y) & z);
	default:
		return x ^ y ^ z;
	}
}

static void half_md4(uint32_t state[4], const uint32_t words[8])
{
	static const uint8_t order[3][8] = { { 0, 1, 2, 3, 4, 5, 6, 7 },
					     { 1, 3, 5, 7, 0, 2, 4, 6 },
					     { 3, 7, 2, 6, 1, 5, 0, 4 } };
	static const uint8_t shift[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	static const uint32_t constant[3] = { 0, 0x5a827999, 0x6ed9eba1 };
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

	for (unsigned i = 0; i < 24; i++) {
		unsigned round = i / 8;
		uint32_t v = a + mix(round, b, c, d) + words[order[round][i % 8]] + constant[round];

		a = d;
		d = c;
		c = b;
		b = rotate(v, shift[round][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void tea(uint32_t state[4], const uint32_t key[4])
{
	uint32_t x = state[0], y = state[1], sum = 0;

	for (unsigned i = 0; i < 16; i++) {
		sum += 0x9e3779b9;
		x += ((y << 4) + key[0]) ^ (y + sum) ^ ((y >> 5) + key[1]);
		y += ((x << 4) + key[2]) ^ (x + sum) ^ ((x >> 5) + key[3]);
	}
	state[0] += x;
	state[1] += y;
}

static uint32_t legacy(const struct ext4_name_hash *h, struct str name)
{
	uint32_t now = 0x12a3fe2d, before = 0x37abe8f9;

	for (size_t i = 0; i < name.len; i++) {
		uint32_t v = before + (now ^ (letter(h, name.ptr[i]) * 7152373u));

		if (v & 0x80000000)
			v -= 0x7fffffff;
		before = now;
		now = v;
	}
	return now << 1;
}

uint32_t ext4_name_hash(const struct ext4_name_hash *h, struct str name)
{
	uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, words[8];
	size_t step = h->version == 1 ? 32 : 16;

	if (h->version == 0)
		return legacy(h, name) & ~1u;
	if (h->seed[0] || h->seed[1] || h->seed[2] || h->seed[3])
		memcpy(state, h->seed, sizeof(state));
	while (name.len) {
		size_t n = name.len < step ? name.len : step;

		fill(h, name, words, step / 4);
		if (h->version == 1)
			half_md4(state, words);
		else
			tea(state, words);
		name.ptr += n;
		name.len -= n;
	}
	return state[h->version == 1 ? 1 : 0] & ~1u;
}
