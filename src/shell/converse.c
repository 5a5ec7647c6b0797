/*
 * A script that talks with the program that started it (debconf's frontend): what it
 * prints is taken line by line, the answers are its standard input. A line is taken
 * when the script looks for an answer, or at its end: nobody can tell that from at once.
 */
#include "shell/converse.h"

#include "base/limits.h"
#include "shell/evaluate.h"

#define NO_BOUND ((size_t)1 << 40) /* lengths are looked at after each command */

struct conversation {
	struct conversation *next; /* of the session */
	shell_answer *answer;
	struct buf said, answers;
	size_t taken; /* bytes of @said */
};

static struct conversation *begin(struct session *s, shell_answer *answer)
{
	struct conversation *t = mem_alloc(sizeof(*t));

	t->answer = answer;
	t->said.max = t->answers.max = NO_BOUND;
	t->next = s->conversations;
	s->conversations = t;
	return t;
}

void conversations_release(struct session *s)
{
	while (s->conversations) {
		struct conversation *t = s->conversations;

		s->conversations = t->next;
		buf_release(&t->said);
		buf_release(&t->answers);
		free(t);
	}
}

/* @last: a line without an end counts, too. */
static int take(struct shell *sh, struct conversation *t, bool last, struct error *err)
{
	struct shell_call c = { .shell = sh, .world = sh->world, .line = sh->session->outer_line };
	struct shell_input none = { .data = { "", 0 } };
	int r = 0;

	c.argv = &sh->name;
	c.argc = 1;
	c.in = &none;
	c.out = c.err = &sh->session->messages;
	c.cause = shell_cause(sh);
	while (r >= 0 && t->taken < t->said.len) {
		struct str rest = { (const char *)t->said.ptr + t->taken, t->said.len - t->taken };
		size_t n = str_find_char(rest, '\n');

		if (n == rest.len && !last)
			break;
		t->taken += n + (n < rest.len);
		r = t->answer(&c, (struct str){ rest.ptr, n }, &t->answers, err);
	}
	if (r >= 0 && t->answers.len > LIMIT_SHELL_OUTPUT)
		return err_set(err, ERR_LIMIT, "a script is told more than %u bytes",
			       LIMIT_SHELL_OUTPUT);
	return r < 0 ? -1 : 0;
}

int conversation_take(struct shell *sh, struct stream *s, struct error *err)
{
	if (take(sh, s->talk, false, err) < 0)
		return -1;
	s->in.data = buf_str(&s->talk->answers);
	return 0;
}

void conversation_open(struct shell *sh, shell_answer *answer, struct stream **ret_in,
		       struct stream **ret_out)
{
	struct conversation *t = begin(sh->session, answer);

	*ret_in = stream_new(sh->session, STREAM_INPUT);
	(*ret_in)->readable = true;
	(*ret_in)->talk = t;
	*ret_out = stream_new(sh->session, STREAM_BUFFER);
	(*ret_out)->writable = true;
	(*ret_out)->target = &t->said;
}

int conversation_end(struct shell *sh, struct error *err)
{
	return take(sh, sh->session->conversations, true, err);
}

int shell_converse(struct shell_call *c, const struct str *argv, size_t argc, bool itself,
		   shell_answer *answer, struct error *err)
{
	struct shell *sh = c->shell;
	struct saved_fds saved;
	struct found_command f;
	int status;

	memcpy(saved.fd, sh->state.fd, sizeof(saved.fd));
	for (unsigned i = 2; i < SHELL_FDS; i++)
		if (sh->state.fd[i])
			(void)stream_hold(sh->state.fd[i]);
	conversation_open(sh, answer, &sh->state.fd[0], &sh->state.fd[1]);
	if (itself)
		status = run_itself(sh, argv, argc, err);
	else if (command_find(sh, argv[0], FIND_NO_FUNCTIONS | FIND_NO_BUILTINS, &f, err))
		status = -1;
	else
		status = command_run(sh, &f, argv, argc, true, err);
	if (status >= 0 && conversation_end(sh, err) < 0)
		status = -1;
	if (status >= 0 && redirect_end(sh, &saved, err))
		status = -1;
	return status;
}
