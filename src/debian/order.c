/*
 * The order of installation: base-files, base-passwd, the Essential packages,
 * then the rest, each depth first over Pre-Depends and Depends, names in byte
 * order. It depends on the set of packages only. Numbers of users that are made by
 * rule follow from it.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "debian/debian_state.h"
#include "debian/relation.h"

struct str unpacked_field(const struct unpacked *u, struct str name)
{
	for (size_t i = 0; i < u->n_fields; i++)
		if (deb822_is(u->fields[i].name, name))
			return u->fields[i].value;
	return STR("");
}

struct unpacked *debian_find(const struct debian *d, struct str name)
{
	for (size_t i = 0; i < d->n_packages; i++)
		if (str_equal(d->packages[i].package->name, name))
			return &d->packages[i];
	return NULL;
}

static int read_control(struct debian *d, const struct debian_package *p, struct unpacked *ret,
			struct error *err)
{
	const struct pack_control *control = pack_control(p->pack, STR("control"));
	struct deb822_reader reader;
	size_t capacity = 0;
	int r;

	*ret = (struct unpacked){ .package = p };
	if (!control)
		return err_set(err, ERR_FORMAT, "package '" STR_FMT "' has no control member",
			       STR_ARG(p->name));
	if (deb822_open(&reader, control->data, "control", err) < 0)
		return -1;
	for (;;) {
		ARENA_GROW(d->arena, ret->fields, ret->n_fields, capacity);
		r = deb822_next(&reader, &ret->fields[ret->n_fields], err);
		if (r < 0)
			return -1;
		if (r != DEB822_FIELD)
			break;
		ret->n_fields++;
	}
	if (!str_equal(unpacked_field(ret, STR("Package")), p->name) ||
	    !str_equal(unpacked_field(ret, STR("Version")), p->version) ||
	    !str_equal(unpacked_field(ret, STR("Architecture")), p->architecture))
		return err_set(err, ERR_FORMAT, "its control member names '" STR_FMT "' " STR_FMT
			       " of " STR_FMT, STR_ARG(unpacked_field(ret, STR("Package"))),
			       STR_ARG(unpacked_field(ret, STR("Version"))),
			       STR_ARG(unpacked_field(ret, STR("Architecture"))));
	return 0;
}

static void describe(struct debian *d, struct unpacked *u)
{
	const struct debian_package *p = u->package;

	u->id = p->name;
	if (str_equal_cstr(unpacked_field(u, STR("Multi-Arch")), "same"))
		u->id = str_of(arena_printf(d->arena, STR_FMT ":" STR_FMT, STR_ARG(p->name),
					    STR_ARG(p->architecture)));
	u->cause = tree_cause_intern(d->tree, (struct cause){ CAUSE_PACKAGE, p->name, STR("") });
	u->given_away = arena_array(d->arena, p->pack->n_members + 1, sizeof(bool));
	u->excluded = arena_array(d->arena, p->pack->n_members + 1, sizeof(bool));
}

static int compare_packages(const void *x, const void *y)
{
	const struct unpacked *a = x, *b = y;

	return str_compare(a->package->name, b->package->name);
}

/* Which packages are or provide a name: lists chained through next[]. */
struct providers {
	struct strtab names; /* to the first link + 1 */
	struct provider {
		uint32_t package, next; /* next: + 1, 0 ends */
	} *links;
	size_t n, capacity;
};

static void add_provider(struct providers *p, struct str name, uint32_t package)
{
	uint32_t first = 0, last;

	MEM_GROW(p->links, p->n, p->capacity);
	p->links[p->n++] = (struct provider){ package, 0 };
	if (!strtab_find(&p->names, name, &first)) {
		strtab_put(&p->names, name, (uint32_t)p->n);
		return;
	}
	for (last = first; p->links[last - 1].next; last = p->links[last - 1].next)
		;
	p->links[last - 1].next = (uint32_t)p->n;
}

static void release_providers(struct providers *p)
{
	strtab_release(&p->names);
	free(p->links);
}

