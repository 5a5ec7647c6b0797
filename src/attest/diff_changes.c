#define _GNU_SOURCE
#include "attest/diff_changes.h"

#include <stdlib.h>

#include "attest/database_records.h"
#include "base/buf.h"

#define STATUS_MAX (256u << 20) /* bytes of dpkg's status */

struct work {
	struct diff_changes *c;
	struct arena *arena;
	size_t capacity;
	size_t n_sliced; /* packages that are in another slice */
	struct str sliced_at;
};

static const struct str none = { NULL, 0 };

static struct diff_change *add(struct work *w, struct diff_change one)
{
	ARENA_GROW(w->arena, w->c->list, w->c->n, w->capacity);
	if (!one.asked.ptr)
		one.asked = one.why = STR("");
	one.cause = DIFFERENCE_NO_CAUSE;
	w->c->list[w->c->n] = one;
	return &w->c->list[w->c->n++];
}

/* ---- packages ---- */

static void add_package(struct work *w, const struct causes_package *a,
			const struct causes_package *b)
{
	const struct causes_package *any = b ? b : a;

	if (a && b && str_equal(a->version, b->version) && digest_equal(&a->digest, &b->digest))
		return;
	add(w, (struct diff_change){ .kind = DIFFERENCE_BY_PACKAGE,
				     .key = any->name,
				     .name = any->name,
				     .a = a ? a->version : none,
				     .b = b ? b->version : none,
				     .at_a = a ? a->at : STR(""),
				     .at_b = b ? b->at : STR(""),
				     .asked = any->asked,
				     .why = any->why });
}

