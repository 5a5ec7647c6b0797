#pragma once

/*
 * compress/decoder.h - one decompressor, behind decompress(). Private.
 *
 * A decoder takes what it can from @in and gives what it can to @out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct decoder_io {
	const uint8_t *in;
	size_t in_len;  /* left; advanced by the decoder */
	bool in_ends;   /* nothing follows @in */
	uint8_t *out;
	size_t out_len; /* room left; advanced by the decoder */
	bool complete;  /* set: at this point the stream may end */
};

struct decoder {
	/* Errors come without the name of the file: the caller adds it. */
	int (*run)(struct decoder *d, struct decoder_io *io, struct error *err);
	void (*free)(struct decoder *d);
};

struct decoder *decoder_gzip(void);
struct decoder *decoder_xz(void);
struct decoder *decoder_zstd(void);
