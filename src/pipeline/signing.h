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
#include "pipeline/context.h"

/*
 * Signs @n outputs in the folder @folder (open), @stems (NULL, or NULL for one: none) being
 * the names without ending of their statements; each stem once is enough. Files are
 * replaced atomically. *ret_key_id (may be NULL) gets the key's id. Call it while no other
 * thread runs.
 */
int signing_outputs(int folder, const struct identity *outputs, const char *const *stems, size_t n,
		    const struct signer *signer, struct digest *ret_key_id,
		    struct error *err) MUST_CHECK;

/* One statement, signed, as a sigstore bundle in @to. */
int signing_bundle(const struct intoto_statement *s, const struct signer *signer, struct buf *to,
		   struct digest *ret_key_id, struct error *err) MUST_CHECK;
