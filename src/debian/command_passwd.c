/* passwd, chsh, pwconv, grpconv, pwck and grpck as scripts use them. */
#include "debian/account_tools.h"

enum { LOCK = 1, DELETE, SHELL, QUIET, READ_ONLY, SORT };

/* ---- passwd -l, -d ---- */

static const struct shell_option passwd_options[] = {
	{ 'l', "lock", OPTION_NO_VALUE, LOCK },
	{ 'd', "delete", OPTION_NO_VALUE, DELETE },
	{ 'q', "quiet", OPTION_NO_VALUE, QUIET },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int command_passwd(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct accounts *accounts;
	struct str user, password;
	uint32_t uid, gid;
	int action = 0, status, r = shell_options(c, passwd_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (a.options[i].id != QUIET)
			action = a.options[i].id;
	if (!action || a.n_operands != 1)
		return shell_refuse(c, err, "it would ask for a password");
	if (accounts_open(debian_of(c), &accounts, err) < 0)
		return -1;
	user = a.operands[0];
	if (!accounts_find_user(accounts, user, &uid, &gid))
		return shell_fail(c, 1, "passwd: user '" STR_FMT "' does not exist", STR_ARG(user));
	password = accounts_password(accounts, user);
	if (action == DELETE)
		accounts_set_password(accounts, user, STR(""), true);
	else if (!password.len || *password.ptr != '!')
		accounts_set_password(
			accounts, user,
			str_of(arena_printf(debian_of(c)->arena, "!" STR_FMT, STR_ARG(password))),
			true);
	else
		accounts_set_password(accounts, user, password, true);
	buf_add_cstr(c->out, "passwd: password changed.\n");
	return accounts_commit(debian_of(c), accounts, c->cause, err);
}

/* ---- chsh -s ---- */

static const struct shell_option chsh_options[] = {
	{ 's', "shell", OPTION_VALUE, SHELL },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int command_chsh(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct accounts *accounts;
	struct node *shell;
	uint32_t uid, gid;
	int status, r = shell_options(c, chsh_options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1 || a.n_options != 1)
		return shell_refuse(c, err, "it would ask for a shell");
	if (accounts_open(debian_of(c), &accounts, err) < 0)
		return -1;
	if (!accounts_find_user(accounts, a.operands[0], &uid, &gid))
		return shell_fail(c, 1, "chsh: user '" STR_FMT "' does not exist",
				  STR_ARG(a.operands[0]));
	shell = world_find(c->shell, a.options[0].value, true);
	if (!shell || shell->inode->kind != NODE_FILE || !(shell->inode->mode & 0111))
		return shell_refuse(c, err, "no model of a shell that is not there");
	accounts_set_user(accounts, a.operands[0], ACCOUNT_SHELL, a.options[0].value);
	return accounts_commit(debian_of(c), accounts, c->cause, err);
}

/* ---- shadow files ---- */

static int convert(struct shell_call *c, void (*change)(struct accounts *), struct error *err)
{
	struct accounts *a;

	if (c->argc != 1)
		return shell_refuse(c, err, "no model of arguments");
	if (accounts_open(debian_of(c), &a, err) < 0)
		return -1;
	change(a);
	return accounts_commit(debian_of(c), a, c->cause, err);
}

int command_pwconv(struct shell_call *c, struct error *err)
{
	return convert(c, accounts_shadow_users, err);
}

int command_grpconv(struct shell_call *c, struct error *err)
{
	return convert(c, accounts_shadow_groups, err);
}

static const struct shell_option check_options[] = {
	{ 'q', "quiet", OPTION_NO_VALUE, QUIET },
	{ 'r', "read-only", OPTION_NO_VALUE, READ_ONLY },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

/* What is wrong with the files is printed; 2 if anything is. Only -r, which changes nothing. */
static int begin_check(struct shell_call *c, bool need_quiet, struct accounts **ret,
		       int *ret_status, struct error *err)
{
	bool quiet = false, read_only = false;
	struct shell_arguments a;
	int r = shell_options(c, check_options, false, &a, ret_status, err);

	if (r)
		return r;
	for (size_t i = 0; i < a.n_options; i++) {
		quiet |= a.options[i].id == QUIET;
		read_only |= a.options[i].id == READ_ONLY;
	}
	if (a.n_operands || !read_only || (need_quiet && !quiet)) {
		*ret_status = shell_refuse(c, err, "no model of these arguments");
		return *ret_status < 0 ? -1 : 1;
	}
	return accounts_open(debian_of(c), ret, err);
}

int command_pwck(struct shell_call *c, struct error *err)
{
	struct account_view view = { 0 };
	struct accounts *a = NULL;
	struct str name, group;
	int found = 0, status = 0, r = begin_check(c, true, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; accounts_user_at(a, i, &name); i++) {
		if (!accounts_user(a, name, &view))
			return shell_refuse(c, err, "no model of a malformed line");
		if (!accounts_group_name(a, view.gid, &group)) {
			buf_printf(c->out, "user '" STR_FMT "': no group %u\n", STR_ARG(name),
				   view.gid);
			found++;
		}
		if (view.shell.len && !world_find(c->shell, view.shell, true)) {
			buf_printf(c->out,
				   "user '" STR_FMT "': program '" STR_FMT "' does not exist\n",
				   STR_ARG(name), STR_ARG(view.shell));
			found++;
		}
	}
	if (found)
		buf_add_cstr(c->out, "pwck: no changes\n");
	return found ? 2 : 0;
}

int command_grpck(struct shell_call *c, struct error *err)
{
	struct accounts *a = NULL;
	struct str name;
	int found = 0, status = 0, r = begin_check(c, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; accounts_group_at(a, i, &name); i++) {
		struct str list = accounts_members(a, name), member;
		uint32_t uid, gid;

		while (list.len && str_split(&list, ',', &member))
			if (!accounts_find_user(a, member, &uid, &gid)) {
				buf_printf(c->out, "group " STR_FMT ": no user " STR_FMT "\n",
					   STR_ARG(name), STR_ARG(member));
				found++;
			}
	}
	if (found)
		buf_add_cstr(c->out, "grpck: no changes\n");
	return found ? 2 : 0;
}
