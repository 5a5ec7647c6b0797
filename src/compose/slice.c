/*
 * The finished tree, cut into layers by the cause of each node's content.
 */

#include <stdlib.h>

#include "base/strtab.h"
#include "compose/compose.h"

#define NAMED_SOURCES 5u /* of a slice, in its name */

struct slicing {
	const struct tree *tree;
	const struct compose_input *in;
	struct arena *arena;
	const struct lock_architecture *locked;
	struct strtab packages;     /* name to index in locked->packages */
	bool *has_nodes;            /* of each of these packages */
	uint32_t generated, recipe; /* numbers of those slices */
	uint32_t *slice_of;         /* by serial */
};

static int slice_of_package(const struct slicing *s, struct str name, uint32_t *ret,
			    struct error *err)
{
	uint32_t i;

	if (strtab_find(&s->packages, name, &i)) {
		s->has_nodes[i] = true;
		*ret = s->locked->packages[i].slice;
		return 0;
	}
	return err_set(err, ERR_BUG, "package '" STR_FMT "' is in the tree but not in the lock",
		       STR_ARG(name));
}

static int slice_of_cause(const struct slicing *s, cause_id id, uint32_t *ret, struct error *err)
{
	const struct cause *c = tree_cause(s->tree, id);

	switch (c->kind) {
	case CAUSE_PACKAGE:
		return slice_of_package(s, c->who, ret, err);
	case CAUSE_RECIPE:
		*ret = s->recipe;
		return 0;
	case CAUSE_UNKNOWN:
	case CAUSE_SCRIPT:
	case CAUSE_TRIGGER:
	case CAUSE_RULE:
		break;
	}
	*ret = s->generated;
	return 0;
}

/* A folder with children is in every layer that has one of them: it needs none itself. */
static bool is_only_parent(const struct node *n)
{
	struct node *const *children;

	return n->inode->kind == NODE_DIRECTORY && (!n->parent || tree_children(n, &children) > 0);
}

static int slice_node(struct slicing *s, const struct node *n, struct error *err)
{
	uint32_t slice, of_name;

	if (is_only_parent(n))
		return 0;
	if (slice_of_cause(s, n->inode->cause[CAUSE_CONTENT], &slice, err) < 0)
		return -1;
	if (n->inode->links > 1 && n->inode->kind != NODE_DIRECTORY) {
		if (slice_of_cause(s, n->cause, &of_name, err) < 0)
			return -1;
		if (of_name > slice)
			slice = of_name;
	}
	s->slice_of[n->serial] = slice;
	return 0;
}

struct name_of_set {
	const struct inode *inode;
	uint32_t serial;
};

static int compare_sets(const void *x, const void *y)
{
	const struct name_of_set *a = x, *b = y;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return 0;
}

/*
 * Every name of a hard-linked inode goes where the highest one goes. Sorting by
 * address only brings the names of one inode together: no output depends on it.
 */
static void join_hard_links(struct slicing *s)
{
	const struct tree *t = s->tree;
	struct name_of_set *names = arena_array(s->arena, tree_node_count(t), sizeof(*names));
	const struct node *n;
	size_t count = 0;

	for (struct tree_iter it = tree_iter(t, tree_root(t)); (n = tree_next(&it));) {
		if (n->inode->kind != NODE_DIRECTORY && n->inode->links > 1)
			names[count++] = (struct name_of_set){ n->inode, n->serial };
	}
	qsort(names, count, sizeof(*names), compare_sets);
	for (size_t from = 0, to; from < count; from = to) {
		uint32_t highest = 0;

		for (to = from; to < count && names[to].inode == names[from].inode; to++) {
			if (s->slice_of[names[to].serial] > highest)
				highest = s->slice_of[names[to].serial];
		}
		for (size_t i = from; i < to; i++)
			s->slice_of[names[i].serial] = highest;
	}
}

static int slice_nodes(struct slicing *s, bool *used, struct error *err)
{
	const struct tree *t = s->tree;
	const struct node *n;

	for (struct tree_iter it = tree_iter(t, tree_root(t)); (n = tree_next(&it));) {
		if (slice_node(s, n, err) < 0)
			return -1;
	}
	join_hard_links(s);
	for (struct tree_iter it = tree_iter(t, tree_root(t)); (n = tree_next(&it));) {
		if (s->slice_of[n->serial] != UINT32_MAX)
			used[s->slice_of[n->serial]] = true;
	}
	return 0;
}

