#define ZSTD_STATIC_LINKING_ONLY /* the switches that turn off what zstd decides itself */
#include "compress/compress.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/exhausted.h"
#include "base/mem.h"

/*
 * Input reaches zstd in slices of this size, counted from the start of the
 * stream, so that the bytes never depend on how the caller cut its writes.
 */
#define SLICE_SIZE (128u * 1024)  /* bytes; ZSTD_BLOCKSIZE_MAX */
#define OUT_SIZE   (256u * 1024)  /* bytes */

struct zstd_sink {
	struct sink sink;
	struct sink *next;
	ZSTD_CCtx *ctx;
	uint64_t size_hint;
	size_t n;
	uint8_t slice[SLICE_SIZE];
	uint8_t out[OUT_SIZE];
};

/*
 * Measured in docs/formats/oci.md. The window is the largest that every
 * decoder must support (RFC 8878, 3.1.1.1.2: 8 MiB), and above 2^17, below
 * which zstd's choice of match finder once depended on the processor.
 */
static const struct {
	ZSTD_cParameter name;
	int value;
} parameters[] = {
	{ ZSTD_c_windowLog, 23 },
	{ ZSTD_c_chainLog, 17 },
	{ ZSTD_c_hashLog, 18 },
	{ ZSTD_c_searchLog, 1 },
	{ ZSTD_c_minMatch, 5 },
	{ ZSTD_c_targetLength, 0 },
	{ ZSTD_c_strategy, ZSTD_dfast },
	{ ZSTD_c_enableLongDistanceMatching, ZSTD_ps_disable },
	{ ZSTD_c_useRowMatchFinder, ZSTD_ps_disable },
	{ ZSTD_c_contentSizeFlag, 1 },
	{ ZSTD_c_checksumFlag, 1 },
	{ ZSTD_c_dictIDFlag, 0 },
	{ ZSTD_c_nbWorkers, 0 },
};

static void check(size_t r)
{
	if (ZSTD_isError(r))
		abort(); /* a constant that this zstd refuses, or no memory */
}

static int failed(size_t r, struct error *err)
{
	if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
		mem_exhausted();
	return err_set(err, ERR_BUG, "zstd: %s", ZSTD_getErrorName(r));
}

static int run(struct zstd_sink *s, struct bytes data, ZSTD_EndDirective mode, struct error *err)
{
	ZSTD_inBuffer in = { data.ptr, data.len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { s->out, sizeof(s->out), 0 };

		left = ZSTD_compressStream2(s->ctx, &out, &in, mode);
		if (ZSTD_isError(left))
			return failed(left, err);
		if (sink_write(s->next, (struct bytes){ s->out, out.pos }, err) < 0)
			return -1;
	} while (mode == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

static int zstd_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct zstd_sink *s = (struct zstd_sink *)sink;

	while (data.len) {
		size_t n = SLICE_SIZE - s->n < data.len ? SLICE_SIZE - s->n : data.len;
		struct bytes slice = { data.ptr, n };

		if (n < SLICE_SIZE) {
			memcpy(s->slice + s->n, data.ptr, n);
			s->n += n;
			slice = (struct bytes){ s->slice, s->n };
		}
		if (slice.len == SLICE_SIZE) {
			if (run(s, slice, ZSTD_e_continue, err) < 0)
				return -1;
			s->n = 0;
		}
		data.ptr += n;
		data.len -= n;
	}
	return 0;
}

static int zstd_close(struct sink *sink, struct error *err)
{
	struct zstd_sink *s = (struct zstd_sink *)sink;
	int r = 0;

	if (!sink->failed) {
		assert(s->size_hint == UINT64_MAX || s->size_hint == sink->offset);
		r = run(s, (struct bytes){ s->slice, s->n }, ZSTD_e_continue, err);
		if (r == 0)
			r = run(s, (struct bytes){ s->slice, 0 }, ZSTD_e_end, err);
	}
	ZSTD_freeCCtx(s->ctx);
	free(s);
	return r;
}

struct sink *compress_zstd(struct sink *next, uint64_t size_hint)
{
	static const struct sink_ops ops = { .write = zstd_write, .close = zstd_close };
	struct zstd_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	s->size_hint = size_hint;
	s->ctx = ZSTD_createCCtx();
	if (!s->ctx)
		mem_exhausted();
	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
		check(ZSTD_CCtx_setParameter(s->ctx, parameters[i].name, parameters[i].value));
	if (size_hint != UINT64_MAX)
		check(ZSTD_CCtx_setPledgedSrcSize(s->ctx, size_hint));
	return &s->sink;
}

const char *compress_versions(void)
{
	return "zstd " ZSTD_VERSION_STRING ", zlib " ZLIB_VERSION;
}
