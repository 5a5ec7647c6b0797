/* echo and printf, as dash and bash have them. */
#include "shell/evaluate.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"

#define PRINT_STOP 256 /* \c: nothing more */

static unsigned octal(struct str s, size_t *at, unsigned max)
{
	unsigned value = 0;

	while (max-- && *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '7')
		value = value * 8 + (unsigned)(s.ptr[(*at)++] - '0');
	return value & 255;
}

static unsigned hex(struct str s, size_t *at)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 2 && *at < s.len; i++, ++*at) {
		char c = s.ptr[*at];

		if (c >= '0' && c <= '9')
			value = value * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			value = value * 16 + (unsigned)((c | 32) - 'a') + 10;
		else
			break;
	}
	return value;
}

/*
 * One escape of @s, whose backslash is at *at - 1. @percent_b: \0ooo is octal and \c
 * ends all; else \ooo. Returns the character, PRINT_STOP, or -1: the backslash stays.
 */
static int escape(const struct shell *sh, struct str s, size_t *at, bool percent_b)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	const char *known;
	char c;

	if (*at >= s.len)
		return -1;
	c = s.ptr[*at];
	known = c ? strchr(from, c) : NULL;
	if (known) {
		++*at;
		return (unsigned char)to[known - from];
	}
	if (percent_b && c == 'c') {
		++*at;
		return PRINT_STOP;
	}
	if (percent_b && c == '0') {
		++*at;
		return (int)octal(s, at, 3);
	}
	if (c >= '0' && c <= '7')
		return (int)octal(s, at, 3);
	if (sh->bash && (c == 'e' || c == 'E')) {
		++*at;
		return 033;
	}
	if (sh->bash && c == 'x') {
		++*at;
		return (int)hex(s, at);
	}
	if (!percent_b && c == '"' && sh->bash) {
		++*at;
		return '"';
	}
	return -1;
}

/* bash: \uHHHH, \UHHHHHHHH, and 'X for a character of several bytes. */
static bool has_unicode(const struct shell_call *c)
{
	for (size_t i = 1; c->shell->bash && i < c->argc; i++) {
		struct str s = c->argv[i];

		if (s.len > 1 && (s.ptr[0] == '\'' || s.ptr[0] == '"') &&
		    (unsigned char)s.ptr[1] >= 128)
			return true;
		for (size_t k = 0; k + 1 < s.len; k++)
			if (s.ptr[k] == '\\' && (s.ptr[k + 1] == 'u' || s.ptr[k + 1] == 'U'))
				return true;
	}
	return false;
}

/* False: \c. */
static bool add_escaped(const struct shell *sh, struct buf *out, struct str s)
{
	for (size_t at = 0; at < s.len;) {
		char c = s.ptr[at++];
		int e = c == '\\' ? escape(sh, s, &at, true) : (unsigned char)c;

		if (e == PRINT_STOP)
			return false;
		buf_add_char(out, e < 0 ? '\\' : (char)e);
	}
	return true;
}

int builtin_echo(struct shell_call *c, struct error *err)
{
	bool newline = true, escapes = !c->shell->bash;
	size_t i = 1;

	for (; i < c->argc; i++) {
		struct str arg = c->argv[i];
		size_t k = 1;

		if (!c->shell->bash) {
			if (i == 1 && str_equal_cstr(arg, "-n")) {
				newline = false;
				continue;
			}
			break;
		}
		if (arg.len < 2 || arg.ptr[0] != '-')
			break;
		while (k < arg.len && strchr("neE", arg.ptr[k]))
			k++;
		if (k < arg.len)
			break;
		for (k = 1; k < arg.len; k++) {
			newline = newline && arg.ptr[k] != 'n';
			escapes = arg.ptr[k] == 'e' || (escapes && arg.ptr[k] != 'E');
		}
	}
	if (escapes && has_unicode(c))
		return shell_refuse(c, err, "an escape of a character by its number");
	for (size_t first = i; i < c->argc; i++) {
		if (i > first)
			buf_add_char(c->out, ' ');
		if (!escapes)
			buf_add_str(c->out, c->argv[i]);
		else if (!add_escaped(c->shell, c->out, c->argv[i]))
			return 0;
	}
	if (newline)
		buf_add_char(c->out, '\n');
	return 0;
}

