#define _GNU_SOURCE
#include "recipe/recipe_inputs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "recipe/recipe_secret.h"

#define SECRET_WHERE 65536 /* bytes: private keys stand at the head of a file */

static const char *kind_of(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
	     : S_ISFIFO(mode) ? "a pipe"
	     : S_ISSOCK(mode) ? "a socket" : "no file";
}

static int refuse(const char *path, const char *what, const char *hint, struct error *err)
{
	(void)err_set(err, ERR_RECIPE_FILE, "'recipes/%s' %s", path, what);
	return err_hint(err, "%s", hint);
}

/* What is there, without opening it for real. */
static int look(int folder, const char *path, struct stat *ret, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	int r = file_open_beneath(folder, path, O_PATH, &fd, err);

	if (r == FILE_ABSENT)
		return refuse(path, "does not exist",
			      "paths are relative to the folder of the file that names them", err);
	if (r < 0)
		return err_hint(err, "links are never followed: name the file itself, or make the "
				     "link in the image by 'symlink:'");
	if (fstat(fd, ret) < 0)
		return err_sys(err, errno, "cannot look at 'recipes/%s'", path);
	return 0;
}

int inputs_open(int folder, const char *path, struct stat *ret_st, int *ret_fd,
		struct error *err)
{
	struct stat st;
	int r;

	if (look(folder, path, &st, err) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		CLEANUP_FREE char *what = mem_printf("is %s", kind_of(st.st_mode));

		return refuse(path, what, "only files, folders and links can be taken", err);
	}
	r = file_open_beneath(folder, path, 0, ret_fd, err);
	if (r == FILE_ABSENT)
		return refuse(path, "went away while it was read", "try again", err);
	if (r < 0)
		return -1;
	/* It may have been replaced in between: what is open counts. */
	if (fstat(*ret_fd, ret_st) < 0)
		return err_sys(err, errno, "cannot look at 'recipes/%s'", path);
	if ((ret_st->st_mode & S_IFMT) != (st.st_mode & S_IFMT))
		return refuse(path, "changed while it was read", "try again", err);
	return 0;
}

int inputs_check_secret(int fd, const char *path, struct error *err)
{
	CLEANUP_FREE char *head = mem_alloc(SECRET_WHERE);
	size_t len = 0;

	while (len < SECRET_WHERE) {
		ssize_t n = pread(fd, head + len, SECRET_WHERE - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read 'recipes/%s'", path);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (!secret_in_text((struct str){ head, len }))
		return 0;
	return refuse(path, "holds a private key", SECRET_HINT, err);
}

static int check_certificate(int folder, const struct recipe *r, size_t i, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (inputs_open(folder, r->certificates[i].ptr, &st, &fd, err) < 0)
		return err_place(err, r->certificate_pos[i]);
	if (!S_ISREG(st.st_mode))
		(void)refuse(r->certificates[i].ptr, "is a folder",
			     "name the certificate itself", err);
	else if (inputs_check_secret(fd, r->certificates[i].ptr, err) == 0)
		return 0;
	return err_place(err, r->certificate_pos[i]);
}

int inputs_check(int folder, const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const struct recipe_file *f = &r->files[i];
		CLEANUP_CLOSE int fd = -1;
		struct stat st;

		if (f->kind != RECIPE_FILE_FROM)
			continue;
		if (inputs_open(folder, f->from.ptr, &st, &fd, err) < 0)
			return err_place(err, f->from_pos);
		if (S_ISDIR(st.st_mode) || f->path.len)
			continue;
		(void)err_at(err, ERR_RECIPE_PATH, f->pos, "path '/' is the image's root");
		return err_hint(err, "a file needs a name there: 'path: /etc/motd'");
	}
	for (size_t i = 0; i < r->n_certificates; i++)
		if (check_certificate(folder, r, i, err) < 0)
			return -1;
	return 0;
}

int recipe_input_open(int workspace, struct str path, int *ret_fd, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(path);
	CLEANUP_CLOSE int folder = -1;
	struct stat st;

	folder = openat(workspace, "recipes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_sys(err, errno, "cannot open folder 'recipes'");
	return inputs_open(folder, name, &st, ret_fd, err);
}