static int compare_names(const void *x, const void *y)
{
	return str_compare(*(const struct str *)x, *(const struct str *)y);
}

/* "packages: glibc, openssl, zlib and 4 more": what is in it, for `history`. */
static struct str package_slice_name(const struct slicing *s, uint32_t slice)
{
	const struct lock_architecture *a = s->locked;
	struct str *names = arena_array(s->arena, a->n_packages + 1, sizeof(*names));
	CLEANUP_BUF struct buf text = BUF_INIT(65536);
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < a->n_packages; i++) {
		if (a->packages[i].slice == slice && s->has_nodes[i])
			names[n++] = a->packages[i].source;
	}
	qsort(names, n, sizeof(*names), compare_names);
	buf_add_cstr(&text, "packages:");
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_equal(names[i], names[i - 1]))
			continue;
		if (++distinct <= NAMED_SOURCES)
			buf_printf(&text, "%s " STR_FMT, distinct > 1 ? "," : "",
				   STR_ARG(names[i]));
	}
	if (distinct > NAMED_SOURCES)
		buf_printf(&text, " and %zu more", distinct - NAMED_SOURCES);
	return arena_str(s->arena, buf_str(&text));
}

static void list_layers(const struct slicing *s, const bool *used, struct slice_layer **ret,
			size_t *ret_n)
{
	struct slice_layer *layers = arena_array(s->arena, s->recipe + 1, sizeof(*layers));
	size_t n = 0;

	for (uint32_t i = 0; i <= s->recipe; i++) {
		if (!used[i])
			continue;
		layers[n].slice = i;
		layers[n].name = i == s->generated ? STR("generated") :
				 i == s->recipe ? STR("recipe") : package_slice_name(s, i);
		n++;
	}
	*ret = layers;
	*ret_n = n;
}

static int check_budget(const struct compose_input *in, size_t n, struct error *err)
{
	if (n <= in->target->layers)
		return 0;
	err_at(err, ERR_LAYER_BUDGET, in->target->pos,
	       "target '" STR_FMT "' needs %zu layers by the lock's plan, its budget is %u",
	       STR_ARG(in->target->name), n, in->target->layers);
	return err_hint(err, "set 'layers: %zu', or let 'ingot lock --reslice' plan anew", n);
}

static int index_packages(struct slicing *s, struct error *err)
{
	const struct lock_architecture *a = s->locked;

	s->has_nodes = arena_array(s->arena, a->n_packages + 1, sizeof(bool));
	for (size_t i = 0; i < a->n_packages; i++) {
		if (a->packages[i].slice >= s->generated)
			return err_set(err, ERR_LOCK_SYNTAX,
				       "package '" STR_FMT "' is in slice %u, the lock has %u",
				       STR_ARG(a->packages[i].name), a->packages[i].slice,
				       s->generated);
		(void)strtab_put(&s->packages, a->packages[i].name, (uint32_t)i);
	}
	return 0;
}

static int slice(struct slicing *s, struct slice_layer **ret, size_t *ret_n, struct error *err)
{
	bool *used = arena_array(s->arena, s->recipe + 1, sizeof(*used));

	if (index_packages(s, err) < 0 || slice_nodes(s, used, err) < 0)
		return -1;
	list_layers(s, used, ret, ret_n);
	return check_budget(s->in, *ret_n, err);
}

int compose_slice(const struct tree *t, const struct compose_input *in, struct arena *arena,
		  uint32_t **ret_slice_of, struct slice_layer **ret_layers, size_t *ret_n,
		  struct error *err)
{
	static const struct lock_architecture none;
	const struct lock_architecture *a = lock_architecture(in->lock, in->architecture);
	uint32_t n_serials = tree_serial_count(t);
	struct slicing s = {
		.tree = t, .in = in, .arena = arena, .locked = a ? a : &none,
		.generated = (uint32_t)in->lock->n_slices,
		.recipe = (uint32_t)in->lock->n_slices + 1,
		.slice_of = arena_array(arena, n_serials, sizeof(uint32_t)),
	};
	int r;

	for (uint32_t i = 0; i < n_serials; i++)
		s.slice_of[i] = UINT32_MAX;
	r = slice(&s, ret_layers, ret_n, err);
	strtab_release(&s.packages);
	if (r == 0)
		*ret_slice_of = s.slice_of;
	return r;
}
