#include "compress/compress.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "compress/decoder.h"

#define IN_SIZE (128u * 1024) /* bytes */

struct decompress_source {
	struct source source;
	struct source *next;
	enum compress_format format;
	struct decoder *decoder; /* NULL until the first read, and for plain */
	bool begun, complete, in_ends, ended;
	bool one; /* frame or member, and nothing else */
	uint64_t max_out;
	size_t pos, len; /* unread part of @in */
	char *what;
	uint8_t in[IN_SIZE];
};

static bool begins(const struct decompress_source *s, const char *magic, size_t n)
{
	return s->len >= n && memcmp(s->in, magic, n) == 0;
}

static enum compress_format recognise(const struct decompress_source *s)
{
	if (begins(s, "\x1f\x8b\x08", 3)) /* RFC 1952, 2.3.1 */
		return COMPRESS_GZIP;
	if (begins(s, "\xfd" "7zXZ\0", 6)) /* xz-file-format 1.2.1, 2.1.1.1 */
		return COMPRESS_XZ;
	if (begins(s, "\x28\xb5\x2f\xfd", 4)) /* RFC 8878, 3.1.1 */
		return COMPRESS_ZSTD;
	if (s->len >= 4 && (s->in[0] & 0xf0) == 0x50 &&
	    memcmp(s->in + 1, "\x2a\x4d\x18", 3) == 0) /* RFC 8878, 3.1.2: skippable */
		return COMPRESS_ZSTD;
	return COMPRESS_PLAIN;
}

static int fill(struct decompress_source *s, struct error *err)
{
	s->pos = s->len = 0;
	/* enough for every magic number, however short the reads are */
	while (s->len < 8 && !s->in_ends) {
		size_t n;

		if (source_read(s->next, s->in + s->len, IN_SIZE - s->len, &n, err) < 0)
			return -1;
		s->len += n;
		s->in_ends = n == 0;
	}
	return 0;
}

/* RFC 1952, 2.3.1: FLG 0, no name, comment or extra field. What is broken is found later. */
static int check_start(const struct decompress_source *s, struct error *err)
{
	if (s->format == COMPRESS_ZSTD && s->len >= 4 && !begins(s, "\x28\xb5\x2f\xfd", 4))
		return err_set(err, ERR_UNACCOUNTED, "'%s' does not begin with a zstd frame",
			       s->what);
	if (s->format == COMPRESS_GZIP && s->len >= 4 && s->in[3])
		return err_set(err, ERR_UNACCOUNTED, "'%s': its gzip header has more than it needs",
			       s->what);
	return 0;
}

static int begin(struct decompress_source *s, struct error *err)
{
	if (fill(s, err) < 0 || (s->one && check_start(s, err) < 0))
		return -1;
	if (s->format == COMPRESS_AUTO)
		s->format = recognise(s);
	if (s->format == COMPRESS_GZIP)
		s->decoder = decoder_gzip();
	else if (s->format == COMPRESS_XZ)
		s->decoder = decoder_xz();
	else if (s->format == COMPRESS_ZSTD)
		s->decoder = decoder_zstd();
	s->begun = true;
	return 0;
}

static int read_plain(struct decompress_source *s, uint8_t *to, size_t size, size_t *ret_n,
		      struct error *err)
{
	if (s->pos == s->len)
		return s->in_ends ? (*ret_n = 0, 0)
				  : source_read(s->next, to, size, ret_n, err);
	if (size > s->len - s->pos)
		size = s->len - s->pos;
	memcpy(to, s->in + s->pos, size);
	s->pos += size;
	*ret_n = size;
	return 0;
}

/* One call of the decoder. Without progress the stream has ended, or breaks off. */
static int step(struct decompress_source *s, uint8_t *to, size_t size, size_t *ret_n,
		struct error *err)
{
	struct decoder_io io = { .in = s->in + s->pos, .in_len = s->len - s->pos,
				 .in_ends = s->in_ends, .out = to, .out_len = size,
				 .complete = s->complete };

	if (s->complete && s->in_ends && io.in_len == 0) {
		s->ended = true;
		return 0;
	}
	if (s->complete && s->one && io.in_len)
		return err_set(err, ERR_UNACCOUNTED, "'%s' has bytes behind the end of its %s",
			       s->what, s->format == COMPRESS_GZIP ? "gzip member" : "zstd frame");
	if (s->decoder->run(s->decoder, &io, err) < 0)
		return err_while(err, "decompressing '%s'", s->what);
	if (s->in_ends && !io.complete && io.out_len == size && io.in_len == s->len - s->pos)
		return err_set(err, ERR_FORMAT, "'%s' ends in the middle of its %s stream",
			       s->what,
			       s->format == COMPRESS_GZIP ? "gzip" :
			       s->format == COMPRESS_XZ   ? "xz"   : "zstd");
	s->complete = io.complete;
	s->pos = s->len - io.in_len;
	*ret_n = size - io.out_len;
	return 0;
}

static int decompress_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
			   struct error *err)
{
	struct decompress_source *s = (struct decompress_source *)source;
	size_t n = 0;

	if (!s->begun && begin(s, err) < 0)
		return -1;
	if (!s->decoder && read_plain(s, to, size, &n, err) < 0)
		return -1;
	while (s->decoder && n == 0 && !s->ended && size) {
		if (s->pos == s->len && !s->in_ends && fill(s, err) < 0)
			return -1;
		if (step(s, to, size, &n, err) < 0)
			return -1;
	}
	if (n > s->max_out - source->offset)
		return err_set(err, ERR_LIMIT, "'%s' holds more than %llu bytes", s->what,
			       (unsigned long long)s->max_out);
	*ret_n = n;
	return 0;
}

static void decompress_close(struct source *source)
{
	struct decompress_source *s = (struct decompress_source *)source;

	if (s->decoder)
		s->decoder->free(s->decoder);
	source_close(s->next);
	free(s->what);
	free(s);
}

struct source *decompress(struct source *next, enum compress_format format, uint64_t max_out,
			  const char *what)
{
	static const struct source_ops ops = { .read = decompress_read, .close = decompress_close };
	struct decompress_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->next = next;
	s->format = format;
	s->max_out = max_out;
	s->what = mem_strdup(what);
	return &s->source;
}

struct source *decompress_one(struct source *next, enum compress_format format, uint64_t max_out,
			      const char *what)
{
	struct source *source = decompress(next, format, max_out, what);

	assert(format != COMPRESS_AUTO);
	((struct decompress_source *)source)->one = true;
	return source;
}
