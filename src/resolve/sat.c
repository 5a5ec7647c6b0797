/*
 * libsolv's core. Its loader for Debian indexes is not used: it crashes on some
 * (CVE-2026-9150), and it turns Conflicts with Replaces into obsoletes, which
 * lets one package push out another on a fresh install (formats 0.3, 0.4).
 *
 * All members get one architecture here: universe.c has let in only those that
 * fit, and libsolv's own ranking of architectures must not decide anything.
 */

#include "resolve/sat.h"

#include <assert.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/problems.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

struct sat {
	const struct universe *u;
	const struct sat_job *job;
	Pool *libsolv; /* all that follows lives in it */
	Repo *repo;
	uint32_t *member_of; /* solvable number to member */
	Id *solvable_of;     /* member to solvable number, 0 if not among the job's */
	Queue jobs;
	Solver *solver;
};

static Id to_id(struct sat *s, struct str text)
{
	return pool_strn2id(s->libsolv, text.ptr, (unsigned)text.len, 1);
}

static int to_flags(enum depend_op op)
{
	static const int flags[] = {
		[OP_LT] = REL_LT, [OP_LE] = REL_LT | REL_EQ, [OP_EQ] = REL_EQ,
		[OP_GE] = REL_GT | REL_EQ, [OP_GT] = REL_GT,
	};

	return flags[op];
}

static Id versioned(struct sat *s, Id name, enum depend_op op, struct str version)
{
	if (op == OP_ANY)
		return name;
	return pool_rel2id(s->libsolv, name, to_id(s, version), to_flags(op), 1);
}

/* "name:any" and "name:ARCH" are names of their own; add_provides() knows the first. */
static Id name_with(struct sat *s, struct str name, const char *suffix)
{
	struct buf text = BUF_INIT(1u << 16);
	Id id;

	buf_printf(&text, STR_FMT ":%s", STR_ARG(name), suffix);
	id = to_id(s, buf_str(&text));
	buf_release(&text);
	return id;
}

static Id atom_id(struct sat *s, const struct atom *atom)
{
	struct str name = s->u->names[atom->name].text;
	Id id = atom->foreign ? name_with(s, name, "foreign") :
		atom->any     ? name_with(s, name, "any") :
				to_id(s, name);

	return versioned(s, id, (enum depend_op)atom->op, atom->version);
}

static Id clause_id(struct sat *s, const struct clause *clause)
{
	Id id = atom_id(s, &clause->atoms[clause->n - 1]);

	for (uint32_t i = clause->n - 1; i > 0; i--)
		id = pool_rel2id(s->libsolv, atom_id(s, &clause->atoms[i - 1]), id, REL_OR, 1);
	return id;
}

/* ---- loading ---- */

static void add_provided(struct sat *s, Solvable *solvable, struct str name,
			 enum depend_op op, struct str version, bool any)
{
	solvable->provides = repo_addid_dep(s->repo, solvable->provides,
					    versioned(s, to_id(s, name), op, version), 0);
	if (any)
		solvable->provides =
			repo_addid_dep(s->repo, solvable->provides,
				       versioned(s, name_with(s, name, "any"), op, version), 0);
}

static void add_provides(struct sat *s, Solvable *solvable, const struct member *m)
{
	bool any = str_equal_cstr(m->package->multi_arch, "allowed");

	for (uint32_t i = 0; i < m->n_provides; i++) {
		const struct atom *p = &m->provides[i];

		if (!p->foreign)
			add_provided(s, solvable, s->u->names[p->name].text,
				     (enum depend_op)p->op, p->version, any);
	}
	add_provided(s, solvable, m->package->name, OP_EQ, m->package->version, any);
}

static void add_needs(struct sat *s, Solvable *solvable, const struct member *m)
{
	for (uint32_t i = 0; i < m->n_needs; i++) {
		const struct clause *c = &m->needs[i];

		if (c->weak) {
			solvable->recommends = repo_addid_dep(s->repo, solvable->recommends,
							      clause_id(s, c), 0);
			continue;
		}
		solvable->requires = repo_addid_dep(s->repo, solvable->requires,
						    clause_id(s, c), -SOLVABLE_PREREQMARKER);
		if (c->n > 1)
			solvable->suggests = repo_addid_dep(s->repo, solvable->suggests,
							    atom_id(s, &c->atoms[0]), 0);
	}
}

static void add_member(struct sat *s, uint32_t index)
{
	const struct member *m = &s->u->members[index];
	Id number = repo_add_solvable(s->repo);
	Solvable *solvable = pool_id2solvable(s->libsolv, number);

	assert(m->loaded);
	solvable->name = to_id(s, m->package->name);
	solvable->evr = to_id(s, m->package->version);
	solvable->arch = ARCH_ALL;
	add_provides(s, solvable, m);
	add_needs(s, solvable, m);
	for (uint32_t i = 0; i < m->n_conflicts; i++) {
		struct atom atom = m->conflicts[i];

		atom.any = false; /* there is one architecture only */
		solvable->conflicts = repo_addid_dep(s->repo, solvable->conflicts,
						     atom_id(s, &atom), 0);
	}
	s->solvable_of[index] = number;
	s->member_of[number] = index;
}

