/* Lists, compound commands, subshells, pipelines. XCU 2.9, 2.12. */
#include "shell/evaluate.h"

#include "base/limits.h"

int shell_step(struct shell *sh, struct error *err)
{
	struct session *s = sh->session;

	if (++sh->world->steps > LIMIT_SHELL_STEPS)
		return shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u steps",
				     LIMIT_SHELL_STEPS);
	if (s->held + s->scratch.used + s->arena.used + sh->world->arena->used - s->arena_before >
	    LIMIT_SHELL_MEMORY)
		return shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u bytes of memory",
				     LIMIT_SHELL_MEMORY);
	return 0;
}

bool shell_charge(struct shell *sh, uint64_t bytes)
{
	struct session *s = sh->session;

	s->charged += bytes;
	sh->world->steps += s->charged / LIMIT_SHELL_STEP_BYTES;
	s->charged %= LIMIT_SHELL_STEP_BYTES;
	return sh->world->steps > LIMIT_SHELL_STEPS;
}

/* set -e: what fails outside of a test ends the process. */
int errexit_check(struct shell *sh, int status, bool tested)
{
	if (status > 0 && !tested && sh->unwind == UNWIND_NONE &&
	    (sh->state.flags & FLAG_ERREXIT)) {
		sh->unwind = UNWIND_EXIT;
		sh->status = status;
	}
	return status;
}

/* After the body of a loop: whether it goes on. */
static bool loop_goes_on(struct shell *sh)
{
	if (sh->unwind == UNWIND_NONE)
		return true;
	if (sh->unwind != UNWIND_BREAK && sh->unwind != UNWIND_CONTINUE)
		return false;
	if (--sh->unwind_count)
		return false;
	if (sh->unwind == UNWIND_CONTINUE) {
		sh->unwind = UNWIND_NONE;
		return true;
	}
	sh->unwind = UNWIND_NONE;
	return false;
}

static int evaluate_list(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	int status = 0;

	for (size_t i = 0; i < a->n_items; i++) {
		if (a->items[i]->background) {
			sh->line = a->items[i]->line;
			if (sh->source->outer)
				sh->session->outer_line = sh->line;
			sh->command_text = STR("");
			status = shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					       "a command in the background");
			return status < 0 ? -1 : sh->status;
		}
		status = evaluate(sh, a->items[i], tested, err);
		if (status < 0 || sh->unwind)
			return status;
	}
	return status;
}

static int evaluate_and_or(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	int status = 0;

	for (size_t i = 0; i < a->n_items; i++) {
		if (i && a->items[i]->is_or != (status != 0))
			continue;
		status = evaluate(sh, a->items[i], tested || i + 1 < a->n_items, err);
		if (status < 0 || sh->unwind)
			return status;
	}
	return status;
}

static int evaluate_if(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	for (size_t i = 0; i + 1 < a->n_items; i += 2) {
		int status = evaluate(sh, a->items[i], true, err);

		if (status < 0 || sh->unwind)
			return status;
		if (!status)
			return evaluate(sh, a->items[i + 1], tested, err);
	}
	if (a->n_items & 1)
		return evaluate(sh, a->items[a->n_items - 1], tested, err);
	return 0;
}

static int evaluate_while(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	int status = 0, test;

	sh->state.loops++;
	for (;;) {
		int r = shell_step(sh, err);

		if (r) {
			status = r < 0 ? -1 : status;
			break;
		}
		test = evaluate(sh, a->test, true, err);
		if (test < 0) {
			status = -1;
			break;
		}
		if (sh->unwind) {
			if (loop_goes_on(sh))
				continue;
			if (sh->unwind)
				status = test;
			break;
		}
		if ((test != 0) != a->until)
			break;
		status = evaluate(sh, a->body, tested, err);
		if (status < 0 || !loop_goes_on(sh))
			break;
	}
	sh->state.loops--;
	return status;
}

static int evaluate_for(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	struct str *items = sh->state.args;
	size_t n = sh->state.n_args;
	int status = 0;

	sh->line = a->line;
	if (a->in) {
		status = expand_words(sh, a->words, a->n_words, &items, &n, err);
		if (status)
			return status < 0 ? -1 : sh->status;
	}
	sh->state.loops++;
	for (size_t i = 0; i < n; i++) {
		int r = shell_step(sh, err);

		if (!r)
			r = variable_assign(sh, a->name, items[i], 0);
		if (r) {
			status = r < 0 ? -1 : sh->status;
			break;
		}
		status = evaluate(sh, a->body, tested, err);
		if (status < 0 || !loop_goes_on(sh))
			break;
	}
	sh->state.loops--;
	if (status >= 0)
		scratch_back(&sh->session->scratch, mark);
	return status;
}

