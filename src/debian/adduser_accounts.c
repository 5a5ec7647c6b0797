/*
 * What adduser and addgroup make: groups, members, system users and people.
 */
#include "debian/adduser_private.h"

#define NOGROUP 65534u

/* ---- groups ---- */

static int finish(struct add *x, struct error *err)
{
	return accounts_commit(x->d, x->a, x->c->cause, err);
}

int adduser_add_group(struct add *x, struct error *err)
{
	struct new_group g = { x->name, x->gid, x->system };
	uint32_t first, last, gid;
	struct str other;

	if (accounts_find_group(x->a, x->name, &gid)) {
		if (x->system && adduser_is_system_id(x, gid, true) &&
		    !(x->modern && x->gid != UINT32_MAX && x->gid != gid)) {
			if (!x->quiet && !x->modern)
				buf_printf(x->c->err,
					   "%s: The group `" STR_FMT "' already exists "
					   "as a system group. Exiting.\n",
					   adduser_program(x), STR_ARG(x->name));
			return 0;
		}
		return shell_fail(x->c, adduser_status(x, x->system ? WRONG_OBJECT : OBJECT_EXISTS),
				  "%s: The group `" STR_FMT "' already exists.", adduser_program(x),
				  STR_ARG(x->name));
	}
	if (x->gid != UINT32_MAX && accounts_group_name(x->a, x->gid, &other))
		return shell_fail(x->c, adduser_status(x, x->system ? WRONG_OBJECT : ID_IN_USE),
				  "%s: The GID `%u' is already in use.", adduser_program(x),
				  x->gid);
	first = adduser_configured(x, x->first_gid, x->system ? "FIRST_SYSTEM_GID" : "FIRST_GID",
				   x->system ? 100 : 1000);
	last = adduser_configured(x, x->last_gid, x->system ? "LAST_SYSTEM_GID" : "LAST_GID",
				  x->system ? 999 : 59999);
	if (g.gid == UINT32_MAX &&
	    !account_lowest(x->a, LOCK_ID_GROUP, x->name, first, last, &g.gid))
		return shell_fail(x->c, adduser_status(x, NO_ID),
				  "%s: No GID is available in the range "
				  "%u-%u.",
				  adduser_program(x), first, last);
	adduser_say(x, "Adding group `" STR_FMT "' (GID %u) ...\n", STR_ARG(x->name), g.gid);
	if (account_new_group(x->a, &g, err) < 0)
		return -1;
	adduser_say(x, "Done.\n");
	return finish(x, err);
}

int adduser_add_member(struct add *x, struct str user, struct str group, struct error *err)
{
	uint32_t uid, gid;

	if (!accounts_find_user(x->a, user, &uid, &gid))
		return shell_fail(x->c, adduser_status(x, NO_OBJECT),
				  "%s: The user `" STR_FMT "' does not exist.", adduser_program(x),
				  STR_ARG(user));
	if (!accounts_find_group(x->a, group, &gid))
		return shell_fail(x->c, adduser_status(x, NO_OBJECT),
				  "%s: The group `" STR_FMT "' does not exist.", adduser_program(x),
				  STR_ARG(group));
	if (accounts_is_member(x->a, group, user)) {
		if (!x->quiet)
			buf_printf(x->c->err,
				   "%s: The user `" STR_FMT "' is already a member of `" STR_FMT
				   "'.\n",
				   adduser_program(x), STR_ARG(user), STR_ARG(group));
		return 0;
	}
	adduser_say(x, "Adding user `" STR_FMT "' to group `" STR_FMT "' ...\n", STR_ARG(user),
		    STR_ARG(group));
	if (accounts_add_member(x->a, group, user, err) < 0)
		return -1;
	adduser_say(x, "Done.\n");
	return finish(x, err);
}

/* ---- users ---- */

/*
 * The comment goes through chfn in 3.134, which makes four fields of it, and
 * through usermod in 3.152, which takes it as it is.
 */
static int set_comment(struct add *x, struct error *err)
{
	struct str rest = x->comment,
		   field[5] = { { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 } };
	size_t n = 0;

	for (size_t i = 0; i < x->comment.len; i++)
		if (x->comment.ptr[i] == ':' || (uint8_t)x->comment.ptr[i] < ' ' ||
		    (uint8_t)x->comment.ptr[i] >= 127 || (!x->modern && x->comment.ptr[i] == '='))
			return shell_refuse(x->c, err, "no model of the comment '" STR_FMT "'",
					    STR_ARG(x->comment));
	if (x->modern) {
		accounts_set_user(x->a, x->name, ACCOUNT_GECOS, x->comment);
		return 0;
	}
	while (n < 5 && str_split(&rest, ',', &field[n]))
		n++;
	if (rest.ptr)
		return shell_refuse(x->c, err, "no model of a comment with so many fields");
	accounts_set_user(
		x->a, x->name, ACCOUNT_GECOS,
		str_of(arena_printf(
			x->d->arena, STR_FMT "," STR_FMT "," STR_FMT "," STR_FMT "%s" STR_FMT,
			STR_ARG(field[0]), STR_ARG(field[1]), STR_ARG(field[2]), STR_ARG(field[3]),
			field[4].len ? "," : "", STR_ARG(field[4]))));
	return 0;
}

