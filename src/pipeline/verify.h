#pragma once

/*
 * pipeline/verify.h - what `ingot verify` does without --rebuild.
 *
 * Spec: design.md, sections 9 and 10; docs/verify.md. From the outside in: signatures, every
 * digest, every byte of the envelope, policy, in that order. No socket is opened.
 */

#include "attest/identity.h"
#include "base/arena.h"
#include "pipeline/context.h"

enum verify_state {
	VERIFY_OK = 1,
	VERIFY_FAILED,
	VERIFY_NOTE, /* fine, but worth a word: "layers are compressed by another zstd" */
	VERIFY_NONE, /* there is nothing to check: no signature, no statements */
};

struct verify_check {
	const char *name;   /* "signature", "statements", "envelope", "index", "layers", ... */
	enum verify_state state;
	struct str text;    /* for people; one line */
};

struct verify_signer {
	struct str file;    /* of the signature */
	struct str key_id;  /* hex */
	struct str key_path, role;
};

/* That the signature that counts is in a transparency log. */
struct verify_log_options {
	const char *proof;  /* --proof: a .tlog-proof */
	const char *key;    /* --log-key: the log's public key, or verifier key */
	const char *origin; /* --log-origin: the log that it must be, or NULL */
};

struct verify_options {
	const char *const *keys;       /* --key: files with public keys */
	size_t n_keys;
	const char *const *signatures; /* --signature: files; none: those beside FILE */
	size_t n_signatures;
	const char *role;              /* --role: which role of `trust:` counts; NULL: release */
	bool repacked;                 /* --repacked: another tool wrote the tar of an image */
	bool foreign;                  /* what another tool built is no failure (report) */
	struct verify_log_options log; /* .proof NULL: no log is asked for */
};

struct verify_result {
	struct arena arena;
	struct identity identity;      /* filled in as far as it came */
	struct str kind;               /* "oci", "disk", "qcow2", ... */
	struct str architecture;       /* Debian name, or "" */
	struct verify_check *checks;   /* in the order in which they were made */
	size_t n_checks;
	struct verify_signer *signers; /* distinct keys that vouch for it */
	size_t n_signers;
	bool vouched;                  /* at least one */
	struct verify_signer *others;  /* known keys that have signed it and don't count */
	size_t n_others;
	bool has_lock;                 /* the provenance beside names the lock it was built from */
	struct digest lock;
	struct str stranger;           /* first digits of an unknown key that a signature names */
};

/*
 * *ret is filled in as far as it came even on failure; verify_release(). With nobody who
 * vouches it succeeds all the same: what that means is the caller's business (status 9).
 * Not so with o->log, for the proof is of a signature that counts.
 *
 * Errors: ERR_SIGNATURE, ERR_DIGEST, ERR_FORMAT (status 7 or 11 as it is), ERR_POLICY;
 * ERR_UNVOUCHED with o->log.
 */
int verify_run(struct context *c, const char *path, const struct verify_options *o,
	       struct verify_result *ret, struct error *err) MUST_CHECK;
void verify_release(struct verify_result *r);
#define CLEANUP_VERIFY CLEANUP(verify_release)

/* What somebody has tried out: those who have signed it are developers, and none counts. */
bool verify_is_developers(const struct verify_result *r);

/* One more check, told as printf would. */
void verify_add(struct verify_result *r, const char *name, enum verify_state state,
		const char *fmt, ...) PRINTF_LIKE(4, 5);
