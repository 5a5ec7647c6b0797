/* groupadd, groupmod, groupdel, gpasswd of package passwd; delgroup, deluser, userdel. */
#include "debian/account_tools.h"
#include "resolve/archive.h"

enum { BAD_ARGUMENT = 3, GID_IN_USE = 4, NO_GROUP = 6, PRIMARY_GROUP = 8, NAME_IN_USE = 9 };

enum {
	SYSTEM = 1,
	FORCE,
	GID,
	NEW_NAME,
	ADD,
	DELETE,
	MEMBERS_OPTION,
	QUIET,
	BAD_NAMES,
	ONLY_EMPTY,
	GROUP_MODE
};

static const struct shell_option add_options[] = {
	{ 'r', "system", OPTION_NO_VALUE, SYSTEM },
	{ 'f', "force", OPTION_NO_VALUE, FORCE },
	{ 'g', "gid", OPTION_VALUE, GID },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct group_run {
	struct shell_call *c;
	struct debian *d;
	struct accounts *a;
	struct settings login;
	struct new_group g;
	bool force;
};

static bool is_plain_name(struct str name)
{
	if (!name.len || name.len > 32 || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
		      (i && ch >= '0' && ch <= '9') || (i && ch == '-')))
			return false;
	}
	return true;
}

static int choose_gid(struct group_run *x)
{
	uint32_t first = 0, last = 0;
	struct str other;

	if (x->g.gid != UINT32_MAX && !accounts_group_name(x->a, x->g.gid, &other))
		return 0;
	if (x->g.gid != UINT32_MAX && !x->force)
		return shell_fail(x->c, GID_IN_USE, "groupadd: GID '%u' already exists", x->g.gid);
	if (accounts_fixed_id(x->a, LOCK_ID_GROUP, x->g.name, &x->g.gid))
		return 0;
	if (!settings_number(&x->login, x->g.system ? "SYS_GID_MIN" : "GID_MIN",
			     x->g.system ? 101 : 1000, &first) ||
	    !settings_number(&x->login, x->g.system ? "SYS_GID_MAX" : "GID_MAX",
			     x->g.system ? 999 : 60000, &last) ||
	    !(x->g.system ? accounts_choose_system : accounts_choose_human)(x->a, LOCK_ID_GROUP,
									    first, last, &x->g.gid))
		return shell_fail(x->c, 10, "groupadd: Can't get unique GID");
	return 0;
}

int command_groupadd(struct shell_call *c, struct error *err)
{
	struct group_run x = { .c = c, .d = debian_of(c), .g = { .gid = UINT32_MAX } };
	struct shell_arguments a;
	uint32_t gid;
	int status, r = shell_options(c, add_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		x.g.system |= a.options[i].id == SYSTEM;
		x.force |= a.options[i].id == FORCE;
		if (a.options[i].id == GID && !account_number(a.options[i].value, &x.g.gid))
			return shell_fail(c, BAD_ARGUMENT,
					  "groupadd: invalid group ID '" STR_FMT "'",
					  STR_ARG(a.options[i].value));
	}
	if (a.n_operands != 1)
		return shell_fail(c, 2, "groupadd: exactly one name");
	x.g.name = a.operands[0];
	if (!is_plain_name(x.g.name))
		return shell_refuse(c, err, "no model of the name '" STR_FMT "'",
				    STR_ARG(x.g.name));
	if (accounts_open(x.d, &x.a, err) < 0 ||
	    settings_load(x.d, STR("/etc/login.defs"), ' ', &x.login, err) < 0)
		return -1;
	if (accounts_find_group(x.a, x.g.name, &gid))
		return x.force ? 0
			       : shell_fail(c, NAME_IN_USE,
					    "groupadd: group '" STR_FMT "' already exists",
					    STR_ARG(x.g.name));
	r = choose_gid(&x);
	if (r)
		return r;
	if (account_new_group(x.a, &x.g, err) < 0)
		return -1;
	return accounts_commit(x.d, x.a, c->cause, err);
}

/* ---- groupmod -n ---- */

