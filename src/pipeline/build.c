#include "pipeline/build.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "image/disk_convert.h"
#include "io/clock.h"
#include "io/file.h"
#include "pipeline/build_private.h"
#include "pipeline/build_sign.h"
#include "pipeline/output_record.h"
#include "pipeline/outputs_lock.h"
#include "pipeline/refs.h"
#include "pipeline/statements.h"

static bool wanted(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal_cstr(name, list[i]))
			return true;
	return n == 0;
}

bool build_wants(const struct build_options *o, struct str target, struct str architecture)
{
	return wanted(o->targets, o->n_targets, target) &&
	       wanted(o->architectures, o->n_architectures, architecture);
}

static int check_names(const struct building *b, struct error *err)
{
	const struct build_options *o = b->options;
	const struct recipe *r = b->recipe;

	for (size_t i = 0; i < o->n_targets; i++) {
		bool found = false;

		for (size_t k = 0; k < r->n_targets; k++)
			found |= str_equal_cstr(r->targets[k].name, o->targets[i]);
		if (!found)
			return err_set(err, ERR_USAGE, "'" STR_FMT "' has no target '%s'",
				       STR_ARG(r->path), o->targets[i]);
	}
	for (size_t i = 0; i < o->n_architectures; i++)
		if (!lock_architecture(b->lock, str_of(o->architectures[i])))
			return err_set(err, ERR_USAGE, "'" STR_FMT "' is not for architecture '%s'",
				       STR_ARG(r->path), o->architectures[i]);
	return 0;
}

/* ---- names ---- */

const char *const build_partition_names[BUILD_PARTITIONS] = { "esp", "root", "root-verity" };

static const char *ending(struct str format)
{
	enum disk_format converted;

	if (disk_format_parse(format, &converted))
		return disk_format_ending(converted);
	return format.len ? ".raw" : ".oci.tar";
}

size_t build_n_outputs(const struct recipe_target *t)
{
	return t->type == TARGET_OCI ? 1 : t->n_formats;
}

struct build_output build_output_of(const struct recipe *r, const struct recipe_target *t,
				    struct str architecture, size_t i, struct arena *arena)
{
	struct str format = t->type == TARGET_OCI ? STR("") : t->formats[i];

	return (struct build_output){
		.file = str_of(arena_printf(arena, STR_FMT "-" STR_FMT "-" STR_FMT "-" STR_FMT "%s",
					    STR_ARG(r->name), STR_ARG(r->version),
					    STR_ARG(t->name), STR_ARG(architecture),
					    ending(format))),
		.target = t->name,
		.architecture = architecture,
		.format = format,
	};
}

/* ---- the lock ---- */

static int refuse_stale(const struct building *b, struct buf *reasons, struct error *err)
{
	(void)err_set(err, ERR_LOCK_STALE, "the lock does not fit '" STR_FMT "'",
		      STR_ARG(b->recipe->path));
	(void)err_detail(err, "%s", buf_cstr(reasons));
	return err_hint(err, "run 'ingot lock " STR_FMT "', review what it changes and commit it",
			STR_ARG(b->recipe->name));
}

static int check_compressors(const struct building *b, struct error *err)
{
	if (str_equal_cstr(b->lock->compressors, compress_versions()))
		return 0;
	if (b->options->locked && !b->options->other_compressors) {
		(void)err_set(err, ERR_LOCK_STALE,
			      "the lock was made with " STR_FMT ", this ingot compresses with %s",
			      STR_ARG(b->lock->compressors), compress_versions());
		return err_hint(err, "image ids would be the same, blob digests not; build without "
				     "--locked, or with the ingot that the lock was made with");
	}
	context_note(b->context,
		     "the lock was made with " STR_FMT ", this ingot compresses with %s: "
		     "image ids are the same, blob digests may differ",
		     STR_ARG(b->lock->compressors), compress_versions());
	return 0;
}

