#include "shell/text_tool.h"

#include <stdarg.h>
#include <stdio.h>

int text_read(struct shell_call *c, struct str name, bool quiet, struct str *ret, struct error *err)
{
	int found = 0;

	if (str_equal(name, STR("-"))) {
		*ret = shell_input_all(c->in);
		return 0;
	}
	found = world_read(c->shell, name, ret, err);
	if (found <= 0)
		return found;
	*ret = (struct str){ NULL, 0 };
	if (!quiet)
		shell_fail(c, 1, STR_FMT ": %s", STR_ARG(name),
			   world_outcome_text((enum world_outcome)found));
	return 1;
}

int text_read_all(struct shell_call *c, const struct shell_arguments *a, struct arena *arena,
		  struct str *ret, bool *ret_failed, struct error *err)
{
	struct buf all CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);

	*ret_failed = false;
	if (a->n_operands == 0)
		return text_read(c, STR("-"), false, ret, err);
	for (size_t i = 0; i < a->n_operands; i++) {
		int found = text_read(c, a->operands[i], false, ret, err);

		if (found < 0)
			return -1;
		*ret_failed |= found > 0;
		if (a->n_operands == 1)
			return 0;
		if (text_add(&all, *ret, err) < 0)
			return -1;
	}
	*ret = arena_str(arena, buf_str(&all));
	return 0;
}

bool text_line(struct str *rest, char end, struct str *ret, bool *ret_ended)
{
	size_t n = 0;

	if (rest->len == 0)
		return false;
	n = str_find_char(*rest, end);
	*ret = (struct str){ rest->ptr, n };
	*ret_ended = n < rest->len;
	n += *ret_ended;
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	return true;
}

size_t text_lines(struct arena *arena, struct str text, char end, struct str **ret)
{
	size_t n = 0, count = 1;
	struct str rest = text, line;
	bool ended = false;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == end;
	*ret = arena_array(arena, count, sizeof(**ret));
	while (text_line(&rest, end, &line, &ended))
		(*ret)[n++] = line;
	return n;
}

int text_add(struct buf *out, struct str s, struct error *err)
{
	if (s.len > out->max || out->len > out->max - s.len)
		return err_set(err, ERR_LIMIT, "a command of a script prints more than %zu bytes",
			       out->max);
	buf_add_str(out, s);
	return 0;
}

int text_put(struct shell_call *c, struct str s, struct error *err)
{
	return text_add(c->out, s, err);
}

int text_put_line(struct shell_call *c, struct str s, char end, struct error *err)
{
	if (text_add(c->out, s, err) < 0)
		return -1;
	return text_add(c->out, (struct str){ &end, 1 }, err);
}

int text_printf(struct shell_call *c, struct error *err, const char *fmt, ...)
{
	char text[512];
	va_list args;
	int n = 0;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_set(err, ERR_LIMIT, "too long a line of a script's command");
	return text_add(c->out, (struct str){ text, (size_t)n }, err);
}

int text_write(struct shell_call *c, struct str path, struct str data, bool append,
	       struct error *err)
{
	int found = world_write(c->shell, path, data, append, err);

	if (found > 0)
		return shell_fail(c, 1, STR_FMT ": %s", STR_ARG(path),
				  world_outcome_text((enum world_outcome)found));
	return found;
}

bool text_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] >= 128)
			return false;
	}
	return true;
}

bool text_has_char(struct str s, char c)
{
	return str_find_char(s, c) < s.len;
}

struct shell_call text_old_number(struct shell_call *c, char letter)
{
	struct shell_call call = *c;
	struct str *argv = NULL, first = c->argc > 1 ? c->argv[1] : STR("");
	char option[2] = { '-', letter };

	if (first.len < 2 || first.ptr[0] != '-' || first.ptr[1] < '0' || first.ptr[1] > '9')
		return call;
	argv = arena_array(c->world->arena, c->argc + 1, sizeof(*argv));
	argv[0] = c->argv[0];
	argv[1] = arena_str(c->world->arena, (struct str){ option, 2 });
	argv[2] = (struct str){ first.ptr + 1, first.len - 1 };
	for (size_t i = 2; i < c->argc; i++)
		argv[i + 1] = c->argv[i];
	call.argv = argv;
	call.argc = c->argc + 1;
	return call;
}
