/* The second half of `lock`: compose everything once, record what it showed. */

#include "pipeline/locking.h"

#include <stdlib.h>

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

static void count(struct script_check *k, const struct debian_report *report)
{
	k->coverage.evaluated += report->coverage.evaluated;
	k->coverage.catalogue += report->coverage.catalogue;
	k->coverage.answered += report->coverage.answered;
}

static int evaluate_target(struct context *c, const struct recipe *r,
			   const struct recipe_target *target, const struct package_set *set,
			   const struct inputs *in, struct lock *l, struct refusals *refusals,
			   struct script_check *k, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	const struct debian_report *report = &a.output.report;

	if (assembly_evaluate(c, r, target, l, set, in, &a, err) < 0)
		return -1;
	merge_ids(l, report->ids, report->n_ids);
	count(k, report);
	refusals_add(refusals, r, report, target->name, set->locked->name);
	if (report->n_refusals)
		return 0; /* the lock will not be written */
	return effects_record(c, l, set->locked->name, target->name, report->effects, err);
}

static int evaluate_all(struct context *c, const struct recipe *r, const struct inputs *in,
			struct lock *l, struct refusals *refusals, struct script_check *check,
			struct error *err)
{
	effects_forget(l);
	l->evaluator = DEBIAN_EVALUATOR;
	for (size_t i = 0; i < r->n_architectures; i++) {
		CLEANUP_PACKAGE_SET struct package_set set = { 0 };

		if (package_set_open(c, l, r->architectures[i], &set, err) < 0)
			return -1;
		for (size_t k = 0; k < r->n_targets; k++)
			if (evaluate_target(c, r, &r->targets[k], &set, in, l, refusals, check,
					    err) < 0)
				return -1;
	}
	return 0;
}

int lock_evaluate(struct context *c, const struct recipe *r, const struct inputs *in,
		  struct lock *l, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct script_check unused = { 0 };
	struct refusals refusals;

	refusals_init(&refusals, r, &arena);
	if (evaluate_all(c, r, in, l, &refusals, &unused, err) < 0 ||
	    refusals_check_answers(&refusals, c, r, err) < 0 ||
	    refusals_fail(&refusals, c, r, err) < 0)
		return -1;
	record_answers(l, r, &refusals);
	return 0;
}

int check_scripts(struct context *c, const struct recipe *r, struct script_check *ret,
		  struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_LOCK struct lock *l = NULL;
	struct refusals refusals;
	struct inputs in;

	*ret = (struct script_check){ 0 };
	refusals_init(&refusals, r, &arena);
	if (lock_load(c, r, &l, err) < 0 || inputs_scan(c, r, &arena, &in, err) < 0 ||
	    evaluate_all(c, r, &in, l, &refusals, ret, err) < 0)
		return -1;
	ret->n_refused = refusals.n;
	if (refusals_check_answers(&refusals, c, r, err) < 0)
		return -1;
	return refusals_fail(&refusals, c, r, err);
}
