#define _GNU_SOURCE
#include "io/program_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/interrupt.h"

extern char **environ;

#define LOOK 200 /* ms between two looks at interrupted() and at the clock */
#define STEP 16384
#define GRACE 1000 /* ms for a program to end after SIGTERM */

struct talk {
	const struct program_question *question;
	pid_t pid; /* 0: it has been waited for */
	int status;
	int to, from;	   /* pipes; -1: closed */
	struct bytes rest; /* of the question */
	int64_t start;	   /* ms */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* True if it has ended. */
static bool wait_until(struct talk *t, int64_t deadline)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000000 };

	while (t->pid > 0) {
		pid_t r = waitpid(t->pid, &t->status, deadline ? WNOHANG : 0);

		if (r == t->pid || (r < 0 && errno != EINTR))
			t->pid = 0;
		else if (deadline && now_ms() > deadline)
			return false;
		else if (r == 0)
			(void)nanosleep(&nap, NULL);
	}
	return true;
}

static void talk_end(struct talk *t)
{
	close_end(&t->to);
	close_end(&t->from);
	if (t->pid <= 0)
		return;
	(void)kill(t->pid, SIGTERM);
	if (wait_until(t, now_ms() + GRACE))
		return;
	(void)kill(t->pid, SIGKILL);
	(void)wait_until(t, 0);
}

static int start(struct talk *t, struct error *err)
{
	const char *const *argv = t->question->argv;
	posix_spawn_file_actions_t actions;
	int question[2], answer[2], r;

	if (pipe2(question, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	t->to = question[1];
	if (pipe2(answer, O_CLOEXEC) < 0) {
		r = errno;
		close(question[0]);
		return err_sys(err, r, "cannot make a pipe");
	}
	t->from = answer[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, question[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, answer[1], STDOUT_FILENO);
	r = posix_spawn(&t->pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(question[0]);
	close(answer[1]);
	(void)fcntl(t->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(t->from, F_SETFL, O_NONBLOCK);
	if (r)
		t->pid = 0;
	return r ? err_set(err, t->question->failure, "cannot start '%s': %s", argv[0], strerror(r))
		 : 0;
}

static bool is_again(void)
{
	return errno == EINTR || errno == EAGAIN;
}

/* Who has heard enough closes his end. */
static void tell(struct talk *t)
{
	ssize_t n = write(t->to, t->rest.ptr, t->rest.len);

	if (n > 0)
		t->rest = (struct bytes){ t->rest.ptr + n, t->rest.len - (size_t)n };
	if (t->rest.len == 0 || (n < 0 && !is_again()))
		close_end(&t->to);
}

static int hear(struct talk *t, struct buf *to, struct error *err)
{
	ssize_t n;

	if (to->len + STEP > to->max)
		return err_set(err, t->question->failure, "it says more than %zu bytes",
			       t->question->answer_max);
	n = read(t->from, buf_reserve(to, STEP), STEP);
	if (n > 0)
		to->len += (size_t)n;
	else if (n == 0 || !is_again())
		close_end(&t->from);
	return 0;
}

static int check_time(const struct talk *t, struct error *err)
{
	unsigned timeout = t->question->timeout;

	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (timeout && now_ms() - t->start > timeout * INT64_C(1000))
		return err_set(err, t->question->failure, "it has not answered for %u seconds",
			       timeout);
	return 0;
}

static int talk(struct talk *t, struct buf *to, struct error *err)
{
	if (t->rest.len == 0)
		close_end(&t->to);
	while (t->from >= 0) {
		struct pollfd p[2] = { { t->from, POLLIN, 0 }, { t->to, POLLOUT, 0 } };

		if (check_time(t, err) < 0)
			return -1;
		if (poll(p, 2, LOOK) <= 0)
			continue;
		if (p[1].revents)
			tell(t);
		if (p[0].revents && hear(t, to, err) < 0)
			return -1;
	}
	close_end(&t->to);
	return 0;
}

/* It has closed its standard output; the end itself must come, too. */
static int finish(struct talk *t, struct error *err)
{
	while (!wait_until(t, now_ms() + LOOK))
		if (check_time(t, err) < 0)
			return -1;
	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (WIFSIGNALED(t->status))
		return err_set(err, t->question->failure, "it was ended by signal %d",
			       WTERMSIG(t->status));
	if (WEXITSTATUS(t->status))
		return err_set(err, t->question->failure, "it failed (exit status %d)",
			       WEXITSTATUS(t->status));
	return 0;
}

/* Writing to one who has gone must be an error, and not our end. */
static int ask(struct talk *t, struct buf *to, struct error *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	int r = start(t, err);

	if (r < 0)
		return -1;
	sigaction(SIGPIPE, &ignore, &before);
	r = talk(t, to, err);
	if (r == 0)
		r = finish(t, err);
	sigaction(SIGPIPE, &before, NULL);
	return r;
}

int program_ask(const struct program_question *q, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf answer = BUF_INIT(q->answer_max + STEP);
	CLEANUP(talk_end)
	struct talk t = {
		.question = q, .to = -1, .from = -1, .rest = q->input, .start = now_ms()
	};

	if (ask(&t, &answer, err) < 0)
		return -1;
	buf_add(to, answer.ptr, answer.len);
	return 0;
}
