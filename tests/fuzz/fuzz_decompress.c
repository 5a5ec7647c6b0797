/* Any bytes as each compressed format: bounded output, and the same however it is read. */
#include <stdlib.h>

#include "compress/compress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX 70000u /* bytes */

static enum err_code read_in(struct bytes data, enum compress_format format, size_t step,
			     struct buf *out)
{
	struct error err = ERR_INIT;
	struct source *s = decompress(source_of_bytes(data), format, OUT_MAX, "fuzz");
	enum err_code code;
	size_t n = 1;

	while (n) {
		if (source_read(s, buf_reserve(out, step), step, &n, &err) < 0)
			break;
		out->len += n;
	}
	code = err.code;
	err_release(&err);
	source_close(s);
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum compress_format f = COMPRESS_AUTO; f <= COMPRESS_ZSTD; f++) {
		struct buf large = BUF_INIT(4 * OUT_MAX), small = BUF_INIT(4 * OUT_MAX);
		struct bytes all = { data, size };
		enum err_code whole = read_in(all, f, OUT_MAX + 1, &large);
		enum err_code parts = read_in(all, f, 97, &small);

		if (large.len > OUT_MAX || small.len > OUT_MAX)
			abort();
		if (whole == ERR_NONE &&
		    (parts != ERR_NONE || !bytes_equal(buf_bytes(&large), buf_bytes(&small))))
			abort();
		if (whole != ERR_NONE && parts == ERR_NONE)
			abort();
		buf_release(&large);
		buf_release(&small);
	}
	return 0;
}
