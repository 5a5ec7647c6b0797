/* read, and bash's mapfile. XCU 4, read. */
#include "shell/evaluate.h"

#include "shell/expander.h"
#include "shell/parser.h"

struct line {
	char *text;   /* in scratch */
	bool *quoted; /* escaped by a backslash */
	size_t n;
	bool newline;
};

static void take_line(struct shell_call *c, bool raw, struct line *ret)
{
	struct scratch *scratch = &c->shell->session->scratch;
	struct str rest = { c->in->data.ptr + c->in->at, c->in->data.len - c->in->at };
	size_t i = 0, room = 0;

	/* As far as the newline that no backslash stands before. */
	while (room < rest.len && rest.ptr[room] != '\n')
		room += !raw && rest.ptr[room] == '\\' && room + 1 < rest.len ? 2 : 1;
	*ret = (struct line){ .text = scratch_alloc(scratch, room + 2),
			      .quoted = scratch_alloc(scratch, room + 2) };
	while (i < rest.len) {
		char ch = rest.ptr[i++];
		bool quoted = false;

		if (ch == '\n') {
			ret->newline = true;
			break;
		}
		if (ch == '\\' && !raw) {
			if (i >= rest.len)
				break;
			ch = rest.ptr[i++];
			if (ch == '\n')
				continue;
			quoted = true;
		}
		if (!ch)
			continue;
		ret->text[ret->n] = ch;
		ret->quoted[ret->n++] = quoted;
	}
	c->in->at += i;
}

enum class { OTHER, WHITE, SEPARATOR };

static enum class class_of(const struct line *l, size_t i, struct str ifs)
{
	if (l->quoted[i] || !memchr(ifs.ptr, l->text[i], ifs.len))
		return OTHER;
	return strchr(" \t\n", l->text[i]) ? WHITE : SEPARATOR;
}

/* One field from *at; passes over what separates it from the next. */
static struct str next_field(const struct line *l, size_t *at, struct str ifs)
{
	struct str field = { l->text + *at, 0 };

	while (*at < l->n && class_of(l, *at, ifs) == OTHER)
		++*at;
	field.len = (size_t)(l->text + *at - field.ptr);
	while (*at < l->n && class_of(l, *at, ifs) == WHITE)
		++*at;
	if (*at < l->n && class_of(l, *at, ifs) == SEPARATOR) {
		++*at;
		while (*at < l->n && class_of(l, *at, ifs) == WHITE)
			++*at;
	}
	return field;
}

/* The last variable: the rest, but for white space and for one separator that ends it. */
static struct str last_field(const struct line *l, size_t at, struct str ifs)
{
	size_t end = l->n, after = at;
	struct str field = next_field(l, &after, ifs);

	if (after == l->n)
		return field;
	while (end > at && class_of(l, end - 1, ifs) == WHITE)
		end--;
	return (struct str){ l->text + at, end - at };
}

static int assign(struct shell_call *c, struct str name, struct str value)
{
	if (!parser_is_name(name))
		return builtin_error(c, c->shell->bash ? 1 : 2, STR_FMT ": bad variable name",
				     STR_ARG(name));
	return variable_assign(c->shell, name, value, 0) ? c->shell->status : 0;
}

int builtin_read(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct str ifs = expander_ifs(sh);
	struct line l;
	size_t i = 1, at = 0;
	bool raw = false;

	for (; i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-'; i++) {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		if (!str_equal_cstr(c->argv[i], "-r"))
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		raw = true;
	}
	if (i >= c->argc && !sh->bash)
		return builtin_error(c, 2, "arg count");
	take_line(c, raw, &l);
	if (i >= c->argc) {
		int r = assign(c, STR("REPLY"), (struct str){ l.text, l.n });

		return r ? r : !l.newline;
	}
	while (at < l.n && class_of(&l, at, ifs) == WHITE)
		at++;
	for (; i < c->argc; i++) {
		struct str field = i + 1 < c->argc ? next_field(&l, &at, ifs)
						   : last_field(&l, at, ifs);
		int r = assign(c, c->argv[i], field);

		if (r)
			return r;
	}
	return !l.newline;
}

int builtin_mapfile(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct str name = STR("MAPFILE"), text;
	struct variable *v;
	bool strip = false, newline;
	size_t i = 1;
	int64_t n = 0;

	if (i < c->argc && str_equal_cstr(c->argv[i], "-t")) {
		strip = true;
		i++;
	}
	if (i < c->argc)
		name = c->argv[i++];
	if (i < c->argc || !parser_is_name(name))
		return shell_refuse(c, err, "this use of mapfile");
	v = variable_make(sh, name);
	array_clear(sh, v);
	while (shell_input_line(c->in, &text, &newline)) {
		if (!strip)
			text.len += newline;
		array_put(sh, v, n++, text);
	}
	return 0;
}
