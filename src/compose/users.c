/*
 * The recipe's groups and users, after those of the packages.
 *
 * Ids that the recipe gives come first, then those that the lock has kept, then
 * free ones by rule in the order of names: so no order of entries moves a number.
 */

#include "compose/work.h"

#define SYSTEM_FIRST 100u
#define SYSTEM_LAST  999u
#define HUMAN_FIRST  1000u
#define HUMAN_LAST   59999u

#define DEFAULT_SHELL "/usr/sbin/nologin"

static struct account_request request(struct str name, uint32_t id, bool system)
{
	return (struct account_request){
		.name = name,
		.id = id,
		.first = system ? SYSTEM_FIRST : HUMAN_FIRST,
		.last = system ? SYSTEM_LAST : HUMAN_LAST,
	};
}

static int other_id(const char *kind, struct str name, uint32_t has, uint32_t wanted,
		    struct src_pos pos, struct error *err)
{
	err_at(err, ERR_RECIPE_CONFLICT, pos,
	       "%s '" STR_FMT "' has id %u in the image, the recipe says %u", kind, STR_ARG(name),
	       has, wanted);
	return err_hint(err, "leave the id out, or choose another name");
}

/* A group of a user's own takes the user's number where that is free, as useradd(8) does. */
static uint32_t own_group_id(const struct work *w, const struct recipe_user *u)
{
	if (u->gid != RECIPE_ID_AUTO || u->uid == RECIPE_ID_AUTO)
		return u->gid;
	for (size_t i = 0; i < w->n_ids; i++) {
		if (w->ids[i].kind == LOCK_ID_GROUP && str_equal(w->ids[i].name, u->name))
			return RECIPE_ID_AUTO;
	}
	return accounts_is_free(w->accounts, LOCK_ID_GROUP, u->uid) ? u->uid : RECIPE_ID_AUTO;
}

/* Makes the group if there is none; an explicit @gid must be the one it has. */
static int add_group(struct work *w, struct str name, uint32_t gid, bool system,
		     struct src_pos pos, struct error *err)
{
	struct account_request r = request(name, gid, system);
	uint32_t has;

	if (accounts_find_group(w->accounts, name, &has)) {
		if (gid != RECIPE_ID_AUTO && gid != has)
			return other_id("group", name, has, gid, pos, err);
		return 0;
	}
	if (accounts_add_group(w->accounts, &r, &has, err) < 0)
		return err_place(err, pos);
	return 0;
}

static bool is_packages_user(const struct work *w, const struct recipe_user *u)
{
	uint32_t uid, gid;

	return accounts_find_user(w->accounts, u->name, &uid, &gid);
}

