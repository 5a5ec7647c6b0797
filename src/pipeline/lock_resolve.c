/* The solving half of `lock`; see lock_resolve.h. */

#include "pipeline/lock_resolve.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "compose/compose.h"
#include "pipeline/lock_boot.h"
#include "resolve/solve.h"

/* ---- requests and pins ---- */

static void add_requests(struct lock_run *run, struct str target, const struct recipe_package *list,
			 size_t n, struct solve_input *in, struct solve_request *requests)
{
	(void)run;
	for (size_t i = 0; i < n; i++)
		requests[in->n_requests++] = (struct solve_request){
			.name = list[i].name,
			.relation = list[i].relation,
			.version = list[i].version,
			.pos = list[i].pos,
			.why = STR("recipe"),
			.target = target,
		};
}

static void list_requests(struct lock_run *run, const struct package_list *candidates,
			  struct solve_input *in)
{
	const struct recipe *r = run->recipe;
	struct solve_request *requests;
	struct str *names = arena_array(&run->arena, r->n_targets, sizeof(*names));
	const struct str **without = arena_array(&run->arena, r->n_targets, sizeof(*without));
	size_t *n_without = arena_array(&run->arena, r->n_targets, sizeof(*n_without));
	size_t n = r->n_packages + r->n_targets; /* at most one by a rule for each */

	for (size_t i = 0; i < r->n_targets; i++)
		n += r->targets[i].n_packages;
	requests = arena_array(&run->arena, n, sizeof(*requests));
	in->requests = requests;
	add_requests(run, (struct str){ "", 0 }, r->packages, r->n_packages, in, requests);
	for (size_t i = 0; i < r->n_targets; i++) {
		const struct recipe_target *t = &r->targets[i];

		add_requests(run, t->name, t->packages, t->n_packages, in, requests);
		names[i] = t->name;
		without[i] = t->without;
		n_without[i] = t->n_without;
	}
	in->n_requests += lock_rule_requests(r, candidates, requests + in->n_requests);
	in->targets = names;
	in->n_targets = r->n_targets;
	in->without = without;
	in->n_without = n_without;
	in->recommends = r->recommends;
}

static bool is_freed(const struct locking_options *o, const struct lock_package *p)
{
	for (size_t i = 0; i < o->n_update_packages; i++)
		if (str_equal_cstr(p->name, o->update_packages[i]) ||
		    str_equal_cstr(p->source, o->update_packages[i]))
			return true;
	return o->update;
}

static void list_pins(struct lock_run *run, struct str architecture, struct solve_input *in)
{
	const struct lock_architecture *a =
		run->old ? lock_architecture(run->old, architecture) : NULL;
	struct solve_pin *pins;

	if (!a)
		return;
	pins = arena_array(&run->arena, a->n_packages, sizeof(*pins));
	in->pins = pins;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!is_freed(run->options, p))
			pins[in->n_pins++] = (struct solve_pin){
				.name = p->name,
				.version = p->version,
				.architecture = p->architecture,
				.digest = p->digest,
				.requested = str_equal_cstr(p->why, "recipe"),
			};
	}
}

/*
 * --update=PKG reads newer indexes, from which pinned versions may have gone:
 * they stay candidates, taken from the evidence of the earlier lock.
 */
static int add_pinned_candidates(struct lock_run *run, struct str architecture,
				 const struct solve_input *in, struct evidence_packages *from,
				 struct package_list *to, struct error *err)
{
	size_t n_new = to->n;

	if (evidence_packages(run->context, &run->old_evidence, architecture, from, err) < 0)
		return -1;
	for (size_t i = 0; i < in->n_pins; i++) {
		const struct package *found = NULL;
		bool has = false;

		for (size_t k = 0; k < n_new && !has; k++)
			has = digest_equal(&to->packages[k].digest, &in->pins[i].digest);
		for (size_t k = 0; k < from->list.n && !has && !found; k++)
			if (digest_equal(&from->list.packages[k].digest, &in->pins[i].digest))
				found = &from->list.packages[k];
		if (!found)
			continue;
		MEM_GROW(to->packages, to->n, to->capacity);
		to->packages[to->n++] = *found;
	}
	return 0;
}

/* ---- results ---- */

static struct str *copy_strings(struct arena *a, const struct str *list, size_t n)
{
	struct str *copy = arena_array(a, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_str(a, list[i]);
	return copy;
}

static struct lock_package locked(struct lock_run *run, const struct lock_choice *from)
{
	const struct solve_choice *choice = &from->choice;
	const struct package *p = choice->package;
	const struct lock_suite *suite = &run->evidence.suites[p->origin];
	struct arena *a = &run->lock->arena;

