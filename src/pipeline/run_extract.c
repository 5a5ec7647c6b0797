/*
 * Names need no guard here: every parent is a folder of the tree that was made before, in a
 * folder that only we can write to.
 */
#define _GNU_SOURCE
#include "pipeline/run_extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/interrupt.h"

struct extraction {
	const struct content_reader *reader;
	int root;
	bool owners;
	char **first; /* by inode->serial: the path of its first name; owned */
	struct buf path;
};

static const char *path_of(struct extraction *e, const struct node *n)
{
	buf_reset(&e->path);
	tree_path(n, &e->path);
	return e->path.len ? buf_cstr(&e->path) : ".";
}

static int set_xattrs(const struct inode *i, int fd, const char *path, struct error *err)
{
	for (uint32_t k = 0; k < i->n_xattrs; k++) {
		CLEANUP_FREE char *name = mem_str(i->xattrs[k].name);

		if (fsetxattr(fd, name, i->xattrs[k].value.ptr, i->xattrs[k].value.len, 0) < 0)
			return err_sys(err, errno, "cannot set '%s' of '%s'", name, path);
	}
	return 0;
}

/* Owner first: changing it drops the setuid bit. */
static int finish(const struct extraction *e, const struct inode *i, int fd, const char *path,
		  struct error *err)
{
	if (e->owners && fchown(fd, i->uid, i->gid) < 0)
		return err_sys(err, errno, "cannot change the owner of '%s'", path);
	if (fchmod(fd, i->mode) < 0)
		return err_sys(err, errno, "cannot change the mode of '%s'", path);
	return e->owners ? set_xattrs(i, fd, path, err) : 0;
}

static int make_file(struct extraction *e, const struct inode *i, const char *path,
		     struct error *err)
{
	CLEANUP_CLOSE int fd = openat(e->root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct sink *out;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "cannot create '%s'", path);
	out = sink_to_fd(fd, path);
	r = content_copy(e->reader, &i->content, out, err);
	out->failed |= r < 0;
	if (sink_close(out, err) < 0)
		return -1;
	return finish(e, i, fd, path, err);
}

static int make_special(struct extraction *e, const struct inode *i, const char *path,
			struct error *err)
{
	mode_t kind = i->kind == NODE_FIFO ? S_IFIFO : i->kind == NODE_CHAR ? S_IFCHR : S_IFBLK;

	if (kind != S_IFIFO && !e->owners)
		return 0; /* a runtime makes the devices that matter */
	if (mknodat(e->root, path, kind | i->mode, makedev(i->major, i->minor)) < 0)
		return err_sys(err, errno, "cannot create '%s'", path);
	if (e->owners && fchownat(e->root, path, i->uid, i->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "cannot change the owner of '%s'", path);
	return 0;
}

static int make_symlink(struct extraction *e, const struct inode *i, const char *path,
			struct error *err)
{
	CLEANUP_FREE char *target = mem_str(i->target);

	if (symlinkat(target, e->root, path) < 0)
		return err_sys(err, errno, "cannot create '%s'", path);
	if (e->owners && fchownat(e->root, path, i->uid, i->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "cannot change the owner of '%s'", path);
	return 0;
}

static int make_node(struct extraction *e, const struct node *n, struct error *err)
{
	const struct inode *i = n->inode;
	const char *path = path_of(e, n);

	if (i->kind == NODE_DIRECTORY) {
		if (n->parent && mkdirat(e->root, path, 0700) < 0)
			return err_sys(err, errno, "cannot create '%s'", path);
		return 0;
	}
	if (e->first[i->serial]) {
		if (linkat(e->root, e->first[i->serial], e->root, path, 0) < 0)
			return err_sys(err, errno, "cannot link '%s'", path);
		return 0;
	}
	if (i->links > 1)
		e->first[i->serial] = mem_strdup(path);
	if (i->kind == NODE_FILE)
		return make_file(e, i, path, err);
	return (i->kind == NODE_SYMLINK ? make_symlink : make_special)(e, i, path, err);
}

/* Folders get their modes at the end: nothing could be made in a read-only one. */
static int finish_folders(struct extraction *e, const struct tree *t, struct error *err)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));) {
		CLEANUP_CLOSE int fd = -1;
		const char *path;

		if (n->inode->kind != NODE_DIRECTORY)
			continue;
		path = path_of(e, n);
		fd = openat(e->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_sys(err, errno, "cannot open '%s'", path);
		if (finish(e, n->inode, fd, path, err) < 0)
			return -1;
	}
	return 0;
}

static int extract(struct extraction *e, const struct tree *t, struct error *err)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (make_node(e, n, err) < 0)
			return -1;
	}
	return finish_folders(e, t, err);
}

int run_extract(const struct tree *t, const struct content_reader *reader, int dirfd, bool owners,
		struct error *err)
{
	uint32_t n = tree_inode_count(t);
	struct extraction e = { .reader = reader,
				.root = dirfd,
				.owners = owners,
				.first = mem_array(n, sizeof(char *)),
				.path = BUF_INIT(LIMIT_PATH_MAX * 2) };
	int r = extract(&e, t, err);

	for (uint32_t i = 0; i < n; i++)
		free(e.first[i]);
	free(e.first);
	buf_release(&e.path);
	return r < 0 ? err_while(err, "unpacking the image") : 0;
}
