/*
 * Names and numbers are looked up by walking the records: an image has some
 * dozens, and the order of the lines is part of its bytes.
 */
#include "debian/accounts_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tree/reader.h"

#define ACCOUNT_FILE_MAX  (16u << 20) /* bytes of one of the files */
#define ACCOUNT_LINES_MAX 100000u
#define ACCOUNT_NOBODY    65534u /* nogroup too: the same number everywhere */
#define ACCOUNT_FIRST_ID  100u   /* numbers below are static (Policy 9.2.2) */

static const struct {
	const char *path;
	unsigned n_fields;
	uint16_t mode;
} account_files[FILE_COUNT] = {
	[PASSWD] = { "etc/passwd", 7, 0644 },
	[GROUP] = { "etc/group", 4, 0644 },
	[SHADOW] = { "etc/shadow", 9, 0640 },
	[GSHADOW] = { "etc/gshadow", 4, 0640 },
};

struct record *accounts_append(struct accounts *a, enum file_of f)
{
	struct table *t = &a->table[f];

	if (t->n == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 64;
		struct record *grown = arena_array(a->arena, capacity, sizeof(*grown));

		if (t->n)
			memcpy(grown, t->records, t->n * sizeof(*grown));
		t->records = grown;
		t->capacity = capacity;
	}
	t->records[t->n] = (struct record){ .n = account_files[f].n_fields };
	return &t->records[t->n++];
}

static void parse_line(struct accounts *a, enum file_of f, struct str line)
{
	struct record *r = accounts_append(a, f);
	struct str rest = line, field;
	unsigned n = 0;

	while (str_split(&rest, ':', &field)) {
		if (n < ACCOUNT_FIELDS)
			r->field[n] = field;
		n++;
	}
	if (n != account_files[f].n_fields) {
		*r = (struct record){ .n = 0 };
		r->field[0] = line;
	}
}

static int load_file(struct accounts *a, enum file_of f, const struct tree *t,
		     const struct content_reader *reader, struct error *err)
{
	const char *path = account_files[f].path;
	struct node *node = tree_resolve(t, str_of(path), true);
	CLEANUP_BUF struct buf text = BUF_INIT(ACCOUNT_FILE_MAX);
	struct str rest, line;

	if (!node)
		return 0;
	if (node->inode->kind != NODE_FILE)
		return err_set(err, ERR_FORMAT, "'/%s' is not a regular file", path);
	if (content_load(reader, &node->inode->content, &text, err) < 0)
		return err_while(err, "reading '/%s' of the image", path);
	a->table[f].present = true;
	rest = arena_str(a->arena, buf_str(&text));
	if (rest.len && rest.ptr[rest.len - 1] == '\n')
		rest.len--;
	else if (!rest.len)
		return 0;
	while (str_split(&rest, '\n', &line)) {
		if (a->table[f].n == ACCOUNT_LINES_MAX)
			return err_set(err, ERR_LIMIT, "'/%s' has more than %u lines", path,
				       ACCOUNT_LINES_MAX);
		parse_line(a, f, line);
	}
	return 0;
}

int accounts_load(const struct tree *t, const struct content_reader *reader, int64_t day,
		  struct arena *arena, struct accounts **ret, struct error *err)
{
	struct accounts *a = arena_alloc(arena, sizeof(*a));

	a->arena = arena;
	(void)snprintf(a->day, sizeof(a->day), "%lld", (long long)day);
	for (int f = 0; f < FILE_COUNT; f++)
		if (load_file(a, (enum file_of)f, t, reader, err) < 0)
			return -1;
	a->table[PASSWD].present = true;
	a->table[GROUP].present = true;
	*ret = a;
	return 0;
}

static void format_table(const struct table *t, struct buf *to)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct record *r = &t->records[i];

		buf_add_str(to, r->field[0]);
		for (unsigned k = 1; k < r->n; k++) {
			buf_add_char(to, ':');
			buf_add_str(to, r->field[k]);
		}
		buf_add_char(to, '\n');
	}
}

static int store_file(const struct accounts *a, enum file_of f, struct tree *t, cause_id cause,
		      struct error *err)
{
	struct str path = str_of(account_files[f].path);
	struct node *node = tree_resolve(t, path, true);
	CLEANUP_BUF struct buf text = BUF_INIT(2 * ACCOUNT_FILE_MAX);
	struct content content;
	uint32_t gid = 0;

