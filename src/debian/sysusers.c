/*
 * Order, as systemd has it: all groups in the order in which they were named first, then
 * all users; a member line names both. Numbers are handed out downwards from 999, where
 * a number must be free as a user's and as a group's.
 */
#include "debian/sysusers.h"

#include "debian/conf_line.h"

#define FIRST_ID 100u /* system-alloc-uid-min of Debian's build */
#define LAST_ID 999u
#define NO_ID UINT32_MAX

struct item {
	struct str name;
	bool user, locked, implied;
	uint32_t uid, gid;  /* NO_ID: by rule */
	struct str group;   /* of a user: the name of a group that is there, or "" */
	struct str id_path; /* the file whose owner gives the number, or "" */
	struct str gecos, home, shell;
};

struct member {
	struct str user, group;
};

struct sysusers {
	struct debian *d;
	unsigned systemd;
	struct item *items; /* users and groups, in the order of the lines */
	size_t n, capacity;
	struct member *members;
	size_t n_members, members_capacity;
	bool failed;
};

struct sysusers *sysusers_new(struct debian *d, unsigned systemd)
{
	struct sysusers *s = arena_alloc(d->arena, sizeof(*s));

	s->d = d;
	s->systemd = systemd;
	return s;
}

static bool is_name(struct str name)
{
	if (!name.len || name.len > 31)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
			return false;
	}
	return true;
}

static bool is_dash(struct str s)
{
	return !s.len || str_equal_cstr(s, "-");
}

static bool parse_id(struct str text, uint32_t *ret)
{
	uint64_t v;

	if (!str_parse_u64(text, &v) || v >= 65535 * 65535ull || v == 65535 || v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static struct item *find_item(struct sysusers *s, struct str name, bool user)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].user == user && str_equal(s->items[i].name, name))
			return &s->items[i];
	return NULL;
}

static void add_item(struct sysusers *s, const struct item *i)
{
	if (find_item(s, i->name, i->user))
		return; /* the first stands; another one is a warning at most */
	ARENA_GROW(s->d->arena, s->items, s->n, s->capacity);
	s->items[s->n++] = *i;
}

/* ID field of a user: "-", UID, UID:GID, UID:GROUP, -:GROUP or a path. */
static bool take_user_id(struct item *i, struct str id)
{
	size_t colon = str_find_char(id, ':');
	struct str group;

	if (is_dash(id))
		return true;
	if (*id.ptr == '/') {
		i->id_path = id;
		return true;
	}
	if (colon < id.len) {
		group = (struct str){ id.ptr + colon + 1, id.len - colon - 1 };
		if (!parse_id(group, &i->gid)) {
			if (!is_name(group))
				return false;
			i->group = group;
		}
		id.len = colon;
	}
	return str_equal_cstr(id, "-") || parse_id(id, &i->uid);
}

static bool take_group_id(struct item *i, struct str id)
{
	if (is_dash(id))
		return true;
	if (*id.ptr == '/') {
		i->id_path = id;
		return true;
	}
	return parse_id(id, &i->gid);
}

#define WORDS 6u /* type, name, id, gecos, home, shell */

static bool bad(struct sysusers *s)
{
	s->failed = true;
	return true;
}

/* Only users have a description, a home and a shell. */
static bool has_more(const struct str *w)
{
	return !is_dash(w[3]) || !is_dash(w[4]) || !is_dash(w[5]);
}

