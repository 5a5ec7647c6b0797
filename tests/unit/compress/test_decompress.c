#include <criterion/criterion.h>
#include <lzma.h>
#include <zstd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"

/* Delivers a byte at a time: every boundary falls everywhere. */
struct slow_source {
	struct source source;
	struct bytes left;
};

static int slow_read(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	struct slow_source *slow = (struct slow_source *)s;

	(void)err;
	*ret_n = size && slow->left.len;
	if (*ret_n) {
		*to = *slow->left.ptr++;
		slow->left.len--;
	}
	return 0;
}

static void slow_close(struct source *s)
{
	free(s);
}

static struct source *slow(struct bytes data)
{
	static const struct source_ops ops = { .read = slow_read, .close = slow_close };
	struct slow_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->left = data;
	return &s->source;
}

static enum err_code read_as(struct bytes data, enum compress_format format, uint64_t max,
			     struct buf *out)
{
	enum err_code code;

	for (int pass = 0; pass < 2; pass++) {
		struct error err = ERR_INIT;
		struct source *from = pass ? slow(data) : source_of_bytes(data);
		struct source *s = decompress(from, format, max, "sample");
		int r;

		buf_reset(out);
		r = source_read_all(s, out, &err);
		cr_assert_eq(r < 0, err.code != ERR_NONE);
		if (pass)
			cr_assert_eq(code, err.code, "by bytes: %s", err.message);
		code = err.code;
		source_close(s);
		err_release(&err);
	}
	return code;
}

static enum err_code read_all(struct bytes data, struct buf *out)
{
	return read_as(data, COMPRESS_AUTO, 1u << 20, out);
}

static struct str text = { "the quick brown fox jumps over the lazy dog\n", 44 };

static void make(enum compress_format format, struct str plain, struct buf *to)
{
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to), *s;

	if (format == COMPRESS_XZ) {
		size_t n = 0, size = lzma_stream_buffer_bound(plain.len);
		uint8_t *xz = mem_alloc(size);

		cr_assert_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL,
						     (const uint8_t *)plain.ptr, plain.len, xz,
						     &n, size), LZMA_OK);
		cr_assert_eq(sink_write(out, (struct bytes){ xz, n }, &err), 0);
		free(xz);
	} else {
		s = format == COMPRESS_GZIP ? compress_gzip(out)
					    : compress_zstd(out, plain.len);
		cr_assert_eq(sink_write(s, str_bytes(plain), &err), 0);
		cr_assert_eq(sink_close(s, &err), 0);
	}
	cr_assert_eq(sink_close(out, &err), 0);
}

#define EACH_FORMAT(f) \
	for (enum compress_format f = COMPRESS_GZIP; f <= COMPRESS_ZSTD; f++)

Test(decompress, formats_are_known_by_their_first_bytes)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	EACH_FORMAT(f) {
		buf_reset(&packed);
		make(f, text, &packed);
		cr_assert_eq(read_all(buf_bytes(&packed), &out), ERR_NONE);
		cr_assert(str_equal(buf_str(&out), text));
	}
	cr_assert_eq(read_all(str_bytes(text), &out), ERR_NONE);
	cr_assert(str_equal(buf_str(&out), text));
	cr_assert_eq(read_all((struct bytes){ NULL, 0 }, &out), ERR_NONE);
	cr_assert_eq(out.len, 0);
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, concatenated_members_are_one_stream)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	EACH_FORMAT(f) {
		buf_reset(&packed);
		make(f, text, &packed);
		make(f, text, &packed);
		cr_assert_eq(read_all(buf_bytes(&packed), &out), ERR_NONE, "format %d", f);
		cr_assert_eq(out.len, 2 * text.len);
	}
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, a_stream_that_breaks_off_is_malformed_at_every_byte)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	EACH_FORMAT(f) {
		buf_reset(&packed);
		make(f, text, &packed);
		for (size_t n = 0; n < packed.len; n++)
			cr_assert_eq(read_as((struct bytes){ packed.ptr, n }, f, 1000, &out),
				     ERR_FORMAT, "format %d, %zu bytes", f, n);
	}
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, bytes_after_the_end_are_malformed)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	EACH_FORMAT(f) {
		buf_reset(&packed);
		make(f, text, &packed);
		buf_add_char(&packed, 'x');
		cr_assert_eq(read_all(buf_bytes(&packed), &out), ERR_FORMAT, "format %d", f);
	}
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, a_flipped_bit_never_goes_unseen)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(100000);

	EACH_FORMAT(f) {
		buf_reset(&packed);
		make(f, text, &packed);
		for (size_t i = 0; i < packed.len * 8; i++) {
			enum err_code code;

			packed.ptr[i / 8] ^= (uint8_t)(1u << i % 8);
			code = read_as(buf_bytes(&packed), f, 100000, &out);
			/* a few bits of gzip's and xz's headers carry no meaning */
			cr_assert(code != ERR_NONE || str_equal(buf_str(&out), text),
				  "format %d, bit %zu", f, i);
			packed.ptr[i / 8] ^= (uint8_t)(1u << i % 8);
		}
	}
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, more_than_the_cap_is_refused_and_exactly_the_cap_is_not)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	for (enum compress_format f = COMPRESS_PLAIN; f <= COMPRESS_ZSTD; f++) {
		buf_reset(&packed);
		if (f == COMPRESS_PLAIN)
			buf_add_str(&packed, text);
		else
			make(f, text, &packed);
		cr_assert_eq(read_as(buf_bytes(&packed), f, text.len, &out), ERR_NONE);
		cr_assert_eq(read_as(buf_bytes(&packed), f, text.len - 1, &out), ERR_LIMIT);
	}
	buf_release(&packed);
	buf_release(&out);
}

