/* Any bytes as a disk: refused, or partitions that lie inside and apart. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/gpt/gpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is strict takes no more than what is not. */
static bool try_one(const struct window *w, bool any, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct gpt g;
	int r = (any ? gpt_read_any : gpt_read)(w, &arena, &g, &err);

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	for (size_t i = 0; r == 0 && i < g.n; i++)
		if (g.partitions[i].offset + g.partitions[i].size > size ||
		    (i && g.partitions[i - 1].offset + g.partitions[i - 1].size >
				  g.partitions[i].offset))
			abort();
	return r == 0;
}

static void try(const uint8_t *data, size_t size)
{
	CLEANUP_CLOSE int fd = memfd_create("disk", MFD_CLOEXEC);
	const struct window w = { fd, "disk", 0, size };
	bool any;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return;
	any = try_one(&w, true, size);
	if (try_one(&w, false, size) && !any)
		abort();
}

/* Checksums of both headers and tables are set right: else few inputs would get far. */
static void repair(uint8_t *data, size_t size)
{
	uint8_t *headers[2] = { data + 512, data + size / 512 * 512 - 512 };

	for (int i = 0; i < 2; i++) {
		uint8_t *h = headers[i];
		uint64_t at = get_le64(h + 72);
		uint64_t n = get_le32(h + 80) <= 128 ? get_le32(h + 80) * 128u : 16384;

		if (at < size / 512 && size - at * 512 >= n)
			put_le32(h + 88, crc32_add(0, (struct bytes){ data + at * 512, n }));
		put_le32(h + 16, 0);
		put_le32(h + 16, crc32_add(0, (struct bytes){ h, 92 }));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size + 1);

	try(data, size);
	if (size >= 1024) {
		memcpy(copy, data, size);
		repair(copy, size);
		try(copy, size);
	}
	free(copy);
	return 0;
}
