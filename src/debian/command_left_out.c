/*
 * Commands whose results an image leaves out by rule (docs/effects.md, "Left out"; the
 * oracle's allow.txt has the paths), and those that need a kernel which has AppArmor.
 */
#include "debian/generator_commands.h"

/* py3compile, py3clean, pypy3compile, pycompile ...: byte code is made at the first run. */
int command_compile_python(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'p', "package", OPTION_VALUE, 1 },	{ 'V', NULL, OPTION_VALUE, 1 },
		{ 'X', "exclude", OPTION_VALUE, 1 },	{ 'O', NULL, OPTION_NO_VALUE, 1 },
		{ 'f', "force", OPTION_NO_VALUE, 1 },	{ 'q', "quiet", OPTION_NO_VALUE, 1 },
		{ 'v', "verbose", OPTION_NO_VALUE, 1 }, { 0 },
	};
	struct shell_arguments a;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	return r < 0 ? -1 : r ? status : 0;
}

static bool is_flag(struct str word)
{
	static const char *const flags[] = { "-E", "-S", "-O", "-OO", "-I", "-B", "-q", "-f" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (str_equal_cstr(word, flags[i]))
			return true;
	return false;
}

/* python3.X FLAGS /usr/lib/python3.X/py_compile.py FILES, or -m compileall, py_compile. */
int command_python(struct shell_call *c, struct error *err)
{
	size_t i = 1;

	while (i < c->argc && is_flag(c->argv[i]))
		i++;
	if (i < c->argc && str_has_prefix(c->argv[i], STR("/usr/lib/python3")) &&
	    (str_has_suffix(c->argv[i], STR("/py_compile.py")) ||
	     str_has_suffix(c->argv[i], STR("/compileall.py"))))
		return 0;
	if (i + 1 < c->argc && str_equal_cstr(c->argv[i], "-m") &&
	    (str_equal_cstr(c->argv[i + 1], "compileall") ||
	     str_equal_cstr(c->argv[i + 1], "py_compile")))
		return 0;
	return shell_refuse(c, err,
			    "no program runs in Python but its compiler, whose byte code "
			    "is left out");
}

/* In a chroot: AppArmor is not enabled. */
int command_aa_enabled(struct shell_call *c, struct error *err)
{
	if (c->argc == 2 &&
	    (str_equal_cstr(c->argv[1], "--quiet") || str_equal_cstr(c->argv[1], "-q")))
		return 1;
	return shell_refuse(c, err, "only --quiet is known");
}

int command_aa_status(struct shell_call *c, struct error *err)
{
	if (c->argc == 2 && str_equal_cstr(c->argv[1], "--enabled"))
		return 1;
	return shell_refuse(c, err, "only --enabled is known");
}

/* Loading and removing of profiles: there is no kernel to tell. */
int command_apparmor_parser(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'r', "replace", OPTION_NO_VALUE, 1 },
		{ 'R', "remove", OPTION_NO_VALUE, 1 },
		{ 'a', "add", OPTION_NO_VALUE, 1 },
		{ 'T', "skip-read-cache", OPTION_NO_VALUE, 1 },
		{ 'W', "write-cache", OPTION_NO_VALUE, 2 },
		{ 0 },
	};
	struct shell_arguments a;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	return a.n_options ? 1 : shell_refuse(c, err, "loading a profile");
}

/* update-initramfs: an image's initrd is composed, or there is none. */
int command_update_initramfs(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'u', NULL, OPTION_NO_VALUE, 1 },
		{ 'c', NULL, OPTION_NO_VALUE, 1 },
		{ 'd', NULL, OPTION_NO_VALUE, 1 },
		{ 'k', NULL, OPTION_VALUE, 2 },
		{ 'b', NULL, OPTION_VALUE, 2 },
		{ 'v', NULL, OPTION_NO_VALUE, 2 },
		{ 0 },
	};
	const struct unpacked *tools = debian_find(debian_of(c), STR("initramfs-tools"));
	struct shell_arguments a;
	int status = 0, r;

	if (c->argc == 2 && str_equal_cstr(c->argv[1], "--version") && tools) {
		buf_printf(c->out, "initramfs-tools " STR_FMT "\n",
			   STR_ARG(tools->package->version));
		return 0;
	}
	r = shell_options(c, table, false, &a, &status, err);
	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (a.options[i].id == 1)
			return 0;
	return shell_refuse(c, err, "-u, -c or -d is expected");
}
