/* The second half of `lock`: compose everything once, record what it showed. */

#include "pipeline/locking.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "pipeline/assemble.h"
#include "pipeline/effects_store.h"
#include "pipeline/refusals.h"

static int by_kind_and_name(const void *a, const void *b)
{
	const struct lock_id *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return str_compare(x->name, y->name);
}

/* Ids never move: a name that the lock has keeps its number. */
static void merge_ids(struct lock *l, const struct lock_id *ids, size_t n)
{
	struct lock_id *all = arena_array(&l->arena, l->n_ids + n, sizeof(*all));
	size_t k = 0;

	for (size_t i = 0; i < l->n_ids; i++)
		all[k++] = l->ids[i];
	for (size_t i = 0; i < n; i++) {
		if (l->n_ids &&
		    bsearch(&ids[i], l->ids, l->n_ids, sizeof(*l->ids), by_kind_and_name))
			continue;
		all[k] = ids[i];
		all[k++].name = arena_str(&l->arena, ids[i].name);
	}
	if (k)
		qsort(all, k, sizeof(*all), by_kind_and_name);
	l->ids = all;
	l->n_ids = k;
}

static int by_script(const void *x, const void *y)
{
	const struct lock_answer *a = x, *b = y;
	int order = str_compare(a->package, b->package);

	if (!order)
		order = str_compare(a->script, b->script);
	if (!order)
		order = memcmp(a->digest.bytes, b->digest.bytes, sizeof(a->digest.bytes));
	return order ? order : str_compare(a->command, b->command);
}

/* What the recipe says of scripts, for the provenance. */
static void record_answers(struct lock *l, const struct recipe *r, const struct refusals *f)
{
	static const char *const names[] = {
		[SCRIPT_SKIP_COMMAND] = "skip-command", [SCRIPT_FAIL_COMMAND] = "fail-command",
		[SCRIPT_EFFECTS] = "effects",		[SCRIPT_SKIP] = "skip",
		[SCRIPT_FIRST_BOOT] = "first-boot",
	};

	l->answers = arena_array(&l->arena, r->n_scripts + 1, sizeof(*l->answers));
	l->n_answers = 0;
	for (size_t i = 0; i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];

		if (!f->answer_used[i])
			continue;
		l->answers[l->n_answers++] = (struct lock_answer){
			.package = arena_str(&l->arena, s->package),
			.script = arena_str(&l->arena, s->script),
			.command = arena_str(&l->arena, s->command),
			.answer = str_of(names[s->answer]),
			.reason = arena_str(&l->arena, s->reason),
			.digest = s->sha256,
		};
	}
	if (l->n_answers)
		qsort(l->answers, l->n_answers, sizeof(*l->answers), by_script);
}

/* ---- all targets of all architectures ---- */

struct evaluation {
	struct context *context;
	const struct recipe *recipe;
	const struct inputs *inputs;
	struct lock *lock;
	struct refusals *refusals;
	struct debian_coverage coverage;
	struct assembly *done; /* of the targets of one architecture; released without trees */
};

static size_t count(const struct debian_coverage *k)
{
	return k->evaluated + k->catalogue + k->answered;
}

/* How many scripts there will be is known when they are done. */
static void show(const struct evaluation *e, bool end)
{
	size_t n = count(&e->coverage);

	context_progress(e->context, PHASE_SCRIPTS, n, end ? n : n + 1, 0, 0);
}

static bool has_same_packages(const struct package_set *set, struct str a, struct str b)
{
	for (size_t i = 0; i < set->locked->n_packages; i++)
		if (lock_package_in(&set->locked->packages[i], a) !=
		    lock_package_in(&set->locked->packages[i], b))
			return false;
	return true;
}

/* Of the targets before @k, one of the same kind from the same packages: it is the same tree. */
static struct assembly *find_same(const struct evaluation *e, const struct package_set *set,
				  size_t k)
{
	const struct recipe_target *t = e->recipe->targets;

	for (size_t i = 0; i < k; i++)
		if (t[i].type == t[k].type && t[i].root_type == t[k].root_type &&
		    has_same_packages(set, t[i].name, t[k].name))
			return &e->done[i];
	return NULL;
}

