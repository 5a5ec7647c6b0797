/*
 * adduser and addgroup of package adduser: 3.134 (Debian 12) and 3.152 (Debian 13),
 * told apart by the version in the image. They differ in exit statuses, in names
 * that are allowed, in how the comment gets into passwd and in what they print.
 */
#include "debian/account_tools.h"
#include <stdarg.h>

#include "resolve/archive.h"

#define NOGROUP 65534u
#define NAME_MAX_LEN 32u
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

struct add {
	struct shell_call *c;
	struct debian *d;
	struct accounts *a;
	bool modern; /* 3.152 */
	bool group_program, system, group_too, no_create_home, no_password, no_login, quiet;
	unsigned name_level;
	struct str home, shell, comment, ingroup;		     /* ptr NULL: not given */
	uint32_t uid, gid, first_uid, last_uid, first_gid, last_gid; /* UINT32_MAX: not given */
	struct settings config;
	struct str name;
};

enum status_of {
	OBJECT_EXISTS,
	NO_OBJECT,
	WRONG_OBJECT,
	ID_IN_USE,
	NO_ID,
	BAD_NAME_STATUS,
	BAD_HOME,
	BAD_CALL,
	EXCLUSIVE,
	STATUS_COUNT
};
static const int modern_status[STATUS_COUNT] = {
	[OBJECT_EXISTS] = 11, [NO_OBJECT] = 12, [WRONG_OBJECT] = 13,
	[ID_IN_USE] = 21,     [NO_ID] = 22,	[BAD_NAME_STATUS] = 31,
	[BAD_HOME] = 32,      [BAD_CALL] = 51,	[EXCLUSIVE] = 53,
};

/* 3.134 dies with 1 of everything. */
static int status(const struct add *x, enum status_of which)
{
	return x->modern ? modern_status[which] : 1;
}

static const char *program(const struct add *x)
{
	return x->group_program ? "addgroup" : "adduser";
}

/* 3.152 prints what goes well to the log only. */
static void PRINTF_LIKE(2, 3) say(const struct add *x, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	if (x->quiet || x->modern)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_add_cstr(x->c->out, text);
}

/* ---- configuration ---- */

static const char *const known_keys[] = {
	"DSHELL",    "FIRST_SYSTEM_UID", "LAST_SYSTEM_UID", "FIRST_SYSTEM_GID", "LAST_SYSTEM_GID",
	"FIRST_UID", "LAST_UID",	 "FIRST_GID",	    "LAST_GID",		"DHOME",
	"DIR_MODE",  "SYS_DIR_MODE",
};

/* Anything else that is set may change what is made. */
static int check_config(const struct add *x, struct error *err)
{
	struct str rest = x->config.text, line;

	while (rest.len && str_split(&rest, '\n', &line)) {
		struct str key = str_trim(line);
		bool known = !key.len || *key.ptr == '#';

		key.len = str_find_char(key, '=');
		key = str_trim(key);
		for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]) && !known; i++)
			known = str_equal_cstr(key, known_keys[i]);
		if (!known)
			return shell_refuse(x->c, err,
					    "no model of '" STR_FMT "' in /etc/adduser.conf",
					    STR_ARG(line));
	}
	return 0;
}

static uint32_t configured(const struct add *x, uint32_t given, const char *key, uint32_t otherwise)
{
	uint32_t value = otherwise;

	if (given != UINT32_MAX && given)
		return given;
	(void)settings_number(&x->config, key, otherwise, &value);
	return value;
}

static bool is_system_id(const struct add *x, uint32_t id, bool group)
{
	return id >= configured(x, UINT32_MAX, group ? "FIRST_SYSTEM_GID" : "FIRST_SYSTEM_UID",
				100) &&
	       id <= configured(x, UINT32_MAX, group ? "LAST_SYSTEM_GID" : "LAST_SYSTEM_UID", 999);
}

static uint16_t folder_mode(const struct add *x)
{
	struct str text = x->system ? STR("0755") : STR("0700");
	unsigned mode = 0;

	(void)settings_find(&x->config, x->system ? "SYS_DIR_MODE" : "DIR_MODE", &text);
	for (size_t i = 0; i < text.len; i++)
		mode = 8 * mode + (unsigned)(text.ptr[i] - '0');
	return (uint16_t)(mode & 07777);
}

/* ---- names ---- */