static const struct shell_option mod_options[] = {
	{ 'n', "new-name", OPTION_VALUE, NEW_NAME },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int command_groupmod(struct shell_call *c, struct error *err)
{
	const struct unpacked *package = debian_find(debian_of(c), STR("passwd"));
	struct shell_arguments a;
	struct accounts *accounts;
	uint32_t gid;
	int status, r = shell_options(c, mod_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1 || a.n_options != 1 || !is_plain_name(a.options[0].value))
		return shell_refuse(c, err, "no model of these arguments");
	if (accounts_open(debian_of(c), &accounts, err) < 0)
		return -1;
	if (!accounts_find_group(accounts, a.operands[0], &gid))
		return shell_fail(c, NO_GROUP, "groupmod: group '" STR_FMT "' does not exist",
				  STR_ARG(a.operands[0]));
	if (str_equal(a.operands[0], a.options[0].value))
		return 0;
	if (accounts_find_group(accounts, a.options[0].value, &gid))
		return shell_fail(c, NAME_IN_USE, "groupmod: group '" STR_FMT "' already exists",
				  STR_ARG(a.options[0].value));
	/* Up to 4.13 the line keeps its place, since 4.14 it goes to the end. */
	accounts_rename_group(accounts, a.operands[0], a.options[0].value,
			      package && version_compare(package->package->version,
							 STR("1:4.14")) >= 0);
	return accounts_commit(debian_of(c), accounts, c->cause, err);
}

/* ---- removal ---- */

static bool is_primary(const struct accounts *a, uint32_t gid)
{
	struct account_view view;
	struct str name;

	for (size_t i = 0; accounts_user_at(a, i, &name); i++)
		if (accounts_user(a, name, &view) && view.gid == gid)
			return true;
	return false;
}

int command_groupdel(struct shell_call *c, struct error *err)
{
	struct accounts *a;
	uint32_t gid;

	if (c->argc != 2 || !is_plain_name(c->argv[1]))
		return shell_refuse(c, err, "no model of these arguments");
	if (accounts_open(debian_of(c), &a, err) < 0)
		return -1;
	if (!accounts_find_group(a, c->argv[1], &gid))
		return shell_fail(c, NO_GROUP, "groupdel: group '" STR_FMT "' does not exist",
				  STR_ARG(c->argv[1]));
	if (is_primary(a, gid))
		return shell_fail(c, PRIMARY_GROUP,
				  "groupdel: cannot remove the primary group of "
				  "a user");
	accounts_remove_group(a, c->argv[1]);
	return accounts_commit(debian_of(c), a, c->cause, err);
}

/* Only "there is no such user" has a model: a fresh installation removes nobody. */
int command_userdel(struct shell_call *c, struct error *err)
{
	struct accounts *a;
	uint32_t uid, gid;

	if (accounts_open(debian_of(c), &a, err) < 0)
		return -1;
	if (c->argc != 2 || accounts_find_user(a, c->argv[1], &uid, &gid))
		return shell_refuse(c, err, "no model of removing a user");
	return shell_fail(c, NO_GROUP, "userdel: user '" STR_FMT "' does not exist",
			  STR_ARG(c->argv[1]));
}

static const struct shell_option del_options[] = {
	{ 'q', "quiet", OPTION_NO_VALUE, QUIET },
	{ 0, "system", OPTION_NO_VALUE, SYSTEM },
	{ 0, "group", OPTION_NO_VALUE, GROUP_MODE },
	{ 0, "only-if-empty", OPTION_NO_VALUE, ONLY_EMPTY },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static int leave_group(struct shell_call *c, struct accounts *a, struct str user, struct str group,
		       struct error *err)
{
	struct account_view view;
	uint32_t gid;

	if (!accounts_user(a, user, &view) || !accounts_find_group(a, group, &gid) ||
	    view.gid == gid || !accounts_is_member(a, group, user))
		return shell_refuse(c, err, "no model of removing a user who is no member");
	accounts_remove_member(a, group, user);
	return accounts_commit(debian_of(c), a, c->cause, err);
}

/* With --system nobody to remove is no failure. */
static int remove_account(struct shell_call *c, bool group_program, struct error *err)
{
	bool system = false, group = group_program;
	struct shell_arguments a;
	struct accounts *accounts;
	uint32_t uid, gid;
	int status, r = shell_options(c, del_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		system |= a.options[i].id == SYSTEM;
		group |= a.options[i].id == GROUP_MODE;
	}
	if (accounts_open(debian_of(c), &accounts, err) < 0)
		return -1;
	if (a.n_operands == 2 && !group)
		return leave_group(c, accounts, a.operands[0], a.operands[1], err);
	if (a.n_operands != 1 || !system ||
	    (group ? accounts_find_group(accounts, a.operands[0], &gid)
		   : accounts_find_user(accounts, a.operands[0], &uid, &gid)))
		return shell_refuse(c, err, "no model of removing an account");
	return 0;
}

int command_deluser(struct shell_call *c, struct error *err)
{
	return remove_account(c, false, err);
}

int command_delgroup(struct shell_call *c, struct error *err)
{
	return remove_account(c, true, err);
}

/* ---- gpasswd ---- */

static const struct shell_option gpasswd_options[] = {
	{ 'a', "add", OPTION_VALUE, ADD },
	{ 'd', "delete", OPTION_VALUE, DELETE },
	{ 'M', "members", OPTION_VALUE, MEMBERS_OPTION },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static int change_members(struct shell_call *c, struct accounts *a, const struct shell_taken *o,
			  struct str group, struct error *err)
{
	struct str rest = o->value, name;
	uint32_t uid, gid;

	while (o->value.len && str_split(&rest, ',', &name))
		if (!accounts_find_user(a, name, &uid, &gid))
			return shell_fail(c, BAD_ARGUMENT,
					  "gpasswd: user '" STR_FMT "' does not exist",
					  STR_ARG(name));
	if (o->id == MEMBERS_OPTION) {
		accounts_set_members(a, group, o->value);
	} else if (o->id == ADD) {
		buf_printf(c->out, "Adding user " STR_FMT " to group " STR_FMT "\n",
			   STR_ARG(o->value), STR_ARG(group));
		if (accounts_add_member(a, group, o->value, err) < 0)
			return -1;
	} else {
		if (!accounts_is_member(a, group, o->value))
			return shell_fail(c, BAD_ARGUMENT,
					  "gpasswd: user '" STR_FMT "' is not a member of '" STR_FMT
					  "'",
					  STR_ARG(o->value), STR_ARG(group));
		buf_printf(c->out, "Removing user " STR_FMT " from group " STR_FMT "\n",
			   STR_ARG(o->value), STR_ARG(group));
		accounts_remove_member(a, group, o->value);
	}
	return accounts_commit(debian_of(c), a, c->cause, err);
}

int command_gpasswd(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct accounts *accounts;
	uint32_t gid;
	int status, r = shell_options(c, gpasswd_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1 || a.n_options != 1)
		return shell_refuse(c, err, "no model of these arguments");
	if (accounts_open(debian_of(c), &accounts, err) < 0)
		return -1;
	if (!accounts_find_group(accounts, a.operands[0], &gid))
		return shell_fail(c, BAD_ARGUMENT,
				  "gpasswd: group '" STR_FMT "' does not exist in /etc/group",
				  STR_ARG(a.operands[0]));
	return change_members(c, accounts, &a.options[0], a.operands[0], err);
}
