/*
 * A workspace of a bundle's files. Their names come from whoever made the bundle: every folder
 * is opened by its own name, every file is new, and links are made when nothing else is left.
 */
#define _GNU_SOURCE
#include "pipeline/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "pipeline/workspace.h"
#include "resolve/lock.h"

struct unpacking {
	const struct bundle *b;
	int folder;
	struct lock *lock;
};

static int in_the_way(const struct unpacking *u, struct str path, struct error *err)
{
	return err_set(err, ERR_FORMAT, "'%s': '" STR_FMT "' is in the way of another file",
		       u->b->name, STR_ARG(path));
}

static int fail(const struct unpacking *u, struct str path, int sys, struct error *err)
{
	if (sys == EEXIST || sys == ENOTDIR || sys == ELOOP)
		return in_the_way(u, path, err);
	return err_sys(err, sys, "cannot write '" STR_FMT "'", STR_ARG(path));
}

/* Opens the folder @name in @at, which is made if it is not there. */
static int enter(const struct unpacking *u, int at, struct str component, struct str path,
		 int *ret_fd, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(component);
	int fd;

	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return fail(u, path, errno, err);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(u, path, errno, err);
	if (fchmod(fd, 0700) < 0) {
		close(fd);
		return fail(u, path, errno, err);
	}
	*ret_fd = fd;
	return 0;
}

/* The folder that holds @path; *ret_name is the last component. */
static int enter_parents(const struct unpacking *u, struct str path, int *ret_fd,
			 struct str *ret_name, struct error *err)
{
	CLEANUP_CLOSE int fd = fcntl(u->folder, F_DUPFD_CLOEXEC, 0);
	struct str rest = path, component;

	if (fd < 0)
		return fail(u, path, errno, err);
	while (str_split(&rest, '/', &component)) {
		int next = -1;

		if (!rest.ptr)
			break;
		if (enter(u, fd, component, path, &next, err) < 0)
			return -1;
		close(fd);
		fd = next;
	}
	*ret_name = component;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* "recipes/x" of the lock's "x", or NULL. */
static const struct lock_input *input_of(const struct unpacking *u, struct str path)
{
	struct str name = { path.ptr + 8, path.len - 8 };

	for (size_t i = 0; i < u->lock->n_inputs; i++)
		if (str_equal(u->lock->inputs[i].path, name) &&
		    !str_equal(u->lock->inputs[i].kind, STR("archive")))
			return &u->lock->inputs[i];
	return NULL;
}

static int write_file(const struct unpacking *u, const struct oci_artifact_file *f, int at,
		      const char *name, struct error *err)
{
	const struct lock_input *input = input_of(u, f->name);
	CLEANUP_CLOSE int fd =
		openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	CLEANUP_FREE char *what =
		mem_printf("'" STR_FMT "' of the bundle '%s'", STR_ARG(f->name), u->b->name);
	CLEANUP_SOURCE struct source *in = NULL;
	struct sink *out;
	int r;

	if (fd < 0 || fchmod(fd, input && input->executable ? 0700 : 0600) < 0)
		return fail(u, f->name, errno, err);
	in = hash_check_source(source_of_fd(u->b->fd, f->offset, f->size, u->b->name), f->size,
			       &f->digest, what);
	out = sink_to_fd(fd, name);
	r = source_copy(in, out, err);
	out->failed |= r < 0;
	return sink_close(out, err) < 0 ? -1 : r;
}

static int unpack_file(const struct unpacking *u, const struct oci_artifact_file *f,
		       struct error *err)
{
	CLEANUP_CLOSE int at = -1;
	CLEANUP_FREE char *name = NULL;
	struct str last;

