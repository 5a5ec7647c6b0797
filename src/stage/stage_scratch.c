/*
 * Files that have no name until they are complete. Where O_TMPFILE is missing
 * (some network and overlay file systems) or /proc is not mounted, the file
 * has a random name in tmp/, which fsck and gc sweep.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

static char *random_name(void)
{
	uint64_t r[2];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		abort();
	return mem_printf("t-%016llx%016llx", (unsigned long long)r[0],
			  (unsigned long long)r[1]);
}

int scratch_open(struct stage *s, mode_t mode, int *ret_fd, char **ret_temporary,
		 struct error *err)
{
	char *temporary = NULL;
	int fd = -1;

	errno = EOPNOTSUPP;
	if (s->unnamed_files)
		fd = openat(s->tmp_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		temporary = random_name();
		fd = openat(s->tmp_fd, temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode);
	}
	/* the umask is the user's taste; what a stage holds is the same everywhere */
	if (fd < 0 || fchmod(fd, mode) < 0) {
		err_sys(err, errno, "cannot write to the stage '%s'", s->path);
		if (fd >= 0)
			close(fd);
		scratch_drop(s, &temporary);
		return -1;
	}
	*ret_fd = fd;
	*ret_temporary = temporary;
	return 0;
}

static int link_unnamed(int fd, int dirfd, const char *name)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dirfd, name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

int scratch_link(struct stage *s, int fd, char **temporary, int dirfd, const char *name,
		 bool replace)
{
	if (!*temporary) {
		int sys = link_unnamed(fd, dirfd, name);

		if (sys != EEXIST || !replace)
			return sys;
		/* link(2) never replaces: link beside it, then rename over it */
		*temporary = random_name();
		sys = link_unnamed(fd, s->tmp_fd, *temporary);
		if (sys) {
			free(*temporary);
			*temporary = NULL;
			return sys;
		}
	}
	if (!replace) {
		if (linkat(s->tmp_fd, *temporary, dirfd, name, 0) < 0)
			return errno;
		scratch_drop(s, temporary);
		return 0;
	}
	if (renameat(s->tmp_fd, *temporary, dirfd, name) < 0)
		return errno;
	free(*temporary);
	*temporary = NULL;
	return 0;
}

void scratch_drop(struct stage *s, char **temporary)
{
	if (!*temporary)
		return;
	(void)unlinkat(s->tmp_fd, *temporary, 0);
	free(*temporary);
	*temporary = NULL;
}

void scratch_sweep(struct stage *s)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	CLEANUP_NAMES struct file_names names = { 0 };

	if (file_list(s->tmp_fd, ".", &names, &ignored) || names.n == 0 || !try_lock_exclusive(s))
		return;
	for (size_t i = 0; i < names.n; i++)
		(void)unlinkat(s->tmp_fd, names.names[i], 0);
	unlock_exclusive(s);
}
