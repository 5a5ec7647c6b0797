/*
 * Any bytes as a FAT32 volume: refused, or each file can be loaded. The input is the start of
 * a volume of 34 MiB; what follows is zero, so that inputs can be small.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "format/fat/fat.h"

#define VOLUME (34u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The input has the reserved sectors, then up to 4 KiB that both FATs start with, then the
 * clusters.
 */
static int make(const uint8_t *data, size_t size)
{
	static const struct {
		off_t at;
		size_t from, n;
	} parts[] = {
		{ 0, 0, 32 * 512 },
		{ 32 * 512, 32 * 512, 4096 },
		{ 32 * 512 + 1024 * 512, 32 * 512, 4096 }, /* FATs of 1024 sectors */
		{ 32 * 512 + 2048 * 512, 32 * 512 + 4096, 1u << 20 },
	};
	int fd = memfd_create("volume", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, VOLUME) < 0)
		abort();
	for (int i = 0; i < 4; i++) {
		size_t left = size > parts[i].from ? size - parts[i].from : 0;
		size_t n = left < parts[i].n ? left : parts[i].n;

		if (n && pwrite(fd, data + parts[i].from, n, parts[i].at) != (ssize_t)n)
			abort();
	}
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_CLOSE int fd = make(data, size);
	CLEANUP_BUF struct buf to = BUF_INIT(VOLUME);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct window w = { fd, "volume", 0, VOLUME };
	struct fat_volume v;
	int r = fat_read(&w, &arena, &v, &err);

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	for (size_t i = 0; r == 0 && i < v.n; i++) {
		buf_reset(&to);
		if (!v.entries[i].is_folder &&
		    (fat_load(&w, &v, &v.entries[i], &to, &err) < 0 || to.len != v.entries[i].size))
			abort();
	}
	return 0;
}
