/*
 * expr: operators of POSIX and GNU over words, with 64-bit numbers. Strings count
 * in characters of UTF-8; those beyond ASCII are refused where that shows.
 */
#include "shell/regex.h"
#include "shell/text_tool.h"

struct expr {
	struct shell_call *c;
	size_t at;
	unsigned depth;
	bool invalid; /* status 2 */
	const char *refusal;
	struct arena *arena;
};

static struct str read_or(struct expr *e, bool runs);

static struct str invalid(struct expr *e)
{
	e->invalid = true;
	return STR("");
}

static struct str refused(struct expr *e, const char *reason)
{
	e->refusal = e->refusal ? e->refusal : reason;
	return invalid(e);
}

static bool takes(struct expr *e, const char *word)
{
	if (e->at >= e->c->argc || !str_equal_cstr(e->c->argv[e->at], word))
		return false;
	e->at++;
	return true;
}

static bool is_integer(struct str s, int64_t *ret)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	uint64_t n = 0;
	struct str digits = { s.ptr + negative, s.len - negative };

	if (digits.len == 0 || !str_parse_u64(digits, &n) || n > INT64_MAX)
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

/* Longer numbers than ours are numbers to GNU's, too. */
static bool is_long_number(struct str s)
{
	size_t i = s.len > 0 && s.ptr[0] == '-';
	bool digits = i < s.len;

	for (; i < s.len; i++)
		digits &= s.ptr[i] >= '0' && s.ptr[i] <= '9';
	return digits;
}

static bool is_null(struct str s)
{
	size_t i = s.len > 0 && s.ptr[0] == '-';

	if (s.len == 0)
		return true;
	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		if (s.ptr[i] != '0')
			return false;
	}
	return true;
}

static struct str number_text(struct expr *e, int64_t n)
{
	return str_of(arena_printf(e->arena, "%lld", (long long)n));
}

static struct str match(struct expr *e, struct str text, struct str pattern)
{
	struct regex_span spans[2];
	const char *reason = NULL;
	struct regex *re = regex_compile(e->arena, pattern, 0, &reason);
	enum regex_answer answer = REGEX_NO_MATCH;

	if (!re)
		return refused(e, reason);
	/* Anchored at its begin: the leftmost match begins there or there is none. */
	answer = regex_search(re, text, 0, spans, 2);
	(void)shell_charge(e->c->shell, regex_steps(re));
	if (answer == REGEX_GAVE_UP)
		return refused(e, regex_reason(re));
	if (answer == REGEX_MATCH && spans[0].from > 0)
		answer = REGEX_NO_MATCH;
	if (regex_groups(re) > 0) {
		if (answer != REGEX_MATCH || spans[1].from == REGEX_UNSET)
			return STR("");
		return (struct str){ text.ptr + spans[1].from, spans[1].to - spans[1].from };
	}
	if (answer != REGEX_MATCH)
		return STR("0");
	text.len = spans[0].to;
	if (!text_is_ascii(text))
		return refused(e, "the length of text beyond ASCII");
	return number_text(e, (int64_t)text.len);
}

static struct str substring(struct expr *e, struct str text, struct str from, struct str length)
{
	int64_t at = 0, n = 0;

	if (!text_is_ascii(text))
		return refused(e, "a part of text beyond ASCII");
	if (!is_integer(from, &at) || !is_integer(length, &n) || at <= 0 || n <= 0 ||
	    (uint64_t)at > text.len)
		return STR("");
	text = (struct str){ text.ptr + at - 1, text.len - (size_t)(at - 1) };
	if ((uint64_t)n < text.len)
		text.len = (size_t)n;
	return text;
}

static struct str index_of(struct expr *e, struct str text, struct str set)
{
	if (!text_is_ascii(text) || !text_is_ascii(set))
		return refused(e, "a place in text beyond ASCII");
	for (size_t i = 0; i < text.len; i++) {
		if (text_has_char(set, text.ptr[i]))
			return number_text(e, (int64_t)i + 1);
	}
	return STR("0");
}

static struct str read_primary(struct expr *e, bool runs);

static struct str read_word(struct expr *e)
{
	if (e->at >= e->c->argc)
		return invalid(e);
	return e->c->argv[e->at++];
}

static struct str read_function(struct expr *e, bool runs, bool *ret_found)
{
	struct str a, b, d;

	*ret_found = true;
	if (takes(e, "match")) {
		a = read_primary(e, runs);
		b = read_primary(e, runs);
		return runs && !e->invalid ? match(e, a, b) : STR("");
	}
	if (takes(e, "substr")) {
		a = read_primary(e, runs);
		b = read_primary(e, runs);
		d = read_primary(e, runs);
		return runs && !e->invalid ? substring(e, a, b, d) : STR("");
	}
	if (takes(e, "index")) {
		a = read_primary(e, runs);
		b = read_primary(e, runs);
		return runs && !e->invalid ? index_of(e, a, b) : STR("");
	}
	if (takes(e, "length")) {
		a = read_primary(e, runs);
		if (!text_is_ascii(a))
			return refused(e, "the length of text beyond ASCII");
		return number_text(e, (int64_t)a.len);
	}
	*ret_found = false;
	return STR("");
}