Test(decompress, a_zstd_window_beyond_the_limit_is_refused)
{
	struct buf out = BUF_INIT(1000);
	/* RFC 8878, 3.1.1.1.2: window descriptor 0x90 is 2^28 bytes */
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 0x01, 0x00, 0x00 };

	cr_assert_eq(read_all(BYTES_OF(frame), &out), ERR_LIMIT);
	buf_release(&out);
}

Test(decompress, an_xz_dictionary_beyond_the_limit_is_refused)
{
	struct buf out = BUF_INIT(1000);
	uint8_t xz[1000];
	size_t n = 0;
	lzma_options_lzma options;
	lzma_filter filters[2] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };

	lzma_lzma_preset(&options, 0);
	options.dict_size = 1u << 29;
	options.mf = LZMA_MF_HC3;
	options.nice_len = 8;
	cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL,
					       (const uint8_t *)text.ptr, text.len, xz, &n,
					       sizeof(xz)), LZMA_OK);
	cr_assert_eq(read_all((struct bytes){ xz, n }, &out), ERR_LIMIT);
	buf_release(&out);
}

Test(decompress, skippable_zstd_frames_hold_nothing)
{
	struct buf packed = BUF_INIT(1000), out = BUF_INIT(1000);

	buf_add(&packed, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
	make(COMPRESS_ZSTD, text, &packed);
	buf_add(&packed, "\x5f\x2a\x4d\x18\x00\0\0\0", 8);
	cr_assert_eq(read_all(buf_bytes(&packed), &out), ERR_NONE);
	cr_assert(str_equal(buf_str(&out), text));
	buf_release(&packed);
	buf_release(&out);
}

static enum err_code read_one(struct bytes data, enum compress_format format, struct buf *out)
{
	enum err_code code = ERR_NONE;

	for (int pass = 0; pass < 2; pass++) {
		struct error err = ERR_INIT;
		struct source *from = pass ? slow(data) : source_of_bytes(data);
		struct source *s = decompress_one(from, format, 1000, "sample");

		buf_reset(out);
		cr_assert_eq(source_read_all(s, out, &err) < 0, err.code != ERR_NONE);
		if (pass)
			cr_assert_eq(code, err.code, "by bytes: %s", err.message);
		code = err.code;
		err_release(&err);
		source_close(s);
	}
	return code;
}

Test(decompress, what_is_passed_over_is_refused_where_there_must_be_one_frame)
{
	static const enum compress_format formats[] = { COMPRESS_ZSTD, COMPRESS_GZIP };
	struct buf one = BUF_INIT(1000), more = BUF_INIT(1000), out = BUF_INIT(1000);

	for (size_t i = 0; i < 2; i++) {
		buf_reset(&one);
		make(formats[i], text, &one);
		cr_assert_eq(read_one(buf_bytes(&one), formats[i], &out), ERR_NONE);
		cr_assert(str_equal(buf_str(&out), text));
		buf_reset(&more);
		buf_add(&more, one.ptr, one.len);
		make(formats[i], STR(""), &more);
		cr_assert_eq(read_one(buf_bytes(&more), formats[i], &out), ERR_UNACCOUNTED);
		more.len = one.len;
		buf_add_char(&more, 0);
		cr_assert_eq(read_one(buf_bytes(&more), formats[i], &out), ERR_UNACCOUNTED);
		cr_assert_eq(read_one((struct bytes){ one.ptr, one.len - 1 }, formats[i], &out),
			     ERR_FORMAT);
	}
	one.ptr[3] |= 0x10; /* of the gzip header: a comment follows */
	cr_assert_eq(read_one(buf_bytes(&one), COMPRESS_GZIP, &out), ERR_UNACCOUNTED);
	buf_reset(&more);
	buf_add(&more, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
	make(COMPRESS_ZSTD, text, &more);
	cr_assert_eq(read_one(buf_bytes(&more), COMPRESS_ZSTD, &out), ERR_UNACCOUNTED);
	buf_release(&one);
	buf_release(&more);
	buf_release(&out);
}

Test(decompress, messages_name_the_file)
{
	struct error err = ERR_INIT;
	struct buf out = BUF_INIT(1000);
	struct source *s = decompress(source_of_bytes(str_bytes(STR("\x1f\x8b\x08"))),
				      COMPRESS_AUTO, 100, "nginx.tar.gz");

	cr_assert_eq(source_read_all(s, &out, &err), -1);
	cr_assert_not_null(strstr(err.message, "'nginx.tar.gz'"));
	source_close(s);
	err_release(&err);
	buf_release(&out);
}