static int evaluate_target(struct evaluation *e, const struct package_set *set, size_t k,
			   struct error *err)
{
	const struct recipe_target *target = &e->recipe->targets[k];
	const struct assembly *same = find_same(e, set, k);
	struct assembly *a = &e->done[k];
	const struct debian_report *report = same ? &same->output.report : &a->output.report;

	a->output.report = *report;
	if (!same) {
		if (assembly_evaluate(e->context, e->recipe, target, e->lock, set, e->inputs, a,
				      err) < 0)
			return -1;
		tree_free(a->output.tree);
		a->output.tree = NULL;
		merge_ids(e->lock, report->ids, report->n_ids);
		e->coverage.evaluated += report->coverage.evaluated;
		e->coverage.catalogue += report->coverage.catalogue;
		e->coverage.answered += report->coverage.answered;
		show(e, false);
	}
	if (refusals_add(e->refusals, e->context, e->recipe, report, target->name, set, err) < 0)
		return -1;
	if (report->n_refusals)
		return 0; /* the lock will not be written */
	return effects_record(e->context, e->lock, set->locked->name, target->name,
			      report->effects, err);
}

static int evaluate_architecture(struct evaluation *e, const struct package_set *set,
				 struct error *err)
{
	size_t n = e->recipe->n_targets;
	int r = 0;

	e->done = mem_array(n, sizeof(*e->done));
	for (size_t k = 0; k < n && r == 0; k++)
		r = evaluate_target(e, set, k, err);
	for (size_t k = 0; k < n; k++)
		assembly_release(&e->done[k]);
	free(e->done);
	e->done = NULL;
	return r;
}

/* Packages first: what is told of scripts, and how long they took, is of scripts only. */
static int evaluate_sets(struct evaluation *e, struct package_set *sets, struct error *err)
{
	const struct recipe *r = e->recipe;

	for (size_t i = 0; i < r->n_architectures; i++)
		if (package_set_open(e->context, e->lock, r->architectures[i], &sets[i], err) < 0)
			return -1;
	show(e, false);
	for (size_t i = 0; i < r->n_architectures; i++)
		if (evaluate_architecture(e, &sets[i], err) < 0)
			return -1;
	show(e, true);
	return 0;
}

static int evaluate_all(struct evaluation *e, struct error *err)
{
	size_t n = e->recipe->n_architectures;
	CLEANUP_FREE struct package_set *sets = mem_array(n, sizeof(*sets));
	int r;

	if (answers_check(e->recipe, err) < 0)
		return -1;
	effects_forget(e->lock);
	e->lock->evaluator = DEBIAN_EVALUATOR;
	r = evaluate_sets(e, sets, err);
	for (size_t i = 0; i < n; i++)
		if (sets[i].lock)
			package_set_release(&sets[i]);
	return r;
}

int lock_evaluate(struct context *c, const struct recipe *r, const struct inputs *in,
		  struct lock *l, struct error *err)
{
	CLEANUP_REFUSALS struct refusals *refusals = refusals_new(r);
	struct evaluation e = { .context = c, .recipe = r, .inputs = in, .lock = l,
				.refusals = refusals };

	if (evaluate_all(&e, err) < 0)
		return -1;
	refusals_note_unused(refusals, c, r);
	if (refusals_fail(&refusals, c, r, err) < 0)
		return -1;
	record_answers(l, r, refusals);
	return 0;
}

int check_scripts(struct context *c, const struct recipe *r, struct script_check *ret,
		  struct error *err)
{
	CLEANUP_REFUSALS struct refusals *refusals = refusals_new(r);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_LOCK struct lock *l = NULL;
	struct evaluation e = { .context = c, .recipe = r, .refusals = refusals };
	bool offline = c->offline;
	struct inputs in;
	int result;

	*ret = (struct script_check){ 0 };
	if (lock_load(c, r, &l, err) < 0 || inputs_scan(c, r, &arena, &in, err) < 0)
		return -1;
	e.lock = l;
	e.inputs = &in;
	c->offline = true;
	result = evaluate_all(&e, err);
	c->offline = offline;
	if (result < 0)
		return -1;
	ret->coverage = e.coverage;
	ret->n_refused = refusals->n;
	refusals_note_unused(refusals, c, r);
	return refusals_fail(&refusals, c, r, err);
}