/* ---- printf ---- */

struct print {
	struct shell_call *c;
	struct str format;
	size_t at;
	const struct str *args;
	size_t n, used;
	int status;
};

struct conversion {
	char flags[8];
	int width, precision; /* -1: none */
};

static struct str next_argument(struct print *p)
{
	return p->used < p->n ? p->args[p->used++] : (p->used++, STR(""));
}

/* An integer as strtoimax() with base 0, or 'c for a character. */
static int64_t integer(struct print *p, struct str text, bool is_unsigned)
{
	char *copy, *end;
	int64_t value;
	bool bad;

	if (text.len && (text.ptr[0] == '\'' || text.ptr[0] == '"'))
		return text.len > 1 ? (unsigned char)text.ptr[1] : 0;
	copy = mem_str(text);
	value = is_unsigned ? (int64_t)strtoumax(copy, &end, 0) : strtoimax(copy, &end, 0);
	bad = *end || (end == copy && text.len);
	if (bad) {
		shell_message(p->c->shell, end == copy ? "printf: %s: expected numeric value"
						       : "printf: %s: not completely converted",
			      copy);
		p->status = 1;
	}
	free(copy);
	return value;
}

static void pad(struct buf *out, struct str text, const struct conversion *v)
{
	bool left = strchr(v->flags, '-') != NULL;
	size_t width = v->width > 0 ? (size_t)v->width : 0;
	size_t room = width > text.len ? width - text.len : 0;

	for (size_t i = 0; !left && i < room; i++)
		buf_add_char(out, ' ');
	buf_add_str(out, text);
	for (size_t i = 0; left && i < room; i++)
		buf_add_char(out, ' ');
}

static void print_integer(struct print *p, const struct conversion *v, char kind)
{
	char format[24], digits[8 + 4096];
	int64_t value = integer(p, next_argument(p), strchr("ouxX", kind) != NULL);
	int n;

	snprintf(format, sizeof(format), "%%%s*.*%s%c", v->flags, PRId64[0] == 'l' ? "l" : "ll",
		 kind);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = snprintf(digits, sizeof(digits), format, v->width > 0 ? v->width : 0, v->precision,
		     (long)value);
#pragma GCC diagnostic pop
	if (n > 0)
		buf_add(p->c->out, digits, (size_t)n);
}

static bool quote_argument(struct buf *out, struct str text)
{
	if (!text.len)
		buf_add_cstr(out, "''");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 32 || c > 126)
			return false;
		if (strchr(" !\"#$&'()*,;<=>?[\\]^`{|}~", c) &&
		    !(c == '=' || (c == '#' && i) || (c == '~' && i) || (c == ',' && false)))
			buf_add_char(out, '\\');
		buf_add_char(out, (char)c);
	}
	return true;
}

static bool number_of(struct print *p, int *ret)
{
	int value = 0;
	size_t start = p->at;

	if (p->at < p->format.len && p->format.ptr[p->at] == '*') {
		int64_t n = integer(p, next_argument(p), false);

		p->at++;
		*ret = (int)n;
		return n >= -4000 && n <= 4000;
	}
	while (p->at < p->format.len && p->format.ptr[p->at] >= '0' &&
	       p->format.ptr[p->at] <= '9' && value <= 4000)
		value = value * 10 + (p->format.ptr[p->at++] - '0');
	if (p->at > start)
		*ret = value;
	return value <= 4000;
}

