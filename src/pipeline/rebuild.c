/*
 * Everything is there at once: the file is verified, the indexes are read and the output is
 * built beside each other. What each tells is put in order afterwards.
 */
#include "pipeline/rebuild_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/child.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/explain_files.h"
#include "pipeline/locking.h"
#include "pipeline/refusals.h"

/* ---- a workspace of the bundle's ---- */

static int open_folder(const struct rebuilding *b, const char *name, char **ret_path, int *ret_fd,
		       struct error *err)
{
	char *path = mem_printf("%s/%s", b->scratch.path, name);

	*ret_path = path;
	if (mkdir(path, 0700) < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	if (file_open_folder(AT_FDCWD, path, ret_fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", path);
	return 0;
}

static int open_inner(struct rebuilding *b, struct error *err)
{
	const struct context *c = b->context;
	struct context *inner = &b->inner;
	CLEANUP_CLOSE int folder = -1;

	inner->offline = true;
	inner->n_threads = c->n_threads;
	inner->now = c->now;
	inner->observer = c->observer;
	inner->stopwatch.clock = clock_nanoseconds;
	if (run_scratch_make(&b->scratch, b->options->scratch, err) < 0 ||
	    open_folder(b, "workspace", &inner->workspace.path, &inner->workspace.fd, err) < 0 ||
	    open_folder(b, "stage", &inner->stage_path, &folder, err) < 0)
		return -1;
	inner->outputs_path = mem_printf("%s/outputs", b->scratch.path);
	if (bundle_unpack(b->bundle, inner->workspace.fd, err) < 0 ||
	    stage_open_scratch(inner->stage_path, &inner->stage, err) < 0)
		return -1;
	bundle_lend(b->bundle, inner->stage);
	return 0;
}

static int open_recipe(struct rebuilding *b, struct error *err)
{
	CLEANUP_FREE char *path = mem_str(b->bundle->recipe);
	struct arena *arena = &b->r->arena;

	if (recipe_load(b->inner.workspace.fd, path, &b->recipe, err) < 0 ||
	    lock_load(&b->inner, b->recipe, &b->lock, err) < 0)
		return err_while(err, "reading the recipe of the bundle '%s'", b->bundle->name);
	b->r->recipe = arena_str(arena, b->recipe->path);
	b->r->recipe_digest = b->recipe->digest;
	b->r->lock = lock_digest(b->lock);
	b->r->bundle = b->bundle->files.manifest;
	return 0;
}

/* A bundle for one architecture has nothing of the others. */
static int check_packages(const struct rebuilding *b, struct error *err)
{
	const struct lock_architecture *a = lock_architecture(b->lock, b->architecture);

	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (stage_has(b->inner.stage, &p->digest))
			continue;
		(void)err_set(err, ERR_FETCH_GONE,
			      "the bundle '%s' lacks " STR_FMT " " STR_FMT " (" STR_FMT ")",
			      b->bundle->name, STR_ARG(p->name), STR_ARG(p->version),
			      STR_ARG(b->architecture));
		return err_hint(err, "'ingot bundle' without --arch takes all architectures");
	}
	return 0;
}

/* ---- what goes on at once ---- */

static struct build_options build_options_of(const struct rebuilding *b, const char *names[2])
{
	return (struct build_options){
		.targets = &names[0],
		.n_targets = 1,
		.architectures = &names[1],
		.n_architectures = 1,
		.locked = true,
		.other_compressors = true,
		.discard = b->r->verdict != REBUILD_DIFFERENT,
	};
}

static int build(struct rebuilding *b, struct build_result *ret, struct error *err)
{
	CLEANUP_FREE char *target = mem_str(b->target->name);
	CLEANUP_FREE char *architecture = mem_str(b->architecture);
	const char *names[2] = { target, architecture };
	struct build_options o = build_options_of(b, names);

	if (build_run(&b->inner, b->recipe, &o, ret, err) < 0)
		return err_while(err, "building it again from '%s'", b->bundle->name);
	return 0;
}

/* The scripts once more, whatever the effects object says. */
static int evaluate_again(struct rebuilding *b, struct error *err)
{
	return assembly_check_effects(&b->beside, b->recipe, b->target, b->lock, &b->set,
				      &b->inputs, err);
}

static int open_packages(struct rebuilding *b, struct error *err)
{
	int r = package_set_open(&b->inner, b->lock, b->architecture, &b->set, err);

	if (r == 0)
		r = inputs_scan(&b->inner, b->recipe, &b->r->arena, &b->inputs, err);
	pthread_mutex_lock(&b->mutex);
	b->set_state = r < 0 ? SET_FAILED : SET_OPEN;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->mutex);
	return r < 0 ? err_while(err, "reading the packages of '%s'", b->bundle->name) : 0;
}

static bool wait_for_packages(struct rebuilding *b)
{
	bool open;

	pthread_mutex_lock(&b->mutex);
	while (b->set_state == SET_UNKNOWN)
		pthread_cond_wait(&b->changed, &b->mutex);
	open = b->set_state == SET_OPEN;
	pthread_mutex_unlock(&b->mutex);
	return open;
}

/* In this order: the last two wait for the first, if there is one thread only. */
enum part { PART_BUILD, PART_EFFECTS, PART_VERIFY, PARTS };

static int run_part(void *context, size_t i, struct error *err)
{
	struct rebuilding *b = context;

	(void)err; /* each failure is told by itself */
	switch ((enum part)i) {
	case PART_BUILD:
		if (open_packages(b, &b->build_failure) == 0)
			(void)!build(b, &b->built, &b->build_failure);
		break;
	case PART_EFFECTS:
		if (wait_for_packages(b))
			(void)!evaluate_again(b, &b->effects_failure);
		break;
	case PART_VERIFY:
		if (!b->r->verify.kind.ptr)
			(void)!verify_run(b->context, b->path, &b->options->verify, &b->r->verify,
					  &b->verify_failure);
		break;
	default:
		break;
	}
	return 0;
}

/* ---- the verdict ---- */

static void fail(struct rebuild_result *r, const char *name, struct error *failure)
{
	verify_add(&r->verify, name, VERIFY_FAILED, "%s", failure->message);
	if (failure->detail)
		verify_add(&r->verify, name, VERIFY_NOTE, "%s", failure->detail);
	if (!r->failure)
		r->failure = failure->code;
	err_release(failure);
}

static int tell_evidence(struct rebuilding *b, struct error *err)
{
	struct error failure = ERR_INIT;

	if (rebuild_evidence_finish(b, &failure) == 0)
		return 0;
	if (failure.code == ERR_INTERRUPTED || failure.code == ERR_IO)
		return err_move(err, &failure);
	fail(b->r, "evidence", &failure);
	return 0;
}

static int tell_effects(struct rebuilding *b, struct error *err)
{
	struct error *failure = &b->effects_failure;

	if (!lock_effects(b->lock, b->architecture, b->target->name)) {
		verify_add(&b->r->verify, "effects", VERIFY_NONE,
			   "the lock has none of target '" STR_FMT "'", STR_ARG(b->target->name));
		return 0;
	}
	if (failure->code == ERR_NONE) {
		verify_add(&b->r->verify, "effects", VERIFY_OK,
			   "the scripts of the packages give the effects that the lock names");
		return 0;
	}
	if (failure->code != ERR_LOCK_STALE && failure->code != ERR_SCRIPT)
		return err_move(err, failure);
	failure->code = ERR_DIFFERS;
	fail(b->r, "effects", failure);
	return 0;
}

static void same_content(struct rebuilding *b, enum identity_role weak)
{
	const struct identity *is = &b->r->verify.identity, *got = &b->r->rebuilt;
	const char *why = "its layers are compressed otherwise";

	b->r->verdict = REBUILD_SAME_CONTENT;
	if (b->target->type == TARGET_DISK)
		why = "it has another Secure Boot signature, or one that the bundle has not";
	else if (is->has[IDENTITY_MANIFEST] && got->has[IDENTITY_MANIFEST] &&
		 digest_equal(&is->digest[IDENTITY_MANIFEST], &got->digest[IDENTITY_MANIFEST]))
		why = "the tar around it is another";
	verify_add(&b->r->verify, "rebuild", VERIFY_NOTE, "the same content, but %s (%s)", why,
		   identity_role_names[weak]);
}

static void compare(struct rebuilding *b)
{
	struct rebuild_result *r = b->r;
	struct arena *arena = &r->arena;
	struct intoto_subject *subjects;
	enum identity_role weak = IDENTITY_FILE;
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	enum identity_role strong =
		r->verify.identity.has[IDENTITY_CONFIG] ? IDENTITY_CONFIG : IDENTITY_FILE;
	size_t n;

	r->rebuilt = build_output_identity(&b->built.outputs[0]);
	r->rebuilt.file = arena_str(arena, r->verify.identity.file);
	n = identity_subjects(&r->rebuilt, arena, &subjects);
	switch (identity_match(&r->verify.identity, subjects, n, &weak)) {
	case IDENTITY_ALL:
		r->verdict = REBUILD_IDENTICAL;
		verify_add(&r->verify, "rebuild", VERIFY_OK, "identical to the last bit: %s",
			   digest_format(&r->rebuilt.digest[IDENTITY_FILE], want));
		return;
	case IDENTITY_STRONG:
		same_content(b, weak);
		return;
	default:
		break;
	}
	r->verdict = REBUILD_DIFFERENT;
	if (!r->failure)
		r->failure = ERR_DIFFERS;
	verify_add(&r->verify, "rebuild", VERIFY_FAILED, "different: %s is %s, its inputs give %s",
		   identity_role_names[strong],
		   digest_format(&r->verify.identity.digest[strong], want),
		   digest_format(&r->rebuilt.digest[strong], got));
}

/* Now there must be a file, with its causes beside it. */
static int explain(struct rebuilding *b, struct error *err)
{
	const struct explain_options o = { .explain = true, .details = true };
	CLEANUP_BUILD struct build_result again = { 0 };
	CLEANUP_FREE char *path = NULL;
	int r;

	if (b->r->verdict != REBUILD_DIFFERENT)
		return 0;
	if (build(b, &again, err) < 0)
		return -1;
	path = mem_printf("%s/" STR_FMT, b->inner.outputs_path, STR_ARG(again.outputs[0].file));
	r = explain_files(&b->inner, path, b->path, &o, &b->r->diff, err);
	b->r->has_diff = r == 0;
	return r < 0 ? err_while(err, "comparing it with what was built") : 0;
}

/* Who was given the bundle of another build should not dissent unknowingly. */
static void tell_other_bundle(struct rebuild_result *r)
{
	char has[DIGEST_TEXT_MAX], wants[DIGEST_TEXT_MAX];

	r->is_other_lock = r->verify.has_lock && !digest_equal(&r->verify.lock, &r->lock);
	if (r->verdict == REBUILD_DIFFERENT && r->is_other_lock)
		verify_add(&r->verify, "bundle", VERIFY_NOTE,
			   "its lock is %s; the provenance beside the file names %s",
			   digest_format(&r->lock, has), digest_format(&r->verify.lock, wants));
}

static int judge(struct rebuilding *b, struct error *err)
{
	struct rebuild_result *r = b->r;
	char text[DIGEST_TEXT_MAX];

	if (b->verify_failure.code)
		return err_move(err, &b->verify_failure);
	verify_add(&r->verify, "bundle", VERIFY_OK, "%zu files, %s%s", b->bundle->files.n_files,
		   digest_format(&b->bundle->files.manifest, text),
		   b->bundle->files.is_foreign ? "; the tar around them is another tool's" : "");
	if (tell_evidence(b, err) < 0)
		return -1;
	if (b->build_failure.code)
		return err_move(err, &b->build_failure);
	if (tell_effects(b, err) < 0)
		return -1;
	compare(b);
	tell_other_bundle(r);
	for (size_t i = 0; i < r->verify.n_checks; i++)
		if (r->verify.checks[i].state == VERIFY_FAILED && !r->failure)
			r->failure = ERR_DIFFERS;
	r->passed = !r->failure;
	return explain(b, err);
}

static int rebuild(struct rebuilding *b, struct error *err)
{
	bool known = false;

	if (bundle_open(b->options->bundle, &b->bundle, err) < 0 || open_inner(b, err) < 0 ||
	    open_recipe(b, err) < 0 || rebuild_choose(b, false, &known, err) < 0)
		return -1;
	if (!known &&
	    (verify_run(b->context, b->path, &b->options->verify, &b->r->verify, err) < 0 ||
	     rebuild_choose(b, true, &known, err) < 0))
		return -1;
	if (check_packages(b, err) < 0)
		return -1;
	if (rebuild_evidence_start(b, err) < 0)
		return -1;
	/* before the build begins to count its times in the other */
	b->beside = b->inner;
	if (workers_run(b->context->n_threads > 1 ? PARTS : 1, PARTS, run_part, b, err) < 0)
		return -1;
	return judge(b, err);
}

int rebuild_run(struct context *c, const char *path, const struct rebuild_options *o,
		struct rebuild_result *ret, struct error *err)
{
	struct rebuilding b = {
		.context = c, .path = path, .options = o, .r = ret, .inner = CONTEXT_INIT
	};
	uint64_t start = clock_nanoseconds();
	int r;

	*ret = (struct rebuild_result){ 0 };
	pthread_mutex_init(&b.mutex, NULL);
	pthread_cond_init(&b.changed, NULL);
	r = rebuild(&b, err);
	build_release(&b.built);
	child_drop(b.evidence.child);
	package_set_release(&b.set);
	pthread_cond_destroy(&b.changed);
	pthread_mutex_destroy(&b.mutex);
	err_release(&b.effects_failure);
	err_release(&b.verify_failure);
	err_release(&b.build_failure);
	lock_free(b.lock);
	recipe_free(b.recipe);
	refusals_free(b.beside.refused);
	context_release(&b.inner);
	bundle_close(b.bundle);
	run_scratch_release(&b.scratch);
	ret->nanoseconds = clock_nanoseconds() - start;
	return r;
}

void rebuild_release(struct rebuild_result *r)
{
	image_diff_release(&r->diff);
	verify_release(&r->verify);
	arena_release(&r->arena);
	*r = (struct rebuild_result){ 0 };
}