/* The first line of @reasons, and how many more there are. Owned. */
static char *summary(struct str reasons)
{
	size_t first = str_find_char(reasons, '\n'), lines = 0;

	for (size_t i = 0; i < reasons.len; i++)
		lines += reasons.ptr[i] == '\n';
	if (lines < 2)
		return mem_printf(STR_FMT, (int)first, reasons.ptr);
	return mem_printf(STR_FMT " (and %zu more)", (int)first, reasons.ptr, lines - 1);
}

static int settle_lock(struct building *b, struct error *err)
{
	CLEANUP_BUF struct buf reasons = BUF_INIT(LIMIT_LOCK_SIZE);
	bool changed = false;
	enum lock_fit fit;

	if (lock_load(b->context, b->recipe, &b->lock, err) < 0 ||
	    inputs_scan(b->context, b->recipe, &b->result->arena, &b->inputs, err) < 0)
		return -1;
	fit = lock_fit(b->lock, b->recipe, &b->inputs, &reasons);
	if (fit == LOCK_STALE || (fit != LOCK_FITS && b->options->locked))
		return refuse_stale(b, &reasons, err);
	if (fit != LOCK_FITS) {
		CLEANUP_FREE char *change = NULL;

		if (lock_refresh(b->context, b->recipe, &b->inputs, b->lock, err) < 0 ||
		    lock_save(b->context, b->recipe, b->lock, &changed, err) < 0)
			return -1;
		change = summary(buf_str(&reasons));
		context_note(b->context, "updated the lock of '" STR_FMT "': %s",
			     STR_ARG(b->recipe->name), change);
		b->result->relocked = changed;
	}
	b->lock_digest = lock_digest(b->lock);
	return check_compressors(b, err);
}

/* ---- one output ---- */

int build_lock_outputs(struct building *b, struct error *err)
{
	return b->options->discard ? 0 : outputs_lock(b->outputs, &b->context->observer, err);
}

int build_publish(struct building *b, struct file_draft *draft, struct error *err)
{
	if (b->options->discard)
		return 0;
	return build_lock_outputs(b, err) < 0 ? -1 : file_draft_publish(draft, err);
}

static char *describe_inputs(const struct building *b, const struct recipe_target *t,
			     const struct build_output *out, struct arena *arena)
{
	char recipe[DIGEST_TEXT_MAX], lock[DIGEST_TEXT_MAX];

	return arena_printf(arena,
			    "recipe " STR_FMT " %s\nlock %s\ntarget " STR_FMT
			    "\narchitecture " STR_FMT "\noutput format %d\ncompression %s, "
			    "parameters %d\n",
			    STR_ARG(b->recipe->path), digest_format(&b->recipe->digest, recipe),
			    digest_format(&b->lock_digest, lock), STR_ARG(t->name),
			    STR_ARG(out->architecture), OUTPUT_FORMAT, compress_versions(),
			    COMPRESS_VERSION);
}

int build_keep(struct building *b, const struct package_set *set, const struct build_output *out,
	       const struct digest *more, size_t n_more, struct error *err)
{
	size_t n = 2 * set->locked->n_packages + n_more + 1, k = 0;
	const struct digest *effects = lock_effects(b->lock, out->architecture, out->target);
	CLEANUP_FREE struct digest *objects = mem_array(n, sizeof(*objects));
	CLEANUP_FREE char *name =
		refs_build_name(b->context, b->recipe, out->target, out->architecture);

	for (size_t i = 0; i < set->locked->n_packages; i++) {
		objects[k++] = set->locked->packages[i].digest;
		objects[k++] = set->packs[i]->object;
	}
	for (size_t i = 0; i < n_more; i++)
		objects[k++] = more[i];
	if (effects && stage_has(b->context->stage, effects))
		objects[k++] = *effects;
	return stage_ref_set(b->context->stage, name, objects, k, err);
}

