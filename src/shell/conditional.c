/* bash's [[ ]]. */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "shell/regex.h"

/* =~: what matched goes to BASH_REMATCH. */
static int match_regex(struct shell *sh, const struct cond *c, struct str left, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct regex_span spans[REGEX_SPANS];
	const char *reason = NULL;
	struct regex *re;
	struct variable *v;
	struct str pattern;
	enum regex_answer answer;
	int r = expand_regex(sh, c->right, &pattern, err);

	if (r)
		return r < 0 ? -1 : sh->status;
	re = regex_compile(&arena, pattern, REGEX_EXTENDED, &reason);
	if (re && regex_groups(re) >= REGEX_SPANS)
		reason = "more than nine groups";
	if (reason) {
		r = shell_abandon(sh, REFUSAL_CONSTRUCT, err, "a regular expression: %s", reason);
		return r < 0 ? -1 : 2;
	}
	answer = regex_search(re, left, 0, spans, regex_groups(re) + 1);
	(void)shell_charge(sh, regex_steps(re));
	if (answer == REGEX_GAVE_UP) {
		r = shell_abandon(sh, REFUSAL_CONSTRUCT, err, "a regular expression: %s",
				  regex_reason(re));
		return r < 0 ? -1 : 2;
	}
	v = variable_make(sh, STR("BASH_REMATCH"));
	array_clear(sh, v);
	for (unsigned i = 0; answer == REGEX_MATCH && i <= regex_groups(re); i++) {
		struct str part = STR("");

		if (spans[i].from != REGEX_UNSET)
			part = (struct str){ left.ptr + spans[i].from,
					     spans[i].to - spans[i].from };
		array_put(sh, v, i, part);
	}
	return answer != REGEX_MATCH;
}

static int integers(struct shell *sh, struct str op, struct str left, struct str right,
		    struct error *err)
{
	int64_t x = 0, y = 0;
	int r = arithmetic_evaluate(sh, left, &x, err);

	r = r ? r : arithmetic_evaluate(sh, right, &y, err);
	if (r)
		return r < 0 ? -1 : sh->status;
	switch (op.ptr[1] * 256 + op.ptr[2]) {
	case 'e' * 256 + 'q':
		return x != y;
	case 'n' * 256 + 'e':
		return x == y;
	case 'g' * 256 + 't':
		return x <= y;
	case 'g' * 256 + 'e':
		return x < y;
	case 'l' * 256 + 't':
		return x >= y;
	default:
		return x > y;
	}
}

static int binary(struct shell *sh, const struct cond *c, struct error *err)
{
	struct str left, right;
	struct shell_call call = { .shell = sh, .world = sh->world };
	bool matches = false;
	int r = expand_text(sh, c->left, &left, err);

	if (r)
		return r < 0 ? -1 : sh->status;
	if (str_equal_cstr(c->op, "=~"))
		return match_regex(sh, c, left, err);
	if (str_equal_cstr(c->op, "=") || str_equal_cstr(c->op, "==") ||
	    str_equal_cstr(c->op, "!=")) {
		r = expand_pattern(sh, c->right, &right, err);
		if (!r)
			r = shell_match(sh, right, left, MATCH_EXTENDED, &matches, err);
		if (r)
			return r < 0 ? -1 : sh->status;
		return matches == (c->op.ptr[0] == '!');
	}
	r = expand_text(sh, c->right, &right, err);
	if (r)
		return r < 0 ? -1 : sh->status;
	if (str_equal_cstr(c->op, "<"))
		return str_compare(left, right) >= 0;
	if (str_equal_cstr(c->op, ">"))
		return str_compare(left, right) <= 0;
	if (str_equal_cstr(c->op, "-nt") || str_equal_cstr(c->op, "-ot") ||
	    str_equal_cstr(c->op, "-ef")) {
		if (streams_flush(sh->session, sh, err))
			return -1;
		return !test_binary_files(&call, c->op, left, right);
	}
	return integers(sh, c->op, left, right, err);
}

static int unary(struct shell *sh, const struct cond *c, struct error *err)
{
	struct shell_call call = { .shell = sh, .world = sh->world };
	struct str operand, value;
	int r = expand_text(sh, c->left, &operand, err);

	if (r)
		return r < 0 ? -1 : sh->status;
	if (c->op.ptr[1] == 'v') {
		if (memchr(operand.ptr, '[', operand.len)) {
			r = shell_abandon(sh, REFUSAL_CONSTRUCT, err, "[[ -v of an element ]]");
			return r < 0 ? -1 : 1;
		}
		return !variable_get(sh, operand, &value);
	}
	if (strchr("oNR", c->op.ptr[1])) {
		r = shell_abandon(sh, REFUSAL_CONSTRUCT, err, "[[ " STR_FMT " ]]", STR_ARG(c->op));
		return r < 0 ? -1 : 1;
	}
	r = test_unary(&call, c->op.ptr[1] == 'a' ? 'e' : c->op.ptr[1], operand, err);
	return r < 0 ? -1 : !r;
}

/* The status: 0 true, 1 false. */
static int evaluate_at(struct shell *sh, const struct cond *c, unsigned depth, struct error *err)
{
	struct str text;
	int r;

	if (depth > 4 * LIMIT_SHELL_DEPTH) {
		r = shell_abandon(sh, REFUSAL_LIMIT, err, "it nests too deeply");
		return r < 0 ? -1 : 1;
	}
	switch (c->kind) {
	case COND_WORD:
		r = expand_text(sh, c->left, &text, err);
		if (r)
			return r < 0 ? -1 : sh->status;
		return text.len == 0;
	case COND_UNARY:
		return unary(sh, c, err);
	case COND_BINARY:
		return binary(sh, c, err);
	case COND_NOT:
		r = evaluate_at(sh, c->a, depth + 1, err);
		return r < 0 || sh->unwind ? r : !r;
	case COND_AND:
	case COND_OR:
		r = evaluate_at(sh, c->a, depth + 1, err);
		if (r < 0 || sh->unwind || (r != 0) == (c->kind == COND_AND))
			return r;
		return evaluate_at(sh, c->b, depth + 1, err);
	}
	return 1;
}

int evaluate_cond(struct shell *sh, const struct cond *c, struct error *err)
{
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	int r = evaluate_at(sh, c, 0, err);

	if (r >= 0)
		scratch_back(&sh->session->scratch, mark);
	return r;
}