static int evaluate_case(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	struct str word, pattern;
	int status = 0, r;
	bool fall = false;

	sh->line = a->line;
	r = expand_text(sh, a->words[0], &word, err);
	if (r)
		return r < 0 ? -1 : sh->status;
	for (size_t i = 0; i < a->n_cases; i++) {
		const struct case_item *item = &a->cases[i];
		bool match = fall;

		for (size_t k = 0; k < item->n_patterns && !match; k++) {
			r = expand_pattern(sh, item->patterns[k], &pattern, err);
			if (!r)
				r = shell_match(sh, pattern, word, 0, &match, err);
			if (r)
				return r < 0 ? -1 : sh->status;
		}
		if (!match)
			continue;
		status = item->body ? evaluate(sh, item->body, tested, err) : 0;
		if (status < 0)
			return -1;
		if (sh->unwind || item->end == CASE_BREAK)
			break;
		fall = item->end == CASE_FALL;
	}
	scratch_back(&sh->session->scratch, mark);
	return status;
}

/* ---- subshells ---- */

/* What ends a process ends here; its EXIT trap runs. */
static int leave_process(struct shell *sh, int status, struct error *err)
{
	if (status >= 0 && sh->unwind != UNWIND_ABANDON) {
		if (sh->unwind == UNWIND_EXIT || sh->unwind == UNWIND_RETURN)
			status = sh->status;
		sh->unwind = UNWIND_NONE;
		sh->status = status;
		if (evaluate_exit_trap(sh, err) < 0)
			return -1;
		status = sh->status & 255;
	}
	return status;
}

static int give_back(struct shell *sh, struct subshell *saved, int status, struct error *err)
{
	const struct script_text *source = sh->source;

	for (size_t i = 0; i < SHELL_FDS; i++)
		if (sh->state.fd[i] && stream_drop(sh, sh->state.fd[i], err) && status >= 0)
			status = -1;
	subshell_end(sh, saved);
	sh->source = source;
	return status;
}

static int in_subshell(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct subshell saved;
	int status;

	subshell_begin(sh, &saved);
	status = evaluate(sh, a, tested, err);
	status = leave_process(sh, status, err);
	return give_back(sh, &saved, status, err);
}

int evaluate_substitution(struct shell *sh, const struct ast *a, struct str *ret,
			  struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 40);
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	struct subshell saved;
	struct stream *s;
	int status = 0;
	unsigned line = sh->line;
	int before = sh->status;

	*ret = STR("");
	sh->substituted = 0;
	if (!a)
		return 0;
	subshell_begin(sh, &saved);
	if (sh->state.fd[1] && stream_drop(sh, sh->state.fd[1], err))
		return -1;
	s = stream_new(sh->session, STREAM_BUFFER);
	s->writable = true;
	s->target = &out;
	sh->state.fd[1] = s;
	if (sh->bash)
		sh->state.flags &= ~(unsigned)FLAG_ERREXIT;
	status = evaluate(sh, a, false, err);
	status = leave_process(sh, status, err);
	s->target = &sh->session->closed;
	status = give_back(sh, &saved, status, err);
	if (status < 0)
		return -1;
	if (sh->unwind)
		return STOPPED;
	sh->substituted = status;
	sh->status = sh->bash ? status : before;
	sh->line = line;
	scratch_back(&sh->session->scratch, mark);
	while (out.len && out.ptr[out.len - 1] == '\n')
		out.len--;
	if (out.len && memchr(out.ptr, 0, out.len))
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
				     "a NUL character in a command substitution");
	*ret = scratch_str(&sh->session->scratch, buf_str(&out));
	return 0;
}

/* ---- pipelines: each part runs to its end before the next begins ---- */

static int pipe_part(struct shell *sh, const struct ast *a, struct buf *in, struct buf *out,
		     bool tested, struct error *err)
{
	struct subshell saved;
	struct stream *s;
	int status = 0;

	subshell_begin(sh, &saved);
	if (in) {
		if (sh->state.fd[0])
			status = stream_drop(sh, sh->state.fd[0], err);
		s = stream_new(sh->session, STREAM_INPUT);
		s->readable = true;
		s->in.data = (struct str){ in->ptr ? (char *)in->ptr : "", in->len };
		sh->state.fd[0] = s;
	}
	if (out) {
		if (!status && sh->state.fd[1])
			status = stream_drop(sh, sh->state.fd[1], err);
		s = stream_new(sh->session, STREAM_BUFFER);
		s->writable = true;
		s->target = out;
		sh->state.fd[1] = s;
	}
	if (!status)
		status = evaluate(sh, a, tested, err);
	status = leave_process(sh, status, err);
	return give_back(sh, &saved, status, err);
}

static int evaluate_pipe(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	CLEANUP_BUF struct buf left = BUF_INIT((size_t)1 << 40);
	CLEANUP_BUF struct buf right = BUF_INIT((size_t)1 << 40);
	int status = 0, failed = 0;

	for (size_t i = 0; i < a->n_items; i++) {
		struct buf swap;

		status = pipe_part(sh, a->items[i], i ? &left : NULL,
				   i + 1 < a->n_items ? &right : NULL, tested, err);
		if (status < 0 || sh->unwind)
			return status;
		if (status)
			failed = status;
		buf_reset(&left);
		swap = left;
		left = right;
		right = swap;
	}
	return sh->state.flags & FLAG_PIPEFAIL ? failed : status;
}

