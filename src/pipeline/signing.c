#include "pipeline/signing_private.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "format/sigstore/sigstore.h"
#include "pipeline/outputs_lock.h"

/* The envelopes of one STEM.intoto.jsonl: b->envelopes[first] and those that follow. */
struct line_file {
	const char *name;
	size_t first, n;
};

struct run {
	const struct signing_order *o;
	struct signing_batch batch; /* its first o->n envelopes are of o->outputs */
	struct line_file *files;    /* in the batch's arena */
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
		if (r->o->stems[k] && strcmp(r->o->stems[k], r->o->stems[i]) == 0)
			return true;
	return false;
}

static int load_lines(struct run *r, struct error *err)
{
	r->files = arena_array(&r->batch.arena, r->o->n + 1, sizeof(*r->files));
	for (size_t i = 0; i < r->o->n && r->o->stems; i++) {
		struct line_file *f = &r->files[r->n_files];

		if (!r->o->stems[i] || is_repeated(r, i))
			continue;
		f->name = arena_printf(&r->batch.arena, "%s" SIGNING_STATEMENTS_ENDING,
				       r->o->stems[i]);
		f->first = r->batch.n;
		if (signing_lines_load(r->o->folder, f->name, r->o->outputs, r->o->n, &r->batch,
				       err) < 0)
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

	if (signing_bundle_name(r->o->folder, &r->o->outputs[i], &ret->key_id, arena, &name, err) <
	    0)
		return -1;
	sigstore_bundle_write(&r->batch.envelopes[i], &text);
	if (signing_save(r->o->folder, name, buf_bytes(&text), err) < 0)
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
	if (signing_save(r->o->folder, f->name, buf_bytes(&text), err) < 0)
		return -1;
	ret->files[ret->n_files++] = arena_str(arena, str_of(f->name));
	return 0;
}

static int sign_and_save(struct run *r, struct arena *arena, struct signing_result *ret,
			 struct error *err)
{
	for (size_t i = 0; i < r->o->n; i++)
		add_output(r, &r->o->outputs[i]);
	if (load_lines(r, err) < 0 ||
	    signing_batch_sign(&r->batch, r->o->signer, &ret->key_id, err) < 0)
		return -1;
	ret->files = arena_array(arena, r->o->n + r->n_files, sizeof(*ret->files));
	for (size_t i = 0; i < r->o->n; i++)
		if (save_bundle(r, i, arena, ret, err) < 0)
			return -1;
	for (size_t i = 0; i < r->n_files; i++)
		if (save_lines(r, &r->files[i], arena, ret, err) < 0)
			return -1;
	return 0;
}

static int check_same(const struct signing_order *o, struct error *err)
{
	for (size_t i = 0; i < o->n; i++) {
		CLEANUP_FREE char *name = mem_str(o->outputs[i].file);

		if (!text_is_utf8(o->outputs[i].file))
			return err_set(err, ERR_USAGE,
				       "the name of '%s' is not UTF-8: no signature can name it",
				       name);
		if (file_stamp_check(o->folder, name, &o->stamps[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Whoever signs reads what others have signed and writes it again: one after the other. */
int signing_outputs(const struct signing_order *order, struct arena *arena,
		    struct signing_result *ret, struct error *err)
{
	struct run r = { .o = order, .batch = SIGNING_BATCH_INIT };
	struct signing_result result = { 0 };
	int done;

	if (outputs_lock(order->folder, order->observer, err) < 0)
		return -1;
	done = check_same(order, err);
	if (done == 0)
		done = sign_and_save(&r, arena, &result, err);
	outputs_unlock(order->folder);
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
