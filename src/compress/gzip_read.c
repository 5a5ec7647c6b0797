#include <stdlib.h>
#include <zlib.h>

#include "base/exhausted.h"
#include "base/mem.h"
#include "compress/decoder.h"

struct gzip_decoder {
	struct decoder decoder;
	z_stream z;
	bool between; /* members: another one must begin, or nothing */
};

static int gzip_run(struct decoder *decoder, struct decoder_io *io, struct error *err)
{
	struct gzip_decoder *d = (struct gzip_decoder *)decoder;
	int r;

	if (d->between) {
		if (io->in_len == 0)
			return 0;
		if (inflateReset(&d->z) != Z_OK)
			abort();
		d->between = io->complete = false;
	}
	d->z.next_in = (z_const Bytef *)io->in;
	d->z.avail_in = io->in_len < 1u << 30 ? (uInt)io->in_len : 1u << 30;
	d->z.next_out = io->out;
	d->z.avail_out = io->out_len < 1u << 30 ? (uInt)io->out_len : 1u << 30;
	r = inflate(&d->z, Z_NO_FLUSH);
	io->in_len -= (size_t)(d->z.next_in - io->in);
	io->in = d->z.next_in;
	io->out_len -= (size_t)(d->z.next_out - io->out);
	io->out = d->z.next_out;
	if (r == Z_STREAM_END)
		d->between = io->complete = true;
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return err_set(err, ERR_FORMAT, "broken gzip stream: %s",
			       d->z.msg ? d->z.msg : "bad data");
	return 0;
}

static void gzip_free(struct decoder *decoder)
{
	inflateEnd(&((struct gzip_decoder *)decoder)->z);
	free(decoder);
}

struct decoder *decoder_gzip(void)
{
	struct gzip_decoder *d = mem_alloc(sizeof(*d));

	d->decoder = (struct decoder){ gzip_run, gzip_free };
	if (inflateInit2(&d->z, MAX_WBITS + 16) != Z_OK) /* + 16: gzip only */
		mem_exhausted();
	return &d->decoder;
}
