#include "resolve/universe.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "resolve/deb822.h"

#define ATOMS_MAX 20000u /* of one field; linux-image's Breaks has about 100 */

static int bad_relation(const struct package *p, const char *field, struct str text,
			struct error *err)
{
	return err_set(err, ERR_FORMAT,
		       "package '" STR_FMT "' " STR_FMT ": '%s' has a relation that can't be "
		       "read: '" STR_FMT "'",
		       STR_ARG(p->name), STR_ARG(p->version), field, STR_ARG(str_trim(text)));
}

uint32_t universe_name(struct universe *u, struct str text)
{
	struct str key;
	uint32_t id = strtab_intern(&u->table, text, &key);

	if (id == u->n_names) {
		MEM_GROW(u->names, u->n_names, u->names_capacity);
		u->names[u->n_names++] = (struct name_entry){ .text = key };
	}
	return id;
}

/* ---- relations ---- */

static size_t count_char(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == c;
	return n;
}

static bool make_atom(struct universe *u, struct str text, struct atom *ret)
{
	struct depend_text r;

	if (!depend_parse(text, &r))
		return false;
	*ret = (struct atom){
		.name = universe_name(u, r.name),
		.op = (uint8_t)r.op,
		.any = str_equal_cstr(r.qualifier, "any"),
		.version = r.version,
	};
	ret->foreign = r.qualifier.len && !ret->any && !str_equal(r.qualifier, u->architecture);
	return true;
}

/* A flat list: Conflicts, Breaks, Provides. Appends to @to. */
static int add_atoms(struct universe *u, const struct package *p, const char *field,
		     struct str value, struct atom *to, uint32_t *n, struct error *err)
{
	struct str rest = value, piece;

	if (value.len == 0)
		return 0;
	while (str_split(&rest, ',', &piece)) {
		if (str_trim(piece).len == 0)
			continue; /* a comma at the end occurs */
		if (!make_atom(u, piece, &to[*n]))
			return bad_relation(p, field, piece, err);
		(*n)++;
	}
	return 0;
}

static size_t list_length(struct str value)
{
	return value.len ? count_char(value, ',') + 1 : 0;
}

static int add_clauses(struct universe *u, struct member *m, const char *field,
		       struct str value, bool weak, struct error *err)
{
	struct str rest = value, piece, atom;

	if (value.len == 0)
		return 0;
	while (str_split(&rest, ',', &piece)) {
		struct atom *atoms;
		uint32_t n = 0;

		if (str_trim(piece).len == 0)
			continue;
		atoms = arena_array(&u->arena, count_char(piece, '|') + 1, sizeof(*atoms));
		while (str_split(&piece, '|', &atom))
			if (!make_atom(u, atom, &atoms[n++]))
				return bad_relation(m->package, field, atom, err);
		m->needs[m->n_needs++] = (struct clause){ atoms, n, weak };
	}
	return 0;
}

int universe_load(struct universe *u, uint32_t index, struct error *err)
{
	struct member *m = &u->members[index];
	const struct package *p = m->package;
	size_t needs = list_length(p->pre_depends) + list_length(p->depends) +
		       list_length(p->recommends);
	size_t conflicts = list_length(p->conflicts) + list_length(p->breaks);

	if (m->loaded)
		return 0;
	if (needs > ATOMS_MAX || conflicts > ATOMS_MAX)
		return err_set(err, ERR_LIMIT, "package '" STR_FMT "' has more than %u relations",
			       STR_ARG(p->name), ATOMS_MAX);
	m->needs = arena_array(&u->arena, needs, sizeof(*m->needs));
	m->conflicts = arena_array(&u->arena, conflicts, sizeof(*m->conflicts));
	if (add_clauses(u, m, "Pre-Depends", p->pre_depends, false, err) < 0 ||
	    add_clauses(u, m, "Depends", p->depends, false, err) < 0 ||
	    (u->recommends && add_clauses(u, m, "Recommends", p->recommends, true, err) < 0) ||
	    add_atoms(u, p, "Conflicts", p->conflicts, m->conflicts, &m->n_conflicts, err) < 0)
		return -1;
	m->n_hard_conflicts = m->n_conflicts;
	if (add_atoms(u, p, "Breaks", p->breaks, m->conflicts, &m->n_conflicts, err) < 0)
		return -1;
	m->loaded = true;
	return 0;
}

