/* Any bytes as a cpio archive: refused, or what the writer makes of it is the same again. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "format/cpio/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpio_options o = { .epoch = UINT32_MAX };
	CLEANUP_BUF struct buf again = BUF_INIT(64u << 20);
	CLEANUP_TREE struct tree *t = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	int r = cpio_read((struct bytes){ data, size }, &t, &err);
	struct sink *out;

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r < 0)
		return 0;
	out = sink_to_buf(&again);
	if (cpio_write_tree(t, &o, NULL, out, &err) < 0 || sink_close(out, &err) < 0)
		abort();
	if (again.len != size || memcmp(again.ptr, data, size) != 0)
		abort();
	return 0;
}
