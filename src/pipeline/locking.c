#include "pipeline/locking.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compose/compose.h"
#include "compress/compress.h"
#include "pipeline/evidence.h"
#include "resolve/solve.h"

/* One run: what all steps need. */
struct run {
	struct context *context;
	const struct recipe *recipe;
	const struct locking_options *options;
	const struct lock *old;  /* or NULL */
	struct lock *lock;       /* being made */
	struct evidence evidence;
	struct evidence old_evidence; /* where pins come from that new indexes lack */
	struct arena arena;
};

/* ---- requests and pins ---- */

static void add_requests(struct run *run, struct str target, const struct recipe_package *list,
			 size_t n, struct solve_input *in, struct solve_request *requests)
{
	(void)run;
	for (size_t i = 0; i < n; i++)
		requests[in->n_requests++] = (struct solve_request){
			.name = list[i].name, .relation = list[i].relation,
			.version = list[i].version, .pos = list[i].pos,
			.why = STR("recipe"), .target = target,
		};
}

static void list_requests(struct run *run, struct solve_input *in)
{
	const struct recipe *r = run->recipe;
	struct solve_request *requests;
	struct str *names = arena_array(&run->arena, r->n_targets, sizeof(*names));
	const struct str **without = arena_array(&run->arena, r->n_targets, sizeof(*without));
	size_t *n_without = arena_array(&run->arena, r->n_targets, sizeof(*n_without));
	size_t n = r->n_packages;

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

static void list_pins(struct run *run, struct str architecture, struct solve_input *in)
{
	const struct lock_architecture *a = run->old ? lock_architecture(run->old, architecture)
						     : NULL;
	struct solve_pin *pins;

	if (!a)
		return;
	pins = arena_array(&run->arena, a->n_packages, sizeof(*pins));
	in->pins = pins;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!is_freed(run->options, p))
			pins[in->n_pins++] = (struct solve_pin){ p->name, p->version,
								 p->architecture, p->digest };
	}
}

/*
 * --update=PKG reads newer indexes, from which pinned versions may have gone:
 * they stay candidates, taken from the evidence of the earlier lock.
 */
