#include "recipe/recipe_merge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "recipe/recipe_check.h"
#include "recipe/recipe_package.h"

/* One value in all files: the includer's (or NULL) and the includes'. */
struct layers {
	const struct ydoc_node *own;
	const struct ydoc_node *parts[LIMIT_INCLUDES];
	size_t n;
};

static int merge_value(const struct schema_type *t, const char *name, const struct layers *in,
		       struct arena *arena, struct ydoc_node **ret, struct error *err);

static bool node_equal(const struct ydoc_node *a, const struct ydoc_node *b)
{
	if (a->kind != b->kind || a->n_items != b->n_items || a->n_pairs != b->n_pairs)
		return false;
	if (a->kind == YDOC_SCALAR)
		return str_equal(a->text, b->text);
	for (size_t i = 0; i < a->n_items; i++)
		if (!node_equal(a->items[i], b->items[i]))
			return false;
	for (size_t i = 0; i < a->n_pairs; i++) {
		const struct ydoc_node *other = ydoc_get(b, a->pairs[i].key.ptr);

		if (!other || !node_equal(a->pairs[i].value, other))
			return false;
	}
	return true;
}

static int refuse_disagreement(const char *name, const struct ydoc_node *a,
			       const struct ydoc_node *b, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_INCLUDE, b->pos, "two includes disagree on '%s'", name);
	(void)err_detail(err, "the other is at %s:%u:%u", a->pos.file, a->pos.line,
			 a->pos.column);
	return err_hint(err, "say which it is: set it in the recipe that includes both");
}

static const struct ydoc_node *first_of(const struct layers *in)
{
	return in->own ? in->own : in->parts[0];
}

/* The includer's, or what all includes agree on. */
static int merge_replace(const char *name, const struct layers *in,
			 const struct ydoc_node **ret, struct error *err)
{
	*ret = first_of(in);
	for (size_t i = 1; !in->own && i < in->n; i++)
		if (!node_equal(in->parts[0], in->parts[i]))
			return refuse_disagreement(name, in->parts[0], in->parts[i], err);
	return 0;
}

static struct ydoc_node *new_like(const struct ydoc_node *model, struct arena *arena)
{
	struct ydoc_node *n = arena_alloc(arena, sizeof(*n));

	n->kind = model->kind;
	n->pos = model->pos;
	return n;
}

/* --- maps and records --------------------------------------------------------------- */

/* A name that stands in one or more of the layers. */
struct name {
	struct str key;
	struct src_pos pos;
};

static int by_key(const void *a, const void *b)
{
	return str_compare(((const struct name *)a)->key, ((const struct name *)b)->key);
}

static void collect_names(const struct ydoc_node *map, struct strtab *seen,
			  struct name *names, size_t *n)
{
	for (size_t i = 0; i < map->n_pairs; i++) {
		uint32_t known;

		if (strtab_find(seen, map->pairs[i].key, &known))
			continue;
		(void)strtab_put(seen, map->pairs[i].key, 0);
		names[(*n)++] = (struct name){ map->pairs[i].key, map->pairs[i].key_pos };
	}
}

static int merge_pair(const struct schema_type *t, const struct name *name,
		      const struct layers *in, struct arena *arena, struct ydoc_node *into,
		      struct error *err)
{
	struct layers below = { .own = in->own ? ydoc_get(in->own, name->key.ptr) : NULL };
	struct ydoc_node *value = NULL;

	for (size_t i = 0; i < in->n; i++) {
		const struct ydoc_node *part = ydoc_get(in->parts[i], name->key.ptr);

		if (part)
			below.parts[below.n++] = part;
	}
	if (merge_value(t, name->key.ptr, &below, arena, &value, err) < 0)
		return -1;
	into->pairs[into->n_pairs++] = (struct ydoc_pair){ name->key, name->pos, value };
	return 0;
}

static int merge_map(const struct schema_type *t, const struct layers *in, struct arena *arena,
		     struct ydoc_node **ret, struct error *err)
{
	CLEANUP_STRTAB struct strtab seen = STRTAB_INIT;
	size_t n = 0, max = in->own ? in->own->n_pairs : 0;
	struct ydoc_node *node = new_like(first_of(in), arena);
	struct name *names;