	format_table(&a->table[f], &text);
	if (!node) {
		if (tree_write_file(t, path, buf_bytes(&text), account_files[f].mode, cause, &node,
				    err) < 0)
			return -1;
		if (account_files[f].mode != 0644 && accounts_find_group(a, STR("shadow"), &gid))
			tree_set_owner(node, 0, gid, cause);
		return 0;
	}
	content = content_of_bytes(arena_bytes(tree_arena(t), buf_bytes(&text)));
	if (node->inode->content.size != content.size ||
	    !digest_equal(&node->inode->content.digest, &content.digest))
		tree_set_content(node, &content, cause);
	return 0;
}

int accounts_store(const struct accounts *a, struct tree *t, cause_id cause, struct error *err)
{
	for (int f = 0; f < FILE_COUNT; f++)
		if (a->table[f].present && store_file(a, (enum file_of)f, t, cause, err) < 0)
			return -1;
	return 0;
}

void accounts_set_ids(struct accounts *a, const struct lock_id *ids, size_t n)
{
	struct id_list **end = &a->fixed;

	while (*end)
		end = &(*end)->next;
	*end = arena_alloc(a->arena, sizeof(**end));
	(*end)->ids = ids;
	(*end)->n = n;
}

struct record *accounts_record(const struct accounts *a, enum file_of f, struct str name)
{
	const struct table *t = &a->table[f];

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && str_equal(t->records[i].field[NAME], name))
			return &t->records[i];
	return NULL;
}

