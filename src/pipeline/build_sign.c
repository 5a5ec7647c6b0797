#include "pipeline/build_sign.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/identify.h"
#include "pipeline/statements.h"
#include "pipeline/unevaluated.h"

int build_may_sign(const struct building *b, struct error *err)
{
	for (size_t i = 0; i < b->lock->n_architectures; i++) {
		struct str architecture = b->lock->architectures[i].name;

		for (size_t k = 0; k < b->recipe->n_targets; k++) {
			const struct recipe_target *t = &b->recipe->targets[k];

			if (build_wants(b->options, t->name, architecture) &&
			    unevaluated_in_lock(b->recipe, b->lock, t, architecture, err) < 0)
				return -1;
		}
	}
	return 0;
}

int build_drop_signatures(struct building *b, const struct build_output *outs, size_t n,
			  struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct identity output = build_output_identity(&outs[i]);

		if (!outs[i].up_to_date &&
		    signing_drop_stale(b->context, b->outputs, &output, err) < 0)
			return -1;
	}
	return 0;
}

/* The stage remembers the digest of a file by its times: good enough to build, not to sign. */
static int read_again(void *context, size_t i, struct error *err)
{
	const struct building *b = context;
	const struct build_output *out = &b->result->outputs[i];
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	CLEANUP_FREE char *name = mem_str(out->file);
	CLEANUP_CLOSE int fd = -1;
	struct digest digest;

	if (!out->up_to_date)
		return 0;
	if (file_open(b->outputs, name, false, &fd, err) < 0 ||
	    identify_digest(fd, name, &digest, err) < 0)
		return -1;
	if (digest_equal(&digest, &out->digest))
		return 0;
	(void)err_set(err, ERR_DIGEST, "'%s' is not what was built: expected %s, got %s", name,
		      digest_format(&out->digest, want), digest_format(&digest, got));
	return err_hint(err, "remove the file and build again");
}

int build_sign(struct building *b, struct error *err)
{
	struct build_result *r = b->result;
	struct identity *outputs = arena_array(&r->arena, r->n_outputs + 1, sizeof(*outputs));
	struct file_stamp *stamps = arena_array(&r->arena, r->n_outputs + 1, sizeof(*stamps));
	const char **stems = arena_array(&r->arena, r->n_outputs + 1, sizeof(*stems));
	const struct signing_order order = { .folder = b->outputs,
					     .outputs = outputs,
					     .stamps = stamps,
					     .stems = stems,
					     .n = r->n_outputs,
					     .signer = b->options->signer,
					     .observer = &b->context->observer };

	if (r->n_outputs == 0)
		return 0;
	if (workers_run(b->context->n_threads, r->n_outputs, read_again, b, err) < 0)
		return err_while(err, "signing the outputs");
	for (size_t i = 0; i < r->n_outputs; i++) {
		outputs[i] = build_output_identity(&r->outputs[i]);
		stamps[i] = r->outputs[i].stamp;
		stems[i] = arena_strdup(&r->arena, statement_stem(r->outputs[i].file));
	}
	if (signing_outputs(&order, &r->arena, &r->signing, err) < 0)
		return err_while(err, "signing the outputs");
	return 0;
}