static int add_pinned_candidates(struct run *run, struct str architecture,
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

static struct lock_package locked(struct run *run, const struct solve_choice *choice)
{
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
static int solve_without_essential(struct run *run, struct solve_input *in,
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
		pins[n_pins++] = (struct solve_pin){ kept[i].package->name,
						     kept[i].package->version,
						     kept[i].package->architecture,
						     kept[i].package->digest };
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

static int resolve_architecture(struct run *run, size_t i, struct error *err)
{
	CLEANUP_EVIDENCE_PACKAGES struct evidence_packages packages = { 0 };
	CLEANUP_EVIDENCE_PACKAGES struct evidence_packages pinned = { 0 };
	struct str name = run->recipe->architectures[i];
	struct lock_architecture *a = &run->lock->architectures[i];
	struct solve_input in = { .architecture = name, .essential = true };
	struct solve_choice *choices;
	size_t n;

	if (evidence_packages(run->context, &run->evidence, name, &packages, err) < 0)
		return -1;
	list_requests(run, &in);
	list_pins(run, name, &in);
	if (run->old_evidence.n_suites &&
	    add_pinned_candidates(run, name, &in, &pinned, &packages.list, err) < 0)
		return -1;
	in.packages = packages.list.packages;
	in.n_packages = packages.list.n;
	if ((run->recipe->essential ? solve(&in, &run->arena, &choices, &n, err)
				    : solve_without_essential(run, &in, &choices, &n, err)) < 0)
		return err_while(err, "resolving '" STR_FMT "' for " STR_FMT,
				 STR_ARG(run->recipe->path), STR_ARG(name));
	a->name = arena_str(&run->lock->arena, name);
	a->packages = arena_array(&run->lock->arena, n, sizeof(*a->packages));
	a->n_packages = n;
	for (size_t k = 0; k < n; k++)
		a->packages[k] = locked(run, &choices[k]);
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
			(void)err_set(err, ERR_UNSATISFIABLE, "'" STR_FMT "' is built from source "
				      "version " STR_FMT " for " STR_FMT ", but from " STR_FMT
				      " for " STR_FMT, STR_ARG(b->name), STR_ARG(a->source_version),
				      STR_ARG(first->name), STR_ARG(b->source_version),
				      STR_ARG(l->architectures[i].name));
			return err_hint(err, "the archive has not built the newer one everywhere "
					     "yet: ask for the older version in 'packages', or lock "
					     "again later");
		}
	return 0;
}

static void copy_suites(struct run *run)
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

/* The smallest budget of the container targets; disks have no layers. */
static uint32_t layer_budget(const struct recipe *r)
{
	uint32_t budget = LIMIT_LAYERS;

	for (size_t i = 0; i < r->n_targets; i++)
		if (r->targets[i].type == TARGET_OCI && r->targets[i].layers < budget)
			budget = r->targets[i].layers;
	return budget;
}

static int resolve(struct run *run, struct error *err)
{
	const struct locking_options *o = run->options;
	bool newer = o->update || o->n_update_packages;
	struct evidence_options want = {
		.old = run->old, .update = newer, .keep_nothing = o->dry_run,
		.accepted_keys = o->accepted_keys, .n_accepted_keys = o->n_accepted_keys,
	};
	const struct recipe *r = run->recipe;

	if (evidence_obtain(run->context, r, &want, &run->evidence, err) < 0)
		return -1;
	if (newer && !o->update && run->old) {
		CLEANUP_ERR struct error gone = ERR_INIT;

		/* Without the earlier evidence a pin that has gone moves: the diff shows it. */
		want.update = false;
		if (evidence_obtain(run->context, r, &want, &run->old_evidence, &gone) < 0)
			context_note(run->context, "the indexes of the earlier lock are gone: "
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
	return compose_plan_slices(run->lock, o->reslice ? NULL : run->old, layer_budget(r), err);
}

/* ---- the whole ---- */

static void copy_ids(struct lock *to, const struct lock *from)
{
	to->n_ids = from->n_ids;
	to->ids = arena_array(&to->arena, from->n_ids, sizeof(*to->ids));
	for (size_t i = 0; i < from->n_ids; i++) {
		to->ids[i] = from->ids[i];
		to->ids[i].name = arena_str(&to->arena, from->ids[i].name);
	}
}

static int keep_evidence(struct run *run, struct error *err)
{
	struct digest *objects;
	size_t n = evidence_objects(run->lock, &run->arena, &objects);
	CLEANUP_FREE char *name = mem_printf("lock-" STR_FMT, STR_ARG(run->recipe->name));

	return stage_ref_set(run->context->stage, name, objects, n, err);
}

static int lock_anew(struct run *run, const struct inputs *in, struct error *err)
{
	struct lock *l = run->lock = lock_new();

	l->recipe = arena_str(&l->arena, run->recipe->name);
	l->output_format = OUTPUT_FORMAT;
	if (run->old && !run->options->renumber)
		copy_ids(l, run->old);
	if (resolve(run, err) < 0)
		return -1;
	if (lock_refresh(run->context, run->recipe, in, l, err) < 0)
		return -1;
	return keep_evidence(run, err);
}

/* The resolution fits: only inputs may have changed. */
static int refresh_old(struct run *run, const struct inputs *in, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE), reasons = BUF_INIT(LIMIT_LOCK_SIZE);
	const struct locking_options *o = run->options;

	lock_format(run->old, &text);
	if (lock_parse(buf_bytes(&text), "lock", &run->lock, err) < 0)
		return -1;
	if (o->reslice && compose_plan_slices(run->lock, NULL, layer_budget(run->recipe), err) < 0)
		return -1;
	if (o->renumber) {
		run->lock->n_ids = 0;
		return lock_evaluate(run->context, run->recipe, in, run->lock, err);
	}
	if (lock_fit(run->lock, run->recipe, in, &reasons) == LOCK_FITS)
		return 0;
	return lock_refresh(run->context, run->recipe, in, run->lock, err);
}

static bool needs_resolving(const struct run *run)
{
	const struct locking_options *o = run->options;

	return !run->old || o->update || o->n_update_packages ||
	       !digest_equal(&run->old->resolution, &run->recipe->resolution_digest);
}

static int load_old(struct context *c, const struct recipe *r, struct lock **ret,
		    struct error *err)
{
	if (lock_load(c, r, ret, err) == 0)
		return 0;
	if (err->code != ERR_LOCK_MISSING)
		return -1;
	err_release(err);
	return 0;
}

static int run_locking(struct run *run, struct locking *l, struct error *err)
{
	struct inputs in;
	CLEANUP_BUF struct buf before = BUF_INIT(LIMIT_LOCK_SIZE), after = BUF_INIT(LIMIT_LOCK_SIZE);

	if (inputs_scan(run->context, run->recipe, &run->arena, &in, err) < 0)
		return -1;
	l->resolved = needs_resolving(run);
	if ((l->resolved ? lock_anew(run, &in, err) : refresh_old(run, &in, err)) < 0)
		return -1;
	/* The keyring may have been copied meanwhile: it is an input too. */
	if (inputs_scan(run->context, run->recipe, &run->arena, &in, err) < 0 ||
	    lock_refresh(run->context, run->recipe, &in, run->lock, err) < 0)
		return -1;
	if (!run->options->dry_run)
		return lock_save(run->context, run->recipe, run->lock, &l->changed, err);
	lock_format(run->lock, &after);
	if (run->old)
		lock_format(run->old, &before);
	l->changed = !bytes_equal(buf_bytes(&before), buf_bytes(&after));
	return 0;
}

int locking_run(struct context *c, const struct recipe *r, const struct locking_options *o,
		struct locking *ret, struct error *err)
{
	CLEANUP_LOCKING struct locking l = { 0 };
	struct run run = { .context = c, .recipe = r, .options = o };
	int result;

	if (load_old(c, r, &l.old, err) < 0)
		return -1;
	run.old = l.old;
	result = run_locking(&run, &l, err);
	l.lock = run.lock;
	evidence_release(&run.evidence);
	evidence_release(&run.old_evidence);
	arena_release(&run.arena);
	if (result < 0)
		return -1;
	*ret = l;
	l = (struct locking){ 0 };
	return 0;
}

void locking_release(struct locking *l)
{
	lock_free(l->lock);
	lock_free(l->old);
	*l = (struct locking){ 0 };
}