	return (struct lock_package){
		.name = arena_str(a, p->name),
		.version = arena_str(a, p->version),
		.architecture = arena_str(a, p->architecture),
		.source = arena_str(a, p->source),
		.source_version = arena_str(a, p->source_version),
		.archive = arena_str(a, suite->source),
		.suite = arena_str(a, suite->suite),
		.path = arena_str(a, p->path),
		.size = p->size,
		.digest = p->digest,
		.why = arena_str(a, choice->why),
		.targets = copy_strings(a, choice->targets, choice->n_targets),
		.n_targets = choice->n_targets,
		.essential = choice->essential,
		.boot = from->boot,
		.boot_only = from->boot_only,
	};
}

static const struct solve_choice *find_choice(const struct solve_choice *list, size_t n,
					      struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i].package->name, name))
			return &list[i];
	return NULL;
}

/*
 * `essential: false`: what the packages need by themselves is solved first and
 * kept; the Essential set joins to lend its effects, and is marked so.
 */
static int solve_without_essential(struct lock_run *run, struct solve_input *in,
				   struct solve_choice **ret, size_t *ret_n, struct error *err)
{
	struct solve_choice *kept, *all;
	struct solve_pin *pins;
	size_t n_kept, n_all, n_pins = 0;

	in->essential = false;
	if (solve(in, &run->arena, &kept, &n_kept, err) < 0)
		return -1;
	pins = arena_array(&run->arena, n_kept + in->n_pins, sizeof(*pins));
	for (size_t i = 0; i < n_kept; i++)
		pins[n_pins++] = (struct solve_pin){
			.name = kept[i].package->name,
			.version = kept[i].package->version,
			.architecture = kept[i].package->architecture,
			.digest = kept[i].package->digest,
		};
	for (size_t i = 0; i < in->n_pins; i++)
		if (!find_choice(kept, n_kept, in->pins[i].name))
			pins[n_pins++] = in->pins[i];
	in->pins = pins;
	in->n_pins = n_pins;
	in->essential = true;
	if (solve(in, &run->arena, &all, &n_all, err) < 0)
		return -1;
	for (size_t i = 0; i < n_all; i++) {
		const struct solve_choice *k = find_choice(kept, n_kept, all[i].package->name);

		all[i].why = k ? k->why : STR("essential");
	}
	*ret = all;
	*ret_n = n_all;
	return 0;
}

static bool same_package(const struct lock_package *a, const struct lock_package *b)
{
	return a && b && digest_equal(&a->digest, &b->digest);
}

/*
 * Whether the whole chain by which @p was there in the earlier lock still holds:
 * the same packages, up to the same root.
 */
static bool chain_holds(const struct lock_architecture *old, const struct lock_architecture *new,
			const struct lock_package *p)
{
	for (size_t i = 0; i < old->n_packages; i++) {
		const struct lock_package *now = lock_package(new, p->name);
		const struct lock_package *above = lock_package(old, p->why);

		if (!same_package(p, now))
			return false;
		if (!above)
			return str_equal(p->why, now->why);
		p = above;
	}
	return false;
}

/*
 * A package that is there for the reason that the lock gives keeps it, although
 * a shorter chain may have come: a reviewer sees only lines that matter.
 */
static void keep_reasons(struct lock_run *run, struct lock_architecture *a)
{
	const struct lock_architecture *old =
		run->old ? lock_architecture(run->old, a->name) : NULL;
	struct str *reasons = arena_array(&run->arena, a->n_packages, sizeof(*reasons));

	for (size_t i = 0; old && i < a->n_packages; i++) {
		const struct lock_package *before = lock_package(old, a->packages[i].name);

		if (before && lock_package(old, before->why) && chain_holds(old, a, before))
			reasons[i] = arena_str(&run->lock->arena, before->why);
	}
	for (size_t i = 0; i < a->n_packages; i++)
		if (reasons[i].len)
			a->packages[i].why = reasons[i];
}

/* Messages name the suite of each candidate. */
static void list_origins(struct lock_run *run, struct solve_input *in)
{
	const struct evidence *e = &run->evidence;
	struct str *names = arena_array(&run->arena, e->n_suites, sizeof(*names));

	for (size_t i = 0; i < e->n_suites; i++)
		names[i] = e->suites[i].suite;
	in->origins = names;
	in->n_origins = e->n_suites;
}

static int resolve_architecture(struct lock_run *run, size_t i, struct error *err)
{
	CLEANUP_EVIDENCE_PACKAGES struct evidence_packages packages = { 0 };
	CLEANUP_EVIDENCE_PACKAGES struct evidence_packages pinned = { 0 };
	struct str name = run->recipe->architectures[i];
	struct lock_architecture *a = &run->lock->architectures[i];
	struct solve_input in = { .architecture = name, .essential = true };
	struct solve_choice *chosen;
	struct lock_choice *choices;
	size_t n, n_chosen;

	if (evidence_packages(run->context, &run->evidence, name, &packages, err) < 0)
		return -1;
	list_requests(run, &packages.list, &in);
	list_origins(run, &in);
	list_pins(run, name, &in);
	if (run->old_evidence.n_suites &&
	    add_pinned_candidates(run, name, &in, &pinned, &packages.list, err) < 0)
		return -1;
	in.packages = packages.list.packages;
	in.n_packages = packages.list.n;
	if ((run->recipe->essential
		     ? solve(&in, &run->arena, &chosen, &n_chosen, err)
		     : solve_without_essential(run, &in, &chosen, &n_chosen, err)) < 0 ||
	    lock_boot_solve(run, &in, chosen, n_chosen, &choices, &n, err) < 0)
		return err_while(err, "resolving '" STR_FMT "' for " STR_FMT,
				 STR_ARG(run->recipe->path), STR_ARG(name));
	a->name = arena_str(&run->lock->arena, name);
	a->packages = arena_array(&run->lock->arena, n, sizeof(*a->packages));
	a->n_packages = n;
	for (size_t k = 0; k < n; k++)
		a->packages[k] = locked(run, &choices[k]);
	keep_reasons(run, a);
	return 0;
}

