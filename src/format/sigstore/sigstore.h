#pragma once

/*
 * format/sigstore/sigstore.h - sigstore bundles v0.3, and cosign's older payload.
 *
 * Spec:    protobuf-specs sigstore_bundle.proto (JSON form); cosign BUNDLE_SPEC.md and
 *          SIGNATURE_SPEC.md; formats B1.
 * Units:   none.
 * Bytes:   compact canonical JSON and one line end.
 * Depends: base/, json, dsse.
 *
 * Always a DSSE envelope with exactly one signature, by a key that the verifier has. The
 * hint is the hex of public_key_id(), and stands in `keyid` of the envelope here; in the
 * file the signature has none: sigstore's Go library, and so cosign, skips one whose keyid
 * is not what it calls the key itself. No certificates, no log entries.
 */

#include "format/dsse/dsse.h"

#define SIGSTORE_BUNDLE_MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

void sigstore_bundle_write(const struct dsse_envelope *e, struct buf *to);

/*
 * Strict: only what sigstore_bundle_write() writes, to the byte. *ret in @arena.
 * ERR_FORMAT, ERR_LIMIT.
 */
int sigstore_bundle_parse(struct bytes text, const char *name, struct arena *arena,
			  struct dsse_envelope *ret, struct error *err) MUST_CHECK;

/* The payload of cosign's older signatures: @reference as "localhost/web:1.4.0". */
struct digest;
void cosign_payload_write(struct str reference, const struct digest *manifest, struct buf *to);
