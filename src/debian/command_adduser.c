/*
 * adduser and addgroup of package adduser: 3.134 (Debian 12) and 3.152 (Debian 13),
 * told apart by the version in the image. They differ in exit statuses, in names
 * that are allowed, in how the comment gets into passwd and in what they print.
 */
#include "debian/adduser_private.h"
#include "resolve/archive.h"

#define CONFIG STR("/etc/adduser.conf")

enum add_option {
	SYSTEM = 1,
	GROUP_TOO,
	HOME,
	NO_CREATE_HOME,
	SHELL,
	COMMENT,
	INGROUP,
	UID,
	GID,
	FIRST_UID,
	LAST_UID,
	FIRST_GID,
	LAST_GID,
	DISABLED_PASSWORD,
	DISABLED_LOGIN,
	QUIET,
	VERBOSE,
	BAD_NAME,
	ANY_NAME,
	MESSAGES
};

static const struct shell_option options[] = {
	{ 0, "system", OPTION_NO_VALUE, SYSTEM },
	{ 0, "group", OPTION_NO_VALUE, GROUP_TOO },
	{ 0, "home", OPTION_VALUE, HOME },
	{ 0, "no-create-home", OPTION_NO_VALUE, NO_CREATE_HOME },
	{ 0, "shell", OPTION_VALUE, SHELL },
	{ 0, "gecos", OPTION_VALUE, COMMENT },
	{ 0, "comment", OPTION_VALUE, COMMENT },
	{ 0, "ingroup", OPTION_VALUE, INGROUP },
	{ 0, "uid", OPTION_VALUE, UID },
	{ 0, "gid", OPTION_VALUE, GID },
	{ 0, "firstuid", OPTION_VALUE, FIRST_UID },
	{ 0, "lastuid", OPTION_VALUE, LAST_UID },
	{ 0, "firstgid", OPTION_VALUE, FIRST_GID },
	{ 0, "lastgid", OPTION_VALUE, LAST_GID },
	{ 0, "disabled-password", OPTION_NO_VALUE, DISABLED_PASSWORD },
	{ 0, "disabled-login", OPTION_NO_VALUE, DISABLED_LOGIN },
	{ 'q', "quiet", OPTION_NO_VALUE, QUIET },
	{ 0, "verbose", OPTION_NO_VALUE, VERBOSE },
	{ 0, "force-badname", OPTION_NO_VALUE, BAD_NAME },
	{ 0, "allow-badname", OPTION_NO_VALUE, BAD_NAME },
	{ 0, "allow-bad-names", OPTION_NO_VALUE, BAD_NAME },
	{ 0, "allow-all-names", OPTION_NO_VALUE, ANY_NAME },
	{ 0, "stdoutmsglevel", OPTION_VALUE, MESSAGES },
	{ 0, "stderrmsglevel", OPTION_VALUE, MESSAGES },
	{ 0, "logmsglevel", OPTION_VALUE, MESSAGES },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool take_option(struct add *x, const struct shell_taken *o)
{
	switch ((enum add_option)o->id) {
	case SYSTEM:
		x->system = true;
		return true;
	case GROUP_TOO:
		x->group_too = true;
		return true;
	case HOME:
		x->home = o->value;
		return true;
	case NO_CREATE_HOME:
		x->no_create_home = true;
		return true;
	case SHELL:
		x->shell = o->value;
		return true;
	case COMMENT:
		x->comment = o->value;
		return true;
	case INGROUP:
		x->ingroup = o->value;
		return true;
	case UID:
		return account_number(o->value, &x->uid);
	case GID:
		return account_number(o->value, &x->gid);
	case FIRST_UID:
		return account_number(o->value, &x->first_uid);
	case LAST_UID:
		return account_number(o->value, &x->last_uid);
	case FIRST_GID:
		return account_number(o->value, &x->first_gid);
	case LAST_GID:
		return account_number(o->value, &x->last_gid);
	case DISABLED_LOGIN:
		x->no_login = true;
		x->no_password = true;
		return true;
	case DISABLED_PASSWORD:
		x->no_password = true;
		return true;
	case QUIET:
		x->quiet = true;
		return true;
	case BAD_NAME:
		x->name_level = x->name_level ? x->name_level : 1;
		return true;
	case ANY_NAME:
		x->name_level = 2;
		return true;
	case MESSAGES:
		return x->modern;
	case VERBOSE:
		break;
	}
	return true;
}

static int run_add(struct add *x, const struct shell_arguments *a, struct error *err)
{
	bool group = x->group_program || (x->group_too && !x->system);
	int r;

	if (!a->n_operands || a->n_operands > 2 || !a->operands[0].len)
		return shell_fail(x->c, adduser_status(x, BAD_CALL),
				  "%s: Only one or two names allowed.", adduser_program(x));
	if (a->n_operands == 2) {
		if (x->system || x->group_too || x->group_program)
			return shell_fail(x->c, adduser_status(x, BAD_CALL),
					  "%s: Specify only one name in this mode.",
					  adduser_program(x));
		return adduser_add_member(x, a->operands[0], a->operands[1], err);
	}
	x->name = a->operands[0];
	if (!group && x->group_too + (x->ingroup.ptr != NULL) + (x->gid != UINT32_MAX) > 1)
		return shell_fail(x->c, adduser_status(x, EXCLUSIVE),
				  "%s: The --group, --ingroup, and "
				  "--gid options are mutually exclusive.",
				  adduser_program(x));
	if (x->home.ptr && (!x->home.len || *x->home.ptr != '/'))
		return shell_fail(x->c, adduser_status(x, BAD_HOME),
				  "%s: The home dir must be an absolute path.", adduser_program(x));
	r = adduser_check_config(x, err);
	if (!r)
		r = adduser_check_name(x, err);
	if (r)
		return r;
	if (group)
		return adduser_add_group(x, err);
	return x->system ? adduser_add_system_user(x, err) : adduser_add_human(x, err);
}

static int run_program(struct shell_call *c, bool group_program, struct error *err)
{
	const struct unpacked *package = debian_find(debian_of(c), STR("adduser"));
	struct add x = { .c = c,
			 .d = debian_of(c),
			 .group_program = group_program,
			 .uid = UINT32_MAX,
			 .gid = UINT32_MAX,
			 .first_uid = UINT32_MAX,
			 .last_uid = UINT32_MAX,
			 .first_gid = UINT32_MAX,
			 .last_gid = UINT32_MAX };
	struct shell_arguments a;
	int ended, r = shell_options(c, options, false, &a, &ended, err);

	if (r)
		return r < 0 ? -1 : ended;
	if (!package)
		return shell_refuse(c, err, "package adduser is not in the image");
	x.modern = version_compare(package->package->version, STR("3.136")) > 0;
	for (size_t i = 0; i < a.n_options; i++)
		if (!take_option(&x, &a.options[i]))
			return shell_refuse(c, err, "no model of the value '" STR_FMT "'",
					    STR_ARG(a.options[i].value));
	if (accounts_open(x.d, &x.a, err) < 0 ||
	    settings_load(x.d, CONFIG, '=', &x.config, err) < 0)
		return -1;
	return run_add(&x, &a, err);
}

int command_adduser(struct shell_call *c, struct error *err)
{
	return run_program(c, false, err);
}

int command_addgroup(struct shell_call *c, struct error *err)
{
	return run_program(c, true, err);
}
