/* Functions of awk. */
#include "shell/awk.h"
#include "shell/charclass.h"

#include <stdio.h>

static struct awk_value argument(struct awk *w, struct awk_node *node, unsigned n)
{
	struct awk_node *arg = node->a;

	for (; arg && n > 0; n--)
		arg = arg->next;
	if (!arg)
		awk_refuse(w, "a function without its arguments");
	return awk_evaluate(w, arg);
}

static unsigned count(const struct awk_node *node)
{
	unsigned n = 0;

	for (const struct awk_node *arg = node->a; arg; arg = arg->next)
		n++;
	return n;
}

static struct str text_argument(struct awk *w, struct awk_node *node, unsigned n)
{
	struct awk_value v = argument(w, node, n);

	return awk_to_string(w, &v);
}

/* Where mawk's bytes and gawk's characters would differ. */
static struct str ascii_argument(struct awk *w, struct awk_node *node, unsigned n)
{
	struct str s = text_argument(w, node, n);

	if (!text_is_ascii(s))
		awk_refuse(w, "characters beyond ASCII");
	return s;
}

static struct regex *regex_argument(struct awk *w, struct awk_node *arg)
{
	struct awk_value v;

	if (!arg)
		awk_refuse(w, "a function without its arguments");
	if (arg->kind == N_REGEX)
		return arg->regex;
	v = awk_evaluate(w, arg);
	return awk_regex(w, awk_to_string(w, &v));
}

static double rounded(double n)
{
	double floor = (double)(long long)n;

	if (n > 1e15 || n < -1e15)
		return n;
	if (floor > n)
		floor -= 1;
	if (n - floor != 0.5)
		return n - floor > 0.5 ? floor + 1 : floor;
	return (long long)floor % 2 == 0 ? floor : floor + 1;
}

static struct awk_value substring(struct awk *w, struct awk_node *node)
{
	struct str s = ascii_argument(w, node, 0);
	struct awk_value v = argument(w, node, 1);
	double from = rounded(awk_to_number(w, &v)), to = (double)s.len + 1;

	if (count(node) > 2) {
		double n = 0;

		v = argument(w, node, 2);
		n = awk_to_number(w, &v);
		/* mawk's versions differ about what begins before the text. */
		if (n != rounded(n) || from < 1)
			awk_refuse(w, "a broken length");
		to = from + n < to ? from + n : to;
	}
	if (from < 1)
		from = 1;
	if (to <= from)
		return awk_string(STR(""));
	return awk_string((struct str){ s.ptr + (size_t)from - 1, (size_t)(to - from) });
}

static double index_of(struct str s, struct str what)
{
	for (size_t i = 0; i + what.len <= s.len; i++) {
		if (what.len == 0 || memcmp(s.ptr + i, what.ptr, what.len) == 0)
			return what.len == 0 ? 0 : (double)(i + 1);
	}
	return 0;
}

static void add_element(struct awk *w, void *context, struct str piece)
{
	struct awk_array *a = context;
	struct awk_cell *cell =
		awk_element(w, a, str_of(arena_printf(&w->arena, "%u", a->n_present + 1)), true);

	cell->kind = CELL_SCALAR;
	cell->value = awk_input(piece);
}

static struct awk_value split(struct awk *w, struct awk_node *node)
{
	struct str text = text_argument(w, node, 0);
	struct awk_node *separator = count(node) > 2 ? node->a->next->next : NULL;
	struct awk_array *a = NULL;
	struct str with = awk_special_text(w, V_FS);

	if (count(node) < 2)
		awk_refuse(w, "a function without its arguments");
	if (separator) {
		struct awk_value v;

		if (separator->kind == N_REGEX) {
			with = separator->text;
			/* A regular expression even where it is one character. */
			if (with.len == 1)
				with = awk_concat(w, STR("()"), with);
		} else {
			v = awk_evaluate(w, separator);
			with = awk_to_string(w, &v);
		}
	}
	a = awk_array_of(w, node->a->next);
	awk_clear(a);
	(void)awk_split(w, text, with, add_element, a);
	return awk_number(a->n_present);
}

static void add_replacement(struct awk *w, struct buf *out, struct str with, struct str matched)
{
	for (size_t i = 0; i < with.len; i++) {
		struct str piece = { with.ptr + i, 1 };

		if (with.ptr[i] == '&')
			piece = matched;
		else if (with.ptr[i] == '\\' && i + 1 < with.len &&
			 (with.ptr[i + 1] == '&' || with.ptr[i + 1] == '\\')) {
			/* "\\\\&": mawk and gawk count backslashes differently. */
			if (with.ptr[i + 1] == '\\')
				awk_refuse(w, "two backslashes in a replacement");
			piece.ptr = with.ptr + ++i;
		}
		if (text_add(out, piece, w->err) < 0)
			awk_fail(w);
	}
}

