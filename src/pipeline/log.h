#pragma once

/*
 * pipeline/log.h - a transparency log in a folder of static files.
 *
 * Spec: c2sp.org/tlog-tiles; docs/log.md, docs/formats/tlog.md. An entry is the bytes of a
 * file, or, above 65,535 bytes, a record with its digest. What is in the log stays: nothing
 * here removes or changes an entry.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "crypto/signer.h"

/* A tree head, as it was found or made. */
struct log_head {
	char *origin; /* owned, log_head_release() */
	uint64_t size;
	struct digest root;
};

void log_head_release(struct log_head *h);
#define CLEANUP_LOG_HEAD CLEANUP(log_head_release)

struct log_added {
	uint64_t index;
	bool was_there; /* the same entry was in the log before */
};

struct log_appending {
	const char *folder; /* made if it does not exist */
	const char *origin; /* NULL: the log's own. Needed for a new log */
	const char *const *files;
	size_t n_files;
	const struct signer *signer;
	const struct public_key *key; /* of @signer; Ed25519 */
};

/*
 * log_append() - adds the files to the log and signs its new head
 * @ret_added: one for each file
 * @ret:       the new head
 *
 * Entries and tiles are written first, the checkpoint last, each atomically: who reads sees
 * the log before or after. Nothing is written if all entries are there, and what was written
 * goes again if it fails. Call it while no
 * other thread runs.
 *
 * Errors: ERR_KEY another type of key; ERR_USAGE no origin, or another one; ERR_SIGNATURE
 * the log is not signed by this key; ERR_DIGEST its tiles do not give its root; ERR_FORMAT;
 * ERR_LIMIT; ERR_IO.
 */
int log_append(const struct log_appending *a, struct log_added *ret_added, struct log_head *ret,
	       struct error *err) MUST_CHECK;

/*
 * The proof that @file is in the log, as the text of a .tlog-proof. Errors: ERR_POLICY it is
 * not in the log; as log_append().
 */
int log_prove(const char *folder, const char *file, struct buf *to, uint64_t *ret_index,
	      struct error *err) MUST_CHECK;

struct log_verifying {
	const struct public_key *key;
	const char *origin; /* the log that it must be, or NULL */
	const char *since;  /* an older checkpoint of it, or NULL: a file */
};

/*
 * Every entry, every tile and the signature of a whole log; with @since also that nothing
 * was changed since. *ret_since is its size, or 0. Errors as log_append().
 */
int log_verify(const char *folder, const struct log_verifying *v, struct log_head *ret,
	       uint64_t *ret_since, struct error *err) MUST_CHECK;

/* Whether the proof in @proof shows that @file is in the log. Needs no log and no network. */
int log_verify_proof(const char *file, const char *proof, const struct log_verifying *v,
		     struct log_head *ret, uint64_t *ret_index, struct error *err) MUST_CHECK;

/*
 * A log's key: a public key in PEM or DER, or a verifier key (NAME+HASH+BASE64). *ret owned;
 * *ret_origin owned, NULL if the file does not name the log.
 */
int log_key_load(const char *path, struct public_key **ret, char **ret_origin,
		 struct error *err) MUST_CHECK;