	for (size_t i = 0; i < in->n; i++)
		max += in->parts[i]->n_pairs;
	names = arena_array(arena, max, sizeof(*names));
	if (in->own)
		collect_names(in->own, &seen, names, &n);
	for (size_t i = 0; i < in->n; i++)
		collect_names(in->parts[i], &seen, names, &n);
	qsort(names, n, sizeof(*names), by_key);
	node->pairs = arena_array(arena, n, sizeof(*node->pairs));
	for (size_t i = 0; i < n; i++) {
		const struct schema_field *f =
			t->kind == SCHEMA_RECORD ? schema_field(t, names[i].key) : NULL;

		if (f && (f->flags & SCHEMA_LOCAL))
			continue;
		if (merge_pair(f ? f->type : t->item, &names[i], in, arena, node, err) < 0)
			return -1;
	}
	*ret = node;
	return 0;
}

/* --- lists --------------------------------------------------------------------------- */

struct entry {
	struct str key;
	struct ydoc_node *node;
	size_t order; /* in which it was met */
};

struct entries {
	const struct schema_type *type;
	struct arena *arena;
	struct entry *list;
	size_t n, capacity;
	struct strtab by_key;
};

static void entries_release(struct entries *e)
{
	free(e->list);
	strtab_release(&e->by_key);
}

static struct entry *entries_find(struct entries *e, struct str key)
{
	uint32_t i;

	return strtab_find(&e->by_key, key, &i) ? &e->list[i] : NULL;
}

static void entries_add(struct entries *e, struct str key, struct ydoc_node *node)
{
	MEM_GROW(e->list, e->n, e->capacity);
	e->list[e->n] = (struct entry){ key, node, e->n };
	(void)strtab_put(&e->by_key, key, (uint32_t)e->n);
	e->n++;
}

static int by_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = str_compare(x->key, y->key);

	return r ? r : (x->order > y->order) - (x->order < y->order);
}

static struct ydoc_node *entries_finish(struct entries *e, const struct ydoc_node *model)
{
	struct ydoc_node *node = new_like(model, e->arena);

	if (e->n && e->type->merge != SCHEMA_APPEND)
		qsort(e->list, e->n, sizeof(*e->list), by_entry);
	node->items = arena_array(e->arena, e->n, sizeof(*node->items));
	for (size_t i = 0; i < e->n; i++)
		if (e->list[i].node) /* dropped ones are NULL */
			node->items[node->n_items++] = e->list[i].node;
	return node;
}

/* Sets, and sets whose order counts: there the last mention stands. */
static void unite(struct entries *e, const struct ydoc_node *list)
{
	for (size_t i = 0; i < list->n_items; i++) {
		struct str key = recipe_entry_key(e->type, list->items[i], e->arena);
		struct entry *old = entries_find(e, key);

		if (old && e->type->merge != SCHEMA_APPEND)
			continue;
		if (old)
			old->node = NULL;
		entries_add(e, key, list->items[i]);
	}
}

static int unite_keyed(struct entries *e, const char *name, const struct layers *in,
		       struct error *err)
{
	if (in->own)
		unite(e, in->own);
	for (size_t k = 0, n_own = e->n; k < in->n; k++) {
		for (size_t i = 0; i < in->parts[k]->n_items; i++) {
			struct ydoc_node *item = in->parts[k]->items[i];
			struct str key = recipe_entry_key(e->type, item, e->arena);
			struct entry *old = entries_find(e, key);
			CLEANUP_FREE char *what = NULL;

			if (!old) {
				entries_add(e, key, item);
				continue;
			}
			if (old->order < n_own || node_equal(old->node, item))
				continue;
			what = mem_printf("%s: " STR_FMT, name, (int)str_find_char(key, '\n'),
					  key.ptr);
			return refuse_disagreement(what, old->node, item, err);
		}
	}
	return 0;
}

