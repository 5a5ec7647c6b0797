/* useradd and usermod of package passwd: shadow 4.13 and 4.17. */
#include "debian/account_tools.h"

/* useradd(8), usermod(8): exit statuses. */
enum { BAD_ARGUMENT = 3, UID_IN_USE = 4, NO_OBJECT = 6, NAME_IN_USE = 9, BAD_NAME = 19 };

enum user_option {
	SYSTEM = 1,
	GROUP,
	GROUPS,
	HOME,
	MAKE_HOME,
	NO_HOME,
	SHELL,
	COMMENT,
	UID,
	OWN_GROUP,
	NO_OWN_GROUP,
	SETTING,
	NO_LOG,
	BAD_NAMES,
	APPEND,
	LOCK,
	PASSWORD
};

static const struct shell_option add_options[] = {
	{ 'r', "system", OPTION_NO_VALUE, SYSTEM },
	{ 'g', "gid", OPTION_VALUE, GROUP },
	{ 'G', "groups", OPTION_VALUE, GROUPS },
	{ 'd', "home-dir", OPTION_VALUE, HOME },
	{ 0, "home", OPTION_VALUE, HOME },
	{ 'm', "create-home", OPTION_NO_VALUE, MAKE_HOME },
	{ 'M', "no-create-home", OPTION_NO_VALUE, NO_HOME },
	{ 's', "shell", OPTION_VALUE, SHELL },
	{ 'c', "comment", OPTION_VALUE, COMMENT },
	{ 'u', "uid", OPTION_VALUE, UID },
	{ 'U', "user-group", OPTION_NO_VALUE, OWN_GROUP },
	{ 'N', "no-user-group", OPTION_NO_VALUE, NO_OWN_GROUP },
	{ 'l', "no-log-init", OPTION_NO_VALUE, NO_LOG },
	{ 0, "badname", OPTION_NO_VALUE, BAD_NAMES },
	{ 0, "badnames", OPTION_NO_VALUE, BAD_NAMES },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct user_run {
	struct shell_call *c;
	struct debian *d;
	struct accounts *a;
	struct settings login;
	struct new_user u;
	struct str group, groups, comment, home, shell, password; /* ptr NULL: not given */
	bool make_home, own_group, no_own_group, append, lock;
};

static bool is_plain_name(struct str name)
{
	size_t n = name.len > 1 && name.ptr[name.len - 1] == '$' ? name.len - 1 : name.len;

	if (!n || n > 32 || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		char ch = name.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || ch == '_' || (i && ch >= '0' && ch <= '9') ||
		      (i && ch == '-')))
			return false;
	}
	return true;
}

/* A group by name or number. */
static bool find_group(const struct accounts *a, struct str text, uint32_t *ret, struct str *name)
{
	if (accounts_find_group(a, text, ret)) {
		*name = text;
		return true;
	}
	return account_number(text, ret) && accounts_group_name(a, *ret, name);
}

static bool is_taken_option(struct user_run *x, const struct shell_taken *o)
{
	switch ((enum user_option)o->id) {
	case SYSTEM:
		x->u.system = true;
		return true;
	case GROUP:
		x->group = o->value;
		return true;
	case GROUPS:
		x->groups = o->value;
		return true;
	case HOME:
		x->home = o->value;
		return true;
	case MAKE_HOME:
		x->make_home = true;
		return true;
	case NO_HOME:
		x->make_home = false;
		return true;
	case SHELL:
		x->shell = o->value;
		return true;
	case COMMENT:
		x->comment = o->value;
		return true;
	case UID:
		return account_number(o->value, &x->u.uid);
	case OWN_GROUP:
		x->own_group = true;
		return true;
	case NO_OWN_GROUP:
		x->no_own_group = true;
		return true;
	case APPEND:
		x->append = true;
		return true;
	case LOCK:
		x->lock = true;
		return true;
	case PASSWORD:
		x->password = o->value;
		return true;
	case NO_LOG:
	case BAD_NAMES:
	case SETTING:
		break;
	}
	return true;
}

