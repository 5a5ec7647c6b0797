#pragma once

/*
 * pipeline/signing.h - signatures beside outputs: FILE.sigstore.json, STEM.intoto.jsonl.
 *
 * Spec: design.md, sections 7 and 10; docs/signing.md. A signature of FILE is an in-toto
 * statement (PREDICATE_SIGN, subjects: identity_subjects()) in a sigstore bundle. A second
 * key's goes to FILE.<first 16 hex digits of its id>.sigstore.json. The statements of
 * STEM.intoto.jsonl are DSSE envelopes, one a line, that get one more signature each.
 */

#include "attest/identity.h"
#include "crypto/signer.h"
#include "io/file_stamp.h"
#include "pipeline/context.h"

#define SIGNING_ENDING ".sigstore.json"
#define SIGNING_STATEMENTS_ENDING ".intoto.jsonl"
#define SIGNING_LINES_MAX 16u          /* envelopes of one file; we write three */
#define SIGNING_LINES_SIZE (160u << 20) /* bytes of one file: three of the largest, and more */

struct signing_result {
	struct digest key_id;
	struct str *files; /* that hold a signature by the key now, in order; in the arena */
	size_t n_files;
};

struct signing_order {
	int folder; /* open */
	const struct identity *outputs;
	const struct file_stamp *stamps; /* of each, from before it was read */
	/*
	 * Names without ending of their statements, or NULL; one may be NULL: none. Each stem
	 * once is enough, and one without statements is passed over.
	 */
	const char *const *stems;
	size_t n;
	const struct signer *signer;
	const struct observer *observer; /* or NULL */
};

/*
 * Signs all outputs of @order. Files that change are replaced atomically, bundles first; with
 * a key whose signatures are deterministic a second run changes nothing. Signatures by
 * other keys stay, but in a bundle about another file than the one that lies there. Those who
 * sign or build in the same folder wait for each other (pipeline/outputs_lock.h). Call it
 * while no other thread runs.
 *
 * Errors: those of signer_sign(); ERR_DIGEST an output is not the file any more that was
 * read, or a statement is about other files than the outputs; ERR_FORMAT, ERR_LIMIT what lies
 * there is no statement or no bundle of ours.
 */
int signing_outputs(const struct signing_order *order, struct arena *arena,
		    struct signing_result *ret, struct error *err) MUST_CHECK;

/*
 * Removes signatures beside @output, new in @folder, that are about the file that lay there
 * before it, and says so: nobody could use them any more.
 */
int signing_drop_stale(const struct context *c, int folder, const struct identity *output,
		       struct error *err) MUST_CHECK;

/* One statement, signed, as a sigstore bundle in @to. */
int signing_bundle(const struct intoto_statement *s, const struct signer *signer, struct buf *to,
		   struct digest *ret_key_id, struct error *err) MUST_CHECK;
