#pragma once

/*
 * pipeline/tree_file.h - a tar of a whole tree, as a command is given it.
 *
 * As `ingot export` writes it, or any other tool: plain, or in gzip, xz or zstd. What is
 * compressed, or comes through a pipe, is put into a file without a name first, in the folder
 * for such things ($TMPDIR): contents are read anywhere in it.
 */

#include "pack/tree_tar.h"
#include "pipeline/context.h"

/* Whether it begins as one; by its content, not its name. @fd: a regular file. */
bool tree_file_is_one(int fd, const char *name);

/* For those that are about images: ERR_UNSUPPORTED, and who reads trees. */
int tree_file_refuse(const char *name, struct error *err) MUST_CHECK;

/* All of the pipe @fd. *ret_fd: owned, and a regular file. */
int tree_file_spool(const struct context *c, int fd, const char *name, int *ret_fd,
		    struct error *err) MUST_CHECK;

struct tree_file {
	struct tree_tar *tar;
	bool compressed;
	int fd; /* of what was unpacked, or -1 */
};

/*
 * @fd:  a regular file; borrowed, with @name, until tree_file_close()
 * @ret: owned
 *
 * Errors: ERR_UNSUPPORTED an image in a compressed file; those of tree_tar_read().
 */
int tree_file_read(const struct context *c, int fd, const char *name, struct tree_file **ret,
		   struct error *err) MUST_CHECK;
void tree_file_close(struct tree_file *f); /* NULL is allowed */
static inline void cleanup_tree_file(struct tree_file **f)
{
	tree_file_close(*f);
}
#define CLEANUP_TREE_FILE CLEANUP(cleanup_tree_file)
