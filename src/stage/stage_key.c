/*
 * The key with which this user vouches for keyed results of their own making.
 * Who can read it can make this user trust any result, so it must be readable
 * by its owner alone.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"

#define KEY_TEXT_SIZE (2 * STAGE_KEY_SIZE + 1) /* hex digits and a newline */

static int check_key_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot examine '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_POLICY, "the key '%s' is no regular file", path);
	if (st.st_uid != geteuid()) {
		err_set(err, ERR_POLICY, "the key '%s' belongs to user %u, not to you (%u)", path,
			(unsigned)st.st_uid, (unsigned)geteuid());
		return err_hint(err, "set XDG_STATE_HOME to a folder of your own");
	}
	if (st.st_mode & 077) {
		err_set(err, ERR_POLICY, "the key '%s' is open to others (mode %04o)", path,
			(unsigned)st.st_mode & 07777);
		return err_hint(err, "others may have read it: remove it, a new one is made, and "
				     "what was kept under the old one is computed again");
	}
	return 0;
}

static int read_key(int fd, const char *path, uint8_t *ret, struct error *err)
{
	char text[KEY_TEXT_SIZE + 1];
	ssize_t n;

	if (check_key_file(fd, path, err) < 0)
		return -1;
	n = pread(fd, text, sizeof(text), 0);
	if (n < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	if (n == KEY_TEXT_SIZE && text[KEY_TEXT_SIZE - 1] == '\n' &&
	    hex_parse((struct str){ text, KEY_TEXT_SIZE - 1 }, ret, STAGE_KEY_SIZE))
		return 0;
	err_set(err, ERR_POLICY, "the key '%s' is not 64 hexadecimal digits", path);
	return err_hint(err, "remove it: a new one is made, and what was kept under the old one "
			     "is computed again");
}

static int write_fully(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Complete under another name first: of two that start at once, one wins. */
static int make_key(const char *path, struct error *err)
{
	uint8_t key[STAGE_KEY_SIZE], salt[8];
	char text[KEY_TEXT_SIZE + 1], suffix[2 * sizeof(salt) + 1];
	CLEANUP_FREE char *temporary = NULL;
	CLEANUP_CLOSE int fd = -1;
	int sys = 0;

	if (getrandom(key, sizeof(key), 0) != sizeof(key) ||
	    getrandom(salt, sizeof(salt), 0) != sizeof(salt))
		abort();
	hex_format(BYTES_OF(key), text);
	text[KEY_TEXT_SIZE - 1] = '\n';
	temporary = mem_printf("%s.%s", path, hex_format(BYTES_OF(salt), suffix));
	fd = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot make the key '%s'", path);
	if (fchmod(fd, 0600) < 0 || write_fully(fd, text, KEY_TEXT_SIZE) < 0 || fsync(fd) < 0 ||
	    (link(temporary, path) < 0 && errno != EEXIST))
		sys = errno;
	(void)unlink(temporary);
	return sys ? err_sys(err, sys, "cannot make the key '%s'", path) : 0;
}

static int make_key_folder(const char *path, struct error *err)
{
	CLEANUP_FREE char *folder = mem_strdup(path);
	char *slash = strrchr(folder, '/');

	if (!slash || slash == folder)
		return 0;
	*slash = 0;
	return file_make_folders(AT_FDCWD, folder, err);
}

int user_key_load(const char *path, uint8_t ret[static STAGE_KEY_SIZE], struct error *err)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0)
			return read_key(fd, path, ret, err);
		if (errno != ENOENT || attempt)
			return err_sys(err, errno, "cannot open the key '%s'", path);
		if (make_key_folder(path, err) < 0 || make_key(path, err) < 0) {
			err_hint(err, "ingot keeps this user's key there: make the folder "
				      "writable, or set XDG_STATE_HOME");
			return -1;
		}
	}
	return -1;
}