static int evaluate_pipeline(struct shell *sh, const struct ast *a, bool tested,
			     struct error *err)
{
	int status;

	tested = tested || a->negate;
	status = a->n_items == 1 ? evaluate(sh, a->items[0], tested, err)
				 : evaluate_pipe(sh, a, tested, err);
	if (status < 0 || sh->unwind)
		return status;
	if (a->negate)
		return !status;
	return errexit_check(sh, status, tested);
}

/* ---- bash: (( )) ---- */

static int arithmetic_value(struct shell *sh, const struct word *w, int64_t *ret,
			    struct error *err)
{
	struct str text;
	int r = expand_text(sh, w, &text, err);

	return r ? r : arithmetic_evaluate(sh, text, ret, err);
}

static int evaluate_arithmetic_for(struct shell *sh, const struct ast *a, bool tested,
				   struct error *err)
{
	int64_t value = 1;
	int status = 0, r = 0;

	r = arithmetic_value(sh, a->arith[0], &value, err);
	sh->state.loops++;
	while (!r) {
		value = 1;
		r = shell_step(sh, err);
		if (!r && a->arith[1]->n)
			r = arithmetic_value(sh, a->arith[1], &value, err);
		if (r || !value)
			break;
		status = evaluate(sh, a->body, tested, err);
		if (status < 0 || !loop_goes_on(sh))
			break;
		r = arithmetic_value(sh, a->arith[2], &value, err);
	}
	sh->state.loops--;
	return r < 0 || status < 0 ? -1 : r ? sh->status : status;
}

static int evaluate_arithmetic(struct shell *sh, const struct ast *a, bool tested,
			       struct error *err)
{
	int64_t value = 0;
	int r = arithmetic_value(sh, a->arith[0], &value, err);

	if (r)
		return r < 0 ? -1 : sh->status;
	return errexit_check(sh, value == 0, tested);
}

/* ---- any command ---- */

static int without_redirections(struct shell *sh, const struct ast *a, bool tested,
				struct error *err)
{
	int status;

	switch (a->kind) {
	case AST_SIMPLE:
		return evaluate_simple(sh, a, tested, err);
	case AST_PIPELINE:
		return evaluate_pipeline(sh, a, tested, err);
	case AST_AND_OR:
		return evaluate_and_or(sh, a, tested, err);
	case AST_LIST:
		return evaluate_list(sh, a, tested, err);
	case AST_SUBSHELL:
		status = in_subshell(sh, a->body, tested, err);
		return status < 0 ? -1 : errexit_check(sh, status, tested);
	case AST_GROUP:
		return evaluate(sh, a->body, tested, err);
	case AST_IF:
		return evaluate_if(sh, a, tested, err);
	case AST_FOR:
		return evaluate_for(sh, a, tested, err);
	case AST_CASE:
		return evaluate_case(sh, a, tested, err);
	case AST_WHILE:
		return evaluate_while(sh, a, tested, err);
	case AST_FUNCTION:
		function_define(sh, a->name, a->body);
		return 0;
	case AST_COND:
		status = evaluate_cond(sh, a->cond, err);
		return status < 0 || sh->unwind ? status : errexit_check(sh, status, tested);
	case AST_ARITH:
		return evaluate_arithmetic(sh, a, tested, err);
	case AST_ARITH_FOR:
		return evaluate_arithmetic_for(sh, a, tested, err);
	}
	return 0;
}

static int with_redirections(struct shell *sh, const struct ast *a, bool tested,
			     struct error *err)
{
	struct saved_fds saved;
	int status = redirect_begin(sh, a->redirects, &saved, err);

	if (status < 0)
		return -1;
	if (sh->unwind)
		return sh->status;
	if (status)
		return errexit_check(sh, sh->bash ? 1 : 2, tested);
	status = without_redirections(sh, a, tested, err);
	if (status < 0)
		return -1;
	return redirect_end(sh, &saved, err) ? -1 : status;
}

int evaluate(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	int status;

	if (!a)
		return 0;
	if (sh->session->depth >= 4 * LIMIT_SHELL_DEPTH) {
		status = shell_abandon(sh, REFUSAL_LIMIT, err, "it nests too deeply");
		return status < 0 ? -1 : sh->status;
	}
	sh->session->depth++;
	if (a->kind != AST_LIST) {
		sh->line = a->line;
		if (sh->source->outer)
			sh->session->outer_line = a->line;
	}
	if (a->redirects && a->kind != AST_SIMPLE)
		status = with_redirections(sh, a, tested, err);
	else
		status = without_redirections(sh, a, tested, err);
	/* Who leaves a function or the process has set the status with which. */
	if (sh->unwind == UNWIND_NONE || sh->unwind == UNWIND_BREAK ||
	    sh->unwind == UNWIND_CONTINUE)
		sh->status = status < 0 ? sh->status : status;
	else if (status >= 0)
		status = sh->status;
	sh->session->depth--;
	return status;
}