static bool is_letter(char c, bool capital)
{
	return (c >= 'a' && c <= 'z') || (capital && c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_usual_name(const struct add *x, struct str name)
{
	if (name.len > 1 && name.ptr[name.len - 1] == '$')
		name.len--;
	if (!name.len || (!is_letter(*name.ptr, x->modern) && !(x->system && *name.ptr == '_')))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!is_letter(name.ptr[i], x->modern) && !is_digit(name.ptr[i]) &&
		    name.ptr[i] != '_' && name.ptr[i] != '-')
			return false;
	return true;
}

/* What IEEE Std 1003.1-2001 allows: with --force-badname. */
static bool is_portable_name(struct str name)
{
	bool digits = true;

	if (name.len > 1 && name.ptr[name.len - 1] == '$')
		name.len--;
	if (!name.len || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		digits &= is_digit(name.ptr[i]);
		if (!is_letter(name.ptr[i], true) && !is_digit(name.ptr[i]) &&
		    !strchr("_.-", name.ptr[i]))
			return false;
	}
	return !digits;
}

static int check_name(const struct add *x, struct error *err)
{
	if (x->name.len <= NAME_MAX_LEN && is_usual_name(x, x->name))
		return 0;
	if (x->name.len <= NAME_MAX_LEN && is_portable_name(x->name) && x->name_level) {
		say(x, "Allowing use of questionable username.\n");
		return 0;
	}
	return shell_refuse(x->c, err, "no model of the name '" STR_FMT "'", STR_ARG(x->name));
}

/* ---- groups ---- */

static int finish(struct add *x, struct error *err)
{
	return accounts_commit(x->d, x->a, x->c->cause, err);
}

static int add_group(struct add *x, struct error *err)
{
	struct new_group g = { x->name, x->gid, x->system };
	uint32_t first, last, gid;
	struct str other;

	if (accounts_find_group(x->a, x->name, &gid)) {
		if (x->system && is_system_id(x, gid, true) &&
		    !(x->modern && x->gid != UINT32_MAX && x->gid != gid)) {
			if (!x->quiet && !x->modern)
				buf_printf(x->c->err,
					   "%s: The group `" STR_FMT "' already exists "
					   "as a system group. Exiting.\n",
					   program(x), STR_ARG(x->name));
			return 0;
		}
		return shell_fail(x->c, status(x, x->system ? WRONG_OBJECT : OBJECT_EXISTS),
				  "%s: The group `" STR_FMT "' already exists.", program(x),
				  STR_ARG(x->name));
	}
	if (x->gid != UINT32_MAX && accounts_group_name(x->a, x->gid, &other))
		return shell_fail(x->c, status(x, x->system ? WRONG_OBJECT : ID_IN_USE),
				  "%s: The GID `%u' is already in use.", program(x), x->gid);
	first = configured(x, x->first_gid, x->system ? "FIRST_SYSTEM_GID" : "FIRST_GID",
			   x->system ? 100 : 1000);
	last = configured(x, x->last_gid, x->system ? "LAST_SYSTEM_GID" : "LAST_GID",
			  x->system ? 999 : 59999);
	if (g.gid == UINT32_MAX &&
	    !account_lowest(x->a, LOCK_ID_GROUP, x->name, first, last, &g.gid))
		return shell_fail(x->c, status(x, NO_ID),
				  "%s: No GID is available in the range "
				  "%u-%u.",
				  program(x), first, last);
	say(x, "Adding group `" STR_FMT "' (GID %u) ...\n", STR_ARG(x->name), g.gid);
	if (account_new_group(x->a, &g, err) < 0)
		return -1;
	say(x, "Done.\n");
	return finish(x, err);
}

static int add_member(struct add *x, struct str user, struct str group, struct error *err)
{
	uint32_t uid, gid;

	if (!accounts_find_user(x->a, user, &uid, &gid))
		return shell_fail(x->c, status(x, NO_OBJECT),
				  "%s: The user `" STR_FMT "' does not exist.", program(x),
				  STR_ARG(user));
	if (!accounts_find_group(x->a, group, &gid))
		return shell_fail(x->c, status(x, NO_OBJECT),
				  "%s: The group `" STR_FMT "' does not exist.", program(x),
				  STR_ARG(group));
	if (accounts_is_member(x->a, group, user)) {
		if (!x->quiet)
			buf_printf(x->c->err,
				   "%s: The user `" STR_FMT "' is already a member of `" STR_FMT
				   "'.\n",
				   program(x), STR_ARG(user), STR_ARG(group));
		return 0;
	}
	say(x, "Adding user `" STR_FMT "' to group `" STR_FMT "' ...\n", STR_ARG(user),
	    STR_ARG(group));
	if (accounts_add_member(x->a, group, user, err) < 0)
		return -1;
	say(x, "Done.\n");
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
		say(x,
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
				   program(x), STR_ARG(home));
		return 0;
	}
	say(x, "Creating home directory `" STR_FMT "' ...\n", STR_ARG(home));
	if (account_home(x->d, home, uid, gid, folder_mode(x), x->c->cause, &node, err) < 0)
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
		*ret_status = shell_fail(x->c, status(x, OBJECT_EXISTS),
					 "%s: The user `" STR_FMT "' already exists.", program(x),
					 STR_ARG(x->name));
	else if (!is_system_id(x, uid, false) || (x->uid != UINT32_MAX && x->uid != uid))
		*ret_status = shell_fail(x->c, status(x, WRONG_OBJECT),
					 "%s: The user `" STR_FMT
					 "' already exists, but is not a system user. Exiting.",
					 program(x), STR_ARG(x->name));
	else
		say(x, "The system user `" STR_FMT "' already exists. Exiting.\n",
		    STR_ARG(x->name));
	return 1;
}

