#pragma once

/*
 * pipeline/verdict.h - what rebuilders say of a file, signed, and how many of them agree.
 *
 * Spec: in-toto test-result v0.1; formats B5; docs/rebuild.md. A verdict is a sigstore bundle,
 * FILE.verdict.<16 hex digits of the key's id>.sigstore.json. Subjects are the digests of the
 * file that was judged; `configuration` names recipe, lock, bundle and target by digest;
 * there is no time in it.
 */

#include "crypto/public_key.h"
#include "crypto/signer.h"
#include "format/dsse/intoto.h"
#include "pipeline/rebuild.h"

#define VERDICT_INFIX ".verdict."
#define VERDICT_ENDING ".sigstore.json"
#define VERDICT_FILES_MAX 1000u
/* For hints. */
#define VERDICT_HOW                                                                          \
	"'ingot verify FILE --rebuild --bundle BUNDLE --sign-key KEY.pem' writes one, as " \
	"FILE.verdict.KEYID.sigstore.json"

/* The statement of @r, in @arena. */
void verdict_statement(const struct rebuild_result *r, struct arena *arena,
		       struct intoto_statement *ret);

/*
 * Signs it and saves it as @to, or (NULL) beside @path. *ret_path in @arena. Call it while no
 * other thread runs.
 */
int verdict_save(const struct rebuild_result *r, const char *path, const char *to,
		 const struct signer *signer, struct arena *arena, const char **ret_path,
		 struct error *err) MUST_CHECK;

/* ---- several of them ---- */

enum verdict_says {
	VERDICT_AGREES = 1,
	VERDICT_DISSENTS, /* it says FAILED of this file, or that its inputs give another */
	VERDICT_IS_OF_ELSE,
	VERDICT_UNSIGNED, /* by no key that counts */
	VERDICT_MALFORMED,
};

struct verdict_row {
	struct str file;
	enum verdict_says says;
	struct str key_id, key_path; /* who has signed it, or "" */
	struct str text;	     /* one line */
};

struct verdict_options {
	const char *const *keys; /* public keys; none: `trust:` with role rebuilder */
	size_t n_keys;
	const char *const *files; /* verdicts, or folders of them; none: those beside the file */
	size_t n_files;
	unsigned threshold; /* at least 1 */
};

struct verdict_count {
	struct arena arena;
	struct verdict_row *rows; /* in order of name */
	size_t n;
	size_t n_agree;	  /* distinct keys, of the same inputs; without dissenters */
	size_t n_dissent; /* distinct keys */
	size_t n_keys;	  /* distinct keys that count */
};

/*
 * Reads all verdicts about @of (of the file at @path) and counts the keys. ERR_USAGE no keys,
 * or fewer than the threshold; ERR_KEY; ERR_IO. verdict_count_release(), also after a failure.
 */
int verdict_count(struct context *c, const char *path, const struct identity *of,
		  const struct verdict_options *o, struct verdict_count *ret,
		  struct error *err) MUST_CHECK;
void verdict_count_release(struct verdict_count *v);
#define CLEANUP_VERDICTS CLEANUP(verdict_count_release)
