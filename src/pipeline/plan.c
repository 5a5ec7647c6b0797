#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "io/file.h"
#include "pack/pack.h"
#include "pipeline/plan.h"
#include "pipeline/output_record.h"
#include "pipeline/statements.h"

static void count_packages(struct context *c, const struct lock_architecture *a,
			   const struct recipe_target *t, struct plan_output *out)
{
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!lock_package_in(p, t->name) && !(t->type == TARGET_DISK && p->boot))
			continue;
		out->n_packages++;
		if (pack_is_decoded(c->stage, PACK_DEB, &p->digest))
			continue;
		out->n_to_decode++;
		if (stage_has(c->stage, &p->digest))
			continue;
		out->n_to_fetch++;
		out->bytes_to_fetch += p->size;
	}
}

static int is_up_to_date(struct context *c, int outputs, const struct recipe *r,
			 const struct lock *l, const struct recipe_target *t,
			 struct build_output *known, struct plan_output *out, struct error *err)
{
	struct digest text = lock_digest(l);
	struct digest key = output_record_key(r, &text, t, known);

	if (outputs < 0)
		return 0;
	if (output_record_get(c->stage, &key, outputs, known, err) < 0)
		return -1;
	out->up_to_date = known->up_to_date;
	return 0;
}

/* Of a target whose outputs are all there. */
static int look_for_statements(struct context *c, int outputs, const struct recipe *r,
			       struct lock *l, const struct recipe_target *t,
			       const struct build_output *known, struct plan_output *out,
			       struct error *err)
{
	struct building b = { .context = c,
			      .recipe = r,
			      .lock = l,
			      .lock_digest = lock_digest(l),
			      .outputs = outputs };
	bool there;

	if (statements_are_there(&b, t, known, build_n_outputs(t), &there, err) < 0)
		return -1;
	for (size_t i = 0; i < build_n_outputs(t); i++)
		out[i].lacks_statements = !there;
	return 0;
}

/* All outputs of one target. */
static int plan_target(struct context *c, const struct recipe *r, struct lock *l,
		       const struct lock_architecture *a, const struct recipe_target *t,
		       int outputs, struct arena *arena, struct plan *ret, struct error *err)
{
	struct str architecture = arena_str(arena, a->name);
	struct build_output *known = arena_array(arena, build_n_outputs(t), sizeof(*known));
	struct plan_output *first = &ret->outputs[ret->n_outputs];
	bool all = true;

	for (size_t i = 0; i < build_n_outputs(t); i++) {
		struct plan_output *out = &ret->outputs[ret->n_outputs++];

		known[i] = build_output_of(r, t, architecture, i, arena);
		*out = (struct plan_output){ .file = known[i].file,
					     .target = t->name,
					     .architecture = architecture };
		count_packages(c, a, t, out);
		if (ret->fit == LOCK_FITS &&
		    is_up_to_date(c, outputs, r, l, t, &known[i], out, err) < 0)
			return -1;
		all &= out->up_to_date;
	}
	return all ? look_for_statements(c, outputs, r, l, t, known, first, err) : 0;
}

static int plan_outputs(struct context *c, const struct recipe *r, struct lock *l,
			const struct build_options *o, int outputs, struct arena *arena,
			struct plan *ret, struct error *err)
{
	size_t n = 0;

	for (size_t k = 0; k < r->n_targets; k++)
		n += l->n_architectures * build_n_outputs(&r->targets[k]);
	ret->outputs = arena_array(arena, n, sizeof(*ret->outputs));
	for (size_t i = 0; i < l->n_architectures; i++)
		for (size_t k = 0; k < r->n_targets; k++)
			if (build_wants(o, r->targets[k].name, l->architectures[i].name) &&
			    plan_target(c, r, l, &l->architectures[i], &r->targets[k], outputs,
					arena, ret, err) < 0)
				return -1;
	return 0;
}

int plan_make(struct context *c, const struct recipe *r, const struct build_options *o,
	      struct arena *arena, struct plan *ret, struct error *err)
{
	CLEANUP_BUF struct buf reasons = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_LOCK struct lock *l = NULL;
	CLEANUP_CLOSE int outputs = -1;
	struct inputs in;

	*ret = (struct plan){ 0 };
	if (context_need_stage(c, err) < 0 || lock_load(c, r, &l, err) < 0 ||
	    inputs_scan(c, r, arena, &in, err) < 0 ||
	    file_open_folder(AT_FDCWD, c->outputs_path, &outputs, err) < 0)
		return -1;
	ret->fit = lock_fit(l, r, &in, &reasons);
	ret->reasons = arena_strdup(arena, buf_str(&reasons));
	return plan_outputs(c, r, l, o, outputs, arena, ret, err);
}