static int choose_uid(struct user_run *x)
{
	uint32_t first = 0, last = 0;
	struct str other;

	if (x->u.uid != UINT32_MAX) {
		if (accounts_user_name(x->a, x->u.uid, &other))
			return shell_fail(x->c, UID_IN_USE, "useradd: UID %u is not unique",
					  x->u.uid);
		return 0;
	}
	if (accounts_fixed_id(x->a, LOCK_ID_USER, x->u.name, &x->u.uid))
		return 0;
	if (!settings_number(&x->login, x->u.system ? "SYS_UID_MIN" : "UID_MIN",
			     x->u.system ? 101 : 1000, &first) ||
	    !settings_number(&x->login, x->u.system ? "SYS_UID_MAX" : "UID_MAX",
			     x->u.system ? 999 : 60000, &last) ||
	    !(x->u.system ? accounts_choose_system : accounts_choose_human)(x->a, LOCK_ID_USER,
									    first, last, &x->u.uid))
		return shell_fail(x->c, 1, "useradd: Can't get unique system UID");
	return 0;
}

/* The group of the user's name gets the user's number if that is free. */
static int make_group(struct user_run *x, struct error *err)
{
	struct new_group g = { x->u.name, x->u.uid, x->u.system };
	uint32_t first = 0, last = 0, fixed;

	if (accounts_find_group(x->a, x->u.name, &x->u.gid))
		return shell_fail(x->c, NAME_IN_USE,
				  "useradd: group " STR_FMT " exists - if you "
				  "want to add this user to that group, use -g.",
				  STR_ARG(x->u.name));
	if (!settings_number(&x->login, x->u.system ? "SYS_GID_MIN" : "GID_MIN",
			     x->u.system ? 101 : 1000, &first) ||
	    !settings_number(&x->login, x->u.system ? "SYS_GID_MAX" : "GID_MAX",
			     x->u.system ? 999 : 60000, &last))
		return shell_refuse(x->c, err, "no model of these limits in login.defs");
	if (accounts_fixed_id(x->a, LOCK_ID_GROUP, x->u.name, &fixed))
		g.gid = fixed;
	else if ((g.gid < first || g.gid > last || !accounts_is_free(x->a, LOCK_ID_GROUP, g.gid)) &&
		 !(x->u.system ? accounts_choose_system
			       : accounts_choose_human)(x->a, LOCK_ID_GROUP, first, last, &g.gid))
		return shell_fail(x->c, 4, "useradd: can't create group");
	x->u.gid = g.gid;
	return account_new_group(x->a, &g, err);
}

static int add_to_groups(struct user_run *x, struct str user, struct error *err)
{
	struct str rest = x->groups, name, found;
	uint32_t gid;

	while (rest.ptr && rest.len && str_split(&rest, ',', &name)) {
		if (!find_group(x->a, name, &gid, &found))
			return shell_fail(x->c, NO_OBJECT, "group '" STR_FMT "' does not exist",
					  STR_ARG(name));
		if (accounts_add_member(x->a, found, user, err) < 0)
			return -1;
	}
	return 0;
}

static uint16_t octal(struct str text)
{
	unsigned mode = 0;

	for (size_t i = 0; i < text.len; i++)
		mode = 8 * mode + (unsigned)(text.ptr[i] - '0');
	return (uint16_t)(mode & 07777);
}

static int make_home(struct user_run *x, struct error *err)
{
	struct str text = STR("022");
	struct node *home;
	uint16_t mode;

	if (tree_resolve(x->d->tree, x->u.home, true))
		return 0;
	if (settings_find(&x->login, "HOME_MODE", &text)) {
		mode = octal(text);
	} else {
		(void)settings_find(&x->login, "UMASK", &text);
		mode = 0777 & (uint16_t)~octal(text);
	}
	if (account_home(x->d, x->u.home, x->u.uid, x->u.gid, mode, x->c->cause, &home, err) < 0)
		return -1;
	account_skeleton(x->d, home, x->u.uid, x->u.gid, x->c->cause);
	return 0;
}

