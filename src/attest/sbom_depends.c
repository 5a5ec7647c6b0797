/*
 * Which package meets each dependency of the others. As dpkg sees it: of alternatives the
 * first that is met counts; a real package comes before those that provide its name.
 */

#include <stdlib.h>

#include "attest/sbom_private.h"
#include "base/strtab.h"
#include "debian/relation.h"

/* One name that a package provides. */
struct provided {
	size_t package;
	struct str version; /* "" if it provides no certain one */
	struct provided *next;
};

struct resolver {
	struct sbom_index *x;
	struct strtab names; /* of a package or what is provided, to slots[] */
	struct slot {
		size_t first, n; /* packages of that name */
		struct provided *provided;
	} * slots;
	size_t n_slots, capacity;
	size_t *found;
	size_t n_found, found_capacity;
};

static struct slot *slot_of(struct resolver *r, struct str name)
{
	uint32_t before = r->names.n, i = strtab_intern(&r->names, name, NULL);

	if (i == before) {
		ARENA_GROW(r->x->arena, r->slots, r->n_slots, r->capacity);
		r->slots[r->n_slots++] = (struct slot){ 0 };
	}
	return &r->slots[i];
}

static void add_provided(struct resolver *r, size_t package)
{
	struct str rest = r->x->sbom->packages[package].provides;
	struct relation relation;
	bool last;

	while (relation_next(&rest, &relation, &last)) {
		struct provided *p = arena_alloc(r->x->arena, sizeof(*p));
		struct slot *s = slot_of(r, relation.name);

		*p = (struct provided){ package, relation.version, s->provided };
		s->provided = p;
	}
}

static void add_found(struct resolver *r, size_t package)
{
	ARENA_GROW(r->x->arena, r->found, r->n_found, r->found_capacity);
	r->found[r->n_found++] = package;
}

/* All that meet one alternative: more than one only of a name that several provide. */
static bool add_matches(struct resolver *r, const struct relation *wanted)
{
	const struct sbom_package *packages = r->x->sbom->packages;
	size_t before = r->n_found;
	const struct slot *s;
	uint32_t i;

	if (!strtab_find(&r->names, wanted->name, &i))
		return false;
	s = &r->slots[i];
	for (size_t k = s->first; k < s->first + s->n; k++)
		if (relation_satisfied(wanted, packages[k].version))
			add_found(r, k);
	if (r->n_found > before)
		return true;
	for (const struct provided *p = s->provided; p; p = p->next)
		if (!wanted->op.len || (p->version.len && relation_satisfied(wanted, p->version)))
			add_found(r, p->package);
	return r->n_found > before;
}

static int compare(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void resolve_one(struct resolver *r, size_t package)
{
	struct str rest = r->x->sbom->packages[package].depends;
	struct sbom_facts *f = &r->x->facts[package];
	struct relation wanted;
	bool met = false, last;

	r->n_found = 0;
	while (relation_next(&rest, &wanted, &last)) {
		met = met || add_matches(r, &wanted);
		if (last)
			met = false;
	}
	if (!r->n_found)
		return;
	qsort(r->found, r->n_found, sizeof(*r->found), compare);
	f->depends = arena_array(r->x->arena, r->n_found, sizeof(*f->depends));
	for (size_t i = 0; i < r->n_found; i++)
		if (r->found[i] != package && (!i || r->found[i] != r->found[i - 1]))
			f->depends[f->n_depends++] = r->found[i];
}

void sbom_resolve(struct sbom_index *x)
{
	const struct sbom *s = x->sbom;
	struct resolver r = { .x = x };

	for (size_t i = 0; i < s->n_packages; i++) {
		struct slot *slot = slot_of(&r, s->packages[i].name);

		if (!slot->n++)
			slot->first = i;
	}
	for (size_t i = 0; i < s->n_packages; i++)
		add_provided(&r, i);
	for (size_t i = 0; i < s->n_packages; i++)
		resolve_one(&r, i);
	strtab_release(&r.names);
}
