#include "pipeline/signing_private.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "format/sigstore/sigstore.h"
#include "io/interrupt.h"

/* The envelopes of one STEM.intoto.jsonl: b->envelopes[first] and those that follow. */
struct line_file {
	const char *name;
	size_t first, n;
};

struct run {
	int folder;
	const struct identity *outputs;
	const char *const *stems;
	size_t n; /* the batch's first @n envelopes are of @outputs */
	struct signing_batch batch;
	struct line_file *files; /* in the batch's arena */
	size_t n_files;
};

static void add_output(struct run *r, const struct identity *output)
{
	struct intoto_statement s = {
		.predicate_type = STR(PREDICATE_SIGN),
		.predicate = json_object(&r->batch.arena),
	};

	s.n_subjects = identity_subjects(output, &r->batch.arena, &s.subjects);
	signing_batch_add_statement(&r->batch, &s);
}

static bool is_repeated(const struct run *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->stems[k] && strcmp(r->stems[k], r->stems[i]) == 0)
			return true;
	return false;
}

static int load_lines(struct run *r, struct error *err)
{
	r->files = arena_array(&r->batch.arena, r->n + 1, sizeof(*r->files));
	for (size_t i = 0; i < r->n && r->stems; i++) {
		struct line_file *f = &r->files[r->n_files];

		if (!r->stems[i] || is_repeated(r, i))
			continue;
		f->name =
			arena_printf(&r->batch.arena, "%s" SIGNING_STATEMENTS_ENDING, r->stems[i]);
		f->first = r->batch.n;
		if (signing_lines_load(r->folder, f->name, r->outputs, r->n, &r->batch, err) < 0)
			return -1;
		f->n = r->batch.n - f->first;
		r->n_files += f->n != 0;
	}
	return 0;
}

static int save_bundle(struct run *r, size_t i, struct arena *arena, struct signing_result *ret,
		       struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNING_BUNDLE_MAX);
	const char *name = NULL;

	if (signing_bundle_name(r->folder, &r->outputs[i], &ret->key_id, arena, &name, err) < 0)
		return -1;
	sigstore_bundle_write(&r->batch.envelopes[i], &text);
	if (signing_save(r->folder, name, buf_bytes(&text), err) < 0)
		return -1;
	ret->files[ret->n_files++] = str_of(name);
	return 0;
}

static int save_lines(struct run *r, const struct line_file *f, struct arena *arena,
		      struct signing_result *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNING_LINES_SIZE + (4u << 20));

	for (size_t i = 0; i < f->n; i++) {
		dsse_write(&r->batch.envelopes[f->first + i], &text);
		buf_add_char(&text, '\n');
	}
	if (signing_save(r->folder, f->name, buf_bytes(&text), err) < 0)
		return -1;
	ret->files[ret->n_files++] = arena_str(arena, str_of(f->name));
	return 0;
}

static int sign_and_save(struct run *r, const struct signer *signer, struct arena *arena,
			 struct signing_result *ret, struct error *err)
{
	for (size_t i = 0; i < r->n; i++)
		add_output(r, &r->outputs[i]);
	if (load_lines(r, err) < 0 || signing_batch_sign(&r->batch, signer, &ret->key_id, err) < 0)
		return -1;
	ret->files = arena_array(arena, r->n + r->n_files, sizeof(*ret->files));
	for (size_t i = 0; i < r->n; i++)
		if (save_bundle(r, i, arena, ret, err) < 0)
			return -1;
	for (size_t i = 0; i < r->n_files; i++)
		if (save_lines(r, &r->files[i], arena, ret, err) < 0)
			return -1;
	return 0;
}

#define STEP 20000000L /* nanoseconds between two tries */

/*
 * Whoever signs reads what others have signed and writes it again: one after the other. Steps
 * instead of blocking, so that Ctrl-C works. Where a folder can't be locked nobody waits.
 */
static int wait_for_others(int folder, struct error *err)
{
	const struct timespec step = { 0, STEP };

	while (flock(folder, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

int signing_outputs(int folder, const struct identity *outputs, const char *const *stems, size_t n,
		    const struct signer *signer, struct arena *arena, struct signing_result *ret,
		    struct error *err)
{
	struct run r = { .folder = folder,
			 .outputs = outputs,
			 .stems = stems,
			 .n = n,
			 .batch = SIGNING_BATCH_INIT };
	struct signing_result result = { 0 };
	int done = wait_for_others(folder, err);

	if (done == 0)
		done = sign_and_save(&r, signer, arena, &result, err);
	(void)flock(folder, LOCK_UN);
	signing_batch_release(&r.batch);
	if (done == 0)
		*ret = result;
	return done;
}

int signing_bundle(const struct intoto_statement *s, const struct signer *signer, struct buf *to,
		   struct digest *ret_key_id, struct error *err)
{
	CLEANUP_BATCH struct signing_batch b = SIGNING_BATCH_INIT;

	signing_batch_add_statement(&b, s);
	if (signing_batch_sign(&b, signer, ret_key_id, err) < 0)
		return -1;
	sigstore_bundle_write(&b.envelopes[0], to);
	return 0;
}
