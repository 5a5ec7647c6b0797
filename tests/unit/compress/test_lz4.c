#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/lz4.h"

#define ROOM 4096u

/* A length whose field in the token is full goes on in the next bytes. */
static size_t length(const uint8_t *block, size_t *at, size_t field)
{
	uint8_t more = 255;

	for (; field >= 15 && more == 255; field += more)
		more = block[(*at)++];
	return field;
}

/* From the block format alone. Also asserts what it says of a block's last bytes. */
static size_t decode(struct bytes block, uint8_t *to, size_t size)
{
	size_t at = 0, n = 0, last_match = 0, literals;

	for (;;) {
		uint8_t token = block.ptr[at++];
		size_t distance, match;

		literals = length(block.ptr, &at, token >> 4);
		cr_assert_leq(literals, block.len - at);
		cr_assert_leq(literals, size - n);
		memcpy(to + n, block.ptr + at, literals);
		n += literals;
		at += literals;
		if (at == block.len)
			break;
		distance = block.ptr[at] | (size_t)block.ptr[at + 1] << 8;
		at += 2;
		match = length(block.ptr, &at, token & 15) + 4;
		cr_assert(distance > 0 && distance <= n);
		cr_assert_leq(match, size - n);
		last_match = n;
		for (; match; match--, n++)
			to[n] = to[n - distance];
		cr_assert_lt(at, block.len);
	}
	if (last_match)
		cr_assert(literals >= 5 && n - last_match >= 12);
	return n;
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Zeros, words and noise in turn. */
static void make(uint8_t *to, size_t size, uint64_t seed)
{
	static const uint8_t words[] = "some words ";
	size_t n = 0;

	while (n < size) {
		uint64_t kind = next(&seed) % 3, run = 1 + next(&seed) % 6000;

		for (; run && n < size; run--, n++) {
			if (kind == 1)
				to[n] = words[n % 11];
			if (kind == 2)
				to[n] = (uint8_t)next(&seed);
		}
	}
}

/* The decoder of ours agrees, and wants all of it and no more. */
static void assert_decodes(struct bytes block, const uint8_t *expected, size_t size)
{
	CLEANUP_FREE uint8_t *to = mem_alloc(size + 1);
	CLEANUP_ERR struct error err = ERR_INIT, shorter = ERR_INIT, longer = ERR_INIT;

	cr_assert_eq(lz4_decode(block, to, size, &err), 0, "%s", err.message);
	cr_assert_eq(memcmp(to, expected, size), 0);
	cr_assert_lt(lz4_decode(block, to, size + 1, &longer), 0);
	if (size)
		cr_assert_lt(lz4_decode(block, to, size - 1, &shorter), 0);
}

static size_t assert_returns(struct lz4 *z, struct bytes in, size_t room)
{
	CLEANUP_FREE uint8_t *again = mem_alloc(in.len + 1);
	uint8_t block[ROOM];
	size_t used = 0, n = lz4_encode(z, in, block, room, &used);

	cr_assert_leq(n, room);
	cr_assert_leq(used, in.len);
	cr_assert_eq(decode((struct bytes){ block, n }, again, in.len), used);
	cr_assert_eq(memcmp(again, in.ptr, used), 0);
	assert_decodes((struct bytes){ block, n }, again, used);
	return used;
}

Test(lz4, what_is_encoded_decodes_to_what_it_was)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	CLEANUP_FREE uint8_t *data = mem_alloc(200000);

	for (uint64_t seed = 1; seed <= 30; seed++) {
		size_t size = 1 + (size_t)(seed * seed * 200), at = 0;

		make(data, size, seed);
		while (at < size)
			at += assert_returns(z, (struct bytes){ data + at, size - at }, ROOM);
	}
}

Test(lz4, any_room_is_kept)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	static uint8_t data[30000];

	make(data, sizeof(data), 7);
	for (size_t room = LZ4_ROOM_MIN; room <= ROOM; room += 1 + room / 9)
		for (size_t at = 0; at < sizeof(data); at += 997)
			cr_assert_gt(assert_returns(z,
						    (struct bytes){ data + at, sizeof(data) - at },
						    room),
				     0);
}

Test(lz4, short_inputs_are_literals)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	static const uint8_t zeros[40];

	for (size_t n = 0; n <= sizeof(zeros); n++)
		cr_assert_eq(assert_returns(z, (struct bytes){ zeros, n }, ROOM), n);
}

Test(lz4, a_run_fills_the_room_to_its_last_bytes)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	CLEANUP_FREE uint8_t *zeros = mem_alloc(2u << 20);

	cr_assert_gt(assert_returns(z, (struct bytes){ zeros, 2u << 20 }, ROOM), 1000000);
}

Test(lz4, what_was_encoded_before_does_not_count)
{
	CLEANUP_LZ4 struct lz4 *fresh = lz4_new(), *used = lz4_new();
	static uint8_t data[100000];
	uint8_t a[ROOM], b[ROOM];
	size_t n_a, n_b, used_a, used_b;

	make(data, sizeof(data), 3);
	for (size_t at = 0; at < sizeof(data); at += 5000)
		lz4_encode(used, (struct bytes){ data + at, sizeof(data) - at }, b, ROOM, &used_b);
	n_a = lz4_encode(fresh, BYTES_OF(data), a, ROOM, &used_a);
	n_b = lz4_encode(used, BYTES_OF(data), b, ROOM, &used_b);
	cr_assert(n_a == n_b && used_a == used_b && memcmp(a, b, n_a) == 0);
}

static int decode_text(const char *block, size_t n, size_t size, char *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	int r = lz4_decode((struct bytes){ (const uint8_t *)block, n }, (uint8_t *)to, size, &err);

	cr_assert_eq(r < 0 ? ERR_FORMAT : ERR_NONE, err.code);
	return r;
}

/* By hand, from the block format. */
Test(lz4, blocks_of_the_specification_decode)
{
	char to[64];

	cr_assert_eq(decode_text("\x50hello", 6, 5, to), 0);
	cr_assert_eq(memcmp(to, "hello", 5), 0);
	cr_assert_eq(decode_text("\x28" "ab\x02\0\x50hello", 11, 19, to), 0);
	cr_assert_eq(memcmp(to, "ababababababab" "hello", 19), 0);
	cr_assert_eq(decode_text("\x1f" "a\x01\0\x05\x50hello", 11, 30, to), 0);
	cr_assert_eq(memcmp(to, "aaaaaaaaaaaaaaaaaaaaaaaaa" "hello", 30), 0);
	cr_assert_eq(decode_text("\0", 1, 0, to), 0);
}

Test(lz4, broken_blocks_are_refused)
{
	static const struct {
		const char *block;
		size_t n, size;
	} wrong[] = {
		{ "", 0, 0 },				 /* no token */
		{ "\x50hell", 5, 5 },			 /* literals that are not there */
		{ "\x28" "ab\x03\0\x50hello", 11, 19 }, /* before the start */
		{ "\x28" "ab\0\0\x50hello", 11, 19 },	 /* no distance */
		{ "\x28" "ab\x02\0", 5, 14 },		 /* it ends with a match */
		{ "\x28" "ab\x02", 4, 14 },		 /* half a distance */
		{ "\xf0\xff\xff", 3, 600 },		 /* a length that does not end */
		{ "\x51hello", 6, 5 },			 /* a match after the end */
	};
	char to[640];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_assert_lt(decode_text(wrong[i].block, wrong[i].n, wrong[i].size, to), 0, "%zu",
			     i);
}
