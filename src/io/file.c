#define _GNU_SOURCE
#include "io/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"
#include "io/source.h"

/* No file can have a name that is too long: what lies beside one of 255 bytes. */
static bool is_absent(int sys)
{
	return sys == ENOENT || sys == ENOTDIR || sys == ENAMETOOLONG;
}

int file_open(int dirfd, const char *path, bool absent_ok, int *ret_fd, struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && absent_ok && is_absent(errno))
		return FILE_ABSENT;
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int file_open_regular(int dirfd, const char *path, bool absent_ok, int *ret_fd,
		      struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && absent_ok && is_absent(errno))
		return FILE_ABSENT;
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_USAGE, "'%s' is no file", path);
	}
	*ret_fd = fd;
	return 0;
}

bool file_has_at(int fd, off_t offset, const char *magic, size_t n)
{
	char bytes[8];

	assert(n <= sizeof(bytes));
	return pread(fd, bytes, n, offset) == (ssize_t)n && memcmp(bytes, magic, n) == 0;
}

/*
 * Without openat2 (Linux < 5.6, qemu-user, strict seccomp filters): every
 * component by its own openat with O_NOFOLLOW; ".." and absolute paths refused.
 */
static int open_by_components(int dirfd, const char *path, uint64_t flags)
{
	int at = dirfd;

	if (path[0] == '/')
		return errno = EXDEV, -1;
	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = path[len + strspn(path + len, "/")] == 0;
		CLEANUP_FREE char *name = mem_str((struct str){ path, len });
		int fd, saved;

		if (strcmp(name, "..") == 0) {
			fd = -1;
			errno = EXDEV;
		} else {
			fd = openat(at, len ? name : ".",
				    last ? (int)flags | O_NOFOLLOW
					 : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		saved = errno;
		/* O_PATH|O_DIRECTORY|O_NOFOLLOW on a link says ENOTDIR */
		if (fd < 0 && !last && saved == ENOTDIR) {
			struct stat st;

			if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			    S_ISLNK(st.st_mode))
				saved = ELOOP;
		}
		if (at != dirfd)
			close(at);
		errno = saved;
		if (fd < 0 || last)
			return fd;
		at = fd;
		path += len + strspn(path + len, "/");
	}
}