/* Return: false with *ret_reason for what is not modelled. */
static bool take_line(struct sysusers *s, const struct str *w, const char **ret_reason)
{
	struct item i = {
		.name = w[1], .uid = NO_ID, .gid = NO_ID, .group = STR(""), .id_path = STR("")
	};

	*ret_reason = "a range of numbers (r)";
	if (str_equal_cstr(w[0], "r"))
		return false;
	if (!is_name(w[1]))
		return bad(s);
	if (str_equal_cstr(w[0], "m")) {
		if (!is_name(w[2]) || has_more(w))
			return bad(s);
		ARENA_GROW(s->d->arena, s->members, s->n_members, s->members_capacity);
		s->members[s->n_members++] = (struct member){ w[1], w[2] };
		return true;
	}
	if (str_equal_cstr(w[0], "g")) {
		if (!take_group_id(&i, w[2]) || has_more(w))
			return bad(s);
		add_item(s, &i);
		return true;
	}
	i.locked = str_equal_cstr(w[0], "u!") && s->systemd >= 257;
	if (!i.locked && !str_equal_cstr(w[0], "u"))
		return bad(s);
	i.user = true;
	i.gecos = is_dash(w[3]) ? STR("") : w[3];
	i.home = is_dash(w[4]) ? STR("") : w[4];
	i.shell = is_dash(w[5]) ? STR("") : w[5];
	if (!take_user_id(&i, w[2]) || (i.home.len && *i.home.ptr != '/') ||
	    (i.shell.len && *i.shell.ptr != '/'))
		return bad(s);
	add_item(s, &i);
	return true;
}

static bool expand_words(struct sysusers *s, struct str *w, const char **ret_reason)
{
	for (size_t i = 1; i < WORDS; i++) {
		switch (conf_expand(s->d, w[i], &w[i])) {
		case CONF_EXPANDED:
			break;
		case CONF_OF_THE_MACHINE:
			*ret_reason = "a specifier that only a machine knows";
			return false;
		case CONF_BAD:
			w[1] = STR("");
			break;
		}
	}
	return true;
}

int sysusers_read(struct sysusers *s, struct str text, const char **ret_reason)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		struct str w[WORDS] = { { "", 0 }, { "", 0 }, { "", 0 },
					{ "", 0 }, { "", 0 }, { "", 0 } };
		size_t n = 0;
		int r = 1;

		line = str_trim(line);
		if (!line.len || *line.ptr == '#' || *line.ptr == ';')
			continue;
		while (n < WORDS && (r = conf_word(s->d->arena, &line, &w[n])) == 1)
			n++;
		if (r < 0 || n < 2 || (n == WORDS && str_trim(line).len)) {
			s->failed = true;
			continue;
		}
		if (!expand_words(s, w, ret_reason) || !take_line(s, w, ret_reason))
			return 1;
	}
	return 0;
}

/* Names that members need and no line has; behind all others. */
static void add_implied(struct sysusers *s)
{
	for (size_t k = 0; k < s->n_members; k++) {
		struct item i = { .uid = NO_ID,
				  .gid = NO_ID,
				  .implied = true,
				  .group = STR(""),
				  .id_path = STR("") };

		i.name = s->members[k].group;
		add_item(s, &i);
		i.user = true;
		i.name = s->members[k].user;
		add_item(s, &i);
	}
}

static bool is_free_for(const struct accounts *a, uint32_t id, struct str name)
{
	struct str other;

	if (accounts_user_name(a, id, &other) && !str_equal(other, name))
		return false;
	return !accounts_group_name(a, id, &other) || str_equal(other, name);
}

/* Whether the lock keeps the number for another name. */
static bool is_kept(const struct accounts *a, enum lock_id_kind kind, uint32_t id, struct str name)
{
	struct str other;
	uint32_t own;

	if (accounts_fixed_id(a, kind, name, &own) && own == id)
		return false;
	if (kind == LOCK_ID_USER ? accounts_user_name(a, id, &other)
				 : accounts_group_name(a, id, &other))
		return true;
	return !accounts_is_free(a, kind, id);
}

static uint32_t id_of_path(const struct sysusers *s, struct str path, bool user)
{
	const struct node *n = path.len ? tree_resolve(s->d->tree, path, true) : NULL;

	if (!n)
		return NO_ID;
	return user ? n->inode->uid : n->inode->gid;
}

