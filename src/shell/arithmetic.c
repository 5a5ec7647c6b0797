/* Arithmetic: C's operators over 64 bits that wrap. XCU 2.6.4. */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "shell/expander.h"

struct arithmetic {
	struct shell *sh;
	struct str text;
	size_t at;
	bool skip; /* the side of && || ?: that isn't evaluated */
	bool failed;
	unsigned depth;
	struct error *err;
	int result;
};

struct operand {
	int64_t value;
	struct str name; /* a variable, for assignment */
};

static struct operand comma(struct arithmetic *a);
static struct operand assignment(struct arithmetic *a);

static void fail(struct arithmetic *a, const char *reason)
{
	if (a->failed)
		return;
	a->failed = true;
	a->result = shell_die(a->sh, a->sh->bash ? 1 : 2,
			      "arithmetic expression: %s: \"" STR_FMT "\"", reason,
			      STR_ARG(a->text));
}

static void blanks(struct arithmetic *a)
{
	while (a->at < a->text.len && strchr(" \t\n", a->text.ptr[a->at]))
		a->at++;
}

static bool take(struct arithmetic *a, const char *op, const char *not_before)
{
	size_t n = strlen(op);
	char next;

	blanks(a);
	if (a->failed || a->text.len - a->at < n || memcmp(a->text.ptr + a->at, op, n))
		return false;
	next = a->at + n < a->text.len ? a->text.ptr[a->at + n] : 0;
	if (next && strchr(not_before, next))
		return false;
	a->at += n;
	return true;
}

static bool parse_number(struct str s, bool bash, int64_t *ret)
{
	uint64_t value = 0;
	unsigned base = 10;
	size_t i = 0;
	bool negative = false;

	while (s.len && strchr(" \t\n", s.ptr[0]) && s.ptr[0]) {
		s.ptr++;
		s.len--;
	}
	while (s.len && strchr(" \t\n", s.ptr[s.len - 1]) && s.ptr[s.len - 1])
		s.len--;
	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		negative = s.ptr[0] == '-';
		i = 1;
	}
	if (i == s.len)
		return false;
	if (s.ptr[i] == '0' && i + 1 < s.len) {
		base = s.ptr[i + 1] == 'x' || s.ptr[i + 1] == 'X' ? 16 : 8;
		i += base == 16 ? 2 : 1;
	}
	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		char c = s.ptr[i];
		unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0')
			     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
			     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
						    : 99;
		if (d >= base)
			return false;
		/* dash stops at the largest number, bash goes round. */
		if (!bash && value > ((uint64_t)INT64_MAX - d) / base)
			value = INT64_MAX;
		else
			value = value * base + d;
	}
	*ret = (int64_t)(negative ? -value : value);
	return true;
}

/* bash: BASE#DIGITS, of which there are 64. */
static bool parse_based(struct str s, size_t hash, int64_t *ret)
{
	uint64_t base = 0, value = 0;

	if (!str_parse_u64((struct str){ s.ptr, hash }, &base) || base < 2 || base > 64 ||
	    s.ptr[0] == '0' || hash + 1 == s.len)
		return false;
	for (size_t i = hash + 1; i < s.len; i++) {
		char c = s.ptr[i];
		unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
			     : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10
			     : c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + (base > 36 ? 36 : 10)
			     : c == '@'		    ? 62
			     : c == '_'		    ? 63
						    : 99;

		if (d >= base)
			return false;
		value = value * base + d;
	}
	*ret = (int64_t)value;
	return true;
}

static int64_t variable_value(struct arithmetic *a, struct str name)
{
	struct str text;
	int64_t value = 0;
	bool set;

	if (a->skip)
		return 0;
	a->result = parameter_get(a->sh, name, &text, &set, a->err);
	if (a->result) {
		a->failed = true;
		return 0;
	}
	if (!set && (a->sh->state.flags & FLAG_NOUNSET)) {
		a->failed = true;
		a->result = shell_die(a->sh, a->sh->bash ? 1 : 2, STR_FMT ": parameter not set",
				      STR_ARG(name));
		return 0;
	}
	if (!str_trim(text).len || parse_number(text, a->sh->bash, &value))
		return value;
	if (a->sh->bash) {
		/* bash evaluates the text of a variable as an expression */
		if (++a->sh->session->depth > 4 * LIMIT_SHELL_DEPTH)
			a->result = shell_abandon(a->sh, REFUSAL_LIMIT, a->err,
						  "it nests too deeply");
		else
			a->result = arithmetic_evaluate(a->sh, text, &value, a->err);
		a->sh->session->depth--;
		a->failed = a->result != 0;
		return value;
	}
	a->failed = true;
	a->result = shell_die(a->sh, 2, "Illegal number: " STR_FMT, STR_ARG(text));
	return 0;
}

static void store(struct arithmetic *a, struct operand *o, int64_t value)
{
	char text[32];

	o->value = value;
	if (a->skip || a->failed)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)value);
	a->result = variable_assign(a->sh, o->name, str_of(text), 0);
	a->failed = a->result != 0;
}