/* ---- building ---- */

static uint8_t priority_of(struct str text)
{
	static const char *const names[] = { "required", "important", "standard", "optional" };

	for (uint8_t i = 0; i < 4; i++)
		if (str_equal_cstr(text, names[i]))
			return (uint8_t)(i + 1);
	return 5;
}

/* By name; newest first; native before "all"; then by file; then by origin. */
static int member_order(const void *a, const void *b)
{
	const struct package *x = ((const struct member *)a)->package;
	const struct package *y = ((const struct member *)b)->package;
	int order = str_compare(x->name, y->name);

	if (order == 0)
		order = version_compare(y->version, x->version);
	if (order == 0)
		order = str_compare(x->version, y->version); /* "1" and "0:1" */
	if (order == 0)
		order = str_equal_cstr(x->architecture, "all") -
			str_equal_cstr(y->architecture, "all");
	if (order == 0)
		order = x->origin < y->origin ? -1 : x->origin > y->origin;
	return order ? order : digest_compare(&x->digest, &y->digest);
}

static bool same_package(const struct package *a, const struct package *b)
{
	return str_equal(a->name, b->name) && str_equal(a->version, b->version) &&
	       str_equal(a->architecture, b->architecture);
}

/* One file in two suites stands once, as of the first; other files are twins. */
static void drop_copies(struct universe *u)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->n; i++) {
		const struct member *m = &u->members[i];
		bool copy = false, twin = false;

		for (uint32_t k = n; k > 0; k--) {
			struct member *other = &u->members[k - 1];

			if (!same_package(other->package, m->package))
				break;
			if (digest_equal(&other->package->digest, &m->package->digest))
				copy = true;
			else
				twin = other->twin = true;
		}
		if (copy)
			continue;
		u->members[n] = *m;
		u->members[n++].twin = twin;
	}
	u->n = n;
}

static void index_names(struct universe *u)
{
	for (uint32_t i = 0; i < u->n; i++) {
		struct name_entry *entry;

		u->members[i].name = universe_name(u, u->members[i].package->name);
		entry = &u->names[u->members[i].name];
		if (entry->n == 0)
			entry->first = i;
		entry->n++;
	}
}

static int parse_provides(struct universe *u, struct error *err)
{
	for (uint32_t i = 0; i < u->n; i++) {
		struct member *m = &u->members[i];
		size_t n = list_length(m->package->provides);

		if (n == 0)
			continue;
		if (n > ATOMS_MAX)
			return err_set(err, ERR_LIMIT,
				       "package '" STR_FMT "' provides more than %u names",
				       STR_ARG(m->package->name), ATOMS_MAX);
		m->provides = arena_array(&u->arena, n, sizeof(*m->provides));
		if (add_atoms(u, m->package, "Provides", m->package->provides, m->provides,
			      &m->n_provides, err) < 0)
			return -1;
	}
	return 0;
}

static void index_providers(struct universe *u)
{
	for (uint32_t i = 0; i < u->n; i++)
		for (uint32_t k = 0; k < u->members[i].n_provides; k++)
			u->names[u->members[i].provides[k].name].n_providers++;
	for (uint32_t i = 0; i < u->n_names; i++) {
		struct name_entry *entry = &u->names[i];

		entry->providers = arena_array(&u->arena, entry->n_providers, sizeof(uint32_t));
		entry->n_providers = 0;
	}
	for (uint32_t i = 0; i < u->n; i++)
		for (uint32_t k = 0; k < u->members[i].n_provides; k++) {
			struct name_entry *entry = &u->names[u->members[i].provides[k].name];

			/* A package may provide one name in several versions. */
			if (entry->n_providers == 0 ||
			    entry->providers[entry->n_providers - 1] != i)
				entry->providers[entry->n_providers++] = i;
		}
}

