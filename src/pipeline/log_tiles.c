/*
 * Files of a log beside those that its checkpoint names: of smaller ones, which older
 * checkpoints name, and of larger ones, which none does: what an append that was broken off
 * has left. Those would be taken for the log's own when it has grown as far.
 */
#include "pipeline/log_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"

struct partials {
	char folder[TLOG_TILE_PATH_MAX + 4];
	struct file_names names;
};

/* None if there is no such folder. */
static int list_partials(const struct log_folder *f, int level, uint64_t index,
			 struct partials *ret, struct error *err)
{
	char full[TLOG_TILE_PATH_MAX];

	(void)snprintf(ret->folder, sizeof(ret->folder), "%s.p",
		       tlog_tile_path(level, index, TLOG_TILE_WIDTH, full));
	return file_list(f->fd, ret->folder, &ret->names, err) < 0 ? -1 : 0;
}

/* "1" to "255"; 0: another name, which is none of ours. */
static unsigned width_of(const char *name)
{
	char text[8];

	for (unsigned width = 1; width < TLOG_TILE_WIDTH; width++) {
		(void)snprintf(text, sizeof(text), "%u", width);
		if (strcmp(text, name) == 0)
			return width;
	}
	return 0;
}

/* ---- larger ones ---- */

static void remove_empty_folders(const struct log_folder *f, char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (unlinkat(f->fd, path, AT_REMOVEDIR) < 0)
			return;
	}
}

static int drop(const struct log_folder *f, char *path, struct error *err)
{
	if (unlinkat(f->fd, path, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot remove '%s', which no checkpoint names", path);
	remove_empty_folders(f, path);
	return 0;
}

static bool is_there(const struct log_folder *f, int level, uint64_t index, unsigned width)
{
	char path[TLOG_TILE_PATH_MAX];

	return faccessat(f->fd, tlog_tile_path(level, index, width, path), F_OK,
			 AT_SYMLINK_NOFOLLOW) == 0;
}

int log_drop_larger(const struct log_folder *f, int level, uint64_t index, unsigned width,
		    struct error *err)
{
	char path[TLOG_TILE_PATH_MAX];
	struct partials p = { 0 };
	int r = 0;

	assert(width < TLOG_TILE_WIDTH);
	if (list_partials(f, level, index, &p, err) < 0)
		return -1;
	for (size_t i = 0; i < p.names.n && r == 0; i++) {
		unsigned w = width_of(p.names.names[i]);

		if (w > width)
			r = drop(f, tlog_tile_path(level, index, w, path), err);
	}
	file_names_release(&p.names);
	/* A folder may have been made, and no file in it. */
	if (r == 0 && width == 0)
		r = drop(f, tlog_tile_path(level, index, 1, path), err);
	/* The full one may stand in for the one of the checkpoint. */
	if (r == 0 && (width == 0 || is_there(f, level, index, width)))
		r = drop(f, tlog_tile_path(level, index, TLOG_TILE_WIDTH, path), err);
	return r;
}

/* ---- smaller ones ---- */

/* The first @width hashes or entries of @whole. */
static struct bytes prefix(int level, struct bytes whole, unsigned width)
{
	struct bytes rest = whole, entry;

	if (level != TLOG_ENTRIES)
		return (struct bytes){ whole.ptr, (size_t)width * DIGEST_SIZE };
	for (unsigned i = 0; i < width; i++)
		if (!tlog_bundle_next(&rest, &entry))
			break; /* the caller has looked */
	return (struct bytes){ whole.ptr, whole.len - rest.len };
}

static int check_partial(const struct log_folder *f, int level, uint64_t index, unsigned width,
			 struct bytes whole, struct error *err)
{
	CLEANUP_BUF struct buf there = BUF_INIT(TLOG_BUNDLE_MAX);
	char path[TLOG_TILE_PATH_MAX];

	if (file_load_regular(f->fd, tlog_tile_path(level, index, width, path), &there, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", path);
	if (bytes_equal(buf_bytes(&there), prefix(level, whole, width)))
		return 0;
	(void)err_set(err, ERR_DIGEST, "the log '%s': '%s' is not what its tiles say", f->path,
		      path);
	return err_hint(err, "a checkpoint of that size may name it: restore it, or remove it if "
			     "the log is whole without it");
}

int log_check_smaller(const struct log_folder *f, int level, uint64_t index, unsigned width,
		      struct bytes whole, struct error *err)
{
	struct partials p = { 0 };
	int r = list_partials(f, level, index, &p, err);

	for (size_t i = 0; i < p.names.n && r == 0; i++) {
		unsigned w = width_of(p.names.names[i]);

		if (w && w < width)
			r = check_partial(f, level, index, w, whole, err);
	}
	file_names_release(&p.names);
	return r;
}