static int check_ids(const struct add *x, struct error *err)
{
	struct str other;
	uint32_t gid;

	(void)err;
	if (x->uid != UINT32_MAX && accounts_user_name(x->a, x->uid, &other))
		return shell_fail(x->c, status(x, x->system ? WRONG_OBJECT : ID_IN_USE),
				  "%s: The UID %u is already in use.", program(x), x->uid);
	if (x->ingroup.ptr && !accounts_find_group(x->a, x->ingroup, &gid))
		return shell_fail(x->c, status(x, NO_OBJECT),
				  "%s: The group `" STR_FMT "' does not exist.", program(x),
				  STR_ARG(x->ingroup));
	if (x->gid != UINT32_MAX && !accounts_group_name(x->a, x->gid, &other))
		return shell_fail(x->c, status(x, NO_OBJECT), "%s: The GID %u does not exist.",
				  program(x), x->gid);
	return 0;
}

/* The primary group of a system user: its own, --ingroup, --gid or nogroup. */
static int system_group(struct add *x, uint32_t uid, uint32_t *ret_gid, struct error *err)
{
	struct new_group g = { x->name, UINT32_MAX, true };
	uint32_t first = configured(x, x->first_gid, "FIRST_SYSTEM_GID", 100);
	uint32_t last = configured(x, x->last_gid, "LAST_SYSTEM_GID", 999);

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
		return shell_fail(x->c, status(x, NO_ID), "%s: No GID is available.", program(x));
	say(x, "Adding new group `" STR_FMT "' (GID %u) ...\n", STR_ARG(x->name), g.gid);
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

static int add_system_user(struct add *x, struct error *err)
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
		return shell_fail(x->c, status(x, ID_IN_USE), "%s: The GID %u is already in use.",
				  program(x), x->uid);
	if (u.uid == UINT32_MAX &&
	    !account_lowest(x->a, LOCK_ID_USER, x->name,
			    configured(x, x->first_uid, "FIRST_SYSTEM_UID", 100),
			    configured(x, x->last_uid, "LAST_SYSTEM_UID", 999), &u.uid))
		return shell_fail(x->c, status(x, NO_ID), "%s: No UID is available.", program(x));
	say(x, "Adding system user `" STR_FMT "' (UID %u) ...\n", STR_ARG(x->name), u.uid);
	r = system_group(x, u.uid, &u.gid, err);
	if (r)
		return r;
	(void)accounts_group_name(x->a, u.gid, &group);
	say(x, "Adding new user `" STR_FMT "' (UID %u) with group `" STR_FMT "' ...\n",
	    STR_ARG(x->name), u.uid, STR_ARG(group));
	return complete_user(x, &u, err);
}

/* A number that is free for the user and for the group of the same name. */
static bool lowest_pair(const struct add *x, uint32_t *ret)
{
	uint32_t last = configured(x, x->last_uid, "LAST_UID", 59999);

	if (accounts_fixed_id(x->a, LOCK_ID_USER, x->name, ret))
		return true;
	for (uint32_t id = configured(x, x->first_uid, "FIRST_UID", 1000); id <= last; id++)
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
		return shell_fail(x->c, status(x, NO_ID), "%s: No UID is available.", program(x));
	if (x->gid != UINT32_MAX) {
		u->gid = x->gid;
	} else if (!own) {
		(void)accounts_find_group(x->a, x->ingroup, &u->gid);
	} else {
		if (accounts_find_group(x->a, x->name, &g.gid))
			return shell_fail(x->c, status(x, OBJECT_EXISTS),
					  "%s: The group `" STR_FMT "' already exists.", program(x),
					  STR_ARG(x->name));
		g.gid = u->uid;
		u->gid = u->uid;
		return account_new_group(x->a, &g, err);
	}
	return 0;
}

static int add_human(struct add *x, struct error *err)
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
	say(x, "Adding user `" STR_FMT "' ...\n", STR_ARG(x->name));
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

/* ---- arguments ---- */

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
		return shell_fail(x->c, status(x, BAD_CALL), "%s: Only one or two names allowed.",
				  program(x));
	if (a->n_operands == 2) {
		if (x->system || x->group_too || x->group_program)
			return shell_fail(x->c, status(x, BAD_CALL),
					  "%s: Specify only one name in this mode.", program(x));
		return add_member(x, a->operands[0], a->operands[1], err);
	}
	x->name = a->operands[0];
	if (!group && x->group_too + (x->ingroup.ptr != NULL) + (x->gid != UINT32_MAX) > 1)
		return shell_fail(x->c, status(x, EXCLUSIVE),
				  "%s: The --group, --ingroup, and "
				  "--gid options are mutually exclusive.",
				  program(x));
	if (x->home.ptr && (!x->home.len || *x->home.ptr != '/'))
		return shell_fail(x->c, status(x, BAD_HOME),
				  "%s: The home dir must be an absolute path.", program(x));
	r = check_config(x, err);
	if (!r)
		r = check_name(x, err);
	if (r)
		return r;
	if (group)
		return add_group(x, err);
	return x->system ? add_system_user(x, err) : add_human(x, err);
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
