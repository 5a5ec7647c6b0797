/*
 * What a script asks about the machine. Of the machine nothing is known but its
 * architecture and its name.
 */
#include "shell/file_tool.h"
#include "shell/tool_files.h"

static const char *machine(const struct world *w)
{
	static const char *const names[][2] = {
		{ "amd64", "x86_64" }, { "arm64", "aarch64" },	 { "armhf", "armv7l" },
		{ "i386", "i686" },    { "ppc64el", "ppc64le" }, { "riscv64", "riscv64" },
		{ "s390x", "s390x" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal_cstr(w->architecture, names[i][0]))
			return names[i][1];
	return NULL;
}

static int print(struct shell_call *c, struct str text)
{
	buf_add_str(c->out, text);
	buf_add_char(c->out, '\n');
	return 0;
}

enum { UNAME_S = 1, UNAME_M, UNAME_O, UNAME_N, UNAME_OTHER };

static const struct shell_option uname_options[] = {
	{ 's', "kernel-name", OPTION_NO_VALUE, UNAME_S },
	{ 'm', "machine", OPTION_NO_VALUE, UNAME_M },
	{ 'o', "operating-system", OPTION_NO_VALUE, UNAME_O },
	{ 'n', "nodename", OPTION_NO_VALUE, UNAME_N },
	{ 0 },
};

int tool_uname(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	bool want[UNAME_OTHER] = { false }, first = true;
	int status = 0, result = shell_options(c, uname_options, false, &a, &status, err);
	struct str parts[UNAME_OTHER] = { { NULL, 0 } };

	if (result)
		return result < 0 ? -1 : status;
	if (a.n_operands)
		return file_usage(c, "extra operand");
	want[UNAME_S] = !a.n_options;
	for (size_t i = 0; i < a.n_options; i++)
		want[a.options[i].id] = true;
	parts[UNAME_S] = STR("Linux");
	parts[UNAME_O] = STR("GNU/Linux");
	parts[UNAME_M] = str_of(machine(c->world));
	parts[UNAME_N] = tool_host_name(c, err);
	if (want[UNAME_M] && !parts[UNAME_M].ptr)
		return shell_refuse(c, err, "the machine of this architecture");
	for (int i = 0; i < 4; i++) {
		static const int order[] = { UNAME_S, UNAME_N, UNAME_M, UNAME_O };

		if (!want[order[i]])
			continue;
		if (!first)
			buf_add_char(c->out, ' ');
		buf_add_str(c->out, parts[order[i]]);
		first = false;
	}
	buf_add_char(c->out, '\n');
	return 0;
}

int tool_arch(struct shell_call *c, struct error *err)
{
	if (c->argc > 1 || !machine(c->world))
		return shell_refuse(c, err, "this use");
	return print(c, str_of(machine(c->world)));
}

/* What does nothing to a tree, whatever its operands are. */
int tool_nothing(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 0;
}

/* No process is there to be found, and no terminal. */
int tool_no_process(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 1;
}

int tool_tty(struct shell_call *c, struct error *err)
{
	bool silent = c->argc > 1 &&
		      (str_equal_cstr(c->argv[1], "-s") || str_equal_cstr(c->argv[1], "--silent"));

	(void)err;
	if (!silent)
		print(c, STR("not a tty"));
	return 1;
}

int tool_which(struct shell_call *c, struct error *err)
{
	bool all = false, silent = false;
	size_t i = 1;
	int status = c->argc == 1;

	for (; i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-'; i++) {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		if (!str_equal_cstr(c->argv[i], "-a") && !str_equal_cstr(c->argv[i], "-s"))
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		all |= c->argv[i].ptr[1] == 'a';
		silent |= c->argv[i].ptr[1] == 's';
	}
	if (all)
		return shell_refuse(c, err, "-a");
	for (; i < c->argc; i++) {
		struct str path;

		if (!shell_which(c->shell, c->argv[i], &path))
			status = 1;
		else if (!silent)
			print(c, memchr(c->argv[i].ptr, '/', c->argv[i].len) ? c->argv[i] : path);
	}
	return status;
}

int tool_mountpoint(struct shell_call *c, struct error *err)
{
	struct world_place at;
	struct str path;

	if (c->argc < 2 || c->argc > 3 ||
	    (c->argc == 3 && !str_equal_cstr(c->argv[1], "-q") &&
	     !str_equal_cstr(c->argv[1], "--quiet")))
		return shell_refuse(c, err, "these options");
	path = c->argv[c->argc - 1];
	if (world_walk(c->shell, path, true, &at) || !at.node)
		return at.outside ? shell_refuse(c, err, STR_FMT, STR_ARG(path)) : 1;
	if (at.node->parent && !at.node->parent->parent &&
	    (str_equal_cstr(at.node->name, "proc") || str_equal_cstr(at.node->name, "sys"))) {
		/* A bootstrap mounts these two while scripts run. */
		if (c->argc == 2)
			buf_printf(c->out, STR_FMT " is a mountpoint\n", STR_ARG(path));
		return 0;
	}
	if (!at.node->parent || str_equal_cstr(at.node->parent->name, "dev") ||
	    ((at.outside || world_is_outside(at.node)) &&
				 !node_is(at.node, NODE_DIRECTORY)))
		return shell_refuse(c, err, "whether " STR_FMT " is one", STR_ARG(path));
	/* Its status changed from 1 to 32 in util-linux 2.39: only that it fails is known. */
	if (c->argc == 2)
		buf_printf(c->out, STR_FMT " is not a mountpoint\n", STR_ARG(path));
	return 1;
}