static bool name_character(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

static struct operand primary(struct arithmetic *a)
{
	struct operand o = { 0 };
	struct str digits;
	size_t start, hash;

	blanks(a);
	start = a->at;
	if (take(a, "(", "")) {
		o = comma(a);
		o.name.len = 0;
		if (!take(a, ")", ""))
			fail(a, "expecting ')'");
		return o;
	}
	if (a->at < a->text.len && name_character(a->text.ptr[a->at], true)) {
		while (a->at < a->text.len && name_character(a->text.ptr[a->at], false))
			a->at++;
		o.name = (struct str){ a->text.ptr + start, a->at - start };
		if (a->sh->bash && a->at < a->text.len && a->text.ptr[a->at] == '[') {
			const struct variable *v = variable_find(a->sh, o.name);
			struct operand index;
			struct str text = STR("");

			a->at++;
			index = comma(a);
			if (!take(a, "]", ""))
				fail(a, "expecting ']'");
			if (v && !a->failed && array_get(v, index.value, &text) &&
			    !parse_number(text, true, &o.value))
				fail(a, "an element that is no number");
			o.name.len = 0;
		}
		return o;
	}
	while (a->at < a->text.len && (name_character(a->text.ptr[a->at], false) ||
				       (a->sh->bash && strchr("#@", a->text.ptr[a->at]))))
		a->at++;
	digits = (struct str){ a->text.ptr + start, a->at - start };
	hash = str_find_char(digits, '#');
	if (hash < digits.len ? !parse_based(digits, hash, &o.value)
			      : !parse_number(digits, a->sh->bash, &o.value))
		fail(a, "expecting primary");
	return o;
}

static int64_t value_of(struct arithmetic *a, struct operand o)
{
	return o.name.len ? variable_value(a, o.name) : o.value;
}

static struct operand unary(struct arithmetic *a)
{
	struct operand o = { 0 };
	bool step = a->sh->bash;

	if (a->failed)
		return o;
	if (++a->depth > LIMIT_SHELL_DEPTH) {
		fail(a, "it nests too deeply");
	} else if (step && (take(a, "++", "") || take(a, "--", ""))) {
		int by = a->text.ptr[a->at - 1] == '+' ? 1 : -1;

		o = unary(a);
		if (o.name.len)
			store(a, &o, (int64_t)((uint64_t)value_of(a, o) + (uint64_t)by));
		o.name.len = 0;
	} else if (take(a, "!", "=")) {
		o = unary(a);
		o = (struct operand){ .value = !value_of(a, o) };
	} else if (take(a, "~", "")) {
		o = unary(a);
		o = (struct operand){ .value = ~value_of(a, o) };
	} else if (take(a, "-", "")) {
		o = unary(a);
		o = (struct operand){ .value = (int64_t)-(uint64_t)value_of(a, o) };
	} else if (take(a, "+", "")) {
		o = unary(a);
		o = (struct operand){ .value = value_of(a, o) };
	} else {
		o = primary(a);
		if (step && o.name.len && (take(a, "++", "") || take(a, "--", ""))) {
			int by = a->text.ptr[a->at - 1] == '+' ? 1 : -1;
			int64_t before = value_of(a, o);

			store(a, &o, (int64_t)((uint64_t)before + (uint64_t)by));
			o = (struct operand){ .value = before };
		}
	}
	a->depth--;
	return o;
}

enum operator { POWER, MUL, DIV, REM, ADD, SUB, SHL, SHR, LE, GE, LT, GT, EQ, NE, AND, XOR, OR };

static const struct {
	const char *text, *not_before;
	unsigned level;
	enum operator op;
} operators[] = {
	{ "**", "", 11, POWER }, { "*", "=*", 10, MUL }, { "/", "=", 10, DIV },  { "%", "=", 10, REM },
	{ "+", "=+", 9, ADD },  { "-", "=-", 9, SUB },	{ "<<", "=", 8, SHL },
	{ ">>", "=", 8, SHR },	{ "<=", "", 7, LE },	{ ">=", "", 7, GE },
	{ "<", "<=", 7, LT },	{ ">", ">=", 7, GT },	{ "==", "", 6, EQ },
	{ "!=", "", 6, NE },	{ "&", "=&", 5, AND },	{ "^", "=", 4, XOR },
	{ "|", "=|", 3, OR },
};

static int64_t compute(struct arithmetic *a, enum operator op, int64_t x, int64_t y)
{
	uint64_t ux = (uint64_t)x, uy = (uint64_t)y;

	switch (op) {
	case POWER:
		if (y < 0)
			fail(a, "exponent less than 0");
		for (ux = 1, uy = (uint64_t)x; y > 0; y >>= 1, uy *= uy)
			if (y & 1)
				ux *= uy;
		return (int64_t)ux;
	case MUL:
		return (int64_t)(ux * uy);
	case DIV:
	case REM:
		if (!y) {
			if (!a->skip)
				fail(a, "division by zero");
			return 0;
		}
		if (y == -1)
			return op == DIV ? (int64_t)-ux : 0;
		return op == DIV ? x / y : x % y;
	case ADD:
		return (int64_t)(ux + uy);
	case SUB:
		return (int64_t)(ux - uy);
	case SHL:
		return (int64_t)(ux << (uy & 63));
	case SHR:
		return x >> (uy & 63);
	case LE:
		return x <= y;
	case GE:
		return x >= y;
	case LT:
		return x < y;
	case GT:
		return x > y;
	case EQ:
		return x == y;
	case NE:
		return x != y;
	case AND:
		return x & y;
	case XOR:
		return x ^ y;
	case OR:
		return x | y;
	}
	return 0;
}

/* Precedence climbing: operators of @level and above. */
static struct operand binary(struct arithmetic *a, unsigned level)
{
	struct operand left = unary(a);
	size_t i;

	/* "a ** b ** c" takes the right side first. */
	if (++a->depth > LIMIT_SHELL_DEPTH)
		fail(a, "it nests too deeply");
	while (!a->failed) {
		struct operand right;
		int64_t x;

		for (i = 0; i < sizeof(operators) / sizeof(*operators); i++)
			if (operators[i].level >= level &&
			    (operators[i].op != POWER || a->sh->bash) &&
			    take(a, operators[i].text, operators[i].not_before))
				break;
		if (i == sizeof(operators) / sizeof(*operators))
			break;
		x = value_of(a, left);
		right = binary(a, operators[i].level + (operators[i].op != POWER));
		left = (struct operand){ .value = compute(a, operators[i].op, x,
							  value_of(a, right)) };
	}
	a->depth--;
	return left;
}

static struct operand logical(struct arithmetic *a, bool is_or)
{
	struct operand left = is_or ? logical(a, false) : binary(a, 3);

	while (take(a, is_or ? "||" : "&&", "")) {
		bool skip = a->skip, x = value_of(a, left) != 0;
		struct operand right;

		a->skip = skip || x == is_or;
		right = is_or ? logical(a, false) : binary(a, 3);
		left = (struct operand){ .value = x == is_or ? x : value_of(a, right) != 0 };
		a->skip = skip;
	}
	return left;
}

static struct operand conditional(struct arithmetic *a)
{
	struct operand test = logical(a, true), yes, no;
	bool skip = a->skip, x;

	if (!take(a, "?", ""))
		return test;
	if (++a->depth > LIMIT_SHELL_DEPTH)
		fail(a, "it nests too deeply");
	x = value_of(a, test) != 0;
	a->skip = skip || !x;
	yes = comma(a);
	yes = (struct operand){ .value = value_of(a, yes) };
	if (!take(a, ":", ""))
		fail(a, "expecting ':'");
	a->skip = skip || x;
	no = conditional(a);
	no = (struct operand){ .value = value_of(a, no) };
	a->skip = skip;
	a->depth--;
	return x ? yes : no;
}

static struct operand assignment(struct arithmetic *a)
{
	static const struct {
		const char *text;
		enum operator op;
	} ops[] = { { "*=", MUL },  { "/=", DIV },  { "%=", REM }, { "+=", ADD }, { "-=", SUB },
		    { "<<=", SHL }, { ">>=", SHR }, { "&=", AND }, { "^=", XOR }, { "|=", OR } };
	struct operand left, right;

	if (++a->depth > LIMIT_SHELL_DEPTH) {
		fail(a, "it nests too deeply");
		return (struct operand){ 0 };
	}
	left = conditional(a);
	if (left.name.len && take(a, "=", "=")) {
		right = assignment(a);
		store(a, &left, value_of(a, right));
		left.name.len = 0;
	}
	for (size_t i = 0; left.name.len && i < sizeof(ops) / sizeof(*ops); i++)
		if (take(a, ops[i].text, "")) {
			int64_t x = value_of(a, left);

			right = assignment(a);
			store(a, &left, compute(a, ops[i].op, x, value_of(a, right)));
			left.name.len = 0;
		}
	a->depth--;
	return left;
}

static struct operand comma(struct arithmetic *a)
{
	struct operand o = assignment(a);

	while (a->sh->bash && take(a, ",", "")) {
		(void)value_of(a, o);
		o = assignment(a);
	}
	return o;
}

int arithmetic_evaluate(struct shell *sh, struct str text, int64_t *ret, struct error *err)
{
	struct arithmetic a = { .sh = sh, .text = text, .err = err };
	struct operand o;
	/* bash evaluates the texts of variables: 2^n of them may follow from n. */
	int r = shell_step(sh, err);

	*ret = 0;
	if (r)
		return r;
	(void)shell_charge(sh, text.len);
	if (!str_trim(text).len) {
		if (!sh->bash)
			fail(&a, "expecting primary");
		return a.result;
	}
	o = comma(&a);
	if (!a.failed)
		*ret = value_of(&a, o);
	blanks(&a);
	if (!a.failed && a.at < a.text.len)
		fail(&a, "expecting EOF");
	return a.result;
}
