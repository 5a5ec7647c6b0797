/*
 * The order of choices, as observed of apt 2.6 and 3.0 and checked by
 * tests/oracle: see docs/solver.md.
 *
 * A firm package is one that has to be there: a request, or the only candidate
 * for a clause of a firm package. What a firm package conflicts with is out
 * for good, before alternatives are looked at.
 */

#include "resolve/prefer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "resolve/mention.h"

#define DEPTH_MAX 1000 /* packages deep; the longest chain in Debian 13 is far below */

struct pass {
	const struct universe *u;
	const struct prefer_input *in;
	bool *taken; /* the proposal */
	bool *firm;
	bool *out; /* can't be had */
	uint32_t *order; /* taken members, in order */
	uint32_t n_order;
	bool failed;
	struct mention mention; /* made at the first tie */
};

static bool is_open(const struct pass *p, uint32_t m)
{
	return p->in->candidate[m] && !p->out[m];
}

static bool satisfied(const struct pass *p, const struct clause *c)
{
	uint32_t m;

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t i = 0; universe_candidate(p->u, &c->atoms[a], &i, &m);)
			if (p->taken[m])
				return true;
	return false;
}

static bool satisfiable(const struct pass *p, const struct clause *c)
{
	uint32_t m;

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t i = 0; universe_candidate(p->u, &c->atoms[a], &i, &m);)
			if (p->taken[m] || is_open(p, m))
				return true;
	return false;
}

/* ---- the order among candidates of one alternative ---- */

struct ranked {
	struct pass *pass;
	uint32_t member;
	bool own; /* has the very name that is asked for */
};

/* What is mentioned last comes first. */
static int by_mention(struct pass *p, uint32_t a, uint32_t b)
{
	uint32_t x, y;

	if (!p->mention.ready)
		mention_init(&p->mention, p->u);
	x = mention_rank(&p->mention, p->u->members[a].package->name);
	y = mention_rank(&p->mention, p->u->members[b].package->name);
	if (x != y)
		return x > y ? -1 : 1;
	return a < b ? -1 : a > b; /* versions of one package */
}

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	struct pass *p = x->pass;
	const struct member *m = &p->u->members[x->member], *n = &p->u->members[y->member];

	if (p->firm[x->member] != p->firm[y->member])
		return p->firm[x->member] ? -1 : 1;
	if (x->own != y->own)
		return x->own ? -1 : 1;
	if (m->package->essential != n->package->essential)
		return m->package->essential ? -1 : 1;
	if (m->package->protected_ != n->package->protected_)
		return m->package->protected_ ? -1 : 1;
	if (m->priority != n->priority)
		return m->priority < n->priority ? -1 : 1;
	return by_mention(p, x->member, y->member);
}

struct options {
	uint32_t *members;
	uint32_t n, capacity;
};

static void add_option(struct options *o, uint32_t m)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->members[i] == m)
			return;
	MEM_GROW(o->members, o->n, o->capacity);
	o->members[o->n++] = m;
}

/* Whether there is exactly one candidate for @c. */
static bool has_one_option(const struct pass *p, const struct clause *c)
{
	struct options o = { 0 };
	uint32_t m;

	for (uint32_t a = 0; a < c->n && o.n < 2; a++)
		for (uint32_t i = 0; universe_candidate(p->u, &c->atoms[a], &i, &m);)
			if (is_open(p, m))
				add_option(&o, m);
	free(o.members);
	return o.n == 1;
}

/* Candidates of one alternative, pinned ones or the others, best first. */
static struct options options_of(struct pass *p, const struct atom *atom, bool pinned)
{
	struct ranked *list = NULL;
	struct options o = { 0 };
	uint32_t n = 0, capacity = 0, m;

	for (uint32_t i = 0; universe_candidate(p->u, atom, &i, &m);) {
		if (!is_open(p, m) || p->in->pinned[m] != pinned)
			continue;
		MEM_GROW(list, n, capacity);
		list[n++] = (struct ranked){ p, m, p->u->members[m].name == atom->name };
	}
	if (n)
		qsort(list, n, sizeof(*list), by_rank);
	for (uint32_t i = 0; i < n; i++)
		add_option(&o, list[i].member);
	free(list);
	return o;
}

/* ---- taking packages ---- */

static bool conflicts_with_taken(const struct pass *p, uint32_t m)
{
	for (uint32_t i = 0; i < p->n_order; i++)
		if (universe_conflict(p->u, p->order[i], m))
			return true;
	return false;
}

/* What a firm package conflicts with can't be had any more. */
static void rule_out_conflicts(struct pass *p, uint32_t index)
{
	const struct member *m = &p->u->members[index];
	uint32_t other;

	for (uint32_t k = 0; k < m->n_conflicts; k++) {
		struct atom atom = m->conflicts[k];

		atom.any = false;
		for (uint32_t i = 0; universe_candidate(p->u, &atom, &i, &other);)
			if (other != index && !p->taken[other])
				p->out[other] = true;
	}
}

static void put(struct pass *p, uint32_t m)
{
	if (p->taken[m])
		return;
	p->taken[m] = true;
	p->order[p->n_order++] = m;
}

/* Takes back everything that was taken since @mark. */
static void take_back(struct pass *p, uint32_t mark)
{
	while (p->n_order > mark)
		p->taken[p->order[--p->n_order]] = false;
}

