/*
 * Commands whose output is computed from the finished tree: they are taken down
 * (debian_want()) and run once at the end. What they print is silence, as it is for
 * the real programs without complaints.
 */
#include "debian/generator_commands.h"

/* Nothing but what is in @table, and no operands. 1: *ret_status is the answer. */
static int only_options(struct shell_call *c, const struct shell_option *table,
			struct shell_arguments *a, int *ret_status, struct error *err)
{
	int r = shell_options(c, table, false, a, ret_status, err);

	if (r)
		return r;
	if (!a->n_operands)
		return 0;
	*ret_status = shell_refuse(c, err, "operand '" STR_FMT "'", STR_ARG(a->operands[0]));
	return *ret_status < 0 ? -1 : 1;
}

/* "/", "//" or "": the root of the tree itself. */
static bool is_root(struct str path)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] != '/')
			return false;
	return true;
}

enum { LDCONFIG_ROOT = 1, LDCONFIG_NO_LINKS, LDCONFIG_QUIET };

/*
 * "-v" writes to standard output what the finished tree decides: only where nobody
 * can read it. "-X" alone leaves links out, and somebody else makes them.
 */
static int run_ldconfig(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'r', NULL, OPTION_VALUE, LDCONFIG_ROOT },
		{ 'X', NULL, OPTION_NO_VALUE, LDCONFIG_NO_LINKS },
		{ 'i', "ignore-aux-cache", OPTION_NO_VALUE, LDCONFIG_QUIET },
		{ 0 },
	};
	struct shell_arguments a;
	struct str argument = STR("");
	int status = 0, r = only_options(c, table, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == LDCONFIG_ROOT && !is_root(a.options[i].value))
			return shell_refuse(c, err, "another root");
		if (a.options[i].id == LDCONFIG_NO_LINKS)
			argument = STR("cache");
	}
	debian_want(debian_of(c), "ldconfig", argument, c->cause);
	return 0;
}

/* systemd-hwdb [--usr] update */
static int run_hwdb(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 0, "usr", OPTION_NO_VALUE, 1 },
		{ 's', "strict", OPTION_NO_VALUE, 2 },
		{ 'r', "root", OPTION_VALUE, 3 },
		{ 0 },
	};
	struct shell_arguments a;
	struct str where = STR("");
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1 || !str_equal_cstr(a.operands[0], "update"))
		return shell_refuse(c, err, "only 'update' is known");
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == 2 || (a.options[i].id == 3 && !is_root(a.options[i].value)))
			return shell_refuse(c, err, "option --strict or another root");
		if (a.options[i].id == 1)
			where = STR("usr");
	}
	debian_want(debian_of(c), "systemd-hwdb", where, c->cause);
	return 0;
}

static int run_journalctl(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 0, "update-catalog", OPTION_NO_VALUE, 1 },
		{ 0, "root", OPTION_VALUE, 2 },
		{ 0 },
	};
	struct shell_arguments a;
	bool update = false;
	int status = 0, r = only_options(c, table, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == 2 && !is_root(a.options[i].value))
			return shell_refuse(c, err, "another root");
		update |= a.options[i].id == 1;
	}
	if (!update)
		return shell_refuse(c, err, "only --update-catalog is known");
	debian_want(debian_of(c), "journal-catalog", STR(""), c->cause);
	return 0;
}

enum { DEPMOD_ALL = 1, DEPMOD_BASE, DEPMOD_MAP, DEPMOD_QUIET, DEPMOD_QUICK };

/* One folder of the kernel is named; without it depmod takes that of the host. */
static int run_depmod(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'a', "all", OPTION_NO_VALUE, DEPMOD_ALL },
		{ 'A', "quick", OPTION_NO_VALUE, DEPMOD_QUICK },
		{ 'b', "basedir", OPTION_VALUE, DEPMOD_BASE },
		{ 'F', "filesyms", OPTION_VALUE, DEPMOD_MAP },
		{ 'q', NULL, OPTION_NO_VALUE, DEPMOD_QUIET },
		{ 'w', "warn", OPTION_NO_VALUE, DEPMOD_QUIET },
		{ 0 },
	};
	struct shell_arguments a;
	char *folder;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		const struct shell_taken *o = &a.options[i];

		if (o->id == DEPMOD_QUICK || (o->id == DEPMOD_BASE && !is_root(o->value)))
			return shell_refuse(c, err, "option -A or another root");
		/* Symbols of the kernel itself change warnings only. */
		if (o->id == DEPMOD_MAP && !world_find(c->shell, o->value, true))
			return shell_refuse(c, err, "there is no '" STR_FMT "'", STR_ARG(o->value));
	}
	if (a.n_operands != 1 || !tree_is_name(a.operands[0]))
		return shell_refuse(c, err, "a version of a kernel is expected");
	folder = arena_printf(c->world->arena, "/lib/modules/" STR_FMT, STR_ARG(a.operands[0]));
	if (!world_find(c->shell, str_of(folder), true))
		return shell_refuse(c, err, "there is no '%s'", folder);
	debian_want(debian_of(c), "depmod", arena_str(c->world->arena, a.operands[0]), c->cause);
	return 0;
}

const struct shell_command debian_generator_commands[] = {
	{ "a2disconf", command_apache_switch, 0 },
	{ "a2dismod", command_apache_switch, 0 },
	{ "a2dissite", command_apache_switch, 0 },
	{ "a2enconf", command_apache_switch, 0 },
	{ "a2enmod", command_apache_switch, 0 },
	{ "a2ensite", command_apache_switch, 0 },
	{ "a2query", command_a2query, 0 },
	{ "aa-enabled", command_aa_enabled, 0 },
	{ "aa-status", command_aa_status, 0 },
	{ "apache2", command_apache_server, 0 },
	{ "apparmor_parser", command_apparmor_parser, 0 },
	{ "depmod", run_depmod, 0 },
	{ "gio-querymodules", command_gio_querymodules, 0 },
	{ "glib-compile-schemas", command_glib_compile_schemas, 0 },
	{ "java", command_java, 0 },
	{ "journalctl", run_journalctl, 0 },
	{ "keytool", command_keytool, 0 },
	{ "ldconfig", run_ldconfig, 0 },
	{ "linux-run-hooks", command_linux_run_hooks, 0 },
	{ "linux-update-symlinks", command_linux_update_symlinks, 0 },
	{ "openssl", command_openssl, 0 },
	{ "py3clean", command_compile_python, 0 },
	{ "py3compile", command_compile_python, 0 },
	{ "pyclean", command_compile_python, 0 },
	{ "pycompile", command_compile_python, 0 },
	{ "pypy3clean", command_compile_python, 0 },
	{ "pypy3compile", command_compile_python, 0 },
	{ "python3", command_python, 0 },
	{ "python3.11", command_python, 0 },
	{ "python3.13", command_python, 0 },
	{ "systemd-hwdb", run_hwdb, 0 },
	{ "update-catalog", command_update_catalog, 0 },
	{ "update-initramfs", command_update_initramfs, 0 },
	{ "update-xmlcatalog", command_update_xmlcatalog, 0 },
	{ NULL, NULL, 0 },
};