static void compare_packages(struct work *w, const struct causes *a, const struct causes *b)
{
	size_t i = 0, k = 0;

	while (i < a->n_packages || k < b->n_packages) {
		int order = i == a->n_packages ? 1
			    : k == b->n_packages
				    ? -1
				    : str_compare(a->packages[i].name, b->packages[k].name);

		add_package(w, order <= 0 ? &a->packages[i] : NULL,
			    order >= 0 ? &b->packages[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* ---- facts ---- */

static bool is_compressor(struct str name)
{
	return memmem(name.ptr, name.len, "compress", 8) != NULL;
}

/* Facts that keys tell as well, with a line. */
static bool is_told_by_key(struct str name)
{
	return str_has_prefix(name, STR("layer ")) || str_equal_cstr(name, "epoch") ||
	       str_equal_cstr(name, "version");
}

static void compare_facts(struct work *w, const struct causes *a, const struct causes *b)
{
	for (size_t i = 0; i < a->n_facts; i++) {
		const struct causes_fact *f = &a->facts[i], *g = causes_fact(b, f->name);

		if (g && !is_told_by_key(f->name) && !str_equal(f->value, g->value))
			add(w, (struct diff_change){ .kind = is_compressor(f->name)
								     ? DIFFERENCE_BY_COMPRESSOR
								     : DIFFERENCE_BY_FORMAT,
						     .key = f->name,
						     .name = f->name,
						     .a = f->value,
						     .b = g->value,
						     .at_a = STR(""),
						     .at_b = STR("") });
	}
}

/* ---- keys ---- */

/* Keys of the target that is built are the same whatever it is called. */
struct str diff_changes_key(struct str key, struct str target, struct arena *arena)
{
	struct str prefix = STR("targets."), rest;

	if (!str_has_prefix(key, prefix))
		return key;
	rest = (struct str){ key.ptr + prefix.len, key.len - prefix.len };
	if (!str_has_prefix(rest, target) || rest.len <= target.len || rest.ptr[target.len] != '.')
		return none;
	return str_of(arena_printf(arena, "target" STR_FMT, (int)(rest.len - target.len),
				   rest.ptr + target.len));
}

/* Consequences of other changes, and what says nothing of an output. */
static bool is_noise(struct str key, const struct causes_key *a, const struct causes_key *b)
{
	static const char *const prefixes[] = {
		"lock.effects.",    "lock.suites.", "sources.",
		"lock.compressors", "lock.output",  "lock.evaluator"
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (str_has_prefix(key, str_of(prefixes[i])))
			return true;
	/* A new user has a new id, a new package a slice. */
	return (!a || !b) &&
	       (str_has_prefix(key, STR("lock.ids.")) || str_has_prefix(key, STR("lock.slice.")));
}

static void add_key(struct work *w, const struct causes_key *a, const struct causes_key *b,
		    struct str key)
{
	const struct causes_key *any = b ? b : a;
	struct str inputs = STR("lock.inputs.");
	enum difference_cause_kind kind = DIFFERENCE_BY_RECIPE;

	if ((a && b && str_equal(a->value, b->value)) || !key.ptr || is_noise(key, a, b))
		return;
	if (str_has_prefix(key, STR("lock.slice."))) {
		w->n_sliced++;
		w->sliced_at = w->n_sliced == 1 ? any->at : w->sliced_at;
		return;
	}
	if (str_has_prefix(key, inputs))
		kind = DIFFERENCE_BY_INPUT;
	else if (str_has_prefix(key, STR("lock.")))
		kind = DIFFERENCE_BY_LOCK;
	add(w, (struct diff_change){ .kind = kind,
				     .key = key,
				     .name = any->key,
				     .a = a ? a->value : none,
				     .b = b ? b->value : none,
				     .at_a = a ? a->at : STR(""),
				     .at_b = b ? b->at : STR("") });
}

static void compare_keys(struct work *w, const struct causes *a, const struct causes *b)
{
	size_t i = 0, k = 0;

	while (i < a->n_keys || k < b->n_keys) {
		const struct causes_key *x = i < a->n_keys ? &a->keys[i] : NULL;
		const struct causes_key *y = k < b->n_keys ? &b->keys[k] : NULL;
		struct str key_x = x ? diff_changes_key(x->key, a->target, w->arena) : none;
		struct str key_y = y ? diff_changes_key(y->key, b->target, w->arena) : none;
		int order;

		if (x && !key_x.ptr) {
			i++;
			continue;
		}
		if (y && !key_y.ptr) {
			k++;
			continue;
		}
		order = !x ? 1 : !y ? -1 : str_compare(key_x, key_y);
		add_key(w, order <= 0 ? x : NULL, order >= 0 ? y : NULL,
			order <= 0 ? key_x : key_y);
		i += order <= 0;
		k += order >= 0;
	}
	if (w->n_sliced)
		add(w, (struct diff_change){
			       .kind = DIFFERENCE_BY_LOCK,
			       .key = STR("lock.slices of packages"),
			       .name = STR("lock.slices of packages"),
			       .a = STR("the slice plan"),
			       .b = str_of(arena_printf(w->arena, "another one for %zu packages",
							w->n_sliced)),
			       .at_a = w->sliced_at,
			       .at_b = w->sliced_at });
}

/* ---- what follows from another change ---- */

static bool is_below(struct str key, struct str prefix)
{
	return key.len > prefix.len && str_has_prefix(key, prefix) && key.ptr[prefix.len] == '.';
}

static void drop(struct work *w, const char *key)
{
	struct diff_change *c = diff_change_key(w->c, key);

	if (c)
		c->dropped = true;
}

/*
 * A new entry is told once, not each thing that it says; of a list that both have, the
 * entries that are new and not the list.
 */
static void drop_nested(struct work *w)
{
	struct diff_changes *c = w->c;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->n; k++) {
			struct diff_change *x = &c->list[i], *y = &c->list[k];

			if (x->kind != DIFFERENCE_BY_RECIPE || y->kind != x->kind ||
			    !is_below(y->key, x->key))
				continue;
			if (x->a.ptr && x->b.ptr)
				x->dropped = true;
			else if (!x->dropped)
				y->dropped = true;
		}
}

/* "packages.openssl (>= 3)": the line that asks for a package that came or went. */
static bool asks_for(struct str key, struct str package)
{
	struct str lists[] = { STR("packages."), STR("target.packages."), STR("target.without.") };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct str rest = { key.ptr + lists[i].len, key.len - lists[i].len };

		if (!str_has_prefix(key, lists[i]))
			continue;
		rest.len = str_find_char(rest, ' ');
		return str_equal(rest, package);
	}
	return false;
}

static void drop_requests(struct work *w)
{
	struct diff_changes *c = w->c;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->n; k++) {
			struct diff_change *p = &c->list[i], *key = &c->list[k];

			if (p->kind != DIFFERENCE_BY_PACKAGE || key->kind != DIFFERENCE_BY_RECIPE ||
			    !asks_for(key->key, p->name))
				continue;
			p->asked = key->b.ptr ? key->at_b : key->at_a;
			p->asks_anew = true;
			key->dropped = true;
		}
}

/* An account that came or went, or whose number the recipe says: that moved the id. */
static bool decides_id(const struct diff_changes *c, struct arena *arena, struct str account)
{
	static const char *const words[] = { "uid", "gid", "system" };
	const char *key = arena_printf(arena, STR_FMT, STR_ARG(account));

	if (diff_change_key(c, key))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (diff_change_key(c, arena_printf(arena, "%s.%s", key, words[i])))
			return true;
	return false;
}

/* The group of a user's own goes where the user goes. */
static bool moves_along(const struct diff_changes *c, struct arena *arena, struct str user,
			const struct diff_change *group)
{
	const struct diff_change *found =
		diff_change_key(c, arena_printf(arena, "lock.ids." STR_FMT, STR_ARG(user)));

	return found && str_equal(found->a, group->a) && str_equal(found->b, group->b);
}

static void drop_ids(struct work *w)
{
	struct diff_changes *c = w->c;

	for (size_t i = 0; i < c->n; i++) {
		struct str key = c->list[i].key, prefix = STR("lock.ids.");

		if (!str_has_prefix(key, prefix))
			continue;
		key = (struct str){ key.ptr + prefix.len, key.len - prefix.len };
		if (decides_id(c, w->arena, key))
			c->list[i].dropped = true;
		/* The group of a user's own, too. */
		if (str_has_prefix(key, STR("groups."))) {
			struct str user = str_of(arena_printf(w->arena, "users." STR_FMT,
							      (int)(key.len - 7), key.ptr + 7));

			c->list[i].dropped |= decides_id(c, w->arena, user) ||
					      moves_along(c, w->arena, user, &c->list[i]);
		}
	}
}

/* One that is new needs a slice, one that is gone leaves its own. */
static bool any_package(const struct diff_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].kind == DIFFERENCE_BY_PACKAGE &&
		    (!c->list[i].a.ptr || !c->list[i].b.ptr))
			return true;
	return false;
}