/* sub and gsub. The buffer is released here: awk_refuse() leaves through stop. */
static struct awk_value substitute(struct awk *w, struct awk_node *node, bool global)
{
	struct regex *re = regex_argument(w, node->a);
	struct str with = text_argument(w, node, 1), text;
	struct awk_node zero = { .kind = N_NUMBER }, record = { .kind = N_FIELD, .a = &zero };
	struct awk_node *target = count(node) > 2 ? node->a->next->next : &record;
	struct awk_value v = awk_evaluate(w, target);
	struct awk_stream *scratch = &w->streams[sizeof(w->streams) / sizeof(w->streams[0]) - 1];
	struct buf *out = &scratch->out;
	size_t at = 0, copied = 0, last = REGEX_UNSET;
	unsigned n = 0;

	text = awk_to_string(w, &v);
	buf_reset(out);
	out->max = LIMIT_SHELL_OUTPUT;
	while (at <= text.len) {
		struct regex_span span;

		if (!awk_search(w, re, text, at, &span))
			break;
		at = span.to + (span.to == span.from);
		if (span.to == span.from && span.from == last)
			continue;
		last = span.to;
		n++;
		if (text_add(out, (struct str){ text.ptr + copied, span.from - copied }, w->err) <
		    0)
			awk_fail(w);
		add_replacement(w, out, with,
				(struct str){ text.ptr + span.from, span.to - span.from });
		copied = span.to;
		if (!global)
			break;
	}
	if (n > 0) {
		if (text_add(out, (struct str){ text.ptr + copied, text.len - copied }, w->err) < 0)
			awk_fail(w);
		awk_assign(w, target, awk_string(awk_concat(w, buf_str(out), STR(""))));
	}
	return awk_number(n);
}

static struct awk_value find(struct awk *w, struct awk_node *node)
{
	struct str text = ascii_argument(w, node, 0);
	struct regex_span span = { 0, 0 };
	bool found = awk_search(w, regex_argument(w, node->a->next), text, 0, &span);

	awk_set_special(w, V_RSTART, awk_number(found ? (double)span.from + 1 : 0));
	awk_set_special(w, V_RLENGTH, awk_number(found ? (double)(span.to - span.from) : -1));
	return w->globals[V_RSTART].value;
}

static struct awk_value change_case(struct awk *w, struct awk_node *node, bool upper)
{
	struct str s = ascii_argument(w, node, 0);
	char *copy = arena_alloc(&w->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = (char)(upper ? ascii_upper((unsigned char)s.ptr[i])
				       : ascii_lower((unsigned char)s.ptr[i]));
	return awk_string((struct str){ copy, s.len });
}

static struct awk_value length(struct awk *w, struct awk_node *node)
{
	struct awk_value record;
	struct str s;

	if (node->a && (node->a->kind == N_VARIABLE || node->a->kind == N_LOCAL)) {
		struct awk_cell *cell = node->a->kind == N_VARIABLE ? &w->globals[node->a->index]
								    : &w->frame[node->a->index];

		if (cell->kind == CELL_ARRAY)
			return awk_number(cell->array->n_present);
	}
	record = node->a ? argument(w, node, 0) : awk_field(w, 0);
	s = awk_to_string(w, &record);
	if (!text_is_ascii(s))
		awk_refuse(w, "characters beyond ASCII");
	return awk_number((double)s.len);
}

static struct awk_value print_text(struct awk *w, struct awk_node *node)
{
	struct awk_value args[64];
	unsigned n = 0;

	for (struct awk_node *arg = node->a ? node->a->next : NULL; arg; arg = arg->next) {
		if (n == sizeof(args) / sizeof(args[0]))
			awk_refuse(w, "too many arguments");
		args[n++] = awk_evaluate(w, arg);
	}
	return awk_string(awk_format(w, text_argument(w, node, 0), args, n));
}

struct awk_value awk_call_builtin(struct awk *w, struct awk_node *node)
{
	struct awk_value v;
	double n = 0;

