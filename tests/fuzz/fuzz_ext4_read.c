/*
 * Any bytes as an ext4 file system, as they are and with checksums put right: else few
 * inputs would get past the superblock. Of what is accepted every file can be read.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "ext4_repair.h"
#include "format/ext4/ext4_read.h"

#define HOLES_MAX (1u << 22) /* bytes; more would only take time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_files(const struct tree *t, const struct block_files *files)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	struct error err = ERR_INIT;

	for (const struct node *n; (n = tree_next(&it));) {
		CLEANUP_BUF struct buf data = BUF_INIT(1u << 24);

		if (n->inode->kind == NODE_FILE &&
		    content_load(block_files_reader(files), &n->inode->content, &data, &err) < 0)
			abort();
	}
}

static void try(const uint8_t *data, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct window in = { fd, "image", 0, size };
	struct block_files *files = block_files_new(&in);
	struct error err = ERR_INIT;
	struct ext4_facts facts;
	struct tree *t = NULL;

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	block_files_limit(files, HOLES_MAX);
	if (ext4_read(&in, files, &facts, &t, &err) == 0)
		read_files(t, files);
	else if (err.code == ERR_NONE || t)
		abort();
	err_release(&err);
	tree_free(t);
	block_files_free(files);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size + 1);

	try(data, size);
	if (size)
		memcpy(copy, data, size);
	ext4_repair(copy, size);
	try(copy, size);
	free(copy);
	return 0;
}
