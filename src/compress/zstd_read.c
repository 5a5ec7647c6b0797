#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/exhausted.h"
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
			mem_exhausted();
		if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
			return err_set(err, ERR_LIMIT, "the zstd window is larger than %u MiB",
				       1u << (LIMIT_ZSTD_WINDOW_LOG - 20));
		return err_set(err, ERR_FORMAT, "broken zstd stream: %s",
			       ZSTD_getErrorName(left));
	}
	io->complete = left == 0;
	return 0;
}

/*
 * Contexts that wait for the next stream: the window of one is megabytes, and pages that the
 * kernel has to clear for each of many layers and packages took a fifth of all time.
 */
#define IDLE_MAX      8u
#define IDLE_SIZE_MAX (16u << 20) /* bytes */
static pthread_mutex_t idle_mutex = PTHREAD_MUTEX_INITIALIZER;
static ZSTD_DCtx *idle[IDLE_MAX]; /* guarded by it */
static size_t n_idle;

static ZSTD_DCtx *take_context(void)
{
	ZSTD_DCtx *ctx = NULL;

	pthread_mutex_lock(&idle_mutex);
	if (n_idle)
		ctx = idle[--n_idle];
	pthread_mutex_unlock(&idle_mutex);
	return ctx ? ctx : ZSTD_createDCtx();
}

static void give_context(ZSTD_DCtx *ctx)
{
	bool kept = false;

	if (ZSTD_sizeof_DCtx(ctx) <= IDLE_SIZE_MAX &&
	    !ZSTD_isError(ZSTD_DCtx_reset(ctx, ZSTD_reset_session_and_parameters))) {
		pthread_mutex_lock(&idle_mutex);
		kept = n_idle < IDLE_MAX;
		if (kept)
			idle[n_idle++] = ctx;
		pthread_mutex_unlock(&idle_mutex);
	}
	if (!kept)
		ZSTD_freeDCtx(ctx);
}

static void zstd_free(struct decoder *decoder)
{
	give_context(((struct zstd_decoder *)decoder)->ctx);
	free(decoder);
}

struct decoder *decoder_zstd(void)
{
	struct zstd_decoder *d = mem_alloc(sizeof(*d));

	d->decoder = (struct decoder){ zstd_run, zstd_free };
	d->ctx = take_context();
	if (!d->ctx)
		mem_exhausted();
	if (ZSTD_isError(ZSTD_DCtx_setParameter(d->ctx, ZSTD_d_windowLogMax,
						(int)LIMIT_ZSTD_WINDOW_LOG)))
		abort(); /* a constant that this zstd refuses */
	return &d->decoder;
}
