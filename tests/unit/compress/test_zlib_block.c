#include <criterion/criterion.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/compress.h"

#define SIZE 65536u

static void comes_back(const uint8_t *data, size_t size)
{
	CLEANUP_BUF struct buf packed = BUF_INIT(4 * SIZE);
	CLEANUP_FREE uint8_t *again = mem_alloc(SIZE + 1);
	uLongf n = SIZE + 1;

	buf_add_cstr(&packed, "before");
	compress_zlib((struct bytes){ data, size }, &packed);
	cr_assert_eq(memcmp(packed.ptr, "before", 6), 0, "it is appended");
	cr_assert_eq(uncompress(again, &n, packed.ptr + 6, packed.len - 6), Z_OK);
	cr_assert_eq(n, size);
	cr_assert_eq(memcmp(again, data, size), 0);
}

Test(zlib_block, a_block_comes_back_whatever_is_in_it)
{
	CLEANUP_FREE uint8_t *data = mem_alloc(SIZE);
	uint32_t noise = 1;

	comes_back(data, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)("some text "[i % 10]);
	comes_back(data, SIZE);
	for (size_t i = 0; i < SIZE; i++) {
		noise = noise * 1664525 + 1013904223;
		data[i] = (uint8_t)(noise >> 24);
	}
	comes_back(data, SIZE);
	comes_back(data, 1);
	comes_back(data, 0);
}

Test(zlib_block, the_same_block_gives_the_same_bytes_with_the_header_of_level_6)
{
	CLEANUP_BUF struct buf one = BUF_INIT(SIZE), two = BUF_INIT(SIZE);

	compress_zlib(str_bytes(STR("text text text")), &one);
	compress_zlib(str_bytes(STR("text text text")), &two);
	cr_assert(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	cr_assert_eq(memcmp(one.ptr, "\x78\x9c", 2), 0); /* RFC 1950, 2.2 */
}
