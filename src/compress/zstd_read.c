#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"
#include "base/mem.h"
#include "compress/decoder.h"

struct zstd_decoder {
	struct decoder decoder;
	ZSTD_DCtx *ctx;
};

static int zstd_run(struct decoder *decoder, struct decoder_io *io, struct error *err)
{
	struct zstd_decoder *d = (struct zstd_decoder *)decoder;
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t left;

	if (io->complete && io->in_len == 0)
		return 0;
	left = ZSTD_decompressStream(d->ctx, &out, &in);
	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	if (ZSTD_isError(left)) {
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			abort();
		if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
			return err_set(err, ERR_LIMIT, "the zstd window is larger than %u MiB",
				       1u << (LIMIT_ZSTD_WINDOW_LOG - 20));
		return err_set(err, ERR_FORMAT, "broken zstd stream: %s",
			       ZSTD_getErrorName(left));
	}
	io->complete = left == 0;
	return 0;
}

static void zstd_free(struct decoder *decoder)
{
	ZSTD_freeDCtx(((struct zstd_decoder *)decoder)->ctx);
	free(decoder);
}

struct decoder *decoder_zstd(void)
{
	struct zstd_decoder *d = mem_alloc(sizeof(*d));

	d->decoder = (struct decoder){ zstd_run, zstd_free };
	d->ctx = ZSTD_createDCtx();
	if (!d->ctx || ZSTD_isError(ZSTD_DCtx_setParameter(d->ctx, ZSTD_d_windowLogMax,
							   (int)LIMIT_ZSTD_WINDOW_LOG)))
		abort();
	return &d->decoder;
}
