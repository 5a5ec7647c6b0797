/*
 * postconf(1) and newaliases(1). postconf edits main.cf line by line: a parameter that is
 * there is replaced with "NAME = VALUE" and loses its continuation lines, one that is not
 * is appended. Oracle: postfix 3.7.11 and 3.10.5.
 */
#include "base/cleanup.h"
#include "base/limits.h"
#include "debian/firstboot.h"
#include "debian/server_commands.h"
#include "debian/tree_files.h"

#define MAIN_CF "/etc/postfix/main.cf"

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\v' || ch == '\f';
}

static bool is_comment(struct str line)
{
	return !str_trim(line).len || str_trim(line).ptr[0] == '#';
}

/* "NAME = VALUE" taken apart; false for anything else. */
static bool split_setting(struct str line, struct str *ret_name, struct str *ret_value)
{
	size_t n = str_find_char(line, '=');

	if (n == line.len)
		return false;
	*ret_name = str_trim((struct str){ line.ptr, n });
	*ret_value = str_trim((struct str){ line.ptr + n + 1, line.len - n - 1 });
	for (size_t i = 0; i < ret_name->len; i++)
		if (is_blank(ret_name->ptr[i]))
			return false;
	return ret_name->len > 0;
}

static int read_main(struct shell_call *c, struct str *ret, struct error *err)
{
	int outcome = world_read(c->shell, STR(MAIN_CF), ret, err);

	return outcome > 0 ? shell_refuse(c, err, "no " MAIN_CF) : outcome;
}

struct editing {
	struct str name, value;
	unsigned found;
};

static void edit_line(struct editing *e, struct str line, bool *in_setting, struct buf *out)
{
	struct str name, value;

	if (!is_comment(line) && is_blank(line.ptr[0])) {
		if (*in_setting)
			return;
	} else if (!is_comment(line)) {
		*in_setting = split_setting(line, &name, &value) && str_equal(name, e->name);
		if (*in_setting) {
			e->found++;
			buf_printf(out, STR_FMT " = " STR_FMT "\n", STR_ARG(e->name),
				   STR_ARG(e->value));
			return;
		}
	}
	buf_add_str(out, line);
	buf_add_char(out, '\n');
}

static int edit(struct shell_call *c, struct str setting, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT(LIMIT_SHELL_FILE);
	struct editing e = { .found = 0 };
	struct str text = STR(""), line;
	bool in_setting = false;
	int r;

	if (!split_setting(setting, &e.name, &e.value) ||
	    str_find_char(setting, '\n') < setting.len)
		return shell_refuse(c, err, "the setting " STR_FMT, STR_ARG(setting));
	r = read_main(c, &text, err);
	if (r || !text.len)
		return r;
	if (text.len + setting.len > LIMIT_SHELL_FILE / 2)
		return shell_refuse(c, err, "a configuration of this size");
	while (text.len && str_split(&text, '\n', &line))
		edit_line(&e, line, &in_setting, &out);
	if (e.found > 1)
		return shell_refuse(c, err, "several lines of " STR_FMT, STR_ARG(e.name));
	if (!e.found)
		buf_printf(&out, STR_FMT " = " STR_FMT "\n", STR_ARG(e.name), STR_ARG(e.value));
	return server_write(c, MAIN_CF, buf_str(&out), 0644, err);
}

/* What postfix has for a parameter that main.cf doesn't set. */
static const char *built_in(struct str name)
{
	static const char *const values[][2] = {
		{ "alias_database", "hash:/etc/aliases" },
		{ "default_transport", "smtp" },
		{ "multi_instance_directories", "" },
		{ "multi_instance_name", "" },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (str_equal_cstr(name, values[i][0]))
			return values[i][1];
	return NULL;
}

/* -h NAME, -hx NAME */
static int show(struct shell_call *c, struct str name, struct error *err)
{
	struct str text = STR(""), line, key, value = { 0 }, found;
	int r = read_main(c, &text, err);

	if (r)
		return r;
	while (text.len && str_split(&text, '\n', &line)) {
		if (is_comment(line))
			continue;
		if (is_blank(line.ptr[0]) && value.ptr)
			return shell_refuse(c, err, "a value of several lines");
		if (!is_blank(line.ptr[0]) && split_setting(line, &key, &found) &&
		    str_equal(key, name))
			value = found;
		else if (value.ptr)
			break;
	}
	if (!value.ptr && built_in(name))
		value = str_of(built_in(name));
	if (!value.ptr || str_find_char(value, '$') < value.len)
		return shell_refuse(c, err, "the value of " STR_FMT, STR_ARG(name));
	buf_printf(c->out, STR_FMT "\n", STR_ARG(value));
	return 0;
}

int command_postconf(struct shell_call *c, struct error *err)
{
	struct str option = c->argc > 1 ? c->argv[1] : STR("");

	if (str_equal_cstr(option, "-e") && c->argc > 2) {
		for (size_t i = 2; i < c->argc; i++) {
			int r = edit(c, c->argv[i], err);

			if (r)
				return r;
		}
		return 0;
	}
	if ((str_equal_cstr(option, "-h") || str_equal_cstr(option, "-hx")) && c->argc == 3)
		return show(c, c->argv[2], err);
	return shell_refuse(c, err, "only -e NAME=VALUE, -h NAME and -hx NAME are modelled");
}

/* The database has an identity of its own (Berkeley DB): it is made at the first start. */
int command_newaliases(struct shell_call *c, struct error *err)
{
	if (c->argc != 1)
		return shell_refuse(c, err, "newaliases takes no argument");
	return first_boot_file(c, FIRST_BOOT_ALIASES, "/etc/aliases.db", 0644, 0, err);
}
