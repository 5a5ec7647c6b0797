/* head, tail, tac, rev, nl, wc, tee: whole lines, or counts of them. */
#include "shell/text_tool.h"

struct part {
	bool bytes, quiet, verbose;
	char end;
	char sign; /* '-' of head, '+' of tail, else 0 */
	uint64_t n;
};

static const struct shell_option part_options[] = {
	{ 'n', "lines", OPTION_VALUE, 'n' },	  { 'c', "bytes", OPTION_VALUE, 'c' },
	{ 'q', "quiet", OPTION_NO_VALUE, 'q' },	  { 0, "silent", OPTION_NO_VALUE, 'q' },
	{ 'v', "verbose", OPTION_NO_VALUE, 'v' }, { 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

/* Return 0, 1 with *ret_status (refused), -1. */
static int read_part(struct shell_call *c, char sign, struct shell_arguments *a, struct part *p,
		     int *ret_status, struct error *err)
{
	int found = shell_options(c, part_options, false, a, ret_status, err);

	*p = (struct part){ .n = 10, .end = '\n' };
	for (size_t i = 0; !found && i < a->n_options; i++) {
		struct str value = a->options[i].value;

		p->quiet |= a->options[i].id == 'q';
		p->verbose |= a->options[i].id == 'v';
		if (a->options[i].id == 'z')
			p->end = '\0';
		if (!value.ptr)
			continue;
		p->bytes = a->options[i].id == 'c';
		p->sign = 0;
		if (value.len > 0 && (value.ptr[0] == '-' || value.ptr[0] == '+')) {
			if (value.ptr[0] == sign)
				p->sign = sign;
			value = (struct str){ value.ptr + 1, value.len - 1 };
		}
		if (!str_parse_u64(value, &p->n)) {
			*ret_status = shell_refuse(c, err, "number '" STR_FMT "'", STR_ARG(value));
			found = *ret_status < 0 ? -1 : 1;
		}
	}
	return found;
}

static uint64_t count_units(struct str s, const struct part *p)
{
	struct str rest = s, line;
	uint64_t n = 0;
	bool ended = false;

	if (p->bytes)
		return s.len;
	while (text_line(&rest, p->end, &line, &ended))
		n++;
	return n;
}

/* Offset behind the first @n bytes or lines. */
static size_t offset_of(struct str s, const struct part *p, uint64_t n)
{
	struct str rest = s, line;
	bool ended = false;

	if (p->bytes)
		return n < s.len ? (size_t)n : s.len;
	while (n > 0 && text_line(&rest, p->end, &line, &ended))
		n--;
	return s.len - rest.len;
}

static struct str take_head(struct str s, const struct part *p)
{
	uint64_t n = p->n, all = 0;

	if (p->sign == '-') {
		all = count_units(s, p);
		n = all > p->n ? all - p->n : 0;
	}
	return (struct str){ s.ptr, offset_of(s, p, n) };
}

static struct str take_tail(struct str s, const struct part *p)
{
	uint64_t all = 0, skip = 0;
	size_t at = 0;

	if (p->sign == '+') {
		skip = p->n > 0 ? p->n - 1 : 0;
	} else {
		all = count_units(s, p);
		skip = all > p->n ? all - p->n : 0;
	}
	at = offset_of(s, p, skip);
	return (struct str){ s.ptr + at, s.len - at };
}

static int run_part(struct shell_call *original, char sign,
		    struct str take(struct str s, const struct part *p), struct error *err)
{
	struct shell_call call = text_old_number(original, 'n'), *c = &call;
	struct shell_arguments a;
	struct part p;
	static const struct str input[] = { { "-", 1 } };
	int status = 0, found = read_part(c, sign, &a, &p, &status, err);
	bool first = true;

	if (found)
		return found < 0 ? -1 : status;
	if (a.n_operands == 0) {
		a.operands = input;
		a.n_operands = 1;
	}
	for (size_t i = 0; i < a.n_operands; i++) {
		bool is_input = str_equal(a.operands[i], STR("-"));
		size_t before = c->in->at;
		struct str s, piece;

		found = text_read(c, a.operands[i], false, &s, err);
		if (found < 0)
			return -1;
		if (found > 0) {
			status = 1;
			continue;
		}
		if (p.verbose || (a.n_operands > 1 && !p.quiet)) {
			struct str name = is_input ? STR("standard input") : a.operands[i];

			if (text_put(c, first ? STR("==> ") : STR("\n==> "), err) < 0 ||
			    text_put(c, name, err) < 0 || text_put(c, STR(" <==\n"), err) < 0)
				return -1;
		}
		first = false;
		piece = s.len > 0 ? take(s, &p) : s;
		/* What head hasn't shown is left for others, as from a file. */
		if (is_input && sign == '-')
			c->in->at = before + piece.len;
		if (text_put(c, piece, err) < 0)
			return -1;
	}
	return status;
}

int run_head(struct shell_call *c, struct error *err)
{
	return run_part(c, '-', take_head, err);
}

int run_tail(struct shell_call *c, struct error *err)
{
	return run_part(c, '+', take_tail, err);
}

static const struct shell_option no_options[] = { { 0, NULL, OPTION_NO_VALUE, 0 } };

int run_tac(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	int status = 0, found = shell_options(c, no_options, false, &a, &status, err);
	static const struct str input[] = { { "-", 1 } };

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < (a.n_operands ? a.n_operands : 1); i++) {
		struct str text, *lines = NULL;
		size_t n = 0;

		found = text_read(c, a.n_operands ? a.operands[i] : input[0], false, &text, err);
		if (found < 0)
			return -1;
		status |= found;
		n = text_lines(&arena, text, '\n', &lines);
		for (size_t k = n; k-- > 0;) {
			bool last = k == n - 1 && text.ptr[text.len - 1] != '\n';

			if (text_put(c, lines[k], err) < 0 ||
			    (!last && text_put(c, STR("\n"), err) < 0))
				return -1;
		}
	}
	return status;
}

int run_rev(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct str text, line, rest;
	bool failed = false, ended = false;
	int status = 0, found = shell_options(c, no_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	if (text_read_all(c, &a, &arena, &text, &failed, err) < 0)
		return -1;
	if (!text_is_ascii(text))
		return shell_refuse(c, err, "text beyond ASCII");
	rest = text;
	while (text_line(&rest, '\n', &line, &ended)) {
		for (size_t i = line.len; i-- > 0;) {
			if (text_put(c, (struct str){ line.ptr + i, 1 }, err) < 0)
				return -1;
		}
		if (ended && text_put(c, STR("\n"), err) < 0)
			return -1;
	}
	return failed;
}

static const struct shell_option nl_options[] = {
	{ 'b', "body-numbering", OPTION_VALUE, 'b' },
	{ 'w', "number-width", OPTION_VALUE, 'w' },
	{ 's', "number-separator", OPTION_VALUE, 's' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int run_nl(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct str text, line, rest, separator = STR("\t");
	uint64_t width = 6, number = 0;
	bool failed = false, ended = false, all = false;
	int status = 0, found = shell_options(c, nl_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		struct str value = a.options[i].value;

		if (a.options[i].id == 's')
			separator = value;
		else if (a.options[i].id == 'b' &&
			 (str_equal(value, STR("a")) || str_equal(value, STR("t"))))
			all = value.ptr[0] == 'a';
		else if (a.options[i].id != 'w' || !str_parse_u64(value, &width) || width > 100)
			return shell_refuse(c, err, "value '" STR_FMT "'", STR_ARG(value));
	}
	if (text_read_all(c, &a, &arena, &text, &failed, err) < 0)
		return -1;
	rest = text;
	while (text_line(&rest, '\n', &line, &ended)) {
		if (str_has_prefix(line, STR("\\:")))
			return shell_refuse(c, err, "pages of sections");
		if (!all && line.len == 0)
			found = text_printf(c, err, "%*s\n", (int)(width + separator.len), "");
		else if (text_printf(c, err, "%*llu", (int)width, (unsigned long long)++number) <
				 0 ||
			 text_put(c, separator, err) < 0)
			return -1;
		else
			found = text_put_line(c, line, '\n', err);
		if (found < 0)
			return -1;
	}
	return failed;
}

/* ---- wc ---- */

static const struct shell_option wc_options[] = {
	{ 'c', "bytes", OPTION_NO_VALUE, 'c' }, { 'm', "chars", OPTION_NO_VALUE, 'm' },
	{ 'l', "lines", OPTION_NO_VALUE, 'l' }, { 'w', "words", OPTION_NO_VALUE, 'w' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct counts {
	uint64_t value[4]; /* lines, words, characters, bytes: in the order of output */
};

static void count_text(struct str s, struct counts *ret)
{
	bool word = false;

	*ret = (struct counts){ .value = { 0, 0, 0, s.len } };
	for (size_t i = 0; i < s.len; i++) {
		unsigned char b = (unsigned char)s.ptr[i];
		bool space = b == ' ' || (b >= '\t' && b <= '\r');

		ret->value[0] += b == '\n';
		ret->value[1] += !space && !word;
		ret->value[2] += (b & 0xc0) != 0x80;
		word = !space;
	}
}

static int put_counts(struct shell_call *c, const struct counts *n, const bool wanted[4], int width,
		      struct str name, struct error *err)
{
	const char *blank = "";

	for (int k = 0; k < 4; k++) {
		if (!wanted[k])
			continue;
		if (text_printf(c, err, "%s%*llu", blank, width, (unsigned long long)n->value[k]) <
		    0)
			return -1;
		blank = " ";
	}
	if (name.len > 0 && (text_put(c, STR(" "), err) < 0 || text_put(c, name, err) < 0))
		return -1;
	return text_put(c, STR("\n"), err);
}

static int decimal_digits(uint64_t n)
{
	int digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

int run_wc(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct counts total = { { 0 } }, *each = NULL;
	bool wanted[4] = { false }, *there = NULL, input = false;
	int status = 0, width = 1, n_wanted = 0;
	int found = shell_options(c, wc_options, false, &a, &status, err);
	size_t n = found ? 0 : a.n_operands ? a.n_operands : 1;

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		wanted[str_find_char(STR("lwmc"), (char)a.options[i].id)] = true;
	if (a.n_options == 0)
		wanted[0] = wanted[1] = wanted[3] = true;
	each = arena_array(c->world->arena, n, sizeof(*each));
	there = arena_array(c->world->arena, n, sizeof(*there));
	for (size_t i = 0; i < n; i++) {
		struct str s = { NULL, 0 }, name = a.n_operands ? a.operands[i] : STR("-");

		found = text_read(c, name, false, &s, err);
		if (found < 0)
			return -1;
		status |= found;
		there[i] = found == 0;
		input |= str_equal(name, STR("-"));
		if (!text_is_ascii(s) && (wanted[1] || wanted[2]))
			return shell_refuse(c, err, "words or characters beyond ASCII");
		count_text(s, &each[i]);
		for (int k = 0; k < 4; k++)
			total.value[k] += each[i].value[k];
	}
	if (n == 1 && status)
		return status;
	for (int k = 0; k < 4; k++)
		n_wanted += wanted[k];
	if (n > 1 || n_wanted > 1) {
		/* As wide as the sum of sizes, or 7 for a pipe: which it is is not known. */
		if (input || status)
			return shell_refuse(c, err, "several numbers about standard input");
		width = decimal_digits(total.value[3]);
	}
	for (size_t i = 0; i < n; i++) {
		struct str name = a.n_operands ? a.operands[i] : STR("");

		if (there[i] && put_counts(c, &each[i], wanted, width, name, err) < 0)
			return -1;
	}
	if (n > 1 && put_counts(c, &total, wanted, width, STR("total"), err) < 0)
		return -1;
	return status;
}

/* ---- tee, sleep ---- */

static const struct shell_option tee_options[] = {
	{ 'a', "append", OPTION_NO_VALUE, 'a' },
	{ 'i', "ignore-interrupts", OPTION_NO_VALUE, 'i' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int run_tee(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str text;
	bool append = false;
	int status = 0, found = shell_options(c, tee_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		append |= a.options[i].id == 'a';
	text = shell_input_all(c->in);
	if (text_put(c, text, err) < 0)
		return -1;
	for (size_t i = 0; i < a.n_operands; i++) {
		if (str_has_prefix(a.operands[i], STR("/dev/")) &&
		    !str_equal(a.operands[i], STR("/dev/null")))
			return shell_refuse(c, err, "output to '" STR_FMT "'",
					    STR_ARG(a.operands[i]));
		found = text_write(c, a.operands[i], text, append, err);
		if (found < 0)
			return -1;
		status |= found;
	}
	return status;
}

/* Time stands still here: nothing can be waited for, and nobody sees that none passed. */
int run_sleep(struct shell_call *c, struct error *err)
{
	for (size_t i = 1; i < c->argc; i++) {
		struct str s = c->argv[i];

		if (s.len > 1 && text_has_char(STR("smhd"), s.ptr[s.len - 1]))
			s.len--;
		for (size_t k = 0; k < s.len; k++) {
			if (!text_has_char(STR("0123456789."), s.ptr[k]))
				return shell_refuse(c, err, "time '" STR_FMT "'", STR_ARG(s));
		}
	}
	return c->argc > 1 ? 0 : shell_fail(c, 1, "missing operand");
}
