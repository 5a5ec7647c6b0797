/* The second half of `lock`: compose everything once, record what it showed. */

#include "pipeline/locking.h"

#include <stdlib.h>

#include "base/mem.h"
#include "pipeline/assemble.h"

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

static int by_place(const void *a, const void *b)
{
	const struct lock_script *x = a, *y = b;
	int r = str_compare(x->architecture, y->architecture);

	if (!r)
		r = str_compare(x->package, y->package);
	return r ? r : str_compare(x->script, y->script);
}

/* Several targets of one architecture report the same scripts. */
static void merge_scripts(struct lock *l, struct str architecture,
			  const struct debian_report *report)
{
	size_t n = l->n_unevaluated + report->n_unevaluated, k = 0;
	struct lock_script *all = arena_array(&l->arena, n, sizeof(*all));

	for (size_t i = 0; i < l->n_unevaluated; i++)
		all[k++] = l->unevaluated[i];
	for (size_t i = 0; i < report->n_unevaluated; i++) {
		const struct debian_script *s = &report->unevaluated[i];

		all[k++] = (struct lock_script){
			.architecture = arena_str(&l->arena, architecture),
			.package = arena_str(&l->arena, s->package),
			.script = arena_str(&l->arena, s->script),
			.digest = s->digest,
		};
	}
	if (k)
		qsort(all, k, sizeof(*all), by_place);
	l->n_unevaluated = 0;
	for (size_t i = 0; i < k; i++)
		if (i == 0 || by_place(&all[i - 1], &all[i]) != 0)
			all[l->n_unevaluated++] = all[i];
	l->unevaluated = all;
}

static int evaluate_target(struct context *c, const struct recipe *r,
			   const struct recipe_target *target, const struct package_set *set,
			   const struct inputs *in, struct lock *l, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };

	if (assembly_make(c, r, target, l, set, in, &a, err) < 0)
		return -1;
	merge_ids(l, a.output.report.ids, a.output.report.n_ids);
	merge_scripts(l, set->locked->name, &a.output.report);
	return 0;
}

int lock_evaluate(struct context *c, const struct recipe *r, const struct inputs *in,
		  struct lock *l, struct error *err)
{
	l->n_unevaluated = 0;
	l->evaluator = 0;
	for (size_t i = 0; i < r->n_architectures; i++) {
		CLEANUP_PACKAGE_SET struct package_set set = { 0 };

		if (package_set_open(c, l, r->architectures[i], &set, err) < 0)
			return -1;
		for (size_t k = 0; k < r->n_targets; k++)
			if (evaluate_target(c, r, &r->targets[k], &set, in, l, err) < 0)
				return -1;
	}
	return 0;
}