static int primary_group(struct user_run *x, struct error *err)
{
	struct str answer = STR("no"), name;

	if (x->group.ptr) {
		if (!find_group(x->a, x->group, &x->u.gid, &name))
			return shell_fail(x->c, NO_OBJECT,
					  "useradd: group '" STR_FMT "' does not exist",
					  STR_ARG(x->group));
		return 0;
	}
	(void)settings_find(&x->login, "USERGROUPS_ENAB", &answer);
	if (x->own_group || (!x->no_own_group && str_equal_cstr(answer, "yes")))
		return make_group(x, err);
	x->u.gid = 100; /* GROUP of /etc/default/useradd */
	return 0;
}

static int add_user(struct user_run *x, struct error *err)
{
	uint32_t uid, gid;
	int r;

	if (accounts_find_user(x->a, x->u.name, &uid, &gid))
		return shell_fail(x->c, NAME_IN_USE, "useradd: user '" STR_FMT "' already exists",
				  STR_ARG(x->u.name));
	r = choose_uid(x);
	if (!r)
		r = primary_group(x, err);
	if (r)
		return r;
	x->u.home =
		x->home.ptr
			? x->home
			: str_of(arena_printf(x->d->arena, "/home/" STR_FMT, STR_ARG(x->u.name)));
	x->u.shell = x->shell.ptr ? x->shell : STR("/bin/sh");
	x->u.gecos = x->comment.ptr ? x->comment : STR("");
	if (account_new_user(x->a, &x->u, err) < 0)
		return -1;
	r = add_to_groups(x, x->u.name, err);
	if (r)
		return r;
	if (!x->u.system && account_subordinate(x->d, x->u.name, x->c->cause, err) < 0)
		return -1;
	if (accounts_commit(x->d, x->a, x->c->cause, err) < 0)
		return -1;
	return x->make_home ? make_home(x, err) : 0;
}

/* /etc/default/useradd as package passwd ships it sets SHELL=/bin/sh and nothing else. */
static int check_defaults(struct user_run *x, struct error *err)
{
	struct settings defaults;
	struct str rest, line;

	if (settings_load(x->d, STR("/etc/default/useradd"), '=', &defaults, err) < 0)
		return -1;
	rest = defaults.text;
	while (rest.len && str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.len && *line.ptr != '#' && !str_equal_cstr(line, "SHELL=/bin/sh"))
			return shell_refuse(x->c, err,
					    "no model of '" STR_FMT "' in /etc/default/useradd",
					    STR_ARG(line));
	}
	return 0;
}

static int start(struct user_run *x, const struct shell_option *options, struct shell_arguments *a,
		 int *ret_status, struct error *err)
{
	int r = shell_options(x->c, options, false, a, ret_status, err);

	if (r)
		return r;
	for (size_t i = 0; i < a->n_options; i++)
		if (!is_taken_option(x, &a->options[i])) {
			*ret_status = shell_refuse(x->c, err, "no model of the value '" STR_FMT "'",
						   STR_ARG(a->options[i].value));
			return *ret_status < 0 ? -1 : 1;
		}
	if (accounts_open(x->d, &x->a, err) < 0 ||
	    settings_load(x->d, STR("/etc/login.defs"), ' ', &x->login, err) < 0)
		return -1;
	return 0;
}

int command_useradd(struct shell_call *c, struct error *err)
{
	struct user_run x = { .c = c, .d = debian_of(c), .u = { .uid = UINT32_MAX } };
	struct shell_arguments a;
	int status, r = start(&x, add_options, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1)
		return shell_fail(c, 2, "useradd: exactly one name");
	x.u.name = a.operands[0];
	if (!is_plain_name(x.u.name))
		return shell_refuse(c, err, "no model of the name '" STR_FMT "'",
				    STR_ARG(x.u.name));
	r = check_defaults(&x, err);
	return r ? r : add_user(&x, err);
}

