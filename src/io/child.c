/*
 * What goes over the pipe: the error's code in four bytes; then what the task says, or
 * message, detail and hint, each a field (base/field.h).
 */
#define _GNU_SOURCE
#include "io/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/field.h"
#include "base/mem.h"
#include "io/interrupt.h"

#define ERROR_MAX (1u << 20) /* bytes of an error's texts */

/* ---- the child ---- */

static void add_text(struct buf *to, const char *text)
{
	struct bytes all = str_bytes(str_of(text));

	if (all.len > ERROR_MAX / 4)
		all.len = ERROR_MAX / 4;
	field_put(to, all);
}

static bool be_quiet(void)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	       dup2(null, STDERR_FILENO) >= 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void send_all(int fd, struct bytes data)
{
	while (data.len) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* the parent sees a short answer */
		data = (struct bytes){ data.ptr + n, data.len - (size_t)n };
	}
}

static void answer(child_task *task, const void *what, size_t max, int fd)
{
	struct buf out = BUF_INIT(max + 4), texts = BUF_INIT(ERROR_MAX);
	struct error err = ERR_INIT;
	uint8_t code[4];
	int r = task(what, &out, &err);

	assert((r < 0) == (err.code != ERR_NONE));
	put_le32(code, (uint32_t)err.code);
	send_all(fd, BYTES_OF(code));
	if (r < 0) {
		add_text(&texts, err.message);
		add_text(&texts, err.detail);
		add_text(&texts, err.hint);
	}
	send_all(fd, buf_bytes(r < 0 ? &texts : &out));
}

/* ---- the parent ---- */

static int died(const struct child_options *o, struct error *err, const char *how)
{
	err_set(err, o->failure, "%s %s", o->name, how);
	return o->hint ? err_hint(err, "%s", o->hint) : -1;
}

static int receive(int fd, const struct child_options *o, struct buf *to, struct error *err)
{
	for (;;) {
		const size_t step = 32u << 10;
		ssize_t n;

		if (to->len > to->max - step)
			return died(o, err, "says too much");
		n = read(fd, buf_reserve(to, step), step);
		if (n < 0 && errno == EINTR && interrupted()) /* it may wait for somebody */
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "can't hear %s", o->name);
		if (n == 0)
			return 0;
		to->len += (size_t)n;
	}
}

static int wait_for(pid_t pid, const struct child_options *o, struct error *err)
{
	char how[64];
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "can't wait for %s", o->name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	snprintf(how, sizeof(how), "failed on it (%s %d)",
		 WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return died(o, err, how);
}

static int take_error(struct bytes rest, enum err_code code, const struct child_options *o,
		      struct error *err)
{
	struct bytes message, detail, hint;

	if (!field_take(&rest, &message) || !field_take(&rest, &detail) ||
	    !field_take(&rest, &hint))
		return died(o, err, "gave an answer that is cut short");
	err_set(err, code, STR_FMT, STR_ARG(bytes_str(message)));
	if (detail.len)
		err_detail(err, STR_FMT, STR_ARG(bytes_str(detail)));
	return hint.len ? err_hint(err, STR_FMT, STR_ARG(bytes_str(hint))) : -1;
}

static int take_answer(struct bytes all, const struct child_options *o, struct buf *to,
		       struct error *err)
{
	enum err_code code;

	if (all.len < 4)
		return died(o, err, "gave no answer");
	code = (enum err_code)get_le32(all.ptr);
	all = (struct bytes){ all.ptr + 4, all.len - 4 };
	if (code != ERR_NONE)
		return take_error(all, code, o, err);
	if (all.len > o->answer_max)
		return died(o, err, "says too much");
	buf_add(to, all.ptr, all.len);
	return 0;
}

static void kill_and_wait(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

struct child {
	struct child_options options;
	pid_t pid;
	int fd; /* of its answer */
};

int child_start(child_task *task, const void *what, const struct child_options *o,
		struct child **ret, struct error *err)
{
	struct child *c;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "can't make a pipe");
	pid = fork();
	if (pid == 0) {
		if (!be_quiet())
			_exit(2);
		answer(task, what, o->answer_max, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0) {
		err_sys(err, errno, "can't start %s", o->name);
		close(fds[0]);
		return -1;
	}
	c = mem_alloc(sizeof(*c));
	*c = (struct child){ *o, pid, fds[0] };
	*ret = c;
	return 0;
}

static int hear(const struct child *c, struct buf *all, struct error *err)
{
	if (receive(c->fd, &c->options, all, err) < 0) {
		kill_and_wait(c->pid);
		return -1;
	}
	return wait_for(c->pid, &c->options, err);
}

int child_finish(struct child *c, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf all = BUF_INIT(c->options.answer_max + ERROR_MAX);
	int r;

	if (c->options.secret)
		buf_reserve(&all, all.max); /* growing would leave copies */
	r = hear(c, &all, err);
	if (r == 0)
		r = take_answer(buf_bytes(&all), &c->options, to, err);
	if (c->options.secret)
		explicit_bzero(all.ptr, all.capacity);
	close(c->fd);
	free(c);
	return r;
}

void child_drop(struct child *c)
{
	if (!c)
		return;
	kill_and_wait(c->pid);
	close(c->fd);
	free(c);
}

int child_run(child_task *task, const void *what, const struct child_options *o, struct buf *to,
	      struct error *err)
{
	struct child *c;

	if (child_start(task, what, o, &c, err) < 0)
		return -1;
	return child_finish(c, to, err);
}