static bool meet(struct pass *p, const struct clause *c, bool firm, unsigned depth);

static bool meet_all(struct pass *p, uint32_t index, bool firm, unsigned depth)
{
	const struct member *m = &p->u->members[index];
	bool good = true;

	for (uint32_t i = 0; i < m->n_needs; i++) {
		if (meet(p, &m->needs[i], firm, depth + 1) || m->needs[i].weak)
			continue;
		good = false;
		if (!firm)
			break;
	}
	return good;
}

/* Return: false, with nothing changed, if @m can't be had with what it needs. */
static bool walk(struct pass *p, uint32_t m, bool firm, unsigned depth)
{
	uint32_t mark = p->n_order;
	const struct member *member = &p->u->members[m];

	if (depth > DEPTH_MAX)
		return false;
	for (uint32_t i = 0; i < member->n_needs; i++)
		if (!member->needs[i].weak && !satisfiable(p, &member->needs[i])) {
			p->out[m] = true;
			return false;
		}
	if (!p->taken[m] && conflicts_with_taken(p, m))
		return false;
	put(p, m);
	if (firm) {
		p->firm[m] = true;
		rule_out_conflicts(p, m);
	}
	if (meet_all(p, m, firm, depth))
		return true;
	if (firm)
		return false; /* nobody can do without it: the pass fails */
	take_back(p, mark);
	p->out[m] = true;
	return false;
}

/* Takes @m and what it needs, unless that was done. */
static bool take(struct pass *p, uint32_t m, bool firm, unsigned depth)
{
	return (p->taken[m] && (!firm || p->firm[m])) || walk(p, m, firm, depth);
}

static bool take_one_of(struct pass *p, const struct atom *atom, bool pinned, bool firm,
			unsigned depth)
{
	struct options o = options_of(p, atom, pinned);
	bool done = false;

	for (uint32_t i = 0; i < o.n && !done; i++)
		done = take(p, o.members[i], firm, depth);
	free(o.members);
	return done;
}

/*
 * A firm package's clause that only one candidate can meet makes that firm. Else
 * the alternatives are tried as written, but those with pinned candidates first.
 */
static bool meet(struct pass *p, const struct clause *c, bool firm, unsigned depth)
{
	bool done = satisfied(p, c), only;

	if (done && (!firm || c->weak))
		return true;
	only = firm && !c->weak && has_one_option(p, c);
	if (done && !only)
		return true;
	for (int pinned = 1; pinned >= 0; pinned--)
		for (uint32_t a = 0; a < c->n; a++)
			if (take_one_of(p, &c->atoms[a], pinned == 1, only, depth))
				return true;
	return false;
}

/* The first member that a request means; pinned ones and own ones first. */
static bool find_wanted(struct pass *p, const struct atom *want, uint32_t *ret)
{
	bool found = false;

	for (int pinned = 1; pinned >= 0 && !found; pinned--) {
		struct options o = options_of(p, want, pinned == 1);

		for (uint32_t i = 0; i < o.n && !found; i++)
			if (universe_meets(p->u, o.members[i], want)) {
				*ret = o.members[i];
				found = true;
			}
		free(o.members);
	}
	return found;
}

/*
 * An alternative that was there before stays, although another one has come that
 * would do: who adds a package to a recipe means to add it.
 */
static void keep_alternatives(struct pass *p)
{
	for (uint32_t t = 0; t < p->n_order; t++) {
		const struct member *m = &p->u->members[p->order[t]];
		uint32_t other;

		for (uint32_t k = 0; k < m->n_needs; k++)
			for (uint32_t a = 0; a < m->needs[k].n; a++)
				for (uint32_t i = 0; universe_candidate(
					     p->u, &m->needs[k].atoms[a], &i, &other);)
					if (p->in->kept[other] && is_open(p, other))
						(void)take(p, other, /* firm= */ false, 0);
	}
}

static void run(struct pass *p)
{
	uint32_t *wanted = mem_array(p->in->n_wants + 1, sizeof(*wanted));
	size_t n = 0;

	/* All requests are there before the first dependency is looked at. */
	for (size_t i = 0; i < p->in->n_wants; i++) {
		uint32_t m;

		if (!find_wanted(p, &p->in->wants[i], &m)) {
			p->failed = true;
			continue;
		}
		put(p, m);
		p->firm[m] = true;
		wanted[n++] = m;
	}
	for (size_t i = 0; i < n; i++)
		p->failed |= !walk(p, wanted[i], /* firm= */ true, 0);
	if (!p->failed)
		keep_alternatives(p);
	free(wanted);
}

bool prefer(const struct universe *u, const struct prefer_input *input, bool *proposed)
{
	struct pass p = {
		.u = u,
		.in = input,
		.taken = proposed,
		.firm = mem_array(u->n + 1u, sizeof(bool)),
		.out = mem_array(u->n + 1u, sizeof(bool)),
		.order = mem_array(u->n + 1u, sizeof(uint32_t)),
	};

	for (uint32_t i = 0; i < u->n; i++)
		proposed[i] = false;
	run(&p);
	free(p.firm);
	free(p.out);
	free(p.order);
	mention_release(&p.mention);
	return !p.failed;
}