static bool is_nonexistent(struct str home)
{
	size_t i = 0;
	struct str rest;

	while (i < home.len && home.ptr[i] == '/')
		i++;
	rest = (struct str){ home.ptr + i, home.len - i };
	return i && str_has_prefix(rest, STR("nonexistent")) &&
	       (rest.len == 11 || rest.ptr[11] == '/');
}

static int make_home(struct add *x, struct str home, uint32_t uid, uint32_t gid, struct error *err)
{
	struct node *node = tree_resolve(x->d->tree, home, true);

	if (is_nonexistent(home) || x->no_create_home) {
		adduser_say(x,
			    is_nonexistent(home) ? "Not creating `" STR_FMT "'.\n"
						 : "Not creating home directory `" STR_FMT "'.\n",
			    STR_ARG(home));
		return 0;
	}
	if (node) {
		if (!x->quiet && !x->modern)
			buf_printf(x->c->err,
				   "%s: The home directory `" STR_FMT "' already "
				   "exists.  Not touching this directory.\n",
				   adduser_program(x), STR_ARG(home));
		return 0;
	}
	adduser_say(x, "Creating home directory `" STR_FMT "' ...\n", STR_ARG(home));
	if (account_home(x->d, home, uid, gid, adduser_folder_mode(x), x->c->cause, &node, err) < 0)
		return -1;
	if (!x->system)
		account_skeleton(x->d, node, uid, gid, x->c->cause);
	return 0;
}

/* 0: make it; 1: *ret_status says what the program ends with. */
static int existing_user(const struct add *x, int *ret_status)
{
	uint32_t uid, gid;

	*ret_status = 0;
	if (!accounts_find_user(x->a, x->name, &uid, &gid))
		return 0;
	if (!x->system)
		*ret_status = shell_fail(x->c, adduser_status(x, OBJECT_EXISTS),
					 "%s: The user `" STR_FMT "' already exists.",
					 adduser_program(x), STR_ARG(x->name));
	else if (!adduser_is_system_id(x, uid, false) || (x->uid != UINT32_MAX && x->uid != uid))
		*ret_status = shell_fail(x->c, adduser_status(x, WRONG_OBJECT),
					 "%s: The user `" STR_FMT
					 "' already exists, but is not a system user. Exiting.",
					 adduser_program(x), STR_ARG(x->name));
	else
		adduser_say(x, "The system user `" STR_FMT "' already exists. Exiting.\n",
			    STR_ARG(x->name));
	return 1;
}

static int check_ids(const struct add *x, struct error *err)
{
	struct str other;
	uint32_t gid;

	(void)err;
	if (x->uid != UINT32_MAX && accounts_user_name(x->a, x->uid, &other))
		return shell_fail(x->c, adduser_status(x, x->system ? WRONG_OBJECT : ID_IN_USE),
				  "%s: The UID %u is already in use.", adduser_program(x), x->uid);
	if (x->ingroup.ptr && !accounts_find_group(x->a, x->ingroup, &gid))
		return shell_fail(x->c, adduser_status(x, NO_OBJECT),
				  "%s: The group `" STR_FMT "' does not exist.", adduser_program(x),
				  STR_ARG(x->ingroup));
	if (x->gid != UINT32_MAX && !accounts_group_name(x->a, x->gid, &other))
		return shell_fail(x->c, adduser_status(x, NO_OBJECT),
				  "%s: The GID %u does not exist.", adduser_program(x), x->gid);
	return 0;
}

/* The primary group of a system user: its own, --ingroup, --gid or nogroup. */
static int system_group(struct add *x, uint32_t uid, uint32_t *ret_gid, struct error *err)
{
	struct new_group g = { x->name, UINT32_MAX, true };
	uint32_t first = adduser_configured(x, x->first_gid, "FIRST_SYSTEM_GID", 100);
	uint32_t last = adduser_configured(x, x->last_gid, "LAST_SYSTEM_GID", 999);

	if (!x->group_too) {
		if (x->gid != UINT32_MAX)
			*ret_gid = x->gid;
		else if (x->ingroup.ptr)
			(void)accounts_find_group(x->a, x->ingroup, ret_gid);
		else
			*ret_gid = NOGROUP;
		return 0;
	}
	if (accounts_find_group(x->a, x->name, ret_gid))
		return 0;
	if (x->uid != UINT32_MAX)
		g.gid = uid;
	else if (!account_lowest(x->a, LOCK_ID_GROUP, x->name, first, last, &g.gid))
		return shell_fail(x->c, adduser_status(x, NO_ID), "%s: No GID is available.",
				  adduser_program(x));
	adduser_say(x, "Adding new group `" STR_FMT "' (GID %u) ...\n", STR_ARG(x->name), g.gid);
	*ret_gid = g.gid;
	return account_new_group(x->a, &g, err);
}

