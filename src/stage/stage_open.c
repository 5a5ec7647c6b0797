#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"

#define LOCK_STEP_MS        50u
#define LOCK_SHARED_STEPS   1200u /* 60 s: a gc of a large stage */
#define LOCK_EXCLUSIVE_STEPS 60u  /* 3 s: builders may run for long */

const char *stage_path(const struct stage *s)
{
	return s->path;
}

static void pause_step(void)
{
	struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000l };

	(void)nanosleep(&step, NULL);
}

/* flock(2) by steps instead of blocking, so that Ctrl-C and a limit work. */
static int take_lock(struct stage *s, int fd, int how, unsigned n_steps, struct error *err)
{
	for (unsigned i = 0;; i++) {
		if (flock(fd, how | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "cannot lock the stage '%s'", s->path);
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (i >= n_steps)
			return err_set(err, ERR_IO, "the stage '%s' is in use by another process",
				       s->path);
		pause_step();
	}
}

/*
 * The stage's folder itself is the gate to the lock: whoever comes passes it
 * shared and leaves it at once; who wants the stage alone closes it and then
 * waits for those inside. So gc is not kept out for ever by builders that come
 * and go. Where folders can't be locked, it has to wait for its luck.
 */
static int take_shared(struct stage *s, struct error *err)
{
	CLEANUP_ERR struct error no_gate = ERR_INIT;
	int r;

	(void)!take_lock(s, s->root_fd, LOCK_SH, LOCK_SHARED_STEPS, &no_gate);
	r = take_lock(s, s->lock_fd, LOCK_SH, LOCK_SHARED_STEPS, err);
	(void)flock(s->root_fd, LOCK_UN);
	return r;
}

int lock_exclusive(struct stage *s, struct error *err)
{
	CLEANUP_ERR struct error no_gate = ERR_INIT;

	/* not while waiting at the gate: two that do would wait for each other */
	(void)flock(s->lock_fd, LOCK_UN);
	(void)!take_lock(s, s->root_fd, LOCK_EX, LOCK_EXCLUSIVE_STEPS, &no_gate);
	if (take_lock(s, s->lock_fd, LOCK_EX, LOCK_EXCLUSIVE_STEPS, err) == 0)
		return 0;
	unlock_exclusive(s);
	return err_hint(err, "wait until the other ingot has ended");
}

bool try_lock_exclusive(struct stage *s)
{
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	unlock_exclusive(s); /* a conversion that fails may have dropped the shared lock */
	return false;
}

void unlock_exclusive(struct stage *s)
{
	while (flock(s->lock_fd, LOCK_SH) < 0 && errno == EINTR)
		;
	(void)flock(s->root_fd, LOCK_UN);
}

static int fail_to_make(const struct stage *s, const char *what, struct error *err)
{
	err_sys(err, errno, "cannot make '%s' in the stage '%s'", what, s->path);
	return err_hint(err, "give a writable folder with --stage DIR or INGOT_STAGE");
}

static int open_part(struct stage *s, const char *name, int *ret_fd, struct error *err)
{
	int fd = openat(s->root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(s->root_fd, name, 0777) < 0 && errno != EEXIST)
			return fail_to_make(s, name, err);
		fd = openat(s->root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s' in the stage '%s'", name, s->path);
	*ret_fd = fd;
	return 0;
}

static int check_format(struct stage *s, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	int r = file_load(s->root_fd, "format", &text, err);

	if (r < 0)
		return -1;
	if (r == FILE_ABSENT)
		return file_save(s->root_fd, "format", str_bytes(STR(STAGE_FORMAT_TEXT)), err);
	if (str_equal(buf_str(&text), STR(STAGE_FORMAT_TEXT)))
		return 0;
	err_set(err, ERR_UNSUPPORTED, "the stage '%s' is of a format that this ingot does not know",
		s->path);
	return err_hint(err, "a stage is disposable: give another with --stage DIR, or delete it");
}

static int open_root(struct stage *s, struct error *err)
{
	s->root_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0 && errno == ENOENT) {
		if (file_make_folders(AT_FDCWD, s->path, err) < 0)
			return err_hint(err, "give a writable folder with --stage DIR or "
					     "INGOT_STAGE");
		s->root_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (s->root_fd < 0) {
		err_sys(err, errno, "cannot open the stage '%s'", s->path);
		return err_hint(err, "give a folder with --stage DIR or INGOT_STAGE");
	}
	return 0;
}

/* The lock comes first: what follows may make files. */
static int open_lock(struct stage *s, struct error *err)
{
	s->lock_fd = openat(s->root_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (s->lock_fd < 0)
		return fail_to_make(s, "lock", err);
	return take_shared(s, err);
}

static int open_parts(struct stage *s, struct error *err)
{
	if (open_root(s, err) < 0 || open_lock(s, err) < 0 ||
	    open_part(s, "objects", &s->objects_fd, err) < 0 ||
	    open_part(s, "results", &s->results_fd, err) < 0 ||
	    open_part(s, "refs", &s->refs_fd, err) < 0 ||
	    open_part(s, "tmp", &s->tmp_fd, err) < 0 ||
	    open_part(s, "quarantine", &s->quarantine_fd, err) < 0 || check_format(s, err) < 0)
		return -1;
	return 0;
}

static struct stage *stage_new(const char *path)
{
	struct stage *s = mem_alloc(sizeof(*s));

	s->path = mem_strdup(path);
	s->root_fd = s->objects_fd = s->results_fd = s->refs_fd = -1;
	s->tmp_fd = s->quarantine_fd = s->lock_fd = s->lent_fd = -1;
	pthread_mutex_init(&s->mutex, NULL);
	reader_init(s);
	s->unnamed_files = access("/proc/self/fd", X_OK) == 0;
	return s;
}

int stage_open(const char *path, const char *key_path, struct stage **ret, struct error *err)
{
	struct stage *s = stage_new(path);

	if (open_parts(s, err) < 0 ||
	    (key_path && user_key_load(key_path, s->key, err) < 0)) {
		stage_close(s);
		return -1;
	}
	s->has_key = key_path != NULL;
	scratch_sweep(s);
	*ret = s;
	return 0;
}

int stage_open_scratch(const char *path, struct stage **ret, struct error *err)
{
	struct stage *s = stage_new(path);

	s->is_scratch = true;
	if (open_parts(s, err) < 0) {
		stage_close(s);
		return -1;
	}
	/* what this run remembers, no other can have written */
	if (getrandom(s->key, sizeof(s->key), 0) != sizeof(s->key))
		abort();
	s->has_key = true;
	*ret = s;
	return 0;
}

static void close_part(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void stage_close(struct stage *s)
{
	if (!s)
		return;
	reader_release(s);
	close_part(&s->objects_fd);
	close_part(&s->results_fd);
	close_part(&s->refs_fd);
	close_part(&s->tmp_fd);
	close_part(&s->quarantine_fd);
	close_part(&s->root_fd);
	close_part(&s->lock_fd); /* last: it releases the lock */
	pthread_mutex_destroy(&s->mutex);
	explicit_bzero(s->key, sizeof(s->key));
	free(s->pending);
	free(s->lent);
	free(s->path);
	free(s);
}
