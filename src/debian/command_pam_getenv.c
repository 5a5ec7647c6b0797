/* pam_getenv: a variable of pam_env.conf(5) or /etc/environment. */
#include "debian/command_list.h"

/* Without blanks in front, without a comment. */
static struct str content_of(struct str line)
{
	while (line.len && memchr(" \t\f\r\v", *line.ptr, 5))
		line = (struct str){ line.ptr + 1, line.len - 1 };
	line.len = str_find_char(line, '#');
	return line;
}

/* Rules of pam_env.conf are not modelled: Debian ships a file of comments. */
static int has_rules(struct shell_call *c, bool *ret, struct error *err)
{
	struct str text = STR(""), line;
	int r = world_read(c->shell, STR("/etc/security/pam_env.conf"), &text, err);

	*ret = false;
	if (r)
		return r;
	while (text.len && str_split(&text, '\n', &line))
		*ret |= content_of(line).len != 0;
	return 0;
}

/* The quotes of both kinds match each other, and the last may be missing. */
static struct str unquoted(struct str value)
{
	if (value.len < 1 || (*value.ptr != '"' && *value.ptr != '\''))
		return value;
	value = (struct str){ value.ptr + 1, value.len - 1 };
	if (value.len && (value.ptr[value.len - 1] == '"' || value.ptr[value.len - 1] == '\''))
		value.len--;
	return value;
}

static int look_up(struct shell_call *c, struct str name, struct str *ret, struct error *err)
{
	struct str text = STR(""), line;
	int r = world_read(c->shell, STR("/etc/environment"), &text, err);

	*ret = (struct str){ NULL, 0 };
	while (!r && text.len && str_split(&text, '\n', &line)) {
		size_t n;

		line = content_of(line);
		if (memchr(line.ptr, '\\', line.len))
			return 1;
		if (str_has_prefix(line, STR("export ")))
			line = (struct str){ line.ptr + 7, line.len - 7 };
		n = str_find_char(line, '=');
		if (n + 1 < line.len && str_equal((struct str){ line.ptr, n }, name))
			*ret = unquoted((struct str){ line.ptr + n + 1, line.len - n - 1 });
	}
	return r < 0 ? -1 : 0;
}

int command_pam_getenv(struct shell_call *c, struct error *err)
{
	struct str value;
	size_t at = 1;
	bool rules = false;
	int r;

	while (at < c->argc &&
	       (str_equal_cstr(c->argv[at], "-l") || str_equal_cstr(c->argv[at], "-s")))
		at++;
	r = at < c->argc ? has_rules(c, &rules, err) : 1;
	if (r < 0)
		return -1;
	if (r || rules)
		return shell_refuse(c, err, "rules of pam_env.conf, or no such file");
	r = look_up(c, c->argv[at], &value, err);
	if (r)
		return r < 0 ? -1 : shell_refuse(c, err, "a line of /etc/environment that goes on");
	if (value.ptr)
		buf_printf(c->out, STR_FMT "\n", STR_ARG(value));
	return 0;
}
