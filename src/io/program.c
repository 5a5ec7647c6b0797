#define _GNU_SOURCE
#include "io/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"

extern char **environ;

char *program_find(const char *name, const char *search)
{
	struct str rest = str_of(search ? search : "/usr/local/bin:/usr/bin:/bin"), folder;

	while (str_split(&rest, ':', &folder)) {
		char *path = mem_printf(STR_FMT "/%s", STR_ARG(folder), name);
		struct stat st;

		/* An empty entry would be the current folder: never. */
		if (folder.len && folder.ptr[0] == '/' && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

#define LOOK 200 /* ms between two looks at interrupted() while a program runs */
#define LINE_MAX_WATCHED 1024

/* ---- its standard error ---- */

struct watch {
	bool (*ends)(struct str line);
	int fd; /* what it writes comes here */
	struct buf line;
	bool ended;
};

static void watch_close(struct watch *w)
{
	buf_release(&w->line);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static void pass_on(struct str text)
{
	while (text.len) {
		ssize_t n = write(STDERR_FILENO, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text.ptr += n;
		text.len -= (size_t)n;
	}
}

/* A line that is too long is shown in pieces. */
static void look_at(struct watch *w, const char *text, size_t len)
{
	for (size_t i = 0; i < len && !w->ended; i++) {
		buf_add_char(&w->line, text[i]);
		if (text[i] != '\n' && w->line.len < LINE_MAX_WATCHED)
			continue;
		w->ended = w->ends(buf_str(&w->line));
		if (!w->ended)
			pass_on(buf_str(&w->line));
		buf_reset(&w->line);
	}
}

/* Until it has closed its standard error, which its end does, or is ended. */
static void watch_until_end(struct watch *w, pid_t pid)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	bool told = false;

	for (;;) {
		char text[4096];
		ssize_t n;

		if ((interrupted() || w->ended) && !told) {
			(void)kill(pid, SIGTERM);
			told = true;
		}
		if (poll(&p, 1, LOOK) <= 0)
			continue;
		n = read(w->fd, text, sizeof(text));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
		if (n > 0)
			look_at(w, text, (size_t)n);
	}
	if (!w->ended)
		pass_on(buf_str(&w->line));
}

/* ---- */

static int wait_for(pid_t pid, int *ret_status, struct error *err)
{
	bool told = false;
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(err, errno, "cannot wait for a program");
		if (interrupted() && !told) {
			(void)kill(pid, SIGTERM);
			told = true;
		}
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int program_run(const char *const *argv, int *ret_status, struct error *err)
{
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

	if (r)
		return err_sys(err, r, "cannot start '%s'", argv[0]);
	return wait_for(pid, ret_status, err);
}

static int spawn_watched(const char *const *argv, pid_t *ret_pid, struct watch *w,
			 struct error *err)
{
	posix_spawn_file_actions_t actions;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	w->fd = ends[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	r = posix_spawn(ret_pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	return r ? err_sys(err, r, "cannot start '%s'", argv[0]) : 0;
}

int program_run_watched(const char *const *argv, bool (*ends)(struct str line), int *ret_status,
			bool *ret_ended, struct error *err)
{
	CLEANUP(watch_close)
	struct watch w = { .ends = ends, .fd = -1, .line = BUF_INIT(LINE_MAX_WATCHED) };
	pid_t pid = 0;

	if (spawn_watched(argv, &pid, &w, err) < 0)
		return -1;
	watch_until_end(&w, pid);
	*ret_ended = w.ended;
	return wait_for(pid, ret_status, err);
}
