/*
 * Which packages: propose as apt would, let libsolv confirm or decide, check the
 * result by simple means, then say why each package is there and for whom.
 *
 * Three tries, each wider than the one before:
 * 1. the proposal of the preference pass, as it stands;
 * 2. one version of each name (the pinned, else the newest), libsolv decides;
 * 3. all versions, where pinned and proposed ones are favoured only.
 */

#include "resolve/solve.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "resolve/closure.h"
#include "resolve/explain.h"
#include "resolve/prefer.h"
#include "resolve/sat.h"

struct solving {
	const struct solve_input *input;
	struct arena *arena; /* of the result */
	struct arena work;
	struct universe u;
	struct solve_request *requests; /* the input's and the Essential ones, sorted */
	struct atom *wants;		/* one for each request */
	size_t n_requests;
	uint32_t *reached; /* members that could matter */
	size_t n_reached;
	bool *pinned, *kept, *candidate, *favored, *chosen; /* of each member */
	uint32_t *queue;
};

/* ---- requests ---- */

/* What a package is there for, if for several things: the recipe comes first. */
static int rank_of(struct str why)
{
	if (str_equal_cstr(why, "recipe"))
		return 0;
	return str_equal_cstr(why, "essential") ? 2 : 1;
}

static int by_name(const void *a, const void *b)
{
	const struct solve_request *x = a, *y = b;
	int order = rank_of(x->why) - rank_of(y->why);

	if (order == 0)
		order = str_compare(x->name, y->name);
	if (order == 0)
		order = (int)x->relation - (int)y->relation;
	if (order == 0)
		order = str_compare(x->version, y->version);
	if (order == 0)
		order = str_compare(x->target, y->target);
	return order ? order : str_compare(x->why, y->why);
}

static size_t count_essential(const struct universe *u)
{
	size_t n = 0;

	for (uint32_t i = 0; i < u->n; i++)
		n += u->members[i].package->essential;
	return n;
}

/* Names whose newest version is Essential. Others have ceased to be. */
static void add_essential(struct solving *s)
{
	for (uint32_t i = 0; i < s->u.n; i++) {
		const struct member *m = &s->u.members[i];

		if (m->package->essential && s->u.names[m->name].first == i)
			s->requests[s->n_requests++] = (struct solve_request){
				.name = m->package->name,
				.why = STR("essential"),
				.target = STR(""),
			};
	}
}

static int collect_requests(struct solving *s, struct error *err)
{
	const struct solve_input *in = s->input;

	s->requests = arena_array(&s->work, in->n_requests + count_essential(&s->u),
				  sizeof(*s->requests));
	for (size_t i = 0; i < in->n_requests; i++)
		s->requests[s->n_requests++] = in->requests[i];
	if (in->essential)
		add_essential(s);
	if (s->n_requests)
		qsort(s->requests, s->n_requests, sizeof(*s->requests), by_name);
	s->wants = arena_array(&s->work, s->n_requests, sizeof(*s->wants));
	for (size_t i = 0; i < s->n_requests; i++) {
		const struct solve_request *r = &s->requests[i];

		s->wants[i] = (struct atom){
			.name = universe_name(&s->u, r->name),
			.op = (uint8_t)r->relation,
			.version = r->version,
		};
	}
	for (size_t i = 0; i < s->n_requests; i++)
		if (explain_request(&s->u, in, &s->requests[i], &s->wants[i], err) < 0)
			return -1;
	return 0;
}

/* ---- candidates ---- */

static bool is_asked_for(const struct solving *s, uint32_t m)
{
	for (size_t i = 0; i < s->n_requests; i++)
		if (s->wants[i].name == s->u.members[m].name &&
		    !universe_meets(&s->u, m, &s->wants[i]))
			return false;
	return true;
}

static bool is_pin(const struct solve_pin *pin, const struct package *p)
{
	return str_equal(pin->name, p->name) && str_equal(pin->version, p->version) &&
	       str_equal(pin->architecture, p->architecture) &&
	       digest_equal(&pin->digest, &p->digest);
}

static void mark_pins(struct solving *s)
{
	for (size_t i = 0; i < s->input->n_pins; i++) {
		uint32_t name = universe_name(&s->u, s->input->pins[i].name);
		const struct name_entry *entry = &s->u.names[name];

		for (uint32_t m = entry->first; m < entry->first + entry->n; m++)
			if (is_pin(&s->input->pins[i], s->u.members[m].package)) {
				s->pinned[m] = true;
				s->kept[m] = !s->input->pins[i].requested;
			}
	}
}

/* Of one name: the pinned version if it will do, else the newest that does. */
static void mark_candidate(struct solving *s, const struct name_entry *entry)
{
	uint32_t best = entry->first;
	int best_rank = -1;

	for (uint32_t m = entry->first; m < entry->first + entry->n; m++) {
		int rank = 2 * is_asked_for(s, m) + s->pinned[m];

		if (rank > best_rank) {
			best = m;
			best_rank = rank;
		}
	}
	s->candidate[best] = true;
}