int universe_init(struct universe *u, struct str architecture, const struct package *packages,
		  size_t n, bool recommends, struct error *err)
{
	*u = (struct universe){ .architecture = architecture, .recommends = recommends };
	if (n > LIMIT_PACKAGES * 4u)
		return err_set(err, ERR_LIMIT, "more than %u packages", LIMIT_PACKAGES * 4u);
	u->members = mem_array(n ? n : 1, sizeof(*u->members));
	for (size_t i = 0; i < n; i++) {
		const struct package *p = &packages[i];

		if (str_equal(p->architecture, architecture) ||
		    str_equal_cstr(p->architecture, "all"))
			u->members[u->n++] = (struct member){
				.package = p,
				.priority = priority_of(p->priority),
			};
	}
	if (u->n)
		qsort(u->members, u->n, sizeof(*u->members), member_order);
	drop_copies(u);
	index_names(u);
	if (parse_provides(u, err) < 0)
		return -1;
	index_providers(u);
	return 0;
}

void universe_release(struct universe *u)
{
	free(u->members);
	free(u->names);
	strtab_release(&u->table);
	arena_release(&u->arena);
	*u = (struct universe){ 0 };
}

/* ---- questions ---- */

bool universe_satisfies(const struct universe *u, uint32_t index, const struct atom *atom)
{
	const struct member *m = &u->members[index];

	if (atom->foreign)
		return false;
	/* Only packages that say so serve other architectures (Multi-Arch spec). */
	if (atom->any && !str_equal_cstr(m->package->multi_arch, "allowed"))
		return false;
	if (m->name == atom->name)
		return depend_holds(m->package->version, atom->op, atom->version);
	for (uint32_t i = 0; i < m->n_provides; i++) {
		const struct atom *p = &m->provides[i];

		if (p->name != atom->name || p->foreign)
			continue;
		/* An unversioned Provides satisfies no versioned relation (Policy 7.5). */
		if (atom->op == OP_ANY ||
		    (p->op == OP_EQ && depend_holds(p->version, atom->op, atom->version)))
			return true;
	}
	return false;
}

bool universe_meets(const struct universe *u, uint32_t m, const struct atom *want)
{
	if (u->names[want->name].n && u->members[m].name != want->name)
		return false;
	return universe_satisfies(u, m, want);
}

bool universe_candidate(const struct universe *u, const struct atom *atom, uint32_t *i,
			uint32_t *ret)
{
	const struct name_entry *entry = &u->names[atom->name];

	while (*i < entry->n + entry->n_providers) {
		uint32_t k = (*i)++;

		*ret = k < entry->n ? entry->first + k : entry->providers[k - entry->n];
		if (k >= entry->n && u->members[*ret].name == atom->name)
			continue; /* provides its own name: it was there already */
		if (universe_satisfies(u, *ret, atom))
			return true;
	}
	return false;
}

static bool has_conflict(const struct universe *u, uint32_t a, uint32_t b)
{
	const struct member *m = &u->members[a];

	for (uint32_t i = 0; i < m->n_conflicts; i++) {
		struct atom atom = m->conflicts[i];

		atom.any = false; /* there is one architecture only */
		if (universe_satisfies(u, b, &atom))
			return true;
	}
	return false;
}

bool universe_conflict(const struct universe *u, uint32_t a, uint32_t b)
{
	if (a == b)
		return false; /* no package conflicts with itself (Policy 7.4) */
	return u->members[a].name == u->members[b].name || has_conflict(u, a, b) ||
	       has_conflict(u, b, a);
}

void universe_add_atom(const struct universe *u, struct buf *to, const struct atom *atom)
{
	buf_add_str(to, u->names[atom->name].text);
	if (atom->any)
		buf_add_cstr(to, ":any");
	depend_add(to, atom->op, atom->version);
}

void universe_add_clause(const struct universe *u, struct buf *to, const struct clause *clause)
{
	for (uint32_t i = 0; i < clause->n; i++) {
		if (i)
			buf_add_cstr(to, " | ");
		universe_add_atom(u, to, &clause->atoms[i]);
	}
}