static void drop_consequences(struct work *w)
{
	drop_nested(w);
	drop_requests(w);
	drop_ids(w);
	if (diff_change_key(w->c, "epoch"))
		drop(w, "lock.epoch");
	if (diff_change_key(w->c, "target.layers") || any_package(w->c)) {
		drop(w, "lock.slices");
		drop(w, "lock.slices of packages");
	}
	if (diff_change_key(w->c, "lock.slices of packages"))
		drop(w, "lock.slices");
}

static int by_kind(const void *a, const void *b)
{
	const struct diff_change *x = a, *y = b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : str_compare(x->key, y->key);
}

void diff_changes_sort(struct diff_changes *c)
{
	if (c->n)
		qsort(c->list, c->n, sizeof(*c->list), by_kind);
}

static void finish(struct work *w)
{
	struct diff_changes *c = w->c;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!c->list[i].dropped)
			c->list[n++] = c->list[i];
	c->n = n;
	diff_changes_sort(c);
}

void diff_changes_of_causes(const struct causes *a, const struct causes *b, struct arena *arena,
			    struct diff_changes *ret)
{
	struct work w = { .c = ret, .arena = arena };

	*ret = (struct diff_changes){ .a = a, .b = b };
	compare_packages(&w, a, b);
	compare_facts(&w, a, b);
	compare_keys(&w, a, b);
	if (!str_equal(a->architecture, b->architecture))
		add(&w, (struct diff_change){ .kind = DIFFERENCE_BY_RECIPE,
					      .key = STR("architecture"),
					      .name = STR("architecture"),
					      .a = a->architecture,
					      .b = b->architecture,
					      .at_a = STR(""),
					      .at_b = STR("") });
	drop_consequences(&w);
	finish(&w);
}

/* ---- by dpkg's databases ---- */

static struct str field(struct str stanza, struct str name)
{
	struct str line;

	while (stanza.ptr && str_split(&stanza, '\n', &line))
		if (str_has_prefix(line, name))
			return str_trim((struct str){ line.ptr + name.len, line.len - name.len });
	return STR("");
}

static int read_status(const struct tree *t, const struct content_reader *reader,
		       struct arena *arena, struct causes *ret, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(STATUS_MAX);
	struct str path = STR("var/lib/dpkg/status");
	const struct node *node = tree_find(t, path);
	struct database_record *records;
	size_t n;

	*ret = (struct causes){ 0 };
	if (!node || node->inode->kind != NODE_FILE)
		return 0;
	if (content_load(reader, &node->inode->content, &data, err) < 0 ||
	    database_read(path, arena_bytes(arena, buf_bytes(&data)), arena, &records, &n, err) < 0)
		return -1;
	ret->packages = arena_array(arena, n + 1, sizeof(*ret->packages));
	for (size_t i = 0; i < n; i++) {
		struct str name = { records[i].key.ptr, str_find_char(records[i].key, ':') };

		if (ret->n_packages && str_equal(ret->packages[ret->n_packages - 1].name, name))
			continue;
		ret->packages[ret->n_packages++] =
			(struct causes_package){ .name = name,
						 .version =
							 field(records[i].value, STR("Version:")),
						 .at = STR(""),
						 .asked = STR(""),
						 .why = STR("") };
	}
	return 0;
}

int diff_changes_of_trees(const struct tree *a, const struct content_reader *reader_a,
			  const struct tree *b, const struct content_reader *reader_b,
			  struct arena *arena, struct diff_changes *ret, struct error *err)
{
	struct work w = { .c = ret, .arena = arena };
	struct causes x, y;

	*ret = (struct diff_changes){ 0 };
	if (read_status(a, reader_a, arena, &x, err) < 0 ||
	    read_status(b, reader_b, arena, &y, err) < 0)
		return -1;
	compare_packages(&w, &x, &y);
	return 0;
}

