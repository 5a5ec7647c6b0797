/*
 * Who is killed leaves its folder: as large as a stage. So each holds a lock on its own, and
 * removes those of its user that nobody holds.
 */
#define _GNU_SOURCE
#include "pipeline/run_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/interrupt.h"

/* One gets its name when it is locked: until then it is nobody's to remove. */
#define UNLOCKED "ingot-new."
#define LOCKED "ingot-scratch."
#define RANDOM "XXXXXX"

/* Folders without a w bit are opened before what is in them goes. */
static int open_folder(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)where;
	if (type == FTW_D)
		(void)!chmod(path, 0700);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	(void)!remove(path);
	return 0;
}

/* Never through a link, never into another mount. */
static void remove_all(const char *path)
{
	(void)!nftw(path, open_folder, 32, FTW_PHYS | FTW_MOUNT);
	(void)!nftw(path, remove_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

/* Our user's alone, and nobody holds it. */
static void remove_if_left(int parent, const char *parent_path, const char *name)
{
	CLEANUP_CLOSE int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FREE char *path = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || st.st_mode & 077 ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	path = mem_printf("%s/%s", parent_path, name);
	remove_all(path);
}

static void remove_left(const char *parent)
{
	CLEANUP_CLOSE int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_ERR struct error ignored = ERR_INIT;
	CLEANUP_NAMES struct file_names all = { 0 };

	if (fd < 0 || file_list(fd, ".", &all, &ignored) != 0)
		return;
	for (size_t i = 0; i < all.n; i++)
		if (strncmp(all.names[i], LOCKED, strlen(LOCKED)) == 0 &&
		    strlen(all.names[i]) == strlen(LOCKED RANDOM))
			remove_if_left(fd, parent, all.names[i]);
}

/* Where folders can't be locked, it keeps a name that nobody removes. */
static char *lock(char *path, const char *parent, int *ret_fd)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char *locked;

	/* shared: a stage in it takes that lock of its folder, too (stage_open.c) */
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0)
		return path;
	locked = mem_printf("%s/" LOCKED "%s", parent, path + strlen(path) - strlen(RANDOM));
	if (renameat2(AT_FDCWD, path, AT_FDCWD, locked, RENAME_NOREPLACE) < 0) {
		free(locked);
		return path;
	}
	free(path);
	*ret_fd = TAKE_FD(fd);
	return locked;
}

int run_scratch_make(struct run_scratch *s, const char *parent, struct error *err)
{
	char *path = mem_printf("%s/" UNLOCKED RANDOM, parent);

	if (!mkdtemp(path)) {
		int sys = errno;

		free(path);
		(void)err_sys(err, sys, "cannot make a folder in '%s'", parent);
		return err_hint(err, "set TMPDIR to a folder that can be written");
	}
	s->lock = -1;
	s->path = lock(path, parent, &s->lock);
	remove_left(parent);
	interrupt_on_pipe();
	return 0;
}

void run_scratch_release(struct run_scratch *s)
{
	if (!s->path)
		return;
	remove_all(s->path);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	s->path = NULL;
}
