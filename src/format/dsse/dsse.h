#pragma once

/*
 * format/dsse/dsse.h - DSSE envelopes.
 *
 * Spec:    DSSE v1.0.2 (protocol.md, envelope.md); formats B2.
 * Units:   none.
 * Bytes:   written as compact canonical JSON (json.h), base64 standard and padded.
 * Depends: base/, crypto/, json.
 *
 * What is verified are the bytes that are parsed: `payload` of one and the same decode.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "crypto/public_key.h"

#define DSSE_SIGNATURES_MAX 64
#define DSSE_ENVELOPE_MAX (48u << 20) /* bytes of one envelope: an SBOM of 10,000 packages */

struct dsse_signature {
	struct str keyid; /* a hint and nothing else; may be "" */
	struct bytes signature;
};

struct dsse_envelope {
	struct str payload_type;
	struct bytes payload;
	struct dsse_signature *signatures; /* none: an unsigned statement */
	size_t n_signatures;
};

/* "DSSEv1 SP len(type) SP type SP len(body) SP body" */
void dsse_pae(struct str payload_type, struct bytes payload, struct buf *to);

/* One line, without the line end. A keyid that is "" is left out. */
void dsse_write(const struct dsse_envelope *e, struct buf *to);

/* *ret in @arena. Unknown members are ignored. ERR_FORMAT, ERR_LIMIT. */
int dsse_parse(struct bytes text, const char *name, struct arena *arena,
	       struct dsse_envelope *ret, struct error *err) MUST_CHECK;

/*
 * Which of @keys have signed: valid[i] for keys[i]; every signature is tried with every
 * key, whatever its keyid says. Returns the number of distinct keys (by id) that have;
 * 0 if none, with the last reason in *why (may be NULL).
 */
size_t dsse_verify(const struct dsse_envelope *e, const struct public_key *const *keys, size_t n,
		   bool *valid, struct error *why);