/* ---- looking up ---- */

/* Packages stand first, sorted: there may be thousands. */
struct diff_change *diff_change_package(const struct diff_changes *c, struct str name)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct diff_change *one = &c->list[middle];
		int order = one->kind == DIFFERENCE_BY_PACKAGE ? str_compare(name, one->key) : -1;

		if (order == 0)
			return &c->list[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct diff_change *diff_change_key(const struct diff_changes *c, const char *key)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].kind != DIFFERENCE_BY_PACKAGE && str_equal_cstr(c->list[i].key, key))
			return &c->list[i];
	return NULL;
}

bool diff_change_is_below(const struct diff_change *c, struct str prefix)
{
	return c->kind != DIFFERENCE_BY_PACKAGE &&
	       (str_equal(c->key, prefix) || is_below(c->key, prefix));
}

struct diff_change *diff_change_below(const struct diff_changes *c, struct str prefix)
{
	for (size_t i = 0; i < c->n; i++)
		if (diff_change_is_below(&c->list[i], prefix))
			return &c->list[i];
	return NULL;
}

struct diff_change *diff_change_only(const struct diff_changes *c)
{
	return c->n == 1 ? &c->list[0] : NULL;
}

/* ---- for people ---- */

struct str diff_change_at(const struct diff_change *c)
{
	return c->at_b.len && (c->b.ptr || !c->at_a.len) ? c->at_b : c->at_a;
}

static void add_places(const struct diff_change *c, struct buf *to)
{
	struct str places[3] = { c->asked, diff_change_at(c), STR("") };
	const char *before = " (";

	if (c->a.ptr && c->b.ptr && c->kind == DIFFERENCE_BY_PACKAGE && !c->asks_anew)
		places[0] = STR(""); /* the line that asks for it is the same */
	if (c->why.len && !c->asked.len && (!c->a.ptr || !c->b.ptr) &&
	    !str_equal_cstr(c->why, "recipe"))
		places[2] = c->why;
	for (size_t i = 0; i < 3; i++) {
		if (!places[i].len)
			continue;
		buf_printf(to, "%s%s" STR_FMT, before, i == 2 ? "because of " : "",
			   STR_ARG(places[i]));
		before = i == 0 ? ", " : "; ";
	}
	if (before[0] != ' ')
		buf_add_char(to, ')');
}

static void add_name(const struct diff_change *c, struct buf *to)
{
	static const struct {
		const char *prefix, *told;
	} rows[] = { { "lock.inputs.", "recipes/" },
		     { "lock.ids.users.", "the id of user " },
		     { "lock.ids.groups.", "the id of group " },
		     { "lock.", "" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t n = strlen(rows[i].prefix);

		if (!str_has_prefix(c->name, str_of(rows[i].prefix)))
			continue;
		buf_printf(to, "%s" STR_FMT, rows[i].told, (int)(c->name.len - n), c->name.ptr + n);
		return;
	}
	buf_add_str(to, c->name);
}

struct str diff_change_text(const struct diff_change *c, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	bool is_value = c->a.len && c->b.len && c->kind != DIFFERENCE_BY_INPUT;

	if (c->is_origin)
		buf_printf(&text, "in %s from ", c->a.ptr ? "A" : "B");
	add_name(c, &text);
	if (c->is_origin && c->kind == DIFFERENCE_BY_PACKAGE)
		buf_printf(&text, " " STR_FMT, STR_ARG(c->a.ptr ? c->a : c->b));
	else if (c->is_origin)
		;
	else if (c->a.ptr && c->b.ptr && c->kind == DIFFERENCE_BY_PACKAGE && str_equal(c->a, c->b))
		buf_printf(&text, " " STR_FMT ": other bytes under the same version",
			   STR_ARG(c->a));
	else if (c->a.ptr && c->b.ptr && is_value)
		buf_printf(&text, " " STR_FMT " -> " STR_FMT, STR_ARG(c->a), STR_ARG(c->b));
	else if (c->a.ptr && c->b.ptr)
		buf_add_cstr(&text, " changed");
	else if (c->kind == DIFFERENCE_BY_PACKAGE)
		buf_printf(&text, " " STR_FMT " %s", STR_ARG(c->b.ptr ? c->b : c->a),
			   c->b.ptr ? "added" : "removed");
	else if (c->kind != DIFFERENCE_BY_INPUT && (c->b.ptr ? c->b : c->a).len)
		buf_printf(&text, ": " STR_FMT " %s", STR_ARG(c->b.ptr ? c->b : c->a),
			   c->b.ptr ? "added" : "removed");
	else
		buf_add_cstr(&text, c->b.ptr ? " added" : " removed");
	add_places(c, &text);
	return arena_str(arena, buf_str(&text));
}