bool accounts_parse_id(struct str text, uint32_t *ret)
{
	uint64_t value;

	if (!str_parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool accounts_find_user(const struct accounts *a, struct str name, uint32_t *ret_uid,
			uint32_t *ret_gid)
{
	const struct record *r = accounts_record(a, PASSWD, name);
	uint32_t uid, gid;

	if (!r || !accounts_parse_id(r->field[ID], &uid) ||
	    !accounts_parse_id(r->field[USER_GID], &gid))
		return false;
	*ret_uid = uid;
	*ret_gid = gid;
	return true;
}

bool accounts_find_group(const struct accounts *a, struct str name, uint32_t *ret_gid)
{
	const struct record *r = accounts_record(a, GROUP, name);

	return r && accounts_parse_id(r->field[ID], ret_gid);
}

/* The name that has number @id in passwd or group, or NULL. */
static const struct record *holder(const struct accounts *a, enum file_of f, uint32_t id)
{
	const struct table *t = &a->table[f];
	uint32_t other;

	for (size_t i = 0; i < t->n; i++)
		if (t->records[i].n && accounts_parse_id(t->records[i].field[ID], &other) &&
		    other == id)
			return &t->records[i];
	return NULL;
}

static const struct lock_id *fixed_by_name(const struct accounts *a, enum lock_id_kind kind,
					   struct str name)
{
	for (const struct id_list *l = a->fixed; l; l = l->next)
		for (size_t i = 0; i < l->n; i++)
			if (l->ids[i].kind == kind && str_equal(l->ids[i].name, name))
				return &l->ids[i];
	return NULL;
}

static bool is_fixed(const struct accounts *a, enum lock_id_kind kind, uint32_t id)
{
	for (const struct id_list *l = a->fixed; l; l = l->next)
		for (size_t i = 0; i < l->n; i++)
			if (l->ids[i].kind == kind && l->ids[i].id == id)
				return true;
	return false;
}

static bool is_free(const struct accounts *a, enum file_of f, uint32_t id)
{
	enum lock_id_kind kind = f == PASSWD ? LOCK_ID_USER : LOCK_ID_GROUP;

	return !holder(a, f, id) && !is_fixed(a, kind, id);
}

/* sysusers wants a number that is free both as a user's and as a group's. */
static bool is_candidate(const struct accounts *a, enum file_of f, bool downwards, uint32_t id)
{
	if (downwards)
		return is_free(a, PASSWD, id) && is_free(a, GROUP, id);
	return is_free(a, f, id);
}

static int allocate(const struct accounts *a, enum file_of f, const struct account_request *r,
		    uint32_t *ret, struct error *err)
{
	for (uint32_t k = 0; r->first <= r->last && k <= r->last - r->first; k++) {
		uint32_t id = r->downwards ? r->last - k : r->first + k;

		if (is_candidate(a, f, r->downwards, id)) {
			*ret = id;
			return 0;
		}
	}
	return err_set(err, ERR_LIMIT, "no number from %u to %u is free for the %s '" STR_FMT "'",
		       r->first, r->last, f == PASSWD ? "user" : "group", STR_ARG(r->name));
}

static int choose_id(const struct accounts *a, enum file_of f, const struct account_request *r,
		     uint32_t *ret, struct error *err)
{
	const char *what = f == PASSWD ? "user" : "group";
	const struct lock_id *fixed = fixed_by_name(a, f == PASSWD ? LOCK_ID_USER : LOCK_ID_GROUP,
						    r->name);
	const struct record *other;
	uint32_t id = r->id;

	if (id == UINT32_MAX && !fixed)
		return allocate(a, f, r, ret, err);
	if (id == UINT32_MAX)
		id = fixed->id;
	other = holder(a, f, id);
	if (other) {
		(void)err_set(err, ERR_RECIPE_CONFLICT,
			      "number %u of the %s '" STR_FMT "' already belongs to '" STR_FMT "'",
			      id, what, STR_ARG(r->name), STR_ARG(other->field[NAME]));
		return err_hint(err, "give the %s another number, or leave it out", what);
	}
	*ret = id;
	return 0;
}

static struct str number(struct accounts *a, uint32_t id)
{
	return str_of(arena_printf(a->arena, "%u", id));
}

static void add_gshadow(struct accounts *a, struct str name, struct str password,
			struct str members)
{
	struct record *r = accounts_append(a, GSHADOW);

	r->field[NAME] = name;
	r->field[PASSWORD] = password;
	r->field[MEMBERS] = members;
}

int accounts_add_group(struct accounts *a, const struct account_request *r, uint32_t *ret_gid,
		       struct error *err)
{
	struct record *line;
	struct str name;
	uint32_t id;

	if (accounts_find_group(a, r->name, ret_gid))
		return 0;
	if (choose_id(a, GROUP, r, &id, err) < 0)
		return -1;
	name = arena_str(a->arena, r->name);
	line = accounts_append(a, GROUP);
	line->field[NAME] = name;
	line->field[PASSWORD] = STR("x");
	line->field[ID] = number(a, id);
	if (a->table[GSHADOW].present && !accounts_record(a, GSHADOW, name))
		add_gshadow(a, name, r->downwards ? STR("!*") : STR("!"), STR(""));
	*ret_gid = id;
	return 0;
}

static void add_shadow(struct accounts *a, struct str name, struct str password, bool ageing,
		       bool expired)
{
	struct record *r = accounts_append(a, SHADOW);

	r->field[NAME] = name;
	r->field[PASSWORD] = password;
	r->field[2] = str_of(a->day);
	if (ageing) {
		r->field[3] = STR("0");
		r->field[4] = STR("99999");
		r->field[5] = STR("7");
	}
	if (expired)
		r->field[7] = STR("1");
}

int accounts_add_user(struct accounts *a, const struct account_user *u, uint32_t *ret_uid,
		      struct error *err)
{
	bool shadow = a->table[SHADOW].present;
	struct str name, password;
	struct record *line;
	uint32_t id, gid;

	if (accounts_find_user(a, u->request.name, ret_uid, &gid))
		return 0;
	if (choose_id(a, PASSWD, &u->request, &id, err) < 0)
		return -1;
	name = arena_str(a->arena, u->request.name);
	password = arena_str(a->arena, u->shadow);
	line = accounts_append(a, PASSWD);
	line->field[NAME] = name;
	line->field[PASSWORD] = shadow ? STR("x") : password;
	line->field[ID] = number(a, id);
	line->field[USER_GID] = number(a, u->gid);
	line->field[4] = arena_str(a->arena, u->gecos);
	line->field[5] = arena_str(a->arena, u->home);
	line->field[6] = arena_str(a->arena, u->shell);
	if (shadow && !accounts_record(a, SHADOW, name))
		add_shadow(a, name, password, u->human, u->expired);
	*ret_uid = id;
	return 0;
}

static bool has_member(struct str list, struct str user)
{
	struct str member;

	while (str_split(&list, ',', &member))
		if (str_equal(member, user))
			return true;
	return false;
}

static void add_to_list(struct accounts *a, struct record *r, struct str user)
{
	if (!r || has_member(r->field[MEMBERS], user))
		return;
	r->field[MEMBERS] = str_of(arena_printf(a->arena, STR_FMT "%s" STR_FMT,
						STR_ARG(r->field[MEMBERS]),
						r->field[MEMBERS].len ? "," : "", STR_ARG(user)));
}

int accounts_add_member(struct accounts *a, struct str group, struct str user, struct error *err)
{
	struct record *r = accounts_record(a, GROUP, group);

	if (!r)
		return err_set(err, ERR_RECIPE_VALUE,
			       "no group '" STR_FMT "' for the user '" STR_FMT "'", STR_ARG(group),
			       STR_ARG(user));
	add_to_list(a, r, user);
	add_to_list(a, accounts_record(a, GSHADOW, group), user);
	return 0;
}

void accounts_shadow_users(struct accounts *a)
{
	a->table[SHADOW].present = true;
	for (size_t i = 0; i < a->table[PASSWD].n; i++) {
		struct record *r = &a->table[PASSWD].records[i];

		if (!r->n)
			continue;
		if (!accounts_record(a, SHADOW, r->field[NAME]))
			add_shadow(a, r->field[NAME], r->field[PASSWORD], true, false);
		r->field[PASSWORD] = STR("x");
	}
}

void accounts_shadow_groups(struct accounts *a)
{
	a->table[GSHADOW].present = true;
	for (size_t i = 0; i < a->table[GROUP].n; i++) {
		struct record *r = &a->table[GROUP].records[i];

		if (!r->n)
			continue;
		if (!accounts_record(a, GSHADOW, r->field[NAME]))
			add_gshadow(a, r->field[NAME], r->field[PASSWORD], r->field[MEMBERS]);
		r->field[PASSWORD] = STR("x");
	}
}

void accounts_begin_shadow(struct accounts *a, bool users)
{
	a->table[users ? SHADOW : GSHADOW].present = true;
}

void accounts_shadow(struct accounts *a)
{
	accounts_shadow_users(a);
	accounts_shadow_groups(a);
}

struct str accounts_home(const struct accounts *a, struct str name)
{
	const struct record *r = accounts_record(a, PASSWD, name);

	return r ? r->field[5] : STR("");
}

static void change_field(struct accounts *a, struct str *field, struct str value)
{
	if (value.len)
		*field = arena_str(a->arena, value);
}

void accounts_change_user(struct accounts *a, struct str name, struct str gecos,
			  struct str home, struct str shell)
{
	struct record *r = accounts_record(a, PASSWD, name);

	if (!r)
		return;
	change_field(a, &r->field[4], gecos);
	change_field(a, &r->field[5], home);
	change_field(a, &r->field[6], shell);
}

bool accounts_is_free(const struct accounts *a, enum lock_id_kind kind, uint32_t id)
{
	return is_free(a, kind == LOCK_ID_USER ? PASSWD : GROUP, id);
}

static int compare_ids(const void *x, const void *y)
{
	const struct lock_id *a = x, *b = y;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return str_compare(a->name, b->name);
}

static size_t collect(const struct accounts *a, enum file_of f, enum lock_id_kind kind,
		      struct lock_id *to)
{
	const struct table *t = &a->table[f];
	size_t n = 0;
	uint32_t id;

	for (size_t i = 0; i < t->n; i++) {
		const struct record *r = &t->records[i];

		if (r->n && accounts_parse_id(r->field[ID], &id) && id >= ACCOUNT_FIRST_ID &&
		    id != ACCOUNT_NOBODY)
			to[n++] = (struct lock_id){ kind, r->field[NAME], id };
	}
	return n;
}

void accounts_ids(const struct accounts *a, struct arena *arena, struct lock_id **ret,
		  size_t *ret_n)
{
	size_t max = a->table[PASSWD].n + a->table[GROUP].n;
	struct lock_id *ids = arena_array(arena, max ? max : 1, sizeof(*ids));
	size_t n = collect(a, PASSWD, LOCK_ID_USER, ids);

	n += collect(a, GROUP, LOCK_ID_GROUP, ids + n);
	for (size_t i = 0; i < n; i++)
		ids[i].name = arena_str(arena, ids[i].name);
	qsort(ids, n, sizeof(*ids), compare_ids);
	*ret = ids;
	*ret_n = n;
}
