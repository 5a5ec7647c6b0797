/* Any bytes as an EROFS: refused, or each file can be read and is what its digest says. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/erofs/erofs_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load_all(const struct tree *t, const struct content_reader *reader)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (const struct node *n; (n = tree_next(&it));) {
		CLEANUP_BUF struct buf to = BUF_INIT(64u << 20);
		CLEANUP_ERR struct error err = ERR_INIT;

		if (n->inode->kind == NODE_FILE &&
		    content_load(reader, &n->inode->content, &to, &err) < 0)
			abort();
	}
}

static void try(const uint8_t *data, size_t size)
{
	CLEANUP_CLOSE int fd = memfd_create("image", MFD_CLOEXEC);
	struct window w = { fd, "image", 0, size };
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(&w);
	CLEANUP_TREE struct tree *t = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct erofs_facts facts;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return;
	r = erofs_read(&w, files, &facts, &t, &err);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0)
		load_all(t, block_files_reader(files));
}

/* The superblock gets the right checksum: else few inputs would get far. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size + 1);

	if (size < 4096) {
		try(data, size);
	} else {
		memcpy(copy, data, size);
		put_le32(copy + 1028, 0);
		put_le32(copy + 1028, crc32c_raw(~0u, (struct bytes){ copy + 1024, 3072 }));
		try(copy, size);
	}
	free(copy);
	return 0;
}