static int add_group(struct sysusers *s, struct accounts *a, const struct item *i, uint32_t wanted,
		     bool alone, uint32_t *ret, struct error *err)
{
	struct account_request r = { i->name, NO_ID, true, FIRST_ID, LAST_ID };
	uint32_t fixed;

	if (accounts_find_group(a, i->name, ret))
		return 0;
	if (wanted == NO_ID || is_kept(a, LOCK_ID_GROUP, wanted, i->name) ||
	    (alone && !is_free_for(a, wanted, i->name)))
		wanted = id_of_path(s, i->id_path, false);
	if (wanted != NO_ID && is_free_for(a, wanted, i->name) && wanted != 0 &&
	    !is_kept(a, LOCK_ID_GROUP, wanted, i->name))
		r.id = wanted;
	if (accounts_fixed_id(a, LOCK_ID_GROUP, i->name, &fixed))
		r.id = NO_ID;
	accounts_begin_shadow(a, false);
	return accounts_add_group(a, &r, ret, err);
}

/* The number of the user's own group, made if it must be. 1: the line can't be served. */
static int group_of_user(struct sysusers *s, struct accounts *a, const struct item *i,
			 uint32_t *ret, struct error *err)
{
	struct str other;

	if (i->group.len)
		return accounts_find_group(a, i->group, ret) ? 0 : 1;
	if (i->gid != NO_ID) { /* uid:gid asks for a group that is there */
		*ret = i->gid;
		return accounts_group_name(a, i->gid, &other) ? 0 : 1;
	}
	return add_group(s, a, i, i->uid, true, ret, err);
}

static struct str default_shell(const struct item *i, uint32_t uid)
{
	if (i->shell.len)
		return i->shell;
	return uid == 0 ? STR("/bin/sh") : STR("/usr/sbin/nologin");
}

static int add_user(struct sysusers *s, struct accounts *a, const struct item *i, struct error *err)
{
	struct account_user u = {
		.request = { i->name, NO_ID, true, FIRST_ID, LAST_ID },
		.gecos = i->gecos,
		.home = i->home.len ? i->home : STR("/"),
		.shell = default_shell(i, i->uid),
		.shadow = STR("!*"),
		.expired = i->locked,
	};
	uint32_t uid, gid, candidates[3];
	bool strict = i->gid != NO_ID || i->group.len;
	int r = group_of_user(s, a, i, &u.gid, err);

	if (r)
		return r < 0 ? -1 : 0; /* no such group: the program says so and goes on */
	if (accounts_find_user(a, i->name, &uid, &gid))
		return 0;
	candidates[0] = i->uid;
	candidates[1] = id_of_path(s, i->id_path, true);
	candidates[2] = u.gid;
	for (size_t k = 0; k < 3 && u.request.id == NO_ID; k++) {
		uint32_t id = candidates[k];

		if (id != NO_ID && !is_kept(a, LOCK_ID_USER, id, i->name) &&
		    ((k == 0 && strict) || is_free_for(a, id, i->name)))
			u.request.id = id;
	}
	if (accounts_fixed_id(a, LOCK_ID_USER, i->name, &uid))
		u.request.id = NO_ID;
	accounts_begin_shadow(a, true);
	return accounts_add_user(a, &u, &uid, err);
}

bool sysusers_has_bad_line(const struct sysusers *s)
{
	return s->failed;
}

int sysusers_apply(struct sysusers *s, struct accounts *a, struct error *err)
{
	uint32_t gid;

	add_implied(s);
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].user &&
		    add_group(s, a, &s->items[i], s->items[i].gid, true, &gid, err) < 0)
			return -1;
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].user && add_user(s, a, &s->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < s->n_members; i++)
		if (accounts_find_group(a, s->members[i].group, &gid) &&
		    accounts_add_member(a, s->members[i].group, s->members[i].user, err) < 0)
			return -1;
	return 0;
}