/* Whether the files of @outs are what this build would make. */
static int look_up(struct building *b, const struct recipe_target *t, struct build_output *outs,
		   size_t n, bool *ret_all, struct error *err)
{
	*ret_all = !b->options->discard;
	if (b->options->discard)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct digest key = output_record_key(b->recipe, &b->lock_digest, t, &outs[i]);

		if (output_record_get(b->context->stage, &key, b->outputs, &outs[i], err) < 0)
			return -1;
		if (outs[i].up_to_date && t->type == TARGET_DISK &&
		    build_disk_is_signed_so(b, t, &outs[i], &outs[i].up_to_date, err) < 0)
			return -1;
		*ret_all &= outs[i].up_to_date;
	}
	return 0;
}

static int record(struct building *b, const struct recipe_target *t,
		  struct build_output *outs, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct digest key = output_record_key(b->recipe, &b->lock_digest, t, &outs[i]);
		char *inputs = describe_inputs(b, t, &outs[i], &b->result->arena);

		if (!outs[i].up_to_date && !b->options->discard &&
		    output_record_put(b->context->stage, &key, b->outputs, &outs[i], str_of(inputs),
				      err) < 0)
			return -1;
	}
	return 0;
}

static int need_packages(struct building *b, struct package_set *set, struct str architecture,
			 struct error *err)
{
	uint64_t start = clock_nanoseconds();

	if (!set->packs && package_set_open(b->context, b->lock, architecture, set, err) < 0)
		return -1;
	b->result->timings.fetch_and_decode += clock_nanoseconds() - start;
	return 0;
}

/* For statements that were lost, beside outputs that are as they should be. */
static int compose_again(struct building *b, const struct recipe_target *t,
			 const struct package_set *set, struct statement_texts *texts,
			 struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	struct oci_input in = { 0 };

	if (assembly_make(b->context, b->recipe, t, b->lock, set, &b->inputs, &a, err) < 0)
		return -1;
	tree_freeze(a.output.tree);
	if (t->type == TARGET_OCI && build_slice(&a, &a.arena, &in, err) < 0)
		return -1;
	return statement_texts_make(b, t, set, &a, in.layers, in.n_layers, texts, err);
}

static int make_statements(struct building *b, const struct recipe_target *t,
			   struct package_set *set, const struct build_output *outs, size_t n,
			   struct statement_texts *texts, struct error *err)
{
	uint64_t start = clock_nanoseconds();
	bool there;

	if (statements_are_there(b, t, outs, n, &there, err) < 0)
		return -1;
	if (!there && ((!texts->made && (need_packages(b, set, outs->architecture, err) < 0 ||
					 compose_again(b, t, set, texts, err) < 0)) ||
		       statements_write(b, t, outs, n, texts, err) < 0))
		return err_while(err, "writing the statements of target '" STR_FMT "'",
				 STR_ARG(t->name));
	b->result->timings.statements += clock_nanoseconds() - start;
	b->result->statements[b->result->n_statements++] = (struct build_statements){
		.stem = statement_stem(outs->file), .up_to_date = there
	};
	return 0;
}

static int build_target(struct building *b, const struct recipe_target *t, struct package_set *set,
			struct str architecture, struct error *err)
{
	CLEANUP_STATEMENT_TEXTS struct statement_texts texts = STATEMENT_TEXTS_INIT;
	struct build_result *result = b->result;
	struct build_output *outs = &result->outputs[result->n_outputs];
	size_t n = build_n_outputs(t);
	bool all;

