/* Any bytes as a block of LZ4: they give what was asked for, or are refused. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/lz4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(struct bytes block, size_t size)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE uint8_t *to = mem_alloc(size + 1);
	int r = lz4_decode(block, to, size, &err);

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
}

/* The first two bytes are the size. And what is encoded comes back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE uint8_t *to = mem_alloc(size + 1);
	uint8_t block[4096];
	size_t used = 0, n;

	if (size < 2)
		return 0;
	try((struct bytes){ data + 2, size - 2 }, data[0] | (size_t)data[1] << 8);
	n = lz4_encode(z, (struct bytes){ data, size }, block, sizeof(block), &used);
	if (lz4_decode((struct bytes){ block, n }, to, used, &err) < 0 || memcmp(to, data, used))
		abort();
	return 0;
}
