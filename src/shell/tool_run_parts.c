/* run-parts of debianutils. Names in byte order, which is that of LC_ALL=C. */
#include "shell/evaluate.h"
#include "shell/file_tool.h"
#include "shell/regex.h"
#include "shell/tool_files.h"

enum {
	PARTS_TEST = 1,
	PARTS_LIST,
	PARTS_VERBOSE,
	PARTS_REPORT,
	PARTS_REVERSE,
	PARTS_EXIT,
	PARTS_UMASK,
	PARTS_ARG,
	PARTS_REGEX,
	PARTS_LSB
};

static const struct shell_option parts_options[] = {
	{ 0, "test", OPTION_NO_VALUE, PARTS_TEST },
	{ 0, "list", OPTION_NO_VALUE, PARTS_LIST },
	{ 'v', "verbose", OPTION_NO_VALUE, PARTS_VERBOSE },
	{ 0, "report", OPTION_NO_VALUE, PARTS_REPORT },
	{ 0, "reverse", OPTION_NO_VALUE, PARTS_REVERSE },
	{ 0, "exit-on-error", OPTION_NO_VALUE, PARTS_EXIT },
	{ 'a', "arg", OPTION_VALUE, PARTS_ARG },
	{ 0, "regex", OPTION_VALUE, PARTS_REGEX },
	{ 0 },
};

struct parts {
	struct shell_call *c;
	bool test, list, verbose, reverse, stop;
	struct str *args;
	size_t n_args;
	struct regex *regex;
};

static bool is_plain_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return name.len != 0;
}

static bool is_wanted(struct parts *p, struct str name)
{
	if (!p->regex)
		return is_plain_name(name);
	return regex_search(p->regex, name, 0, NULL, 0) == REGEX_MATCH;
}

static int run_one(struct parts *p, struct str path, struct error *err)
{
	struct node *node = world_find(p->c->shell, path, true);
	bool runs = node_is(node, NODE_FILE) && node->inode->mode & 0111;

	if (!node)
		return file_complain(p->c, "failed to stat component", path, "");
	if (p->list || p->test) {
		if (node_is(node, NODE_FILE) && (p->list || runs)) {
			buf_add_str(p->c->out, path);
			buf_add_char(p->c->out, '\n');
		}
		return 0;
	}
	if (!runs)
		return 0;
	if (p->verbose)
		buf_printf(p->c->err, "run-parts: executing " STR_FMT "\n", STR_ARG(path));
	p->args[0] = path;
	return shell_spawn(p->c, p->args, p->n_args + 1, NULL, NULL, NULL, err);
}

int tool_run_parts(struct shell_call *c, struct error *err)
{
	struct parts p = { .c = c };
	struct shell_arguments a;
	struct node **list, *dir;
	const char *reason;
	int status = 0, result = shell_options(c, parts_options, false, &a, &status, err);
	size_t n;

	if (result)
		return result < 0 ? -1 : status;
	p.args = arena_array(c->world->arena, a.n_options + 1, sizeof(*p.args));
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		p.test |= id == PARTS_TEST;
		p.list |= id == PARTS_LIST;
		p.verbose |= id == PARTS_VERBOSE;
		p.reverse |= id == PARTS_REVERSE;
		p.stop |= id == PARTS_EXIT;
		if (id == PARTS_ARG)
			p.args[++p.n_args] = a.options[i].value;
		if (id != PARTS_REGEX)
			continue;
		p.regex =
			regex_compile(c->world->arena, a.options[i].value, REGEX_EXTENDED, &reason);
		if (!p.regex)
			return shell_refuse(c, err, "--regex: %s", reason);
	}
	if (a.n_operands != 1)
		return file_usage(c, "missing operand");
	dir = world_find(c->shell, a.operands[0], true);
	if (!node_is(dir, NODE_DIRECTORY))
		return file_failed(c, "failed to open directory", a.operands[0], WORLD_ABSENT);
	n = file_children(c, dir, &list);
	for (size_t i = 0; i < n; i++) {
		struct node *node = list[p.reverse ? n - 1 - i : i];

		if (!is_wanted(&p, node->name))
			continue;
		result = run_one(&p, file_join(c, a.operands[0], node->name), err);
		if (result < 0)
			return -1;
		if (result)
			status = 1;
		if (result && p.stop)
			break;
	}
	return status;
}
