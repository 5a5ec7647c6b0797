#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"

#define SIZE 700001u /* bytes; several slices, and an odd end */

/* Something between text and noise, the same every time. */
static uint8_t *sample(size_t size)
{
	uint8_t *data = mem_alloc(size + 1);
	uint32_t state = 1;

	for (size_t i = 0; i < size; i++) {
		state = state * 1664525u + 1013904223u;
		data[i] = i > 5000 && state >> 28 ? data[i - 3000 - (state >> 24 & 63)]
						  : (uint8_t)(state >> 24);
	}
	return data;
}

enum kind { ZSTD, ZSTD_NO_SIZE, GZIP };

static void pack(enum kind kind, struct bytes data, size_t chunk, struct buf *to)
{
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);
	struct sink *s = kind == ZSTD ? compress_zstd(out, data.len)
			 : kind == GZIP ? compress_gzip(out) : compress_zstd(out, UINT64_MAX);

	while (data.len) {
		size_t n = chunk < data.len ? chunk : data.len;

		cr_assert_eq(sink_write(s, (struct bytes){ data.ptr, n }, &err), 0);
		data.ptr += n;
		data.len -= n;
	}
	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
}

static void assert_unpacks(struct bytes packed, struct bytes expected)
{
	struct error err = ERR_INIT;
	struct buf out = BUF_INIT(SIZE + 1);
	struct source *s = decompress(source_of_bytes(packed), COMPRESS_AUTO, expected.len, "x");

	cr_assert_eq(source_read_all(s, &out, &err), 0, "%s", err.message);
	cr_assert(bytes_equal(buf_bytes(&out), expected));
	source_close(s);
	buf_release(&out);
}

Test(compress, any_chunking_of_writes_gives_the_same_bytes)
{
	CLEANUP_FREE uint8_t *data = sample(SIZE);
	static const size_t chunks[] = { 1, 511, 131071, 131072, 131073, 300000, SIZE };

	for (enum kind kind = ZSTD; kind <= GZIP; kind++) {
		CLEANUP_BUF struct buf whole = BUF_INIT(SIZE * 2);

		pack(kind, (struct bytes){ data, SIZE }, SIZE, &whole);
		for (size_t i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
			CLEANUP_BUF struct buf parts = BUF_INIT(SIZE * 2);

			pack(kind, (struct bytes){ data, SIZE }, chunks[i], &parts);
			cr_assert(bytes_equal(buf_bytes(&whole), buf_bytes(&parts)),
				  "kind %d, chunks of %zu", kind, chunks[i]);
		}
	}
}

Test(compress, what_was_written_is_read_back)
{
	CLEANUP_FREE uint8_t *data = sample(SIZE);
	static const size_t sizes[] = { 0, 1, 131072, 262144, SIZE };

	for (enum kind kind = ZSTD; kind <= GZIP; kind++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			CLEANUP_BUF struct buf packed = BUF_INIT(SIZE * 2);
			struct bytes plain = { data, sizes[i] };

			pack(kind, plain, SIZE, &packed);
			assert_unpacks(buf_bytes(&packed), plain);
		}
}

Test(compress, a_zstd_frame_has_its_size_and_a_checksum)
{
	CLEANUP_FREE uint8_t *data = sample(SIZE);
	CLEANUP_BUF struct buf packed = BUF_INIT(SIZE * 2);

	pack(ZSTD, (struct bytes){ data, SIZE }, SIZE, &packed);
	/* RFC 8878, 3.1.1: magic; 3.1.1.1.1: size in 4 bytes, one segment, checksum */
	cr_assert_arr_eq(packed.ptr, "\x28\xb5\x2f\xfd", 4);
	cr_assert_eq(packed.ptr[4], 0xa4);
	cr_assert_arr_eq(packed.ptr + 5, "\x61\xae\x0a\x00", 4);
}

Test(compress, a_gzip_header_holds_no_time_no_name_and_no_system)
{
	CLEANUP_BUF struct buf packed = BUF_INIT(1000);

	pack(GZIP, str_bytes(STR("hello")), 5, &packed);
	cr_assert_arr_eq(packed.ptr, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
	/* RFC 1952, 2.3.1: CRC-32 and size at the end */
	cr_assert_arr_eq(packed.ptr + packed.len - 8, "\x86\xa6\x10\x36\x05\x00\x00\x00", 8);
}

Test(compress, an_abandoned_stream_is_closed_without_a_word)
{
	struct error err = ERR_INIT;
	CLEANUP_BUF struct buf packed = BUF_INIT(1000);
	struct sink *out = sink_to_buf(&packed);
	struct sink *s = compress_zstd(out, 100);

	cr_assert_eq(sink_write(s, str_bytes(STR("less")), &err), 0);
	s->failed = true;
	cr_assert_eq(sink_close(s, &err), -1);
	cr_assert_eq(err.code, ERR_NONE);
	cr_assert_eq(sink_close(out, &err), 0);
}

Test(compress, a_full_disk_ends_the_stream_once)
{
	CLEANUP_FREE uint8_t *data = sample(SIZE);

	for (enum kind kind = ZSTD; kind <= GZIP; kind++)
		for (size_t room = 0; room < 40000; room += 1999) {
			CLEANUP_ERR struct error err = ERR_INIT;
			CLEANUP_BUF struct buf packed = BUF_INIT(room);
			struct sink *out = sink_to_buf(&packed);
			struct sink *s = kind == GZIP ? compress_gzip(out)
						      : compress_zstd(out, UINT64_MAX);
			int r = sink_write(s, (struct bytes){ data, SIZE }, &err);

			cr_assert_eq(sink_close(s, &err), -1);
			(void)r;
			cr_assert_eq(err.code, ERR_LIMIT);
			(void)!sink_close(out, &err);
		}
}

Test(compress, the_versions_are_those_that_are_linked)
{
	cr_assert_not_null(strstr(compress_versions(), "zstd "));
	cr_assert_not_null(strstr(compress_versions(), "zlib "));
}
