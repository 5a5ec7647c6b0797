#define _GNU_SOURCE
#include "crypto/key_child.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/key_mistake.h"
#include "io/child.h"
#include "io/interrupt.h"

#define KEY_FILE_MAX 65536 /* bytes; a key of 16384 bits has 13 KiB */

struct work {
	const struct key_source *source;
	key_task *task;
	const void *what;
};

static void wipe(struct buf *b)
{
	if (b->ptr)
		OPENSSL_cleanse(b->ptr, b->capacity);
}

static int absent(const char *path, const char *what, bool private, struct error *err)
{
	if (errno == ENOENT || errno == ENOTDIR) {
		if (private)
			return key_absent(path, KEY_HALF_PRIVATE, err);
		(void)err_set(err, ERR_KEY, "there is no %s '%s'", what, path);
		return err_hint(err, "its first line is the passphrase; <(COMMAND) will do, too");
	}
	if (errno == ELOOP) {
		err_set(err, ERR_KEY, "the %s '%s' is a symbolic link", what, path);
		return err_hint(err, "give the file that it leads to");
	}
	/* In one text: what the child tells is a message and a hint. */
	return err_set(err, errno == EINTR ? ERR_INTERRUPTED : ERR_IO, "cannot open '%s': %s", path,
		       strerror(errno));
}

/* What others can read is no secret. */
static int check_mode(const struct stat *st, const char *path, const char *what, struct error *err)
{
	if (!(st->st_mode & 077))
		return 0;
	err_set(err, ERR_KEY, "the %s '%s' has mode %04o: others can get at it", what, path,
		st->st_mode & 07777);
	return err_hint(
		err, "chmod 600 %s; and if others could read it for a while, make a new one", path);
}

/* The public half by mistake: its mode is not what is wrong with it. */
static bool is_no_secret(int fd)
{
	uint8_t head[64];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return n > 0 && key_is_no_secret((struct bytes){ head, (size_t)n });
}

/* A pipe, as of <(...), may hand a passphrase over: it has no mode that counts. */
static int open_secret(const char *path, const char *what, bool pipe_ok, int *ret,
		       struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
						  (pipe_ok ? 0 : O_NOFOLLOW | O_NONBLOCK));
	struct stat st;

	if (fd < 0)
		return absent(path, what, !pipe_ok, err);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode) && !(pipe_ok && S_ISFIFO(st.st_mode))) {
		(void)err_set(err, ERR_KEY, "the %s '%s' is not a regular file", what, path);
		return S_ISDIR(st.st_mode) ? err_hint(err, "it is a folder: name the file in it")
					   : -1;
	}
	if (S_ISREG(st.st_mode) && (pipe_ok || !is_no_secret(fd)) &&
	    check_mode(&st, path, what, err) < 0)
		return -1;
	*ret = TAKE_FD(fd);
	return 0;
}

/* One block from the start: growing would leave copies. Out of swap where that is allowed. */
static int load(const char *path, const char *what, bool pipe_ok, struct buf *to, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	ssize_t n;

	if (open_secret(path, what, pipe_ok, &fd, err) < 0)
		return -1;
	(void)mlock(buf_reserve(to, KEY_FILE_MAX), KEY_FILE_MAX);
	while (to->len < KEY_FILE_MAX) {
		n = read(fd, to->ptr + to->len, KEY_FILE_MAX - to->len);
		if (n < 0 && errno == EINTR && interrupted()) /* a pipe may never say anything */
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", path);
		if (n == 0)
			break;
		to->len += (size_t)n;
	}
	to->ptr[to->len] = '\0';
	return to->len < KEY_FILE_MAX ? 0
				      : err_set(err, ERR_KEY, "the %s '%s' has more than %d bytes",
						what, path, KEY_FILE_MAX - 1);
}

/* The first line. */
static int load_passphrase(const char *path, struct buf *to, struct error *err)
{
	char *end;

	if (load(path, "file with the passphrase", true, to, err) < 0)
		return -1;
	end = memchr(to->ptr, '\n', to->len);
	if (end)
		*end = '\0';
	if (to->ptr[0] == '\0')
		return err_set(err, ERR_KEY, "the first line of '%s' is empty: no passphrase",
			       path);
	return 0;
}

int key_passphrase_load(const char *path, char **ret, struct error *err)
{
	struct buf text = BUF_INIT(KEY_FILE_MAX);
	int r = load_passphrase(path, &text, err);

	if (r == 0)
		*ret = mem_strdup((const char *)text.ptr);
	wipe(&text);
	buf_release(&text);
	return r;
}

static int find_passphrase(const struct key_source *source, struct buf *to, const char **ret,
			   struct error *err)
{
	*ret = source->passphrase;
	if (!source->passphrase_path)
		return 0;
	if (load_passphrase(source->passphrase_path, to, err) < 0)
		return -1;
	*ret = (const char *)to->ptr;
	return 0;
}

static int work_with_key(const void *what, struct buf *to, struct error *err)
{
	const struct work *w = what;
	struct buf key = BUF_INIT(KEY_FILE_MAX), passphrase = BUF_INIT(KEY_FILE_MAX);
	const char *text = NULL;
	int r = -1;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no debugger, no core file */
	if (load(w->source->path, "private key", false, &key, err) == 0 &&
	    key_mistake(buf_bytes(&key), w->source->path, KEY_HALF_PRIVATE, err) == 0 &&
	    find_passphrase(w->source, &passphrase, &text, err) == 0)
		r = w->task(buf_bytes(&key), text, w->what, to, err);
	wipe(&key);
	wipe(&passphrase);
	return r;
}

int key_child_run(const struct key_source *source, key_task *task, const void *what, struct buf *to,
		  struct error *err)
{
	static const struct child_options options = {
		.name = "the process that holds the private key",
		.failure = ERR_KEY,
		.answer_max = KEY_ANSWER_MAX,
	};
	struct work w = { source, task, what };

	return child_run(work_with_key, &w, &options, to, err);
}