static int complete_user(struct add *x, const struct new_user *u, struct error *err)
{
	int r;

	if (account_new_user(x->a, u, err) < 0)
		return -1;
	r = x->comment.ptr ? set_comment(x, err) : 0;
	if (r || finish(x, err) < 0)
		return r ? r : -1;
	return make_home(x, u->home, u->uid, u->gid, err);
}

int adduser_add_system_user(struct add *x, struct error *err)
{
	struct new_user u = { .name = x->name,
			      .uid = x->uid,
			      .system = true,
			      .home = x->home.len ? x->home : STR("/nonexistent"),
			      .shell = x->shell.len ? x->shell : STR("/usr/sbin/nologin") };
	struct str group = STR("");
	int r;

	if (existing_user(x, &r))
		return r;
	r = check_ids(x, err);
	if (r)
		return r;
	if (x->group_too && x->uid != UINT32_MAX && accounts_group_name(x->a, x->uid, &group) &&
	    !str_equal(group, x->name))
		return shell_fail(x->c, adduser_status(x, ID_IN_USE),
				  "%s: The GID %u is already in use.", adduser_program(x), x->uid);
	if (u.uid == UINT32_MAX &&
	    !account_lowest(x->a, LOCK_ID_USER, x->name,
			    adduser_configured(x, x->first_uid, "FIRST_SYSTEM_UID", 100),
			    adduser_configured(x, x->last_uid, "LAST_SYSTEM_UID", 999), &u.uid))
		return shell_fail(x->c, adduser_status(x, NO_ID), "%s: No UID is available.",
				  adduser_program(x));
	adduser_say(x, "Adding system user `" STR_FMT "' (UID %u) ...\n", STR_ARG(x->name), u.uid);
	r = system_group(x, u.uid, &u.gid, err);
	if (r)
		return r;
	(void)accounts_group_name(x->a, u.gid, &group);
	adduser_say(x, "Adding new user `" STR_FMT "' (UID %u) with group `" STR_FMT "' ...\n",
		    STR_ARG(x->name), u.uid, STR_ARG(group));
	return complete_user(x, &u, err);
}

/* A number that is free for the user and for the group of the same name. */
static bool lowest_pair(const struct add *x, uint32_t *ret)
{
	uint32_t last = adduser_configured(x, x->last_uid, "LAST_UID", 59999);

	if (accounts_fixed_id(x->a, LOCK_ID_USER, x->name, ret))
		return true;
	for (uint32_t id = adduser_configured(x, x->first_uid, "FIRST_UID", 1000); id <= last; id++)
		if (accounts_is_free(x->a, LOCK_ID_USER, id) &&
		    accounts_is_free(x->a, LOCK_ID_GROUP, id)) {
			*ret = id;
			return true;
		}
	return false;
}

static int human_ids(struct add *x, struct new_user *u, struct error *err)
{
	struct new_group g = { x->name, UINT32_MAX, false };
	bool own = x->gid == UINT32_MAX && !x->ingroup.ptr;

	if (u->uid == UINT32_MAX && !lowest_pair(x, &u->uid))
		return shell_fail(x->c, adduser_status(x, NO_ID), "%s: No UID is available.",
				  adduser_program(x));
	if (x->gid != UINT32_MAX) {
		u->gid = x->gid;
	} else if (!own) {
		(void)accounts_find_group(x->a, x->ingroup, &u->gid);
	} else {
		if (accounts_find_group(x->a, x->name, &g.gid))
			return shell_fail(x->c, adduser_status(x, OBJECT_EXISTS),
					  "%s: The group `" STR_FMT "' already exists.",
					  adduser_program(x), STR_ARG(x->name));
		g.gid = u->uid;
		u->gid = u->uid;
		return account_new_group(x->a, &g, err);
	}
	return 0;
}

int adduser_add_human(struct add *x, struct error *err)
{
	struct str dhome = STR("/home"), shell = STR("/bin/bash");
	struct new_user u = { .name = x->name, .uid = x->uid };
	uint32_t gid;
	int r;

	if (!x->no_password || !x->comment.ptr)
		return shell_refuse(x->c, err, "it would ask for a password or a comment");
	if (existing_user(x, &r))
		return r;
	r = check_ids(x, err);
	if (!r)
		r = human_ids(x, &u, err);
	if (r)
		return r;
	(void)settings_find(&x->config, "DHOME", &dhome);
	(void)settings_find(&x->config, "DSHELL", &shell);
	u.home = x->home.len ? x->home
			     : str_of(arena_printf(x->d->arena, STR_FMT "/" STR_FMT, STR_ARG(dhome),
						   STR_ARG(x->name)));
	u.shell = x->shell.len ? x->shell : x->no_login ? STR("/usr/sbin/nologin") : shell;
	adduser_say(x, "Adding user `" STR_FMT "' ...\n", STR_ARG(x->name));
	r = complete_user(x, &u, err);
	if (r)
		return r;
	if (accounts_find_group(x->a, STR("users"), &gid) &&
	    !accounts_is_member(x->a, STR("users"), x->name) &&
	    accounts_add_member(x->a, STR("users"), x->name, err) < 0)
		return -1;
	if (account_subordinate(x->d, x->name, x->c->cause, err) < 0)
		return -1;
	return finish(x, err);
}
