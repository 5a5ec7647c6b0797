/*
 * alias NAME=VALUE of dash, where it is no more than a short function: a simple command
 * that is defined before the script uses the name. XCU 2.3.1. (An alias holds for
 * what is read after its line; anything in which that matters is refused.)
 */
#include "shell/evaluate.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_word(name.ptr[i]))
			return false;
	return name.len > 0;
}

/* One simple command without parameters, which does not call itself. */
static bool is_simple(struct str name, struct str value)
{
	bool quoted = false;

	if (!value.len || !is_word(value.ptr[0]) || value.ptr[value.len - 1] == ' ' ||
	    (str_has_prefix(value, name) &&
	     (value.len == name.len || !is_word(value.ptr[name.len]))))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		char next = i + 1 < value.len ? value.ptr[i + 1] : 0;

		quoted ^= value.ptr[i] == '\'';
		if (quoted)
			continue;
		if (memchr(";&|<>`\n\\\"(){}#", value.ptr[i], 15) ||
		    (value.ptr[i] == '$' && (is_word(next) || memchr("@*#?-$!{(", next, 9))))
			return false;
	}
	return !quoted;
}

/* Whether the script has the name on an earlier line, or twice on this one. */
static bool is_used_before(const struct shell *sh, struct str name)
{
	struct str text = sh->source->text, line;
	unsigned seen = 0;

	for (unsigned k = 1; text.len && k <= sh->line; k++) {
		str_split(&text, '\n', &line);
		for (size_t i = 0; i + name.len <= line.len; i++) {
			struct str here = { line.ptr + i, name.len };

			if (str_equal(here, name) && (i == 0 || !is_word(line.ptr[i - 1])) &&
			    (i + name.len == line.len || !is_word(line.ptr[i + name.len])))
				seen++;
		}
	}
	return seen > 1;
}

int builtin_alias(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;

	if (sh->bash || sh->state.functions || sh->state.sourced || c->argc != 2)
		return shell_refuse(c, err, "only one NAME=VALUE of dash is modelled");
	for (size_t i = 1; i < c->argc; i++) {
		size_t n = str_find_char(c->argv[i], '=');
		struct str name = { c->argv[i].ptr, n }, value;
		char *text;

		if (n == c->argv[i].len)
			return shell_refuse(c, err, "what an alias is");
		value = (struct str){ c->argv[i].ptr + n + 1, c->argv[i].len - n - 1 };
		if (!is_name(name) || !is_simple(name, value) || function_find(sh, name) ||
		    is_used_before(sh, name))
			return shell_refuse(c, err, "an alias that is more than a function");
		text = arena_printf(c->world->arena, STR_FMT "() { " STR_FMT " \"$@\"; }",
				    STR_ARG(name), STR_ARG(value));
		if (evaluate_text(sh, str_of(text), false, err))
			return shell_refuse(c, err, "an alias of this form");
	}
	return 0;
}