static struct str read_primary(struct expr *e, bool runs)
{
	struct str value;
	bool found = false;

	if (e->at >= e->c->argc || e->invalid)
		return invalid(e);
	if (takes(e, "+"))
		return read_word(e);
	if (takes(e, "(")) {
		if (++e->depth > LIMIT_SHELL_DEPTH)
			return refused(e, "too many parentheses");
		value = read_or(e, runs);
		e->depth--;
		return takes(e, ")") ? value : invalid(e);
	}
	if (takes(e, ")"))
		return invalid(e);
	if (++e->depth > LIMIT_SHELL_DEPTH)
		return refused(e, "too many words");
	value = read_function(e, runs, &found);
	e->depth--;
	return found ? value : read_word(e);
}

static struct str read_match(struct expr *e, bool runs)
{
	struct str value = read_primary(e, runs);

	while (!e->invalid && takes(e, ":")) {
		struct str pattern = read_primary(e, runs);

		if (runs && !e->invalid)
			value = match(e, value, pattern);
	}
	return value;
}

static struct str calculate(struct expr *e, char op, struct str left, struct str right)
{
	int64_t a = 0, b = 0, n = 0;
	bool over = false;

	if (!is_integer(left, &a) || !is_integer(right, &b)) {
		if (is_long_number(left) && is_long_number(right))
			return refused(e, "numbers above 64 bits");
		return invalid(e);
	}
	if ((op == '/' || op == '%') && b == 0)
		return invalid(e);
	switch (op) {
	case '*':
		over = __builtin_mul_overflow(a, b, &n);
		break;
	case '/':
		n = a / b;
		break;
	case '%':
		n = a % b;
		break;
	case '+':
		over = __builtin_add_overflow(a, b, &n);
		break;
	default:
		over = __builtin_sub_overflow(a, b, &n);
		break;
	}
	return over ? refused(e, "numbers above 64 bits") : number_text(e, n);
}

static struct str read_product(struct expr *e, bool runs)
{
	struct str value = read_match(e, runs);

	while (!e->invalid) {
		char op = takes(e, "*") ? '*' : takes(e, "/") ? '/' : takes(e, "%") ? '%' : '\0';
		struct str right;

		if (!op)
			break;
		right = read_match(e, runs);
		if (runs && !e->invalid)
			value = calculate(e, op, value, right);
	}
	return value;
}

static struct str read_sum(struct expr *e, bool runs)
{
	struct str value = read_product(e, runs);

	while (!e->invalid) {
		char op = takes(e, "+") ? '+' : takes(e, "-") ? '-' : '\0';
		struct str right;

		if (!op)
			break;
		right = read_product(e, runs);
		if (runs && !e->invalid)
			value = calculate(e, op, value, right);
	}
	return value;
}

static int compare(struct str a, struct str b)
{
	int64_t x = 0, y = 0;

	if (is_integer(a, &x) && is_integer(b, &y))
		return x < y ? -1 : x > y;
	return str_compare(a, b);
}

static struct str read_comparison(struct expr *e, bool runs)
{
	static const char *const ops[] = { "<", "<=", "=", "==", "!=", ">=", ">" };
	struct str value = read_sum(e, runs);

	while (!e->invalid) {
		size_t op = 0;
		struct str right;
		int order = 0;

		while (op < 7 && !takes(e, ops[op]))
			op++;
		if (op == 7)
			break;
		right = read_sum(e, runs);
		if (!runs || e->invalid)
			continue;
		order = compare(value, right);
		bool holds = op == 0   ? order < 0
			     : op == 1 ? order <= 0
			     : op <= 3 ? order == 0
			     : op == 4 ? order != 0
			     : op == 5 ? order >= 0
				       : order > 0;
		value = holds ? STR("1") : STR("0");
	}
	return value;
}

static struct str read_and(struct expr *e, bool runs)
{
	struct str value = read_comparison(e, runs);

	while (!e->invalid && takes(e, "&")) {
		struct str right = read_comparison(e, runs && !is_null(value));

		if (is_null(value) || is_null(right))
			value = STR("0");
	}
	return value;
}

static struct str read_or(struct expr *e, bool runs)
{
	struct str value = read_and(e, runs);

	while (!e->invalid && takes(e, "|")) {
		struct str right = read_and(e, runs && is_null(value));

		if (is_null(value))
			value = is_null(right) ? STR("0") : right;
	}
	return value;
}

int run_expr(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct expr e = { .c = c, .at = 1, .arena = &arena };
	struct str value;

	if (c->argc > 1 && str_equal(c->argv[1], STR("--")))
		e.at++;
	if (c->argc == 2 && str_has_prefix(c->argv[1], STR("--")) && c->argv[1].len > 2)
		return shell_refuse(c, err, "this option");
	value = read_or(&e, true);
	if (e.refusal)
		return shell_refuse(c, err, "%s", e.refusal);
	if (e.invalid || e.at < c->argc)
		return shell_fail(c, 2, "syntax error or non-integer argument");
	if (text_put_line(c, value, '\n', err) < 0)
		return -1;
	return is_null(value);
}