/* Each user has a group of its own name, but one that a package has made keeps its own. */
static int add_groups(struct work *w, bool explicit_ids, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_groups; i++) {
		const struct recipe_group *g = &r->groups[i];

		if ((g->gid != RECIPE_ID_AUTO) == explicit_ids &&
		    add_group(w, g->name, g->gid, /* system= */ true, g->pos, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->n_users; i++) {
		const struct recipe_user *u = &r->users[i];
		uint32_t has, gid = u->gid;

		if (is_packages_user(w, u) || (gid != RECIPE_ID_AUTO) != explicit_ids)
			continue;
		if (!accounts_find_group(w->accounts, u->name, &has))
			gid = own_group_id(w, u);
		if (add_group(w, u->name, gid, u->system, u->pos, err) < 0)
			return -1;
	}
	return 0;
}

static struct str or_default(struct str text, struct str otherwise)
{
	return text.len > 0 ? text : otherwise;
}

static int add_user(struct work *w, const struct recipe_user *u, struct error *err)
{
	struct account_user a = {
		.request = request(u->name, u->uid, u->system),
		.gecos = u->gecos,
		.home = or_default(u->home, STR("/nonexistent")),
		.shell = or_default(u->shell, STR(DEFAULT_SHELL)),
		.shadow = STR("!"),
		.human = !u->system,
	};
	uint32_t uid;

	(void)accounts_find_group(w->accounts, u->name, &a.gid);
	if (accounts_add_user(w->accounts, &a, &uid, err) < 0)
		return err_place(err, u->pos);
	return 0;
}

static int check_user(const struct work *w, const struct recipe_user *u, struct error *err)
{
	uint32_t uid, gid;

	if (!accounts_find_user(w->accounts, u->name, &uid, &gid))
		return 0;
	if (u->uid != RECIPE_ID_AUTO && u->uid != uid)
		return other_id("user", u->name, uid, u->uid, u->pos, err);
	if (u->gid != RECIPE_ID_AUTO && u->gid != gid)
		return other_id("the group of user", u->name, gid, u->gid, u->pos, err);
	return 0;
}

/* What the recipe says of a package's user; the default shell says nothing. */
static void change_user(struct work *w, const struct recipe_user *u)
{
	bool is_default = str_equal(u->shell, STR(DEFAULT_SHELL));

	accounts_change_user(w->accounts, u->name, u->gecos, u->home,
			     is_default ? STR("") : u->shell);
}

static int add_users(struct work *w, bool explicit_ids, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_users; i++) {
		const struct recipe_user *u = &r->users[i];

		if ((u->uid != RECIPE_ID_AUTO) == explicit_ids && !is_packages_user(w, u) &&
		    add_user(w, u, err) < 0)
			return -1;
	}
	return 0;
}

static int add_members(struct work *w, const struct recipe_user *u, struct error *err)
{
	uint32_t gid;

	for (size_t i = 0; i < u->n_groups; i++) {
		if (!accounts_find_group(w->accounts, u->groups[i], &gid)) {
			err_at(err, ERR_RECIPE_VALUE, u->pos,
			       "user '" STR_FMT "' is to join group '" STR_FMT "', which the image "
			       "does not have", STR_ARG(u->name), STR_ARG(u->groups[i]));
			return err_hint(err, "add it under 'groups:', or add the package that makes it");
		}
		if (accounts_add_member(w->accounts, u->groups[i], u->name, err) < 0)
			return err_place(err, u->pos);
	}
	return 0;
}

static int add_accounts(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_users; i++) {
		if (check_user(w, &r->users[i], err) < 0)
			return -1;
		change_user(w, &r->users[i]);
	}
	if (add_groups(w, /* explicit_ids= */ true, err) < 0 ||
	    add_groups(w, /* explicit_ids= */ false, err) < 0 ||
	    add_users(w, /* explicit_ids= */ true, err) < 0 ||
	    add_users(w, /* explicit_ids= */ false, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n_users; i++) {
		if (add_members(w, &r->users[i], err) < 0)
			return -1;
	}
	return 0;
}

static int make_homes(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_users; i++) {
		const struct recipe_user *u = &r->users[i];
		uint32_t uid = 0, gid = 0;

		(void)accounts_find_user(w->accounts, u->name, &uid, &gid);
		if (compose_home(w, u, accounts_home(w->accounts, u->name), uid, gid, err) < 0)
			return -1;
		if (!u->system && compose_subordinate_ids(w, u, err) < 0)
			return -1;
	}
	return 0;
}

int compose_users(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;
	struct place at;

	if (accounts_load(w->tree, w->in->reader, w->in->epoch / 86400, w->arena, &w->accounts,
			  err) < 0)
		return -1;
	accounts_set_ids(w->accounts, w->ids, w->n_ids);
	if (r->n_users == 0 && r->n_groups == 0)
		return 0;
	at = work_place(w, r->n_users > 0 ? r->users[0].pos : r->groups[0].pos);
	if (add_accounts(w, err) < 0 || accounts_store(w->accounts, w->tree, at.cause, err) < 0)
		return -1;
	return make_homes(w, err);
}