/* A package that several architectures have comes from one source version. */
static int check_source_versions(const struct lock *l, struct error *err)
{
	const struct lock_architecture *first = l->architectures;

	for (size_t i = 1; i < l->n_architectures; i++)
		for (size_t k = 0; k < l->architectures[i].n_packages; k++) {
			const struct lock_package *b = &l->architectures[i].packages[k];
			const struct lock_package *a = lock_package(first, b->name);

			if (!a || str_equal(a->source_version, b->source_version))
				continue;
			(void)err_set(err, ERR_UNSATISFIABLE,
				      "'" STR_FMT "' is built from source "
				      "version " STR_FMT " for " STR_FMT ", but from " STR_FMT
				      " for " STR_FMT,
				      STR_ARG(b->name), STR_ARG(a->source_version),
				      STR_ARG(first->name), STR_ARG(b->source_version),
				      STR_ARG(l->architectures[i].name));
			return err_hint(err,
					"the archive has not built the newer one everywhere "
					"yet: ask for the older version in 'packages', or lock "
					"again later");
		}
	return 0;
}

static void copy_suites(struct lock_run *run)
{
	struct lock *l = run->lock;
	struct arena *a = &l->arena;

	l->n_suites = run->evidence.n_suites;
	l->suites = arena_array(a, l->n_suites, sizeof(*l->suites));
	for (size_t i = 0; i < l->n_suites; i++) {
		const struct lock_suite *from = &run->evidence.suites[i];
		struct lock_suite *s = &l->suites[i];

		*s = *from;
		s->source = arena_str(a, from->source);
		s->suite = arena_str(a, from->suite);
		s->origin = arena_str(a, from->origin);
		s->label = arena_str(a, from->label);
		s->codename = arena_str(a, from->codename);
		s->snapshot = arena_str(a, from->snapshot);
		s->signed_by = copy_strings(a, from->signed_by, from->n_signed_by);
		s->indexes = arena_array(a, from->n_indexes, sizeof(*s->indexes));
		for (size_t k = 0; k < from->n_indexes; k++) {
			s->indexes[k] = from->indexes[k];
			s->indexes[k].path = arena_str(a, from->indexes[k].path);
		}
		if (s->date > l->epoch)
			l->epoch = s->date;
	}
}

/* Disks have no layers. */
struct slice_budget lock_slice_budget(const struct recipe *r, struct arena *arena)
{
	struct str *names = arena_array(arena, r->n_targets, sizeof(*names));
	struct slice_budget b = { .layers = LIMIT_LAYERS, .essential = r->essential };

	b.targets = names;
	for (size_t i = 0; i < r->n_targets; i++) {
		if (r->targets[i].type != TARGET_OCI)
			continue;
		names[b.n_targets++] = r->targets[i].name;
		if (r->targets[i].layers < b.layers)
			b.layers = r->targets[i].layers;
	}
	return b;
}

int lock_resolve(struct lock_run *run, struct error *err)
{
	const struct locking_options *o = run->options;
	bool newer = o->update || o->n_update_packages;
	struct evidence_options want = {
		.old = run->old,
		.update = newer,
		.keep_nothing = o->dry_run,
		.accepted_keys = o->accepted_keys,
		.n_accepted_keys = o->n_accepted_keys,
	};
	const struct recipe *r = run->recipe;
	struct slice_budget budget;

	if (evidence_obtain(run->context, r, &want, &run->evidence, err) < 0)
		return -1;
	if (newer && !o->update && run->old) {
		CLEANUP_ERR struct error gone = ERR_INIT;

		/* Without the earlier evidence a pin that has gone moves: the diff shows it. */
		want.update = false;
		if (evidence_obtain(run->context, r, &want, &run->old_evidence, &gone) < 0)
			context_note(run->context,
				     "the indexes of the earlier lock are gone: "
				     "versions that the archive has dropped will move");
	}
	run->lock->n_architectures = r->n_architectures;
	run->lock->architectures = arena_array(&run->lock->arena, r->n_architectures,
					       sizeof(*run->lock->architectures));
	for (size_t i = 0; i < r->n_architectures; i++)
		if (resolve_architecture(run, i, err) < 0)
			return -1;
	if (check_source_versions(run->lock, err) < 0)
		return -1;
	copy_suites(run);
	run->lock->resolution = r->resolution_digest;
	budget = lock_slice_budget(r, &run->arena);
	return compose_plan_slices(run->lock, o->reslice ? NULL : run->old, &budget, err);
}
