#include "pipeline/tree_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "io/sink.h"
#include "pack/tar_holds.h"

#define PIECE (256u * 1024) /* bytes */

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

bool tree_file_is_one(int fd, const char *name)
{
	const struct window w = { fd, name, 0, size_of(fd) };

	if (tar_is_compressed(&w))
		return true;
	return tar_holds(&w) == TAR_HOLDS_TREE && !tar_is_ova(&w);
}

int tree_file_refuse(const char *name, struct error *err)
{
	(void)err_set(err, ERR_UNSUPPORTED, "'%s' is a tree of files, not an image", name);
	return err_hint(err, "'ingot diff', ls, show, why and export read trees. If it is an image that "
			     "is compressed, unpack it first (gunzip, unzstd, unxz)");
}

/* ---- what has no place of its own ---- */

static int open_unnamed(const struct context *c, int *ret_fd, struct error *err)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_INIT;
	CLEANUP_CLOSE int folder = -1;

	folder = open(c->scratch_parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_sys(err, errno, "cannot open the folder '%s'", c->scratch_parent);
	if (file_draft_open(&draft, folder, "ingot-tree", 0600, err) < 0)
		return err_while(err, "making a file in '%s'", c->scratch_parent);
	*ret_fd = fcntl(draft.fd, F_DUPFD_CLOEXEC, 3); /* the draft takes its name away */
	return *ret_fd < 0 ? err_sys(err, errno, "cannot duplicate a file descriptor") : 0;
}

/* Closes @out. @r is what came of writing to it: *err tells of it, or of closing. */
static int end_scratch(struct sink *out, int r, struct error *err)
{
	bool full = out->failed;

	if (sink_close(out, err) < 0)
		full |= r == 0;
	else if (r == 0)
		return 0;
	return full ? err_hint(err, "TMPDIR names another folder for what is unpacked") : -1;
}

static int copy_pipe(int fd, const char *name, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *piece = mem_alloc(PIECE);

	for (;;) {
		ssize_t n = read(fd, piece, PIECE);

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted while reading %s", name);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read %s", name);
		if (n == 0)
			return 0;
		if ((uint64_t)n > LIMIT_DATA_SIZE - out->offset)
			return err_set(err, ERR_LIMIT, "%s: more than %llu bytes", name,
				       LIMIT_DATA_SIZE);
		if (sink_write(out, (struct bytes){ piece, (size_t)n }, err) < 0)
			return -1;
	}
}

int tree_file_spool(const struct context *c, int fd, const char *name, int *ret_fd,
		    struct error *err)
{
	CLEANUP_CLOSE int to = -1;
	struct sink *out;
	int r;

	if (open_unnamed(c, &to, err) < 0)
		return -1;
	out = sink_to_fd(to, c->scratch_parent);
	r = copy_pipe(fd, name, out, err);
	if (end_scratch(out, r, err) < 0)
		return err_while(err, "copying %s to a file", name);
	*ret_fd = to;
	to = -1;
	return 0;
}

/* Bombs reach a ratio of 100,000; zeros of a real tree fewer (formats D1). */
static uint64_t unpacked_max(uint64_t size)
{
	uint64_t max = size < LIMIT_DATA_SIZE / LIMIT_DATA_RATIO ? size * LIMIT_DATA_RATIO
								 : LIMIT_DATA_SIZE;

	return max < 1u << 30 ? 1u << 30 : max;
}

static int unpack(const struct context *c, const struct window *w, int *ret_fd, struct error *err)
{
	CLEANUP_SOURCE struct source *in =
		decompress(source_of_fd(w->fd, 0, w->size, w->name), COMPRESS_AUTO,
			   unpacked_max(w->size), w->name);
	CLEANUP_CLOSE int to = -1;
	struct sink *out;
	int r;

	if (open_unnamed(c, &to, err) < 0)
		return -1;
	out = sink_to_fd(to, c->scratch_parent);
	r = source_copy(in, out, err);
	if (end_scratch(out, r, err) < 0)
		return -1;
	*ret_fd = to;
	to = -1;
	return 0;
}

int tree_file_read(const struct context *c, int fd, const char *name, struct tree_file **ret,
		   struct error *err)
{
	CLEANUP_TREE_FILE struct tree_file *f = mem_alloc(sizeof(*f));
	struct window w = { fd, name, 0, size_of(fd) };

	f->fd = -1;
	f->compressed = tar_is_compressed(&w);
	if (f->compressed) {
		if (unpack(c, &w, &f->fd, err) < 0)
			return err_while(err, "unpacking '%s'", name);
		w = (struct window){ f->fd, name, 0, size_of(f->fd) };
		if (tar_holds(&w) == TAR_HOLDS_IMAGE) {
			(void)err_set(err, ERR_UNSUPPORTED, "'%s' is a compressed image", name);
			return err_hint(err, "unpack it first (gunzip, unzstd, unxz): its layers "
					     "are compressed themselves");
		}
	}
	if (tree_tar_read(&w, &f->tar, err) < 0)
		return err_while(err, "reading the tree '%s'", name);
	*ret = TAKE_PTR(f);
	return 0;
}

void tree_file_close(struct tree_file *f)
{
	if (!f)
		return;
	tree_tar_free(f->tar);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}