static void mark_candidates(struct solving *s)
{
	for (uint32_t i = 0; i < s->u.n; i++)
		if (s->u.names[s->u.members[i].name].first == i)
			mark_candidate(s, &s->u.names[s->u.members[i].name]);
}

/* ---- the three tries ---- */

/* Members of @from that are marked in @which. */
static size_t pick(const uint32_t *from, size_t n, const bool *which, uint32_t *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (which[from[i]])
			ret[count++] = from[i];
	return count;
}

static bool holds(struct solving *s)
{
	return closure_holds(&s->u, s->wants, s->n_requests, s->chosen, &s->work, NULL);
}

static bool try_proposal(struct solving *s)
{
	struct prefer_input in = { s->wants, s->n_requests, s->candidate, s->pinned, s->kept };
	struct sat_job job = { .members = s->queue, .wants = s->wants,
			       .n_wants = s->n_requests, .favored = s->favored, .all = true };
	struct sat_reason *reasons;
	size_t n;
	bool whole = prefer(&s->u, &in, s->favored);

	for (uint32_t i = 0; i < s->u.n; i++)
		s->chosen[i] = s->favored[i];
	if (!whole || !holds(s))
		return false;
	job.n_members = pick(s->reached, s->n_reached, s->favored, s->queue);
	return sat_solve(&s->u, &job, s->chosen, &s->work, &reasons, &n);
}

static bool try_members(struct solving *s, const uint32_t *members, size_t n_members,
			struct sat_reason **ret, size_t *ret_n)
{
	struct sat_job job = { .members = members, .n_members = n_members, .wants = s->wants,
			       .n_wants = s->n_requests, .favored = s->favored };

	for (uint32_t i = 0; i < s->u.n; i++)
		s->chosen[i] = false;
	return sat_solve(&s->u, &job, s->chosen, &s->work, ret, ret_n);
}

static int choose(struct solving *s, struct error *err)
{
	struct sat_reason *reasons;
	const char *why;
	size_t n;

	if (try_proposal(s))
		return 0;
	for (uint32_t i = 0; i < s->u.n; i++)
		s->favored[i] |= s->pinned[i];
	if (!try_members(s, s->queue, pick(s->reached, s->n_reached, s->candidate, s->queue),
			 &reasons, &n) &&
	    !try_members(s, s->reached, s->n_reached, &reasons, &n))
		return explain_reasons(&s->u, s->input, s->requests, s->wants, s->n_requests,
				       reasons, n, err);
	if (!closure_holds(&s->u, s->wants, s->n_requests, s->chosen, &s->work, &why))
		return err_set(err, ERR_BUG, "the solver's answer does not hold: %s", why);
	return 0;
}

/* ---- the result ---- */

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

static bool *flags(struct solving *s)
{
	return arena_array(&s->work, s->u.n, sizeof(bool));
}

/* Chosen members that meet requests of @target ("" included), or all. Ascending. */
static void find_roots(struct report *r, const struct str *target)
{
	struct solving *s = r->s;
	bool *root = flags(s);
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

		r->targets[t] = flags(s);
		barred[t] = flags(s);
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
	bool *all = flags(s);
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

static int report(struct solving *s, struct solve_choice **ret, size_t *ret_n,
		  struct error *err)
{
	struct report r = {
		.s = s,
		.in = flags(s),
		.essential = flags(s),
		.parent = arena_array(&s->work, s->u.n, sizeof(uint32_t)),
		.why = arena_array(&s->work, s->u.n, sizeof(struct str)),
		.roots = arena_array(&s->work, s->u.n, sizeof(uint32_t)),
	};

	find_reasons(&r);
	mark_essential(&r);
	mark_targets(&r);
	return write_choices(&r, ret, ret_n, err);
}

static int run(struct solving *s, struct solve_choice **ret, size_t *ret_n, struct error *err)
{
	const struct solve_input *in = s->input;

	if (universe_init(&s->u, in->architecture, in->packages, in->n_packages, in->recommends,
			  err) < 0 ||
	    collect_requests(s, err) < 0 ||
	    closure_load(&s->u, s->wants, s->n_requests, &s->work, &s->reached, &s->n_reached,
			 err) < 0)
		return -1;
	s->pinned = flags(s);
	s->kept = flags(s);
	s->candidate = flags(s);
	s->favored = flags(s);
	s->chosen = flags(s);
	s->queue = arena_array(&s->work, s->u.n, sizeof(*s->queue));
	mark_pins(s);
	mark_candidates(s);
	if (choose(s, err) < 0)
		return -1;
	return report(s, ret, ret_n, err);
}

int solve(const struct solve_input *input, struct arena *arena, struct solve_choice **ret,
	  size_t *ret_n, struct error *err)
{
	struct solving s = { .input = input, .arena = arena };
	int result = run(&s, ret, ret_n, err);

	universe_release(&s.u);
	arena_release(&s.work);
	return result;
}