/* 0; 1: stop, \c; 2: refused with *ret; -1. */
static int convert(struct print *p, int *ret, struct error *err)
{
	struct conversion v = { .width = -1, .precision = -1 };
	struct str text;
	size_t n = 0;
	char kind;

	while (p->at < p->format.len && strchr("-+ #0", p->format.ptr[p->at])) {
		if (n + 1 < sizeof(v.flags) && !strchr(v.flags, p->format.ptr[p->at]))
			v.flags[n++] = p->format.ptr[p->at];
		p->at++;
	}
	if (!number_of(p, &v.width))
		goto refuse;
	if (v.width < -1) {
		v.width = -v.width;
		if (n + 1 < sizeof(v.flags))
			v.flags[n++] = '-';
	}
	if (p->at < p->format.len && p->format.ptr[p->at] == '.') {
		p->at++;
		v.precision = 0;
		if (!number_of(p, &v.precision))
			goto refuse;
	}
	kind = p->at < p->format.len ? p->format.ptr[p->at++] : 0;
	switch (kind) {
	case 's':
	case 'c':
		text = next_argument(p);
		if (kind == 'c')
			text.len = text.len ? 1 : 0;
		else if (v.precision >= 0 && text.len > (size_t)v.precision)
			text.len = (size_t)v.precision;
		pad(p->c->out, text, &v);
		return 0;
	case 'b': {
		CLEANUP_BUF struct buf b = BUF_INIT((size_t)1 << 40);
		bool more = add_escaped(p->c->shell, &b, next_argument(p));

		text = b.ptr ? buf_str(&b) : STR("");
		if (v.precision >= 0 && text.len > (size_t)v.precision)
			text.len = (size_t)v.precision;
		pad(p->c->out, text, &v);
		return !more;
	}
	case 'q':
		if (p->c->shell->bash && v.width < 0 && quote_argument(p->c->out, next_argument(p)))
			return 0;
		goto refuse;
	case 'd':
	case 'i':
	case 'o':
	case 'u':
	case 'x':
	case 'X':
		print_integer(p, &v, kind);
		return 0;
	default:
		break;
	}
refuse:
	*ret = shell_refuse(p->c, err, "this conversion of printf");
	return *ret < 0 ? -1 : 2;
}

static int print_once(struct print *p, int *ret, struct error *err)
{
	for (p->at = 0; p->at < p->format.len;) {
		char c = p->format.ptr[p->at++];
		int e = (unsigned char)c, r;

		if (c == '\\') {
			e = escape(p->c->shell, p->format, &p->at, false);
			if (e < 0 && p->at < p->format.len && p->format.ptr[p->at] == 'c' &&
			    !p->c->shell->bash)
				return 1;
			buf_add_char(p->c->out, e < 0 ? '\\' : (char)e);
		} else if (c == '%' && p->at < p->format.len && p->format.ptr[p->at] == '%') {
			buf_add_char(p->c->out, '%');
			p->at++;
		} else if (c == '%') {
			r = convert(p, ret, err);
			if (r)
				return r;
		} else {
			buf_add_char(p->c->out, c);
		}
	}
	return 0;
}

int builtin_printf(struct shell_call *c, struct error *err)
{
	struct print p = { .c = c };
	size_t first = 1;
	int r, status = 0;

	if (c->argc > first && str_equal_cstr(c->argv[first], "--"))
		first++;
	else if (c->shell->bash && c->argc > first && str_equal_cstr(c->argv[first], "-v"))
		return shell_refuse(c, err, "option -v");
	if (first >= c->argc)
		return builtin_error(c, 2, "usage: printf format [arg ...]");
	if (has_unicode(c))
		return shell_refuse(c, err, "an escape of a character by its number");
	p.format = c->argv[first];
	p.args = c->argv + first + 1;
	p.n = c->argc - first - 1;
	do {
		size_t used = p.used, before = c->out->len;

		r = print_once(&p, &status, err);
		if (r < 0)
			return -1;
		if (shell_charge(c->shell, c->out->len - before))
			break; /* the shell says so */
		if (r == 2)
			return status;
		if (c->out->len > LIMIT_SHELL_OUTPUT || p.used == used)
			break;
	} while (!r && p.used < p.n);
	return p.status;
}
