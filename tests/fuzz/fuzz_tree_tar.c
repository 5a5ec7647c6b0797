/*
 * Any bytes as a tar of a tree: refused, or a tree whose contents are there, and which, written
 * as a tar of ours, is read again as the same tree.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/tar/tar.h"
#include "pack/tar_holds.h"
#include "pack/tree_tar.h"
#include "tar_repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct window window_of(int fd, struct bytes data)
{
	if (data.len && write(fd, data.ptr, data.len) != (ssize_t)data.len)
		abort();
	return (struct window){ fd, "tar", 0, data.len };
}

/* A tar of ours has no time before 1970. */
static bool has_early_times(const struct tree *t)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (const struct node *n; (n = tree_next(&it));)
		if (n->inode->mtime < 0)
			return true;
	return false;
}

/* What a tar of ours can't say (a name that is not UTF-8) is refused by its writer. */
static void write_again(const struct tree_tar *t)
{
	struct buf again = BUF_INIT(64u << 20);
	struct tar_tree_options o = { .epoch = INT64_MAX, .reader = &t->reader };
	struct sink *out = sink_to_buf(&again);
	int fd = memfd_create("again", MFD_CLOEXEC);
	struct error err = ERR_INIT;
	struct tree_tar *second = NULL;
	struct digest a, b;
	struct window w;
	int r = tar_write_tree(t->tree, &o, out, &err);

	if (sink_close(out, &err) < 0 || r < 0) {
		if (err.code != ERR_UNSUPPORTED && err.code != ERR_LIMIT)
			abort();
		goto end;
	}
	w = window_of(fd, buf_bytes(&again));
	if (tree_tar_read(&w, &second, &err) < 0)
		abort();
	a = tree_digest(t->tree, INT64_MAX);
	b = tree_digest(second->tree, INT64_MAX);
	if (!digest_equal(&a, &b) && !has_early_times(t->tree))
		abort();
end:
	tree_tar_free(second);
	err_release(&err);
	buf_release(&again);
	close(fd);
}

static void try(struct bytes data)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct window w = window_of(fd, data);
	struct error err = ERR_INIT;
	struct tree_tar *t = NULL;
	int r = tree_tar_read(&w, &t, &err);

	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	(void)tar_holds(&w);
	(void)tar_is_compressed(&w);
	if (t)
		write_again(t);
	tree_tar_free(t);
	err_release(&err);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size + 1);

	try((struct bytes){ data, size });
	if (size)
		memcpy(copy, data, size);
	tar_repair(copy, size);
	try((struct bytes){ copy, size });
	free(copy);
	return 0;
}
