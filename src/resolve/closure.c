#include "resolve/closure.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define TEXT_MAX (64u << 10) /* bytes of one explanation */

/* ---- everything that could be needed ---- */

struct loading {
	struct universe *u;
	bool *seen;
	uint32_t *queue;
	uint32_t n;
};

static void see_candidates(struct loading *l, const struct atom *atom)
{
	uint32_t m;

	for (uint32_t i = 0; universe_candidate(l->u, atom, &i, &m);) {
		if (l->seen[m])
			continue;
		l->seen[m] = true;
		l->queue[l->n++] = m;
	}
}

static int load_queue(struct loading *l, struct error *err)
{
	for (uint32_t i = 0; i < l->n; i++) {
		const struct member *m = &l->u->members[l->queue[i]];

		if (universe_load(l->u, l->queue[i], err) < 0)
			return -1;
		for (uint32_t k = 0; k < m->n_needs; k++)
			for (uint32_t a = 0; a < m->needs[k].n; a++)
				see_candidates(l, &m->needs[k].atoms[a]);
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int closure_load(struct universe *u, const struct atom *wants, size_t n_wants,
		 struct arena *arena, uint32_t **ret_members, size_t *ret_n,
		 struct error *err)
{
	struct loading l = {
		.u = u,
		.seen = arena_array(arena, u->n, sizeof(bool)),
		.queue = arena_array(arena, u->n, sizeof(uint32_t)),
	};

	for (size_t i = 0; i < n_wants; i++)
		see_candidates(&l, &wants[i]);
	if (load_queue(&l, err) < 0)
		return -1;
	if (l.n)
		qsort(l.queue, l.n, sizeof(*l.queue), by_number);
	*ret_members = l.queue;
	*ret_n = l.n;
	return 0;
}

/* ---- does a set hold? ---- */

static bool is_met(const struct universe *u, const struct clause *c, const bool *chosen)
{
	uint32_t m;

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t i = 0; universe_candidate(u, &c->atoms[a], &i, &m);)
			if (chosen[m])
				return true;
	return false;
}

static const char *unmet_want(const struct universe *u, const struct atom *want,
			      const bool *chosen, struct arena *arena)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	const char *why;
	uint32_t m;

	for (uint32_t i = 0; universe_candidate(u, want, &i, &m);)
		if (chosen[m] && universe_meets(u, m, want))
			return NULL;
	universe_add_atom(u, &text, want);
	why = arena_printf(arena, "nothing meets the request for '%s'", buf_cstr(&text));
	buf_release(&text);
	return why;
}

static const char *unmet_need(const struct universe *u, uint32_t index, const bool *chosen,
			      struct arena *arena)
{
	const struct member *m = &u->members[index];

	for (uint32_t k = 0; k < m->n_needs; k++) {
		struct buf text = BUF_INIT(TEXT_MAX);
		const char *why;

		if (m->needs[k].weak || is_met(u, &m->needs[k], chosen))
			continue;
		universe_add_clause(u, &text, &m->needs[k]);
		why = arena_printf(arena, "'" STR_FMT "' lacks '%s'", STR_ARG(m->package->name),
				   buf_cstr(&text));
		buf_release(&text);
		return why;
	}
	return NULL;
}

static const char *conflict_of(const struct universe *u, uint32_t index, const bool *chosen,
			       struct arena *arena)
{
	const struct member *m = &u->members[index];
	uint32_t other;

	if (index + 1 < u->n && chosen[index + 1] && u->members[index + 1].name == m->name)
		return arena_printf(arena, "'" STR_FMT "' stands twice", STR_ARG(m->package->name));
	for (uint32_t k = 0; k < m->n_conflicts; k++) {
		struct atom atom = m->conflicts[k];

		atom.any = false;
		for (uint32_t i = 0; universe_candidate(u, &atom, &i, &other);)
			if (other != index && chosen[other])
				return arena_printf(arena,
						    "'" STR_FMT "' conflicts with '" STR_FMT "'",
						    STR_ARG(m->package->name),
						    STR_ARG(u->members[other].package->name));
	}
	return NULL;
}

bool closure_holds(const struct universe *u, const struct atom *wants, size_t n_wants,
		   const bool *chosen, struct arena *arena, const char **ret_why)
{
	const char *why = NULL;

	for (size_t i = 0; i < n_wants && !why; i++)
		why = unmet_want(u, &wants[i], chosen, arena);
	for (uint32_t m = 0; m < u->n && !why; m++) {
		if (!chosen[m])
			continue;
		why = unmet_need(u, m, chosen, arena);
		if (!why)
			why = conflict_of(u, m, chosen, arena);
	}
	if (ret_why)
		*ret_why = why;
	return why == NULL;
}

/* ---- growing a part ---- */

static bool may_enter(const struct closure_walk *w, uint32_t m)
{
	return w->chosen[m] && !(w->barred && w->barred[m]);
}

static void enter(struct closure_walk *w, uint32_t m, uint32_t parent, uint32_t *n)
{
	if (w->in[m])
		return;
	w->in[m] = true;
	if (w->parent)
		w->parent[m] = parent;
	w->queue[(*n)++] = m;
}

static bool part_meets(const struct closure_walk *w, const struct clause *c)
{
	uint32_t m;

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t i = 0; universe_candidate(w->u, &c->atoms[a], &i, &m);)
			if (w->in[m])
				return true;
	return false;
}

static void follow(struct closure_walk *w, uint32_t from, const struct clause *c, uint32_t *n)
{
	uint32_t m;

	if (w->width == CLOSURE_NEEDED && part_meets(w, c))
		return;
	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t i = 0; universe_candidate(w->u, &c->atoms[a], &i, &m);) {
			if (!may_enter(w, m))
				continue;
			enter(w, m, from, n);
			if (w->width != CLOSURE_ALL)
				return;
		}
}

void closure_grow(struct closure_walk *w, const uint32_t *roots, size_t n_roots)
{
	uint32_t n = 0, level = 0, end;

	for (size_t i = 0; i < n_roots; i++)
		if (may_enter(w, roots[i]))
			enter(w, roots[i], CLOSURE_ROOT, &n);
	while (level < n) {
		end = n;
		qsort(w->queue + level, end - level, sizeof(*w->queue), by_number);
		for (; level < end; level++) {
			const struct member *m = &w->u->members[w->queue[level]];

			for (uint32_t k = 0; k < m->n_needs; k++)
				follow(w, w->queue[level], &m->needs[k], &n);
		}
	}
}
