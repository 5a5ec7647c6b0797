/*
 * Which packages: propose as apt would, let libsolv confirm or decide, check the
 * result by simple means, then say why each package is there and for whom.
 *
 * Three tries, each wider than the one before:
 * 1. the proposal of the preference pass, as it stands;
 * 2. one version of each name (the pinned, else the newest), libsolv decides;
 * 3. all versions, where pinned and proposed ones are favoured only.
 */

#include "resolve/solve_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "resolve/closure.h"
#include "resolve/explain.h"
#include "resolve/prefer.h"
#include "resolve/sat.h"

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

/* ---- all together ---- */

bool *solving_flags(struct solving *s)
{
	return arena_array(&s->work, s->u.n, sizeof(bool));
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
	s->pinned = solving_flags(s);
	s->kept = solving_flags(s);
	s->candidate = solving_flags(s);
	s->favored = solving_flags(s);
	s->chosen = solving_flags(s);
	s->queue = arena_array(&s->work, s->u.n, sizeof(*s->queue));
	mark_pins(s);
	mark_candidates(s);
	if (choose(s, err) < 0)
		return -1;
	return solve_report(s, ret, ret_n, err);
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
