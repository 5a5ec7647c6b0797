#include "compress/compress.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/endian.h"
#include "base/exhausted.h"
#include "base/mem.h"

/* RFC 1952. The 10 bytes before the data: no name, no time, OS 255 (unknown). */
static const uint8_t head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

#define LEVEL      6
#define MEM_LEVEL  8
#define SLICE_SIZE (128u * 1024) /* bytes; see zstd_write.c: cuts must not count */
#define OUT_SIZE   (128u * 1024) /* bytes */

struct gzip_sink {
	struct sink sink;
	struct sink *next;
	z_stream z; /* raw deflate: head and tail are ours */
	bool begun;
	uint32_t crc, size; /* of the input; size modulo 2^32 (RFC 1952, 2.3.1) */
	size_t n;
	uint8_t slice[SLICE_SIZE];
	uint8_t out[OUT_SIZE];
};

static int run(struct gzip_sink *s, int flush, struct error *err)
{
	int r;

	if (!s->begun && sink_write(s->next, BYTES_OF(head), err) < 0)
		return -1;
	s->begun = true;
	s->crc = (uint32_t)crc32(s->crc, s->slice, (uInt)s->n);
	s->size += (uint32_t)s->n;
	s->z.next_in = s->slice;
	s->z.avail_in = (uInt)s->n;
	s->n = 0;
	do {
		s->z.next_out = s->out;
		s->z.avail_out = OUT_SIZE;
		r = deflate(&s->z, flush);
		if (r == Z_STREAM_ERROR)
			return err_set(err, ERR_BUG, "zlib: inconsistent state");
		if (sink_write(s->next, (struct bytes){ s->out, OUT_SIZE - s->z.avail_out },
			       err) < 0)
			return -1;
	} while (flush == Z_FINISH ? r != Z_STREAM_END : s->z.avail_out == 0);
	return 0;
}

static int gzip_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct gzip_sink *s = (struct gzip_sink *)sink;

	while (data.len) {
		size_t n = SLICE_SIZE - s->n < data.len ? SLICE_SIZE - s->n : data.len;

		memcpy(s->slice + s->n, data.ptr, n);
		s->n += n;
		data.ptr += n;
		data.len -= n;
		if (s->n == SLICE_SIZE && run(s, Z_NO_FLUSH, err) < 0)
			return -1;
	}
	return 0;
}

static int gzip_close(struct sink *sink, struct error *err)
{
	struct gzip_sink *s = (struct gzip_sink *)sink;
	int r = 0;

	if (!sink->failed) {
		uint8_t tail[8];

		r = run(s, Z_FINISH, err);
		put_le32(tail, s->crc);
		put_le32(tail + 4, s->size);
		if (r == 0)
			r = sink_write(s->next, BYTES_OF(tail), err);
	}
	deflateEnd(&s->z);
	free(s);
	return r;
}

struct sink *compress_gzip(struct sink *next)
{
	static const struct sink_ops ops = { .write = gzip_write, .close = gzip_close };
	struct gzip_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	if (deflateInit2(&s->z, LEVEL, Z_DEFLATED, -MAX_WBITS, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	return &s->sink;
}
