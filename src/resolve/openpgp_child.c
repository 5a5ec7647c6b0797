/*
 * The child that runs librnp, and the pipe home. What goes over the pipe is a
 * list of fields, each with its length before it (32 bits, little-endian):
 * the error's code in four bytes; then message, detail, hint; or the text and
 * the signers.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/limits.h"
#include "resolve/openpgp_private.h"

#define ANSWER_MAX (LIMIT_RELEASE_SIZE + (1u << 20)) /* the text, signers or an error */
#define CPU_MAX    60				     /* seconds; Debian's take 0.1 */

/* ---- fields ---- */

static void add_field(struct buf *to, struct bytes value)
{
	uint8_t length[4];

	put_le32(length, (uint32_t)value.len);
	buf_add(to, length, sizeof(length));
	buf_add(to, value.ptr, value.len);
}

static void add_text(struct buf *to, const char *text)
{
	add_field(to, str_bytes(str_of(text ? text : "")));
}

static bool take_field(struct bytes *rest, struct bytes *ret)
{
	uint32_t length;

	if (rest->len < 4)
		return false;
	length = get_le32(rest->ptr);
	if (length > rest->len - 4)
		return false;
	*ret = (struct bytes){ rest->ptr + 4, length };
	*rest = (struct bytes){ rest->ptr + 4 + length, rest->len - 4 - length };
	return true;
}

static void add_code(struct buf *to, enum err_code code)
{
	uint8_t bytes[4];

	put_le32(bytes, (uint32_t)code);
	add_field(to, BYTES_OF(bytes));
}

/* ---- the child ---- */

static bool silence(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	       dup2(null, STDERR_FILENO) >= 0;
}

/* What is open stays open (the pipe, the source of random numbers); no more is opened. */
static int drop_rights(struct error *err)
{
	const struct rlimit none = { 0, 0 }, cpu = { CPU_MAX, CPU_MAX };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    setrlimit(RLIMIT_CPU, &cpu) < 0 || setrlimit(RLIMIT_NOFILE, &none) < 0)
		return err_sys(err, errno, "can't confine the OpenPGP reader");
	return 0;
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

static void answer(openpgp_task *task, const void *what, int fd)
{
	struct buf out = BUF_INIT(ANSWER_MAX);
	struct arena arena = ARENA_INIT;
	struct openpgp_verdict v = { 0 };
	struct error err = ERR_INIT;

	if (task(what, drop_rights, &arena, &v, &err) < 0) {
		add_code(&out, err.code);
		add_text(&out, err.message);
		add_text(&out, err.detail);
		add_text(&out, err.hint);
	} else {
		add_code(&out, ERR_NONE);
		add_field(&out, v.text);
		for (size_t i = 0; i < v.n_signers; i++)
			add_field(&out, str_bytes(v.signers[i]));
	}
	send_all(fd, buf_bytes(&out));
}

/* ---- the parent ---- */

static int receive(int fd, struct buf *to, struct error *err)
{
	for (;;) {
		ssize_t n;

		if (to->len > ANSWER_MAX - (64u << 10))
			return err_set(err, ERR_SIGNATURE, "the OpenPGP reader says too much");
		n = read(fd, buf_reserve(to, 32u << 10), 32u << 10);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "can't hear the OpenPGP reader");
		if (n == 0)
			return 0;
		to->len += (size_t)n;
	}
}

static int wait_for(pid_t pid, struct error *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "can't wait for the OpenPGP reader");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(err, ERR_SIGNATURE, "the OpenPGP reader failed on it (%s %d)",
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return err_hint(err, "the mirror may be sending files that are made to do harm");
}

static int take_error(struct bytes rest, enum err_code code, struct error *err)
{
	struct bytes message, detail, hint;

	if (!take_field(&rest, &message) || !take_field(&rest, &detail) ||
	    !take_field(&rest, &hint))
		return err_set(err, ERR_SIGNATURE, "the OpenPGP reader's answer is cut short");
	err_set(err, code, STR_FMT, STR_ARG(bytes_str(message)));
	if (detail.len)
		err_detail(err, STR_FMT, STR_ARG(bytes_str(detail)));
	return hint.len ? err_hint(err, STR_FMT, STR_ARG(bytes_str(hint))) : -1;
}

static int take_answer(struct bytes all, struct arena *arena, struct openpgp_verdict *ret,
		       struct error *err)
{
	struct bytes code, text, signer;
	size_t capacity = all.len / 4;

	if (!take_field(&all, &code) || code.len != 4)
		return err_set(err, ERR_SIGNATURE, "the OpenPGP reader gave no answer");
	if (get_le32(code.ptr) != ERR_NONE)
		return take_error(all, (enum err_code)get_le32(code.ptr), err);
	if (!take_field(&all, &text))
		return err_set(err, ERR_SIGNATURE, "the OpenPGP reader's answer is cut short");
	*ret = (struct openpgp_verdict){ .text = arena_bytes(arena, text) };
	if (capacity > 4096)
		capacity = 4096;
	ret->signers = arena_array(arena, capacity, sizeof(*ret->signers));
	while (ret->n_signers < capacity && take_field(&all, &signer))
		ret->signers[ret->n_signers++] = arena_str(arena, bytes_str(signer));
	return 0;
}

int openpgp_in_child(openpgp_task *task, const void *what, struct arena *arena,
		     struct openpgp_verdict *ret, struct error *err)
{
	CLEANUP_BUF struct buf all = BUF_INIT(ANSWER_MAX);
	CLEANUP_CLOSE int in = -1;
	int fds[2], result;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "can't make a pipe");
	in = fds[0];
	pid = fork();
	if (pid == 0) {
		if (!silence())
			_exit(2);
		answer(task, what, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0)
		return err_sys(err, errno, "can't start the OpenPGP reader");
	result = receive(in, &all, err);
	if (result < 0) {
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return -1;
	}
	if (wait_for(pid, err) < 0)
		return -1;
	return take_answer(buf_bytes(&all), arena, ret, err);
}
