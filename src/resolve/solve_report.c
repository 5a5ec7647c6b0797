/*
 * The answer in the caller's terms. Nothing is chosen here: packages that nobody
 * needs are left out, the others get their reason and their targets.
 */

#include "resolve/solve_private.h"

#include <stdlib.h>

#include "resolve/closure.h"

struct report {
	struct solving *s;
	bool *in;          /* of each member: part of the answer */
	bool *essential;
	uint32_t *parent;
	struct str *why;   /* of roots */
	bool **targets;    /* of each target, of each member */
	uint32_t *roots;
	size_t n_roots;
};

/* Chosen members that meet requests of @target ("" included), or all. Ascending. */
static void find_roots(struct report *r, const struct str *target)
{
	struct solving *s = r->s;
	bool *root = solving_flags(s);
	uint32_t m;

	for (size_t i = 0; i < s->n_requests; i++) {
		const struct solve_request *q = &s->requests[i];

		if (target && q->target.len && !str_equal(q->target, *target))
			continue;
		for (uint32_t k = 0; universe_candidate(&s->u, &s->wants[i], &k, &m);) {
			if (!s->chosen[m] || !universe_meets(&s->u, m, &s->wants[i]))
				continue;
			root[m] = true;
			if (!r->why[m].ptr)
				r->why[m] = q->why;
		}
	}
	r->n_roots = 0;
	for (m = 0; m < s->u.n; m++)
		if (root[m])
			r->roots[r->n_roots++] = m;
}

static void mark_essential(struct report *r)
{
	struct solving *s = r->s;
	/* All, so that an alternative that is added changes no mark. */
	struct closure_walk walk = { .u = &s->u, .chosen = r->in, .width = CLOSURE_ALL,
				     .in = r->essential, .queue = s->queue };

	r->n_roots = 0;
	for (uint32_t m = 0; m < s->u.n; m++)
		if (r->in[m] && s->u.members[m].package->essential)
			r->roots[r->n_roots++] = m;
	closure_grow(&walk, r->roots, r->n_roots);
}

static void bar_dropped(struct solving *s, size_t target, bool *barred)
{
	if (!s->input->without)
		return;
	for (size_t i = 0; i < s->input->n_without[target]; i++) {
		uint32_t name = universe_name(&s->u, s->input->without[target][i]);
		const struct name_entry *entry = &s->u.names[name];

		for (uint32_t k = 0; k < entry->n; k++)
			barred[entry->first + k] = true;
	}
}

static struct closure_walk walk_of_target(struct report *r, size_t target, bool *barred)
{
	struct solving *s = r->s;

	bar_dropped(s, target, barred);
	return (struct closure_walk){ .u = &s->u, .chosen = r->in, .barred = barred,
				      .width = CLOSURE_NEEDED, .in = r->targets[target],
				      .queue = s->queue };
}

static bool is_needed_by(const struct universe *u, uint32_t m, uint32_t needed)
{
	const struct member *member = &u->members[m];

	for (uint32_t k = 0; k < member->n_needs; k++)
		for (uint32_t a = 0; a < member->needs[k].n; a++)
			if (universe_satisfies(u, needed, &member->needs[k].atoms[a]))
				return true;
	return false;
}

static bool in_some_target(const struct report *r, uint32_t m)
{
	for (size_t t = 0; t < r->s->input->n_targets; t++)
		if (r->targets[t][m])
			return true;
	return false;
}

static bool needed_in(const struct report *r, size_t target, uint32_t needed)
{
	for (uint32_t m = 0; m < r->s->u.n; m++)
		if (r->targets[target][m] && is_needed_by(&r->s->u, m, needed))
			return true;
	return false;
}

/*
 * Two alternatives of one clause may both be there, and each target's walk takes
 * one. What no walk has taken goes where something could use it.
 */
static void place_leftovers(struct report *r, bool *const *barred)
{
	struct solving *s = r->s;

	for (uint32_t m = 0; m < s->u.n; m++) {
		if (!r->in[m] || in_some_target(r, m))
			continue;
		for (size_t t = 0; t < s->input->n_targets; t++) {
			struct closure_walk walk = walk_of_target(r, t, barred[t]);

			if (needed_in(r, t, m))
				closure_grow(&walk, &m, 1);
		}
	}
}

