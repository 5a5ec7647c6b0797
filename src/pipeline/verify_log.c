#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/tlog/tlog_proof.h"
#include "io/file.h"
#include "pipeline/log_private.h"
#include "pipeline/verify_private.h"

struct verify_log {
	struct buf text; /* of the proof, which points into it */
	struct tlog_proof proof;
	struct public_key *key;
	char *name; /* of the log, if its key says it; or NULL */
};

static int load(struct verify_log *l, const struct verify_log_options *o, struct error *err)
{
	int r = file_load(AT_FDCWD, o->proof, &l->text, err);

	if (r)
		return r < 0 ? -1 : log_no_proof(o->proof, err);
	if (tlog_proof_read(buf_bytes(&l->text), o->proof, &l->proof, err) < 0)
		return -1;
	return log_key_load(o->key, &l->key, &l->name, err);
}

int verify_load_log(struct verifying *v, struct error *err)
{
	if (!v->o->log.proof)
		return 0;
	v->log = mem_alloc(sizeof(*v->log));
	v->log->text = (struct buf)BUF_INIT(TLOG_PROOF_MAX);
	return load(v->log, &v->o->log, err) < 0 ? verify_failed(v->r, "log", err) : 0;
}

void verify_release_log(struct verifying *v)
{
	if (!v->log)
		return;
	buf_release(&v->log->text);
	public_key_free(v->log->key);
	free(v->log->name);
	free(v->log);
	v->log = NULL;
}

static int match(struct verifying *v, const struct verify_bundle *b, struct error *err)
{
	CLEANUP_BUF struct buf entry = BUF_INIT(TLOG_ENTRY_MAX);
	const struct verify_log *l = v->log;
	const struct tlog_checkpoint *c = &l->proof.checkpoint;
	const char *origin = v->o->log.origin ? v->o->log.origin : l->name;

	log_entry_of(b->text, &entry);
	if (tlog_proof_verify(&l->proof, buf_bytes(&entry), l->key, origin, err) < 0)
		return -1;
	verify_add(v->r, "log", VERIFY_OK,
		   "'" STR_FMT "' is entry %" PRIu64 " of the log '" STR_FMT "', of %" PRIu64,
		   STR_ARG(b->file), l->proof.index, STR_ARG(c->origin), c->size);
	return 0;
}

/* The first error stands: most images have one signature. */
int verify_match_log(struct verifying *v, struct error *err)
{
	bool any = false;

	if (!v->log)
		return 0;
	for (size_t i = 0; i < v->n_bundles; i++) {
		CLEANUP_ERR struct error other = ERR_INIT;

		if (!v->bundles[i].counts)
			continue;
		if (match(v, &v->bundles[i], any ? &other : err) == 0) {
			err_release(err);
			return 0;
		}
		any = true;
	}
	if (any) {
		(void)err_while(err, "checking the proof '%s'", v->o->log.proof);
	} else {
		(void)err_set(err, ERR_UNVOUCHED,
			      "no key that counts has signed '%s': there is nothing that a log "
			      "could have",
			      v->path);
		(void)err_hint(err, "a log vouches for nothing: give the public key of who signed "
				    "it, too: --key PUB");
	}
	return verify_failed(v->r, "log", err);
}
