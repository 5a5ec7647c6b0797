#include <criterion/criterion.h>
#include <stdlib.h>

#include "crypto/hash_parts.h"

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

static void check(size_t size, struct hash_part *parts, size_t n)
{
	struct source *in = source_of_bytes((struct bytes){ data, size });
	struct digest whole, want = hash_bytes((struct bytes){ data, size });
	struct error err = ERR_INIT;

	cr_assert_eq(hash_parts(in, parts, n, &whole, &err), 0, "%s", err.message);
	cr_assert(digest_equal(&whole, &want), "the whole of %zu bytes", size);
	for (size_t i = 0; i < n; i++) {
		want = hash_bytes((struct bytes){ data + parts[i].offset, (size_t)parts[i].size });
		cr_assert(digest_equal(&parts[i].digest, &want), "%llu bytes at %llu of %zu",
			  (unsigned long long)parts[i].size, (unsigned long long)parts[i].offset,
			  size);
	}
	source_close(in);
}

Test(hash_parts, leave_the_digest_of_the_whole_as_it_is, .init = fill)
{
	for (size_t size = 0; size < 260; size++)
		check(size, NULL, 0);
}

Test(hash_parts, have_their_own_digests_wherever_they_begin_and_end, .init = fill)
{
	for (size_t size = 0; size < 200; size++)
		for (size_t offset = 0; offset <= 128; offset += 32) {
			struct hash_part parts[] = { { offset, size, { { 0 } } },
						     { 512, 7, { { 0 } } } };

			check(512 + 7, parts, 2);
			check(SIZE, parts, 2);
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

	check(SIZE, parts, sizeof(parts) / sizeof(*parts));
	parts[5].size--;
	check(SIZE - 1, parts, sizeof(parts) / sizeof(*parts));
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