	switch ((enum awk_builtin)node->op) {
	case F_LENGTH:
		return length(w, node);
	case F_SUBSTR:
		return substring(w, node);
	case F_INDEX:
		if (text_argument(w, node, 1).len == 0)
			awk_refuse(w, "index of nothing");
		return awk_number(index_of(ascii_argument(w, node, 0), ascii_argument(w, node, 1)));
	case F_SPLIT:
		return split(w, node);
	case F_SUB:
	case F_GSUB:
		return substitute(w, node, node->op == F_GSUB);
	case F_MATCH:
		return find(w, node);
	case F_SPRINTF:
		return print_text(w, node);
	case F_INT:
		v = argument(w, node, 0);
		n = awk_to_number(w, &v);
		return awk_number(n < 1e15 && n > -1e15 ? (double)(long long)n : n);
	case F_TOLOWER:
	case F_TOUPPER:
		return change_case(w, node, node->op == F_TOUPPER);
	case F_CLOSE:
	case F_FFLUSH:
		awk_close_all(w);
		if (node->op == F_CLOSE) {
			struct str name = text_argument(w, node, 0);

			for (unsigned i = 0; i < w->n_streams; i++) {
				if (str_equal(w->streams[i].name, name)) {
					buf_release(&w->streams[i].out);
					w->streams[i] = w->streams[--w->n_streams];
					w->streams[w->n_streams] =
						(struct awk_stream){ .output = false };
					return awk_number(0);
				}
			}
			return awk_number(-1);
		}
		return awk_number(0);
	case F_REFUSED:
		break;
	}
	awk_refuse(w, "a function that is not known");
}

/* ---- printf ---- */

/* "%" flags width precision, with "*" taken from the arguments, to @spec. */
static size_t read_spec(struct awk *w, struct str f, size_t i, char spec[48],
			struct awk_value *args, unsigned n, unsigned *next)
{
	size_t to = 0;

	spec[to++] = '%';
	for (i++; i < f.len && text_has_char(STR("-+ #0123456789.*"), f.ptr[i]); i++) {
		if (to > 30)
			awk_refuse(w, "a long format");
		if (f.ptr[i] != '*') {
			spec[to++] = f.ptr[i];
			continue;
		}
		if (*next >= n)
			awk_refuse(w, "a format without its argument");
		double width = awk_to_number(w, &args[(*next)++]);
		if (width > 100000 || width < -100000)
			awk_refuse(w, "a very wide format");
		to += (size_t)snprintf(spec + to, 12, "%d", (int)width);
	}
	spec[to] = '\0';
	if (str_find_char(str_of(spec), '.') > 8)
		awk_refuse(w, "a very wide format");
	return i;
}

static struct str format_one(struct awk *w, char *spec, char letter, const struct awk_value *v)
{
	size_t n = strlen(spec);
	struct str s;

	spec[n + 1] = spec[n + 2] = spec[n + 3] = '\0';
	switch (letter) {
	case 'd':
	case 'i':
	case 'o':
	case 'x':
	case 'X':
	case 'u':
		if (awk_to_number(w, v) > 2147483646.0 || awk_to_number(w, v) < -2147483646.0 ||
		    (letter != 'd' && letter != 'i' && awk_to_number(w, v) < 0))
			awk_refuse(w, "a number above 31 bits");
		memcpy(spec + n, "ll", 2);
		spec[n + 2] = letter;
		return str_of(arena_printf(&w->arena, spec, (long long)awk_to_number(w, v)));
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		spec[n] = letter;
		return str_of(arena_printf(&w->arena, spec, awk_to_number(w, v)));
	case 'c':
	case 's':
		s = awk_to_string(w, v);
		if (letter == 'c' && (v->flags & AWK_NUMBER || v->flags & AWK_MAYBE_NUMBER))
			awk_refuse(w, "%c of a number");
		if (letter == 'c' && s.len > 1)
			s.len = 1;
		if (n == 1)
			return s;
		if (!text_is_ascii(s) || text_has_char(s, '\0'))
			awk_refuse(w, "the width of characters beyond ASCII");
		spec[n] = 's';
		return str_of(arena_printf(&w->arena, spec, arena_strdup(&w->arena, s)));
	default:
		awk_refuse(w, "a format that is not known");
	}
}

struct str awk_format(struct awk *w, struct str f, struct awk_value *args, unsigned n)
{
	struct str out = STR("");
	unsigned next = 0;
	size_t from = 0;

	for (size_t i = 0; i < f.len; i++) {
		char spec[48] = "";

		if (f.ptr[i] != '%')
			continue;
		out = awk_concat(w, out, (struct str){ f.ptr + from, i - from });
		if (i + 1 < f.len && f.ptr[i + 1] == '%') {
			from = ++i;
			continue;
		}
		i = read_spec(w, f, i, spec, args, n, &next);
		if (i == f.len || next >= n)
			awk_refuse(w, "a format without its argument");
		out = awk_concat(w, out, format_one(w, spec, f.ptr[i], &args[next++]));
		from = i + 1;
	}
	return awk_concat(w, out, (struct str){ f.ptr + from, f.len - from });
}
