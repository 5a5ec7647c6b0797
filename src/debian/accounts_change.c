/* Changes of accounts that exist, and numbers for new ones. */
#include "debian/accounts_private.h"

#include <assert.h>

static struct str copied(struct accounts *a, struct str text)
{
	return arena_str(a->arena, text);
}

static void drop_record(struct accounts *a, enum file_of f, struct str name)
{
	struct record *r = accounts_record(a, f, name);
	struct table *t = &a->table[f];
	size_t at;

	if (!r)
		return;
	at = (size_t)(r - t->records);
	memmove(r, r + 1, (t->n - at - 1) * sizeof(*r));
	t->n--;
}

static void drop_from_list(struct accounts *a, struct str *list, struct str user)
{
	struct str rest = *list, member, kept = STR("");
	bool found = false;

	while (str_split(&rest, ',', &member)) {
		if (str_equal(member, user)) {
			found = true;
			continue;
		}
		kept = str_of(arena_printf(a->arena, STR_FMT "%s" STR_FMT, STR_ARG(kept),
					   kept.len ? "," : "", STR_ARG(member)));
	}
	if (found)
		*list = kept;
}

void accounts_remove_member(struct accounts *a, struct str group, struct str user)
{
	struct record *r = accounts_record(a, GROUP, group);

	if (r)
		drop_from_list(a, &r->field[MEMBERS], user);
	r = accounts_record(a, GSHADOW, group);
	if (r)
		drop_from_list(a, &r->field[MEMBERS], user);
}

void accounts_remove_group(struct accounts *a, struct str name)
{
	drop_record(a, GROUP, name);
	drop_record(a, GSHADOW, name);
}

static void rename_record(struct accounts *a, enum file_of f, struct str name, struct str to,
			  bool at_end)
{
	struct record *r = accounts_record(a, f, name), changed;

	if (!r)
		return;
	r->field[NAME] = copied(a, to);
	if (!at_end)
		return;
	changed = *r;
	drop_record(a, f, to);
	*accounts_append(a, f) = changed;
}

void accounts_rename_group(struct accounts *a, struct str name, struct str to, bool at_end)
{
	rename_record(a, GROUP, name, to, at_end);
	rename_record(a, GSHADOW, name, to, at_end);
}

bool accounts_user(const struct accounts *a, struct str name, struct account_view *ret)
{
	const struct record *r = accounts_record(a, PASSWD, name);

	if (!r || !accounts_parse_id(r->field[ID], &ret->uid) ||
	    !accounts_parse_id(r->field[USER_GID], &ret->gid))
		return false;
	ret->gecos = r->field[4];
	ret->home = r->field[5];
	ret->shell = r->field[6];
	return true;
}

void accounts_set_user(struct accounts *a, struct str name, enum account_field field,
		       struct str value)
{
	struct record *r = accounts_record(a, PASSWD, name);

	assert(r);
	r->field[field] = copied(a, value);
}

struct str accounts_password(const struct accounts *a, struct str name)
{
	const struct record *r = accounts_record(a, SHADOW, name);

	if (!r)
		r = accounts_record(a, PASSWD, name);
	return r ? r->field[PASSWORD] : STR("");
}

/* The day of the last change follows, as passwd(1) and usermod(8) have it. */
void accounts_set_password(struct accounts *a, struct str name, struct str password, bool dated)
{
	struct record *r = accounts_record(a, SHADOW, name);

	if (r && dated)
		r->field[2] = str_of(a->day);
	if (!r)
		r = accounts_record(a, PASSWD, name);
	if (r)
		r->field[PASSWORD] = copied(a, password);
}

bool accounts_group_name(const struct accounts *a, uint32_t gid, struct str *ret)
{
	const struct table *t = &a->table[GROUP];
	uint32_t other;

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && accounts_parse_id(t->records[i].field[ID], &other) &&
		    other == gid) {
			*ret = t->records[i].field[NAME];
			return true;
		}
	return false;
}

bool accounts_user_name(const struct accounts *a, uint32_t uid, struct str *ret)
{
	const struct table *t = &a->table[PASSWD];
	uint32_t other;

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && accounts_parse_id(t->records[i].field[ID], &other) &&
		    other == uid) {
			*ret = t->records[i].field[NAME];
			return true;
		}
	return false;
}

struct str accounts_members(const struct accounts *a, struct str group)
{
	const struct record *r = accounts_record(a, GROUP, group);

	return r ? r->field[MEMBERS] : STR("");
}

bool accounts_is_member(const struct accounts *a, struct str group, struct str user)
{
	struct str list = accounts_members(a, group), member;

	while (list.len && str_split(&list, ',', &member))
		if (str_equal(member, user))
			return true;
	return false;
}

void accounts_set_members(struct accounts *a, struct str group, struct str members)
{
	struct record *r = accounts_record(a, GROUP, group);

	if (r)
		r->field[MEMBERS] = copied(a, members);
	r = accounts_record(a, GSHADOW, group);
	if (r)
		r->field[MEMBERS] = copied(a, members);
}

bool accounts_fixed_id(const struct accounts *a, enum lock_id_kind kind, struct str name,
		       uint32_t *ret)
{
	for (const struct id_list *l = a->fixed; l; l = l->next)
		for (size_t i = 0; i < l->n; i++)
			if (l->ids[i].kind == kind && str_equal(l->ids[i].name, name)) {
				*ret = l->ids[i].id;
				return true;
			}
	return false;
}

/* shadow's find_new_uid() for system accounts: below the lowest in use, else from the top. */
bool accounts_choose_system(const struct accounts *a, enum lock_id_kind kind, uint32_t first,
			    uint32_t last, uint32_t *ret)
{
	const struct table *t = &a->table[kind == LOCK_ID_USER ? PASSWD : GROUP];
	uint32_t lowest = last, id;

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && accounts_parse_id(t->records[i].field[ID], &id) &&
		    id <= lowest && id >= first)
			lowest = id - 1;
	for (id = lowest; id >= first && id > 0; id--)
		if (accounts_is_free(a, kind, id)) {
			*ret = id;
			return true;
		}
	for (id = last; id >= first && id > 0; id--)
		if (accounts_is_free(a, kind, id)) {
			*ret = id;
			return true;
		}
	return false;
}

/* For people: above the highest in use, else the lowest that is free. */
bool accounts_choose_human(const struct accounts *a, enum lock_id_kind kind, uint32_t first,
			   uint32_t last, uint32_t *ret)
{
	const struct table *t = &a->table[kind == LOCK_ID_USER ? PASSWD : GROUP];
	uint32_t highest = first, id;

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && accounts_parse_id(t->records[i].field[ID], &id) &&
		    id >= highest && id <= last)
			highest = id + 1;
	for (id = highest; id <= last; id++)
		if (accounts_is_free(a, kind, id)) {
			*ret = id;
			return true;
		}
	for (id = first; id <= last; id++)
		if (accounts_is_free(a, kind, id)) {
			*ret = id;
			return true;
		}
	return false;
}

static bool name_at(const struct table *t, size_t i, struct str *ret)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->records[k].n && i-- == 0) {
			*ret = t->records[k].field[NAME];
			return true;
		}
	return false;
}

bool accounts_user_at(const struct accounts *a, size_t i, struct str *ret)
{
	return name_at(&a->table[PASSWD], i, ret);
}

bool accounts_group_at(const struct accounts *a, size_t i, struct str *ret)
{
	return name_at(&a->table[GROUP], i, ret);
}
