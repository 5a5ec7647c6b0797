#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "io/file.h"
#include "pack/pack.h"
#include "pipeline/plan.h"
#include "pipeline/output_record.h"

static void count_packages(struct context *c, const struct lock_architecture *a,
			   struct plan_output *out)
{
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!lock_package_in(p, out->target))
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
			 struct plan_output *out, struct error *err)
{
	struct digest text = lock_digest(l);
	struct digest key = output_record_key(r, &text, t, out->architecture);
	struct build_output known = { .file = out->file };

	if (outputs < 0)
		return 0;
	if (output_record_get(c->stage, &key, outputs, &known, err) < 0)
		return -1;
	out->up_to_date = known.up_to_date;
	return 0;
}

static int plan_outputs(struct context *c, const struct recipe *r, const struct lock *l,
			const struct build_options *o, int outputs, struct arena *arena,
			struct plan *ret, struct error *err)
{
	ret->outputs = arena_array(arena, l->n_architectures * r->n_targets, sizeof(*ret->outputs));
	for (size_t i = 0; i < l->n_architectures; i++)
		for (size_t k = 0; k < r->n_targets; k++) {
			const struct recipe_target *t = &r->targets[k];
			struct plan_output *out = &ret->outputs[ret->n_outputs];
			struct str architecture = arena_str(arena, l->architectures[i].name);

			if (!build_wants(o, t->name, architecture))
				continue;
			*out = (struct plan_output){
				.file = str_of(build_output_name(r, t, architecture, arena)),
				.target = t->name,
				.architecture = architecture,
			};
			count_packages(c, &l->architectures[i], out);
			if (ret->fit == LOCK_FITS &&
			    is_up_to_date(c, outputs, r, l, t, out, err) < 0)
				return -1;
			ret->n_outputs++;
		}
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
