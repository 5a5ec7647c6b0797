/*
 * getopt of util-linux: a command line taken apart as glibc's getopt_long(3) and
 * getopt_long_only(3) do, and printed quoted for the shell.
 */
#include <stdarg.h>
#include <stdio.h>

#include "shell/text_tool.h"

#define LONG_MAX_COUNT 1024u

enum {
	OWN_ALTERNATIVE = 1,
	OWN_LONG,
	OWN_NAME,
	OWN_SHORT,
	OWN_QUIET,
	OWN_SILENT,
	OWN_SHELL,
	OWN_TEST,
	OWN_UNQUOTED
};

static const struct shell_option own_options[] = {
	{ 'a', "alternative", OPTION_NO_VALUE, OWN_ALTERNATIVE },
	{ 'l', "longoptions", OPTION_VALUE, OWN_LONG },
	{ 'n', "name", OPTION_VALUE, OWN_NAME },
	{ 'o', "options", OPTION_VALUE, OWN_SHORT },
	{ 'q', "quiet", OPTION_NO_VALUE, OWN_QUIET },
	{ 'Q', "quiet-output", OPTION_NO_VALUE, OWN_SILENT },
	{ 's', "shell", OPTION_VALUE, OWN_SHELL },
	{ 'T', "test", OPTION_NO_VALUE, OWN_TEST },
	{ 'u', "unquoted", OPTION_NO_VALUE, OWN_UNQUOTED },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct long_option {
	struct str name;
	int value; /* 0 none, 1 required, 2 optional */
};

struct getopt {
	struct shell_call *c;
	struct str name, shorts;
	struct long_option *longs;
	size_t n_longs;
	bool alternative, quiet, silent, unquoted, test, in_order, stop_early, failed;

	const struct str *argv;
	size_t argc, at;
	struct str *left; /* operands, in their order */
	size_t n_left;
};

/* ---- output ---- */

static int put_word(struct getopt *g, struct str s, struct error *err)
{
	if (g->silent)
		return 0;
	if (g->unquoted)
		return text_printf(g->c, err, " " STR_FMT, STR_ARG(s));
	if (text_put(g->c, STR(" '"), err) < 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		struct str one = { s.ptr + i, 1 };

		if (text_put(g->c, *one.ptr == '\'' ? STR("'\\''") : one, err) < 0)
			return -1;
	}
	return text_put(g->c, STR("'"), err);
}

static int put_option(struct getopt *g, struct str dashes, struct str name, bool has_value,
		      struct str value, struct error *err)
{
	if (g->silent)
		return 0;
	if (text_printf(g->c, err, " " STR_FMT STR_FMT, STR_ARG(dashes), STR_ARG(name)) < 0)
		return -1;
	return has_value ? put_word(g, value.ptr ? value : STR(""), err) : 0;
}

static int PRINTF_LIKE(2, 3) complain(struct getopt *g, const char *fmt, ...)
{
	char text[512];
	va_list args;

	g->failed = true;
	if (g->quiet)
		return 0;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(g->c->err, STR_FMT ": %s\n", STR_ARG(g->name), text);
	return 0;
}

/* ---- taking apart ---- */

static const struct long_option *find_long(const struct getopt *g, struct str name,
					   bool *ret_several)
{
	const struct long_option *found = NULL;

	*ret_several = false;
	for (size_t i = 0; i < g->n_longs; i++) {
		if (str_equal(g->longs[i].name, name)) {
			*ret_several = false;
			return &g->longs[i];
		}
		if (!str_has_prefix(g->longs[i].name, name))
			continue;
		*ret_several |= found != NULL;
		found = &g->longs[i];
	}
	return found;
}

/* The place in the short options, or NULL. */
static const char *find_short(const struct getopt *g, char letter)
{
	return letter == ':' || letter == ';' || !g->shorts.len
		       ? NULL
		       : memchr(g->shorts.ptr, letter, g->shorts.len);
}

static int colons_after(const struct getopt *g, const char *at)
{
	const char *end = g->shorts.ptr + g->shorts.len;
	int n = 0;

	while (++at < end && *at == ':' && n < 2)
		n++;
	return n;
}

/* @text follows @dashes. Return: 0 done, 1 it is no long option, -1. */
static int read_long(struct getopt *g, struct str dashes, struct str text, struct error *err)
{
	size_t n = str_find_char(text, '=');
	struct str name = { text.ptr, n }, value = { NULL, 0 };
	bool several = false;
	const struct long_option *o = find_long(g, name, &several);

	if (!o && dashes.len == 1 && find_short(g, *text.ptr))
		return 1;
	g->at++;
	if (several)
		return complain(g, "option '" STR_FMT STR_FMT "' is ambiguous", STR_ARG(dashes),
				STR_ARG(name));
	if (!o)
		return complain(g, "unrecognized option '" STR_FMT STR_FMT "'", STR_ARG(dashes),
				STR_ARG(name));
	if (n < text.len) {
		if (!o->value)
			return complain(g, "option '" STR_FMT STR_FMT "' doesn't allow an argument",
					STR_ARG(dashes), STR_ARG(o->name));
		value = (struct str){ text.ptr + n + 1, text.len - n - 1 };
	} else if (o->value == 1) {
		if (g->at >= g->argc)
			return complain(g, "option '" STR_FMT STR_FMT "' requires an argument",
					STR_ARG(dashes), STR_ARG(o->name));
		value = g->argv[g->at++];
	}
	return put_option(g, STR("--"), o->name, o->value != 0, value, err);
}

static int read_shorts(struct getopt *g, struct str arg, struct error *err)
{
	g->at++;
	for (size_t i = 1; i < arg.len; i++) {
		const char *o = find_short(g, arg.ptr[i]);
		struct str name = { arg.ptr + i, 1 }, value = { arg.ptr + i + 1, arg.len - i - 1 };
		int colons = o ? colons_after(g, o) : 0;

		if (!o) {
			(void)complain(g, "invalid option -- '%c'", arg.ptr[i]);
			continue;
		}
		if (!colons) {
			if (put_option(g, STR("-"), name, false, value, err) < 0)
				return -1;
			continue;
		}
		if (!value.len && colons == 1) {
			if (g->at >= g->argc)
				return complain(g, "option requires an argument -- '%c'",
						arg.ptr[i]);
			value = g->argv[g->at++];
		}
		return put_option(g, STR("-"), name, true, value, err);
	}
	return 0;
}

static int read_option(struct getopt *g, struct str arg, struct error *err)
{
	if (g->n_longs && arg.ptr[1] == '-')
		return read_long(g, STR("--"), (struct str){ arg.ptr + 2, arg.len - 2 }, err);
	if (g->n_longs && g->alternative && (arg.len > 2 || !find_short(g, arg.ptr[1]))) {
		int r = read_long(g, STR("-"), (struct str){ arg.ptr + 1, arg.len - 1 }, err);

		if (r <= 0)
			return r;
	}
	return read_shorts(g, arg, err);
}

static int read_all(struct getopt *g, struct error *err)
{
	while (g->at < g->argc) {
		struct str arg = g->argv[g->at];

		if (str_equal_cstr(arg, "--")) {
			g->at++;
			break;
		}
		if (arg.len > 1 && *arg.ptr == '-') {
			if (read_option(g, arg, err) < 0)
				return -1;
			continue;
		}
		if (g->stop_early)
			break;
		g->at++;
		if (!g->in_order)
			g->left[g->n_left++] = arg;
		else if (put_word(g, arg, err) < 0)
			return -1;
	}
	while (g->at < g->argc)
		g->left[g->n_left++] = g->argv[g->at++];
	return 0;
}

static int print_left(struct getopt *g, struct error *err)
{
	if (g->silent)
		return 0;
	if (text_put(g->c, STR(" --"), err) < 0)
		return -1;
	for (size_t i = 0; i < g->n_left; i++)
		if (put_word(g, g->left[i], err) < 0)
			return -1;
	return text_put(g->c, STR("\n"), err);
}

/* ---- getopt's own command line ---- */

/* "name,name:,name::"; false: one is empty. */
static bool add_longs(struct getopt *g, struct str list)
{
	while (list.len) {
		size_t end = 0;
		struct long_option o = { .value = 0 };

		while (end < list.len && !strchr(", \t\n", list.ptr[end]))
			end++;
		o.name = (struct str){ list.ptr, end };
		list.ptr += end + (end < list.len);
		list.len -= end + (end < list.len);
		if (!end)
			continue;
		while (o.value < 2 && o.name.len && o.name.ptr[o.name.len - 1] == ':') {
			o.name.len--;
			o.value++;
		}
		if (!o.name.len || g->n_longs == LONG_MAX_COUNT)
			return false;
		g->longs[g->n_longs++] = o;
	}
	return true;
}

/* False: something that is not modelled. */
static bool take_own(struct getopt *g, const struct shell_arguments *a, bool *ret_has_shorts)
{
	for (size_t i = 0; i < a->n_options; i++) {
		struct str value = a->options[i].value;

		switch (a->options[i].id) {
		case OWN_ALTERNATIVE:
			g->alternative = true;
			break;
		case OWN_NAME:
			g->name = value;
			break;
		case OWN_QUIET:
			g->quiet = true;
			break;
		case OWN_SILENT:
			g->silent = true;
			break;
		case OWN_TEST:
			g->test = true;
			break;
		case OWN_UNQUOTED:
			g->unquoted = true;
			break;
		case OWN_SHORT:
			g->shorts = value;
			*ret_has_shorts = true;
			break;
		case OWN_SHELL:
			if (!str_equal_cstr(value, "sh") && !str_equal_cstr(value, "bash"))
				return false;
			break;
		default:
			if (!add_longs(g, value))
				return false;
		}
	}
	return true;
}

/* '+' and '-' before the letters say what operands do. */
static void take_order(struct getopt *g)
{
	if (!g->shorts.len || (*g->shorts.ptr != '+' && *g->shorts.ptr != '-'))
		return;
	g->stop_early = *g->shorts.ptr == '+';
	g->in_order = !g->stop_early;
	g->shorts = (struct str){ g->shorts.ptr + 1, g->shorts.len - 1 };
}

static bool is_set(struct shell_call *c, const char *name)
{
	struct str value;

	return shell_exported(c->shell, str_of(name), &value);
}

int run_getopt(struct shell_call *c, struct error *err)
{
	struct getopt g = { .c = c, .name = c->argv[0] };
	struct shell_arguments a;
	bool has_shorts = false;
	int status = 0, found;

	if (is_set(c, "GETOPT_COMPATIBLE") || is_set(c, "POSIXLY_CORRECT"))
		return shell_refuse(c, err, "getopt where the environment changes its ways");
	if (c->argc < 2 || !c->argv[1].len || *c->argv[1].ptr != '-')
		return shell_refuse(c, err, "getopt in its old form");
	found = shell_options(c, own_options, true, &a, &status, err);
	if (found)
		return found < 0 ? -1 : status;
	g.longs = arena_array(c->world->arena, LONG_MAX_COUNT, sizeof(*g.longs));
	if (!take_own(&g, &a, &has_shorts))
		return shell_refuse(c, err, "this shell or these long options");
	if (g.test)
		return 4;
	g.argv = a.operands;
	g.argc = a.n_operands;
	if (!has_shorts) {
		if (!g.argc)
			return shell_fail(c, 2, "getopt: missing optstring argument");
		g.shorts = g.argv[g.at++];
	}
	take_order(&g);
	if (text_has_char(g.shorts, ';') || (g.shorts.len && *g.shorts.ptr == ':'))
		return shell_refuse(c, err, "';' or a leading ':' among the options");
	g.left = arena_array(c->world->arena, g.argc + 1, sizeof(*g.left));
	if (read_all(&g, err) < 0 || print_left(&g, err) < 0)
		return -1;
	return g.failed ? 1 : 0;
}