/* Real packages come before those that only provide the name; both by name. */
static void index_providers(const struct unpacked *sorted, size_t n, struct providers *to)
{
	for (size_t i = 0; i < n; i++)
		add_provider(to, sorted[i].package->name, (uint32_t)i);
	for (size_t i = 0; i < n; i++) {
		struct str provides = unpacked_field(&sorted[i], STR("Provides"));
		struct relation r;
		bool last;

		while (relation_next(&provides, &r, &last))
			add_provider(to, r.name, (uint32_t)i);
	}
}

/* A package on the way down, with the dependencies that are still to visit. */
struct visit {
	uint32_t package;
	struct str rest;
	bool depends; /* the rest is of Depends, Pre-Depends is done */
};

struct walk {
	const struct unpacked *sorted;
	struct providers providers;
	bool *seen;
	struct visit *stack;
	size_t depth;
	uint32_t *order;
	size_t n;
};

static void push(struct walk *w, uint32_t package)
{
	if (w->seen[package])
		return;
	w->seen[package] = true;
	w->stack[w->depth++] = (struct visit){
		.package = package,
		.rest = unpacked_field(&w->sorted[package], STR("Pre-Depends")),
	};
}

/* Pushes what the next group of @v needs. False: there are no more groups. */
static bool visit_next(struct walk *w, struct visit *v)
{
	bool found = false, last = false;
	uint32_t link, target = 0;
	struct relation r;

	while (!last && relation_next(&v->rest, &r, &last)) {
		if (found || !strtab_find(&w->providers.names, r.name, &link))
			continue;
		found = true;
		target = w->providers.links[link - 1].package;
	}
	if (found)
		push(w, target);
	return last;
}

static void walk_from(struct walk *w, uint32_t package)
{
	push(w, package);
	while (w->depth) {
		struct visit *v = &w->stack[w->depth - 1];

		if (visit_next(w, v))
			continue;
		if (!v->depends) {
			v->depends = true;
			v->rest = unpacked_field(&w->sorted[v->package], STR("Depends"));
			continue;
		}
		w->order[w->n++] = v->package;
		w->depth--;
	}
}

static void walk_named(struct walk *w, size_t n, const char *name, bool alone)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_equal_cstr(w->sorted[i].package->name, name))
			continue;
		if (!alone) {
			walk_from(w, (uint32_t)i);
		} else if (!w->seen[i]) {
			w->seen[i] = true;
			w->order[w->n++] = (uint32_t)i;
		}
	}
}

static void walk_all(struct walk *w, size_t n)
{
	/* They make what every other package stands on: links, accounts. */
	walk_named(w, n, "base-files", true);
	walk_named(w, n, "base-passwd", true);
	for (size_t i = 0; i < n; i++)
		if (str_equal_cstr(unpacked_field(&w->sorted[i], STR("Essential")), "yes"))
			walk_from(w, (uint32_t)i);
	for (size_t i = 0; i < n; i++)
		walk_from(w, (uint32_t)i);
}

static void sort_by_need(struct debian *d, const struct unpacked *sorted, size_t n)
{
	struct walk w = { .sorted = sorted };

	w.seen = mem_array(n + 1, sizeof(*w.seen));
	w.stack = mem_array(n + 1, sizeof(*w.stack));
	w.order = mem_array(n + 1, sizeof(*w.order));
	index_providers(sorted, n, &w.providers);
	walk_all(&w, n);
	for (size_t i = 0; i < n; i++)
		d->packages[i] = sorted[w.order[i]];
	release_providers(&w.providers);
	free(w.seen);
	free(w.stack);
	free(w.order);
}

int debian_order(struct debian *d, const struct debian_package *packages, size_t n,
		 struct error *err)
{
	struct unpacked *sorted;

	if (n > LIMIT_PACKAGES)
		return err_set(err, ERR_LIMIT, "%zu packages are more than %u", n, LIMIT_PACKAGES);
	sorted = arena_array(d->arena, n + 1, sizeof(*sorted));
	d->packages = arena_array(d->arena, n + 1, sizeof(*sorted));
	d->n_packages = n;
	for (size_t i = 0; i < n; i++) {
		if (read_control(d, &packages[i], &sorted[i], err) < 0)
			return err_while(err, "reading package '" STR_FMT "'",
					 STR_ARG(packages[i].name));
		describe(d, &sorted[i]);
	}
	qsort(sorted, n, sizeof(*sorted), compare_packages);
	sort_by_need(d, sorted, n);
	return 0;
}