static void load(struct sat *s)
{
	size_t n = s->job->n_members;

	s->libsolv = pool_create();
	pool_setdisttype(s->libsolv, DISTTYPE_DEB);
	s->repo = repo_create(s->libsolv, "archive");
	s->solvable_of = mem_array(s->u->n + 1u, sizeof(*s->solvable_of));
	s->member_of = mem_array(n + 8, sizeof(*s->member_of)); /* numbers 0 and 1 are taken */
	for (size_t i = 0; i < n; i++)
		add_member(s, s->job->members[i]);
	repo_internalize(s->repo);
	pool_createwhatprovides(s->libsolv);
}

/* As universe_meets(): who asks for a package doesn't mean one that provides it. */
static int want_kind(const struct sat *s, const struct atom *want)
{
	return s->u->names[want->name].n ? SOLVER_SOLVABLE_NAME : SOLVER_SOLVABLE_PROVIDES;
}

static void add_jobs(struct sat *s)
{
	queue_init(&s->jobs);
	for (size_t i = 0; i < s->job->n_wants; i++)
		queue_push2(&s->jobs, SOLVER_INSTALL | want_kind(s, &s->job->wants[i]),
			    atom_id(s, &s->job->wants[i]));
	for (size_t i = 0; i < s->job->n_members; i++) {
		uint32_t m = s->job->members[i];

		if (s->job->all)
			queue_push2(&s->jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, s->solvable_of[m]);
		else if (s->job->favored[m])
			queue_push2(&s->jobs, SOLVER_FAVOR | SOLVER_SOLVABLE, s->solvable_of[m]);
	}
}

/* ---- what went wrong ---- */

static enum sat_reason_kind kind_of(SolverRuleinfo info)
{
	switch (info) {
	case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
	case SOLVER_RULE_PKG_REQUIRES:
		return SAT_NEEDS;
	case SOLVER_RULE_PKG_CONFLICTS:
		return SAT_CONFLICTS;
	case SOLVER_RULE_PKG_SAME_NAME:
		return SAT_ONE_VERSION;
	default:
		return 0; /* the requests themselves: the caller knows them */
	}
}

/* Only of rules about packages are @source and @target solvables. */
static uint32_t member_of(const struct sat *s, Id solvable)
{
	return solvable > 1 && (size_t)solvable < s->job->n_members + 2 ? s->member_of[solvable]
									  : SAT_NONE;
}

static bool reason_of(struct sat *s, Id rule, struct sat_reason *ret)
{
	Id source = 0, target = 0, what = 0;
	SolverRuleinfo info = solver_ruleinfo(s->solver, rule, &source, &target, &what);

	*ret = (struct sat_reason){
		.kind = kind_of(info),
		.missing = info == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP,
		.source = SAT_NONE,
		.target = SAT_NONE,
	};
	if (!ret->kind)
		return false;
	ret->source = member_of(s, source);
	ret->target = member_of(s, target);
	return ret->source != SAT_NONE;
}

static int by_rule(const void *a, const void *b)
{
	Id x = *(const Id *)a, y = *(const Id *)b;

	return x < y ? -1 : x > y;
}

static void explain(struct sat *s, struct arena *arena, struct sat_reason **ret, size_t *ret_n)
{
	Queue rules;
	size_t n = 0;

	queue_init(&rules);
	solver_findallproblemrules(s->solver, 1, &rules);
	if (rules.count)
		qsort(rules.elements, (size_t)rules.count, sizeof(Id), by_rule);
	*ret = arena_array(arena, (size_t)rules.count, sizeof(**ret));
	for (int i = 0; i < rules.count; i++)
		n += reason_of(s, rules.elements[i], &(*ret)[n]);
	*ret_n = n;
	queue_free(&rules);
}

bool sat_solve(const struct universe *u, const struct sat_job *job, bool *chosen,
	       struct arena *arena, struct sat_reason **ret_reasons, size_t *ret_n)
{
	struct sat s = { .u = u, .job = job };
	bool solved;

	load(&s);
	add_jobs(&s);
	s.solver = solver_create(s.libsolv);
	solver_set_flag(s.solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !u->recommends);
	solved = solver_solve(s.solver, &s.jobs) == 0;
	if (solved)
		for (size_t i = 0; i < job->n_members; i++)
			chosen[job->members[i]] =
				solver_get_decisionlevel(s.solver,
							 s.solvable_of[job->members[i]]) > 0;
	else
		explain(&s, arena, ret_reasons, ret_n);
	solver_free(s.solver);
	queue_free(&s.jobs);
	pool_free(s.libsolv);
	free(s.solvable_of);
	free(s.member_of);
	return solved;
}