	for (size_t i = 0; i < n; i++)
		outs[i] = build_output_of(b->recipe, t, architecture, i, &result->arena);
	if (build_lock_outputs(b, err) < 0 || look_up(b, t, outs, n, &all, err) < 0)
		return -1;
	if (!all) {
		/* Held again from the first file that gets its name to the last statement. */
		outputs_unlock(b->outputs);
		if (need_packages(b, set, architecture, err) < 0 ||
		    (t->type == TARGET_OCI ? build_image(b, t, set, outs, &texts, err)
					   : build_disk(b, t, set, outs, n, &texts, err)) < 0 ||
		    record(b, t, outs, n, err) < 0)
			return -1;
	}
	result->n_outputs += n;
	if (b->options->discard)
		return 0;
	if (build_drop_signatures(b, outs, n, err) < 0)
		return -1;
	return make_statements(b, t, set, outs, n, &texts, err);
}

/* The first failure is the run's; later ones are told as notes. */
static void collect(struct building *b, struct error *first, struct error *failure)
{
	if (first->code == ERR_NONE) {
		(void)err_move(first, failure);
		return;
	}
	context_note(b->context, "failed too: %s", failure->message);
	err_release(failure);
}

static int build_all(struct building *b, struct error *err)
{
	for (size_t i = 0; i < b->lock->n_architectures; i++) {
		CLEANUP_PACKAGE_SET struct package_set set = { 0 };
		struct str architecture = b->lock->architectures[i].name;

		for (size_t k = 0; k < b->recipe->n_targets; k++) {
			const struct recipe_target *t = &b->recipe->targets[k];
			struct error failure = ERR_INIT;

			if (build_wants(b->options, t->name, architecture) &&
			    build_target(b, t, &set, architecture, &failure) < 0)
				collect(b, err, &failure);
			outputs_unlock(b->outputs);
			if (err->code == ERR_INTERRUPTED)
				return -1;
		}
		b->result->bytes_fetched += set.bytes_fetched;
		b->result->n_decoded += set.n_decoded;
	}
	return err->code ? -1 : 0;
}

static int run(struct building *b, struct error *err)
{
	uint64_t start = clock_nanoseconds();
	size_t n = 0;

	if (settle_lock(b, err) < 0 || check_names(b, err) < 0 ||
	    context_need_stage(b->context, err) < 0)
		return -1;
	b->result->timings.lock = clock_nanoseconds() - start;
	for (size_t i = 0; i < b->recipe->n_targets; i++)
		n += b->lock->n_architectures * build_n_outputs(&b->recipe->targets[i]);
	b->result->outputs = arena_array(&b->result->arena, n, sizeof(*b->result->outputs));
	b->result->statements = arena_array(&b->result->arena, n, sizeof(*b->result->statements));
	if (file_make_folders(AT_FDCWD, b->context->outputs_path, err) < 0)
		return -1;
	if (file_open_folder(AT_FDCWD, b->context->outputs_path, &b->outputs, err))
		return err->code ? -1
				 : err_set(err, ERR_IO, "'%s' has gone", b->context->outputs_path);
	/* A key signs a whole run or nothing of it. */
	if ((b->options->signer && build_may_sign(b, err) < 0) || build_all(b, err) < 0)
		return -1;
	return b->options->signer ? build_sign(b, err) : 0;
}

int build_run(struct context *c, const struct recipe *r, const struct build_options *o,
	      struct build_result *ret, struct error *err)
{
	struct building b = {
		.context = c, .recipe = r, .options = o, .outputs = -1, .result = ret
	};
	uint64_t start = clock_nanoseconds();
	int result;

	*ret = (struct build_result){ 0 };
	result = run(&b, err);
	ret->timings.total = clock_nanoseconds() - start;
	memcpy(ret->timings.lap, c->stopwatch.nanoseconds, sizeof(ret->timings.lap));
	if (b.outputs >= 0)
		close(b.outputs);
	/* Results view into the lock's strings: they were copied where they are kept. */
	for (size_t i = 0; i < ret->n_outputs; i++)
		ret->outputs[i].architecture = arena_str(&ret->arena, ret->outputs[i].architecture);
	lock_free(b.lock);
	return result;
}

void build_release(struct build_result *b)
{
	arena_release(&b->arena);
	*b = (struct build_result){ 0 };
}