static void mark_targets(struct report *r)
{
	struct solving *s = r->s;
	size_t n = s->input->n_targets;
	bool **barred = arena_array(&s->work, n, sizeof(*barred));

	r->targets = arena_array(&s->work, n, sizeof(*r->targets));
	for (size_t t = 0; t < n; t++) {
		struct closure_walk walk;

		r->targets[t] = solving_flags(s);
		barred[t] = solving_flags(s);
		walk = walk_of_target(r, t, barred[t]);
		find_roots(r, &s->input->targets[t]);
		closure_grow(&walk, r->roots, r->n_roots);
	}
	if (n)
		place_leftovers(r, barred);
	for (uint32_t m = 0; m < s->u.n; m++)
		if (n && r->in[m] && !in_some_target(r, m))
			r->in[m] = false; /* every target drops it */
}

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void list_targets(const struct report *r, uint32_t m, struct solve_choice *c)
{
	const struct solve_input *in = r->s->input;
	struct str *list = arena_array(r->s->arena, in->n_targets, sizeof(*list));
	size_t n = 0;

	for (size_t t = 0; t < in->n_targets; t++)
		if (r->targets[t][m])
			list[n++] = in->targets[t];
	if (n == in->n_targets)
		return; /* all */
	qsort(list, n, sizeof(*list), by_text);
	c->targets = list;
	c->n_targets = n;
}

static int check_twin(const struct solving *s, uint32_t m, struct error *err)
{
	const struct package *p = s->u.members[m].package;

	if (!s->u.members[m].twin || s->pinned[m])
		return 0;
	err_set(err, ERR_FORMAT, "two different files are offered as '" STR_FMT "' " STR_FMT,
		STR_ARG(p->name), STR_ARG(p->version));
	return err_hint(err, "drop one of the suites that have it; versions are not reused in an "
			     "archive that keeps its rules");
}

static int write_choices(struct report *r, struct solve_choice **ret, size_t *ret_n,
			 struct error *err)
{
	struct solving *s = r->s;
	struct solve_choice *list = arena_array(s->arena, s->n_reached, sizeof(*list));
	size_t n = 0;

	for (uint32_t m = 0; m < s->u.n; m++) {
		struct solve_choice *c = &list[n];

		if (!r->in[m])
			continue;
		if (check_twin(s, m, err) < 0)
			return -1;
		c->package = s->u.members[m].package;
		c->why = arena_str(s->arena, r->parent[m] == CLOSURE_ROOT
						     ? r->why[m]
						     : s->u.members[r->parent[m]].package->name);
		c->essential = r->essential[m];
		list_targets(r, m, c);
		n++;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

/*
 * What is needed by way of first alternatives has its reason from there; what is
 * only a further alternative of something, from that.
 */
static void find_reasons(struct report *r)
{
	struct solving *s = r->s;
	uint32_t *parent = arena_array(&s->work, s->u.n, sizeof(*parent));
	bool *all = solving_flags(s);
	struct closure_walk walk = { .u = &s->u, .chosen = s->chosen, .width = CLOSURE_FIRST,
				     .in = r->in, .parent = r->parent, .queue = s->queue };

	find_roots(r, NULL);
	closure_grow(&walk, r->roots, r->n_roots);
	walk.width = CLOSURE_ALL;
	walk.in = all;
	walk.parent = parent;
	closure_grow(&walk, r->roots, r->n_roots);
	for (uint32_t m = 0; m < s->u.n; m++) {
		if (!all[m] || r->in[m])
			continue;
		r->in[m] = true;
		r->parent[m] = parent[m];
	}
}

int solve_report(struct solving *s, struct solve_choice **ret, size_t *ret_n, struct error *err)
{
	struct report r = {
		.s = s,
		.in = solving_flags(s),
		.essential = solving_flags(s),
		.parent = arena_array(&s->work, s->u.n, sizeof(uint32_t)),
		.why = arena_array(&s->work, s->u.n, sizeof(struct str)),
		.roots = arena_array(&s->work, s->u.n, sizeof(uint32_t)),
	};

	find_reasons(&r);
	mark_essential(&r);
	mark_targets(&r);
	return write_choices(&r, ret, ret_n, err);
}
