#include "pipeline/locking.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compose/compose.h"
#include "pipeline/effects_store.h"
#include "pipeline/lock_resolve.h"

static void copy_ids(struct lock *to, const struct lock *from)
{
	to->n_ids = from->n_ids;
	to->ids = arena_array(&to->arena, from->n_ids, sizeof(*to->ids));
	for (size_t i = 0; i < from->n_ids; i++) {
		to->ids[i] = from->ids[i];
		to->ids[i].name = arena_str(&to->arena, from->ids[i].name);
	}
}

static int lock_anew(struct lock_run *run, const struct inputs *in, struct error *err)
{
	struct lock *l = run->lock = lock_new();

	l->recipe = arena_str(&l->arena, run->recipe->name);
	l->output_format = OUTPUT_FORMAT;
	if (run->old && !run->options->renumber)
		copy_ids(l, run->old);
	if (lock_resolve(run, err) < 0)
		return -1;
	if (lock_refresh(run->context, run->recipe, in, l, err) < 0)
		return -1;
	return lock_keep(run->context, run->recipe, l, err);
}

/*
 * Objects that are gone are made again where that costs no download: a build may just have
 * refused the lock because this ingot's are others.
 */
static bool must_evaluate(const struct lock_run *run)
{
	const struct lock *l = run->lock;
	struct stage *s = run->context->stage;

	if (!effects_are_gone(run->context, l))
		return false;
	for (size_t i = 0; i < l->n_architectures; i++)
		for (size_t k = 0; k < l->architectures[i].n_packages; k++) {
			const struct digest *d = &l->architectures[i].packages[k].digest;

			if (!stage_has(s, d) && !pack_is_decoded(s, PACK_DEB, d))
				return false;
		}
	return true;
}

/* The resolution fits: only inputs may have changed. */
static int refresh_old(struct lock_run *run, const struct inputs *in, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE),
			       reasons = BUF_INIT(LIMIT_LOCK_SIZE);
	const struct locking_options *o = run->options;
	struct slice_budget budget;

	lock_format(run->old, &text);
	if (context_need_stage(run->context, err) < 0 || lock_parse(buf_bytes(&text), "lock", &run->lock, err) < 0)
		return -1;
	budget = lock_slice_budget(run->recipe, &run->arena);
	if (o->reslice && compose_plan_slices(run->lock, NULL, &budget, err) < 0)
		return -1;
	if (o->renumber) {
		run->lock->n_ids = 0;
		return lock_evaluate(run->context, run->recipe, in, run->lock, err);
	}
	if (run->lock->evaluator != DEBIAN_EVALUATOR || must_evaluate(run))
		return lock_evaluate(run->context, run->recipe, in, run->lock, err);
	if (lock_fit(run->lock, run->recipe, in, &reasons) == LOCK_FITS)
		return 0;
	return lock_refresh(run->context, run->recipe, in, run->lock, err);
}

static bool needs_resolving(const struct lock_run *run)
{
	const struct locking_options *o = run->options;

	return !run->old || o->update || o->n_update_packages ||
	       !digest_equal(&run->old->resolution, &run->recipe->resolution_digest);
}

static int load_old(struct context *c, const struct recipe *r, struct lock **ret, struct error *err)
{
	if (lock_load(c, r, ret, err) == 0)
		return 0;
	if (err->code != ERR_LOCK_MISSING)
		return -1;
	err_release(err);
	return 0;
}

static int run_locking(struct lock_run *run, struct locking *l, struct error *err)
{
	struct inputs in;
	CLEANUP_BUF struct buf before = BUF_INIT(LIMIT_LOCK_SIZE),
			       after = BUF_INIT(LIMIT_LOCK_SIZE);

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
	struct lock_run run = { .context = c, .recipe = r, .options = o };
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
