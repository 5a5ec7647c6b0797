/* Any bytes as the index of a pack: refused, or the one encoding of what they say. */
#include <stdlib.h>

#include "base/mem.h"
#include "pack/pack_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = BUF_INIT(PACK_ENCODED_MAX);
	struct pack *p = mem_alloc(sizeof(*p));
	struct error err = ERR_INIT;

	if (pack_decode((struct bytes){ data, size }, p, &err) == 0) {
		pack_encode(p, &again);
		if (!bytes_equal(buf_bytes(&again), (struct bytes){ data, size }))
			abort();
	}
	err_release(&err);
	pack_free(p);
	buf_release(&again);
	return 0;
}