/* "-name" drops every entry of that package that stems from an include. */
static int drop_packages(struct entries *e, const struct ydoc_node *own, size_t n_included,
			 struct error *err)
{
	for (size_t i = 0; i < own->n_items; i++) {
		const struct ydoc_node *item = own->items[i];
		struct str name = package_identity(item->text);
		bool found = false;

		if (item->text.ptr[0] != '-')
			continue;
		for (size_t k = 0; k < n_included; k++) {
			struct entry *old = &e->list[k];

			if (!old->node || !str_equal(package_identity(old->node->text), name))
				continue;
			old->node = NULL;
			found = true;
		}
		if (found)
			continue;
		(void)err_at(err, ERR_RECIPE_VALUE, item->pos,
			     "no include asks for the package '" STR_FMT "'", STR_ARG(name));
		return err_hint(err, "remove '-" STR_FMT "'; what other packages depend on can't "
				     "be dropped here", STR_ARG(name));
	}
	return 0;
}

static int unite_packages(struct entries *e, const struct layers *in, struct error *err)
{
	size_t n_included;

	for (size_t i = 0; i < in->n; i++)
		unite(e, in->parts[i]);
	n_included = e->n;
	if (!in->own)
		return 0;
	if (drop_packages(e, in->own, n_included, err) < 0)
		return -1;
	for (size_t i = 0; i < in->own->n_items; i++) {
		struct ydoc_node *item = in->own->items[i];
		struct entry *old = entries_find(e, item->text);

		if (item->text.ptr[0] == '-' || (old && old->node))
			continue;
		entries_add(e, item->text, item);
	}
	return 0;
}

static int merge_list(const struct schema_type *t, const char *name, const struct layers *in,
		      struct arena *arena, struct ydoc_node **ret, struct error *err)
{
	CLEANUP(entries_release) struct entries e = { .type = t, .arena = arena };

	if (t->merge == SCHEMA_KEYED) {
		if (unite_keyed(&e, name, in, err) < 0)
			return -1;
	} else if (t->merge == SCHEMA_PACKAGES) {
		if (unite_packages(&e, in, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < in->n; i++)
			unite(&e, in->parts[i]);
		if (in->own)
			unite(&e, in->own);
	}
	*ret = entries_finish(&e, first_of(in));
	return 0;
}

/* --- any value -------------------------------------------------------------------------- */

/* A value list keeps its order, but records in it may hold sets. */
static int merge_value(const struct schema_type *t, const char *name, const struct layers *in,
		       struct arena *arena, struct ydoc_node **ret, struct error *err)
{
	const struct ydoc_node *chosen;

	assert(in->own || in->n);
	if (t->kind == SCHEMA_MAP || t->kind == SCHEMA_RECORD)
		return merge_map(t, in, arena, ret, err);
	if (t->kind == SCHEMA_LIST && t->merge != SCHEMA_REPLACE)
		return merge_list(t, name, in, arena, ret, err);
	if (merge_replace(name, in, &chosen, err) < 0)
		return -1;
	*ret = new_like(chosen, arena);
	**ret = *chosen;
	return 0;
}

/* Entries of keyed lists are taken whole; their own sets still want sorting. */
static int sort_inside(const struct schema_type *t, struct ydoc_node *n, struct arena *arena,
		       struct error *err)
{
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct schema_type *below =
			t->kind == SCHEMA_RECORD ? schema_field(t, n->pairs[i].key)->type : t->item;

		if (sort_inside(below, n->pairs[i].value, arena, err) < 0)
			return -1;
	}
	for (size_t i = 0; t->kind == SCHEMA_LIST && i < n->n_items; i++) {
		struct layers one = { .own = n->items[i] };

		if (t->item->kind == SCHEMA_RECORD &&
		    merge_value(t->item, "entry", &one, arena, &n->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int recipe_merge(const struct ydoc_node *own, const struct ydoc_node *const *parts, size_t n,
		 struct arena *arena, struct ydoc_node **ret, struct error *err)
{
	struct layers in = { .own = own };

	assert(n <= LIMIT_INCLUDES);
	for (size_t i = 0; i < n; i++)
		in.parts[in.n++] = parts[i];
	if (merge_value(&schema_recipe, "recipe", &in, arena, ret, err) < 0)
		return -1;
	return sort_inside(&schema_recipe, *ret, arena, err);
}
