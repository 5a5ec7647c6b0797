#include <lzma.h>
#include <stdlib.h>

#include "base/exhausted.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/decoder.h"

struct xz_decoder {
	struct decoder decoder;
	lzma_stream z;
};

static int xz_run(struct decoder *decoder, struct decoder_io *io, struct error *err)
{
	struct xz_decoder *d = (struct xz_decoder *)decoder;
	lzma_ret r;

	if (io->complete)
		return err_set(err, ERR_FORMAT, "bytes after the end of the xz stream");
	d->z.next_in = io->in;
	d->z.avail_in = io->in_len;
	d->z.next_out = io->out;
	d->z.avail_out = io->out_len;
	r = lzma_code(&d->z, io->in_ends ? LZMA_FINISH : LZMA_RUN);
	io->in = d->z.next_in;
	io->in_len = d->z.avail_in;
	io->out = d->z.next_out;
	io->out_len = d->z.avail_out;
	switch (r) {
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* no progress was possible: the caller sees the end */
		return 0;
	case LZMA_STREAM_END:
		io->complete = true;
		return 0;
	case LZMA_MEM_ERROR:
		mem_exhausted();
	case LZMA_MEMLIMIT_ERROR:
		return err_set(err, ERR_LIMIT,
			       "the xz stream needs more than %u MiB to be decompressed",
			       LIMIT_XZ_MEMORY >> 20);
	default:
		return err_set(err, ERR_FORMAT, "broken xz stream (liblzma error %d)", (int)r);
	}
}

static void xz_free(struct decoder *decoder)
{
	lzma_end(&((struct xz_decoder *)decoder)->z);
	free(decoder);
}

struct decoder *decoder_xz(void)
{
	struct xz_decoder *d = mem_alloc(sizeof(*d));

	d->decoder = (struct decoder){ xz_run, xz_free };
	d->z = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(&d->z, LIMIT_XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
		mem_exhausted();
	return &d->decoder;
}
