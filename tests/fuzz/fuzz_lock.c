/* Any bytes as a lock: refused, or written again to the same byte. */

#include <stdlib.h>

#include "resolve/lock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { data, size };
	struct error err = ERR_INIT;
	struct lock *l = NULL;

	if (lock_parse(text, "fuzz.lock", &l, &err) == 0) {
		struct buf again = BUF_INIT(SIZE_MAX / 8);

		lock_format(l, &again);
		if (!bytes_equal(buf_bytes(&again), text))
			abort();
		buf_release(&again);
		lock_free(l);
	} else if (err.code != ERR_LOCK_SYNTAX && err.code != ERR_LOCK_FORMAT &&
		   err.code != ERR_LIMIT) {
		abort();
	}
	err_release(&err);
	return 0;
}
