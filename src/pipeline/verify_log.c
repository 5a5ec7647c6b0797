#include "pipeline/verify_log.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "pipeline/log.h"

/* Signatures that were found lie beside the file. */
static char *path_of(const char *path, const struct verify_options *o, struct str file)
{
	const char *slash = strrchr(path, '/');

	if (o->n_signatures || !slash)
		return mem_str(file);
	return mem_printf("%.*s" STR_FMT, (int)(slash + 1 - path), path, STR_ARG(file));
}

/* The first error stands: most images have one signature. */
static int find(const char *path, const struct verify_options *o, const char *proof,
		const struct log_verifying *v, struct verify_result *r, struct error *err)
{
	for (size_t i = 0; i < r->n_signers; i++) {
		CLEANUP_FREE char *file = path_of(path, o, r->signers[i].file);
		CLEANUP_LOG_HEAD struct log_head head = { 0 };
		CLEANUP_ERR struct error other = ERR_INIT;
		uint64_t index = 0;

		if (log_verify_proof(file, proof, v, &head, &index, i ? &other : err) < 0)
			continue;
		err_release(err);
		verify_add(r, "log", VERIFY_OK,
			   "'" STR_FMT "' is entry %" PRIu64 " of the log '%s', of %" PRIu64,
			   STR_ARG(r->signers[i].file), index, head.origin, head.size);
		return 0;
	}
	return err_while(err, "checking the proof '%s'", proof);
}

int verify_log(const char *path, const struct verify_options *o,
	       const struct verify_log_options *log, struct verify_result *r, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_FREE char *name = NULL;
	struct log_verifying v = { 0 };

	assert(r->n_signers);
	if (log_key_load(log->key, &key, &name, err) < 0)
		return -1;
	v.key = key;
	v.origin = log->origin ? log->origin : name;
	if (find(path, o, log->proof, &v, r, err) == 0)
		return 0;
	verify_add(r, "log", VERIFY_FAILED, "%s", err->message);
	r->vouched = false;
	return -1;
}
