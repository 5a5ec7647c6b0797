#include <criterion/criterion.h>
#include <stdlib.h>

#include "crypto/hash_parts.h"
#include "crypto/sha256_pair.h"

#define SIZE (300u * 1024) /* bytes: more than two chunks */

static uint8_t data[SIZE];

static void fill(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
}

typedef int passing_over(struct source *in, struct hash_part *parts, size_t n, struct digest *ret,
			 struct error *err);

static void check(passing_over *pass, size_t size, struct hash_part *parts, size_t n)
{
	struct source *in = source_of_bytes((struct bytes){ data, size });
	struct digest whole, want = hash_bytes((struct bytes){ data, size });
	struct error err = ERR_INIT;

	cr_assert_eq(pass(in, parts, n, &whole, &err), 0, "%s", err.message);
	cr_assert(digest_equal(&whole, &want), "the whole of %zu bytes", size);
	for (size_t i = 0; i < n; i++) {
		want = hash_bytes((struct bytes){ data + parts[i].offset, (size_t)parts[i].size });
		cr_assert(digest_equal(&parts[i].digest, &want), "%llu bytes at %llu of %zu",
			  (unsigned long long)parts[i].size, (unsigned long long)parts[i].offset,
			  size);
	}
	source_close(in);
}

static void check_both(size_t size, struct hash_part *parts, size_t n)
{
	check(hash_parts, size, parts, n);
	check(hash_parts_slowly, size, parts, n);
	if (sha256_pair_can() && n == 0) { /* so that it is not OpenSSL's turn */
		struct hash_part empty = { 0 };

		check(hash_parts, size, &empty, 1);
	}
}

Test(hash_parts, are_what_openssl_says_for_every_length_of_two_blocks_and_more, .init = fill)
{
	for (size_t size = 0; size < 260; size++)
		check_both(size, NULL, 0);
}

Test(hash_parts, have_their_own_digests_wherever_they_begin_and_end, .init = fill)
{
	for (size_t size = 0; size < 200; size++)
		for (size_t offset = 0; offset <= 128; offset += 64) {
			struct hash_part parts[] = { { offset, size, { { 0 } } },
						     { 512, 7, { { 0 } } } };

			check_both(512 + 7, parts, 2);
			check_both(SIZE, parts, 2);
		}
}

Test(hash_parts, may_touch_be_empty_and_reach_the_end, .init = fill)
{
	struct hash_part parts[] = {
		{ 0, 0, { { 0 } } },
		{ 0, 64, { { 0 } } },
		{ 64, 128u * 1024 - 64, { { 0 } } }, /* to the end of a chunk */
		{ 128u * 1024, 0, { { 0 } } },
		{ 128u * 1024, 128u * 1024 + 1, { { 0 } } },
		{ 256u * 1024 + 64, SIZE - 256u * 1024 - 64, { { 0 } } },
	};

	check_both(SIZE, parts, sizeof(parts) / sizeof(*parts));
	parts[5].size--;
	check_both(SIZE - 1, parts, sizeof(parts) / sizeof(*parts));
}

Test(hash_parts, beyond_the_end_are_malformed, .init = fill)
{
	struct hash_part parts[] = { { 64, 1000, { { 0 } } } };

	for (size_t size = 0; size < 1064; size += 7) {
		struct source *in = source_of_bytes((struct bytes){ data, size });
		struct error err = ERR_INIT;
		struct digest whole;

		cr_assert_eq(hash_parts(in, parts, 1, &whole, &err), -1);
		cr_assert_eq(err.code, ERR_FORMAT);
		err_release(&err);
		source_close(in);
	}
}