/* ---- usermod ---- */

static const struct shell_option mod_options[] = {
	{ 'a', "append", OPTION_NO_VALUE, APPEND },
	{ 'G', "groups", OPTION_VALUE, GROUPS },
	{ 'g', "gid", OPTION_VALUE, GROUP },
	{ 'd', "home", OPTION_VALUE, HOME },
	{ 's', "shell", OPTION_VALUE, SHELL },
	{ 'c', "comment", OPTION_VALUE, COMMENT },
	{ 'L', "lock", OPTION_NO_VALUE, LOCK },
	{ 'p', "password", OPTION_VALUE, PASSWORD },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

/* Files of the home that belong to the old primary group change hands. */
static int change_group(struct user_run *x, struct str user, struct error *err)
{
	struct account_view view = { 0 };
	struct node *home, *node;
	struct tree_iter it;
	struct str name;
	uint32_t gid;

	if (!find_group(x->a, x->group, &gid, &name))
		return shell_fail(x->c, NO_OBJECT, "usermod: group '" STR_FMT "' does not exist",
				  STR_ARG(x->group));
	(void)accounts_user(x->a, user, &view);
	if (gid == view.gid)
		return 0;
	home = tree_resolve(x->d->tree, view.home, true);
	if (home && home->inode->kind == NODE_DIRECTORY && home->inode->uid == view.uid) {
		it = tree_iter(x->d->tree, home);
		while ((node = tree_next(&it)))
			if (node->inode->gid == view.gid)
				tree_set_owner(node, node->inode->uid, gid, x->c->cause);
	}
	accounts_set_user(x->a, user, ACCOUNT_GID, str_of(arena_printf(x->d->arena, "%u", gid)));
	(void)err;
	return 0;
}

static int set_groups(struct user_run *x, struct str user, struct error *err)
{
	struct str group, found, rest, name;
	uint32_t gid;

	for (size_t i = 0; !x->append && accounts_group_at(x->a, i, &group); i++) {
		bool wanted = false;

		rest = x->groups;
		while (rest.len && str_split(&rest, ',', &name))
			wanted |= find_group(x->a, name, &gid, &found) && str_equal(found, group);
		if (!wanted)
			accounts_remove_member(x->a, group, user);
	}
	return add_to_groups(x, user, err);
}

static int change_user(struct user_run *x, struct str user, struct error *err)
{
	struct str password = accounts_password(x->a, user);
	int r = x->group.ptr ? change_group(x, user, err) : 0;

	if (!r && x->groups.ptr)
		r = set_groups(x, user, err);
	if (r)
		return r;
	if (x->home.ptr)
		accounts_set_user(x->a, user, ACCOUNT_HOME, x->home);
	if (x->shell.ptr)
		accounts_set_user(x->a, user, ACCOUNT_SHELL, x->shell);
	if (x->comment.ptr)
		accounts_set_user(x->a, user, ACCOUNT_GECOS, x->comment);
	if (x->password.ptr)
		accounts_set_password(x->a, user, x->password, true);
	if (x->lock && !(password.len && *password.ptr == '!'))
		accounts_set_password(
			x->a, user,
			str_of(arena_printf(x->d->arena, "!" STR_FMT, STR_ARG(password))), false);
	return accounts_commit(x->d, x->a, x->c->cause, err);
}

int command_usermod(struct shell_call *c, struct error *err)
{
	struct user_run x = { .c = c, .d = debian_of(c), .u = { .uid = UINT32_MAX } };
	struct shell_arguments a;
	uint32_t uid, gid;
	int status, r = start(&x, mod_options, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands != 1 || !a.n_options || (x.append && !x.groups.ptr))
		return shell_fail(c, 2, "usermod: usage");
	if (!accounts_find_user(x.a, a.operands[0], &uid, &gid))
		return shell_fail(c, NO_OBJECT, "usermod: user '" STR_FMT "' does not exist",
				  STR_ARG(a.operands[0]));
	return change_user(&x, a.operands[0], err);
}
