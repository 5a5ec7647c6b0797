/*
 * Any bytes as a tar of ours: refused, or each header is what the writer makes
 * of the member that the checker saw in it. The two were written apart.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/tar/tar.h"
#include "tar_repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const uint8_t *data;
	struct source *in;
};

static int write_again(void *context, const struct tar_member *m, struct error *err)
{
	const struct seen *s = context;
	CLEANUP_BUF struct buf again = BUF_INIT(1u << 22);
	struct sink *out = sink_to_buf(&again);

	if (tar_write_header(m, out, err) < 0 || sink_close(out, err) < 0)
		abort();
	if (s->in->offset < again.len || again.len != tar_header_size(m) ||
	    memcmp(s->data + s->in->offset - again.len, again.ptr, again.len) != 0)
		abort();
	return 0;
}

static void try(const uint8_t *data, size_t size)
{
	struct error err = ERR_INIT;
	struct source *in = source_of_bytes((struct bytes){ data, size });
	struct seen seen = { data, in };
	int r = tar_check(in, write_again, &seen, &err);

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	err_release(&err);
	source_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size + 1);

	try(data, size);
	if (size)
		memcpy(copy, data, size);
	tar_repair(copy, size);
	try(copy, size);
	free(copy);
	return 0;
}
