/* Commands that run another one: env, printenv, nice, timeout, nohup, chroot ... */
#include "shell/evaluate.h"
#include "shell/file_tool.h"
#include "shell/tool_files.h"

/* The rest of the words from @at on, as a command. */
static int spawn_rest(struct shell_call *c, size_t at, struct error *err)
{
	if (at >= c->argc)
		return shell_refuse(c, err, "no command");
	return shell_spawn(c, c->argv + at, c->argc - at, NULL, NULL, NULL, err);
}

static bool is_option(struct str word)
{
	return word.len > 1 && word.ptr[0] == '-';
}

static bool is_assignment(struct str word)
{
	size_t n = str_find_char(word, '=');

	return n && n < word.len;
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		      (i && c >= '0' && c <= '9')))
			return false;
	}
	return name.len != 0;
}

static int print_environment(struct shell_call *c)
{
	struct variable **list;
	size_t n = variables_sorted(c->shell, VARIABLE_EXPORT | VARIABLE_SET, &list);

	for (size_t i = 0; i < n; i++)
		buf_printf(c->out, STR_FMT "=%.*s\n", STR_ARG(list[i]->name),
			   (int)list[i]->value.len, list[i]->value.text ? list[i]->value.text : "");
	return 0;
}

/* Options up to the first word that is none. 1: refused. */
static int env_options(struct shell_call *c, size_t *at, int *ret_status, struct error *err)
{
	for (; *at < c->argc && (is_option(c->argv[*at]) || str_equal_cstr(c->argv[*at], "-"));
	     ++*at) {
		struct str word = c->argv[*at], name = { NULL, 0 };

		if (str_equal_cstr(word, "--")) {
			++*at;
			return 0;
		}
		if (str_equal_cstr(word, "-i") || str_equal_cstr(word, "-") ||
		    str_equal_cstr(word, "--ignore-environment")) {
			struct variable **list;
			size_t n = variables_sorted(c->shell, VARIABLE_EXPORT, &list);

			for (size_t i = 0; i < n; i++)
				(void)variable_unset(c->shell, list[i]->name);
			continue;
		}
		if (str_equal_cstr(word, "-u") && *at + 1 < c->argc)
			name = c->argv[++*at];
		else if (str_has_prefix(word, STR("-u")))
			name = (struct str){ word.ptr + 2, word.len - 2 };
		else if (str_has_prefix(word, STR("--unset=")))
			name = (struct str){ word.ptr + 8, word.len - 8 };
		if (!name.ptr) {
			*ret_status = shell_refuse(c, err, "option " STR_FMT, STR_ARG(word));
			return *ret_status < 0 ? -1 : 1;
		}
		(void)variable_unset(c->shell, name);
	}
	return 0;
}

static int env_inside(struct shell_call *c, struct error *err)
{
	size_t at = 1;
	int status = 0, result = env_options(c, &at, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (; at < c->argc && is_assignment(c->argv[at]); at++) {
		size_t n = str_find_char(c->argv[at], '=');
		struct str name = { c->argv[at].ptr, n };
		struct str value = { c->argv[at].ptr + n + 1, c->argv[at].len - n - 1 };

		if (!is_name(name))
			return shell_refuse(c, err, "the variable " STR_FMT, STR_ARG(name));
		if (variable_assign(c->shell, name, value, VARIABLE_EXPORT))
			return shell_refuse(c, err, "the read-only variable " STR_FMT,
					    STR_ARG(name));
	}
	return at == c->argc ? print_environment(c) : spawn_rest(c, at, err);
}

int tool_env(struct shell_call *c, struct error *err)
{
	struct subshell saved;
	int status;

	subshell_begin(c->shell, &saved);
	status = env_inside(c, err);
	subshell_end(c->shell, &saved);
	return status;
}

int tool_printenv(struct shell_call *c, struct error *err)
{
	int status = 0;

	if (c->argc == 1)
		return print_environment(c);
	for (size_t i = 1; i < c->argc; i++) {
		struct variable *v;

		if (is_option(c->argv[i]))
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		v = variable_find(c->shell, c->argv[i]);
		if (!v || (v->value.flags & (VARIABLE_SET | VARIABLE_EXPORT)) !=
				  (VARIABLE_SET | VARIABLE_EXPORT)) {
			status = 1;
			continue;
		}
		buf_printf(c->out, "%.*s\n", (int)v->value.len, v->value.text ? v->value.text : "");
	}
	return status;
}

/*
 * Commands whose options say only how another one is run. @with_value: letters of
 * options whose value is the next word; @operands: words before the command.
 */
static int run_after(struct shell_call *c, const char *with_value, size_t operands,
		     struct error *err)
{
	size_t at = 1;

	for (; at < c->argc && is_option(c->argv[at]); at++) {
		struct str word = c->argv[at];

		if (str_equal_cstr(word, "--")) {
			at++;
			break;
		}
		if (word.ptr[1] == '-') {
			if (!memchr(word.ptr, '=', word.len))
				return shell_refuse(c, err, "option " STR_FMT, STR_ARG(word));
		} else if (word.len == 2 && strchr(with_value, word.ptr[1])) {
			at++;
		}
	}
	return spawn_rest(c, at + operands, err);
}

int tool_nice(struct shell_call *c, struct error *err)
{
	if (c->argc == 1)
		return buf_add_cstr(c->out, "0\n"), 0;
	return run_after(c, "n", 0, err);
}

int tool_ionice(struct shell_call *c, struct error *err)
{
	return run_after(c, "cn", 0, err);
}

int tool_timeout(struct shell_call *c, struct error *err)
{
	return run_after(c, "ks", 1, err);
}

int tool_plain_spawn(struct shell_call *c, struct error *err)
{
	if (c->argc > 1 && is_option(c->argv[1]))
		return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[1]));
	return spawn_rest(c, 1, err);
}

int tool_stdbuf(struct shell_call *c, struct error *err)
{
	return run_after(c, "ioe", 0, err);
}

int tool_chroot(struct shell_call *c, struct error *err)
{
	struct node *root;

	if (c->argc < 3 || is_option(c->argv[1]))
		return shell_refuse(c, err, "these operands");
	root = world_find(c->shell, c->argv[1], true);
	if (!root || root->parent || world_is_outside(root))
		return shell_refuse(c, err, "another root");
	return spawn_rest(c, 2, err);
}
