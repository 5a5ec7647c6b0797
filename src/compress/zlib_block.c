#include "compress/compress.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/exhausted.h"

#define LEVEL 6
#define MEM_LEVEL 8

void compress_zlib(struct bytes data, struct buf *to)
{
	z_stream z = { .next_in = (z_const Bytef *)data.ptr, .avail_in = (uInt)data.len };
	uLong bound;

	assert(data.len <= 1u << 30);
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, MAX_WBITS, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	bound = deflateBound(&z, (uLong)data.len);
	z.next_out = buf_reserve(to, bound);
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) /* it had all the room that it can need */
		abort();
	to->len += bound - z.avail_out;
	deflateEnd(&z);
}