	if (!str_has_prefix(f->name, STR("recipes/")))
		return err_set(err, ERR_FORMAT, "'%s': '" STR_FMT "' is not below recipes/",
			       u->b->name, STR_ARG(f->name));
	if (enter_parents(u, f->name, &at, &last, err) < 0)
		return -1;
	name = mem_str(last);
	return write_file(u, f, at, name, err);
}

static uint64_t limit_of(enum bundle_kind kind)
{
	switch (kind) {
	case BUNDLE_RECIPE:
		return LIMIT_RECIPE_SIZE;
	case BUNDLE_LOCK:
		return LIMIT_LOCK_SIZE;
	case BUNDLE_FILE:
		return LIMIT_FILE_SIZE;
	case BUNDLE_KEYRING:
	case BUNDLE_SIGNATURE:
		return 4u << 20;
	default:
		return 0; /* it has no place in a workspace */
	}
}

static int unpack_files(const struct unpacking *u, struct error *err)
{
	for (size_t i = 0; i < u->b->files.n_files; i++) {
		const struct oci_artifact_file *f = &u->b->files.files[i];
		uint64_t limit = limit_of(bundle_kind_of(f));

		if (!limit)
			continue;
		if (f->size > limit)
			return err_set(err, ERR_LIMIT,
				       "'%s': '" STR_FMT "' has %llu bytes; the limit "
				       "is %llu",
				       u->b->name, STR_ARG(f->name), (unsigned long long)f->size,
				       (unsigned long long)limit);
		if (unpack_file(u, f, err) < 0)
			return -1;
	}
	return 0;
}

/* Folders and links have no content: the lock says where they are. */
static int make_input(const struct unpacking *u, const struct lock_input *in, bool links,
		      struct error *err)
{
	CLEANUP_FREE char *path = mem_printf("recipes/" STR_FMT, STR_ARG(in->path));
	CLEANUP_FREE char *name = NULL, *target = mem_str(in->target);
	CLEANUP_CLOSE int at = -1, folder = -1;
	bool is_link = str_equal(in->kind, STR("link"));
	struct str last, rest = in->path, component;

	if (is_link != links || (!is_link && !str_equal(in->kind, STR("folder"))))
		return 0;
	while (str_split(&rest, '/', &component))
		if (!component.len || str_equal(component, STR("..")) ||
		    str_equal(component, STR(".")))
			return err_set(err, ERR_FORMAT, "'%s': the lock names '%s'", u->b->name,
				       path);
	if (enter_parents(u, str_of(path), &at, &last, err) < 0)
		return -1;
	if (!is_link)
		return enter(u, at, last, str_of(path), &folder, err);
	name = mem_str(last);
	return symlinkat(target, at, name) < 0 ? fail(u, str_of(path), errno, err) : 0;
}

static int make_inputs(const struct unpacking *u, bool links, struct error *err)
{
	for (size_t i = 0; i < u->lock->n_inputs; i++)
		if (make_input(u, &u->lock->inputs[i], links, err) < 0)
			return -1;
	return 0;
}

static int load_lock(struct unpacking *u, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_FREE char *recipe = mem_str(u->b->recipe);
	CLEANUP_FREE char *path = workspace_lock_path(recipe);
	const struct oci_artifact_file *f = oci_artifact_find(&u->b->files, str_of(path));

	if (!f || bundle_kind_of(f) != BUNDLE_LOCK)
		return err_set(err, ERR_FORMAT, "the bundle '%s' has no '%s'", u->b->name, path);
	if (!oci_artifact_find(&u->b->files, u->b->recipe))
		return err_set(err, ERR_FORMAT, "the bundle '%s' has no '%s'", u->b->name, recipe);
	if (bundle_load(u->b, f, &text, err) < 0)
		return -1;
	return lock_parse(buf_bytes(&text), path, &u->lock, err);
}

int bundle_unpack(const struct bundle *b, int folder, struct error *err)
{
	struct unpacking u = { .b = b, .folder = folder };
	int r = load_lock(&u, err);

	if (r == 0)
		r = unpack_files(&u, err);
	if (r == 0)
		r = make_inputs(&u, false, err);
	if (r == 0)
		r = make_inputs(&u, true, err);
	lock_free(u.lock);
	return r;
}