int file_open_beneath(int dirfd, const char *path, int flags, int *ret_fd, struct error *err)
{
	struct open_how how = {
		.flags = (unsigned)(O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (flags & O_PATH)
		how.flags = (unsigned)(O_CLOEXEC | flags);
	fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_components(dirfd, path, how.flags);
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return FILE_ABSENT;
	if (errno == ELOOP)
		return err_set(err, ERR_RECIPE_PATH, "'%s' goes through a symbolic link", path);
	if (errno == EXDEV)
		return err_set(err, ERR_RECIPE_PATH, "'%s' leads out of the folder", path);
	return err_sys(err, errno, "cannot open '%s'", path);
}

/* A pipe, whose bytes have no offsets: `--key <(ssh host cat key.pub)`. */
static int load_pipe(int fd, struct buf *to, struct error *err)
{
	uint8_t step[4096];
	ssize_t n;

	while ((n = read(fd, step, sizeof(step))) != 0) {
		if (n < 0 && errno == EINTR && interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read it");
		if ((size_t)n > to->max - to->len)
			return err_set(err, ERR_LIMIT, "it has more than %zu bytes", to->max);
		buf_add(to, step, (size_t)n);
	}
	return 0;
}

static int load_file(int fd, const char *path, struct buf *to, struct error *err)
{
	CLEANUP_SOURCE struct source *s = source_of_fd(fd, 0, UINT64_MAX, path);

	return source_read_all(s, to, err);
}

static int load(int fd, const char *path, struct buf *to, struct error *err)
{
	struct stat st;
	int r = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? load_pipe(fd, to, err)
							     : load_file(fd, path, to, err);

	return r < 0 ? err_while(err, "reading '%s'", path) : 0;
}

int file_load(int dirfd, const char *path, struct buf *to, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	int r = file_open(dirfd, path, true, &fd, err);

	return r ? r : load(fd, path, to, err);
}

int file_load_regular(int dirfd, const char *path, struct buf *to, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	int r = file_open_regular(dirfd, path, true, &fd, err);

	return r ? r : load(fd, path, to, err);
}

static int make_folders(int dirfd, const char *path, mode_t mode, struct error *err)
{
	CLEANUP_FREE char *prefix = mem_strdup(path);

	for (char *p = prefix + 1; *prefix; p++) {
		char c = *p;

		if (c != '/' && c != 0)
			continue;
		*p = 0;
		if (mkdirat(dirfd, prefix, mode) < 0 && errno != EEXIST)
			return err_sys(err, errno, "cannot make folder '%s'", prefix);
		*p = c;
		if (c == 0)
			break;
	}
	return 0;
}

int file_make_folders(int dirfd, const char *path, struct error *err)
{
	return make_folders(dirfd, path, 0777, err);
}

int file_make_private_folders(int dirfd, const char *path, struct error *err)
{
	return make_folders(dirfd, path, 0700, err);
}

int file_open_folder(int dirfd, const char *path, int *ret_fd, struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return FILE_ABSENT;
	if (fd < 0)
		return err_sys(err, errno, "cannot open folder '%s'", path);
	*ret_fd = fd;
	return 0;
}

int file_open_parent(const char *path, int *ret_fd, const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	CLEANUP_FREE char *folder =
		slash ? mem_str((struct str){ path, (size_t)(name - path) }) : mem_strdup(".");
	int r;

	if (!*name) {
		(void)err_set(err, ERR_USAGE, "'%s' names no file", path);
		return err_hint(err, "name a file in it: '%sNAME'", path);
	}
	r = file_open_folder(AT_FDCWD, folder, ret_fd, err);
	if (r == FILE_ABSENT) {
		(void)err_set(err, ERR_IO, "there is no folder '%s'", folder);
		return err_hint(err, "'mkdir -p %s' makes it", folder);
	}
	*ret_name = name;
	return r;
}

int file_check_place(const char *path, struct error *err)
{
	CLEANUP_CLOSE int folder = -1;
	const char *name;
	struct stat st;

	if (file_open_parent(path, &folder, &name, err) < 0)
		return -1;
	if (fstatat(folder, name, &st, 0) == 0 && S_ISDIR(st.st_mode)) {
		(void)err_set(err, ERR_USAGE, "'%s' is a folder", path);
		return err_hint(err, "name a file in it: '%s/NAME'", path);
	}
	if (faccessat(folder, ".", W_OK, AT_EACCESS) == 0)
		return 0;
	return err_sys(err, errno, "'%s' can't be written", path);
}

static char *temporary_name(const char *name)
{
	uint64_t r;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		abort();
	return mem_printf(".%.200s.%016llx", name, (unsigned long long)r);
}

int file_draft_open(struct file_draft *d, int dirfd, const char *name, mode_t mode,
		    struct error *err)
{
	assert(d->fd < 0 && !strchr(name, '/'));
	d->dirfd = dirfd;
	d->fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (d->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
		d->temporary = temporary_name(name);
		d->fd = openat(dirfd, d->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode);
	}
	if (d->fd < 0) {
		int sys = errno;

		free(d->temporary);
		d->temporary = NULL;
		return err_sys(err, sys, "cannot create '%s'", name);
	}
	d->name = mem_strdup(name);
	return 0;
}

static int link_by_fd(int fd, int dirfd, const char *name)
{
	CLEANUP_FREE char *self = mem_printf("/proc/self/fd/%d", fd);

	return linkat(AT_FDCWD, self, dirfd, name, AT_SYMLINK_FOLLOW);
}

/* It has its name. */
static int settle(struct file_draft *d, struct error *err)
{
	free(d->temporary);
	d->temporary = NULL;
	close(d->fd);
	d->fd = -1;
	if (fsync(d->dirfd) < 0)
		return err_sys(err, errno, "cannot sync the folder of '%s'", d->name);
	return 0;
}

int file_draft_publish(struct file_draft *d, struct error *err)
{
	if (fdatasync(d->fd) < 0)
		return err_sys(err, errno, "cannot sync '%s'", d->name);
	if (!d->temporary && link_by_fd(d->fd, d->dirfd, d->name) < 0) {
		if (errno != EEXIST)
			return err_sys(err, errno, "cannot publish '%s'", d->name);
		/* link(2) does not replace: link beside it, then rename over it */
		d->temporary = temporary_name(d->name);
		if (link_by_fd(d->fd, d->dirfd, d->temporary) < 0) {
			free(d->temporary);
			d->temporary = NULL;
			return err_sys(err, errno, "cannot publish '%s'", d->name);
		}
	}
	if (d->temporary && renameat(d->dirfd, d->temporary, d->dirfd, d->name) < 0)
		return err_sys(err, errno, "cannot publish '%s'", d->name);
	return settle(d, err);
}

int file_draft_publish_new(struct file_draft *d, struct error *err)
{
	int r;

	if (fdatasync(d->fd) < 0)
		return err_sys(err, errno, "cannot sync '%s'", d->name);
	if (d->temporary)
		r = renameat2(d->dirfd, d->temporary, d->dirfd, d->name, RENAME_NOREPLACE);
	else
		r = link_by_fd(d->fd, d->dirfd, d->name);
	if (r < 0 && errno == EEXIST)
		return FILE_PRESENT;
	return r < 0 ? err_sys(err, errno, "cannot publish '%s'", d->name) : settle(d, err);
}

void file_draft_release(struct file_draft *d)
{
	if (d->temporary)
		(void)unlinkat(d->dirfd, d->temporary, 0);
	if (d->fd >= 0)
		close(d->fd);
	free(d->temporary);
	free(d->name);
	*d = (struct file_draft)FILE_DRAFT_INIT;
}

int file_save(int dirfd, const char *name, struct bytes data, struct error *err)
{
	CLEANUP_DRAFT struct file_draft d = FILE_DRAFT_INIT;
	struct sink *out;

	if (file_draft_open(&d, dirfd, name, 0666, err) < 0)
		return -1;
	out = sink_to_fd(d.fd, name);
	if (sink_write(out, data, err) < 0) {
		(void)!sink_close(out, err);
		return -1;
	}
	if (sink_close(out, err) < 0)
		return -1;
	return file_draft_publish(&d, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(int dirfd, const char *path, struct file_names *ret, struct error *err)
{
	struct file_names list = { 0 };
	size_t capacity = 0;
	int fd = -1, r = file_open_folder(dirfd, path, &fd, err);
	DIR *dir;

	if (r)
		return r;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return err_sys(err, errno, "cannot list '%s'", path);
	}
	errno = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		MEM_GROW(list.names, list.n, capacity);
		list.names[list.n++] = mem_strdup(e->d_name);
		errno = 0;
	}
	r = errno;
	closedir(dir);
	if (r) {
		file_names_release(&list);
		return err_sys(err, r, "cannot list '%s'", path);
	}
	if (list.n)
		qsort(list.names, list.n, sizeof(*list.names), by_name);
	*ret = list;
	return 0;
}

void file_names_release(struct file_names *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct file_names){ 0 };
}
