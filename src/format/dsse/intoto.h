#pragma once

/*
 * format/dsse/intoto.h - in-toto statements: what is claimed of which artifacts.
 *
 * Spec:    in-toto Statement v1; formats B2.
 * Units:   none.
 * Bytes:   compact canonical JSON; subjects in the order given.
 * Depends: base/, json.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/error.h"
#include "format/json/json.h"

#define INTOTO_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define INTOTO_SUBJECTS_MAX 4096

#define PREDICATE_SLSA_PROVENANCE "https://slsa.dev/provenance/v1"
#define PREDICATE_SPDX "https://spdx.dev/Document/v2.3"
#define PREDICATE_CYCLONEDX "https://cyclonedx.org/bom/v1.6"
#define PREDICATE_SIGN "https://sigstore.dev/cosign/sign/v1"
#define PREDICATE_TEST_RESULT "https://in-toto.io/attestation/test-result/v0.1"

struct intoto_subject {
	struct str name;
	struct digest sha256;
};

struct intoto_statement {
	struct intoto_subject *subjects;
	size_t n_subjects;
	struct str predicate_type;
	const struct json *predicate; /* an object */
};

void intoto_write(const struct intoto_statement *s, struct arena *arena, struct buf *to);

/* The same; @predicate, unless "", is the canonical text of it, and s->predicate is not used. */
void intoto_write_text(const struct intoto_statement *s, struct str predicate, struct arena *arena,
		       struct buf *to);

/* *ret in @arena. Every subject must have a sha256. ERR_FORMAT, ERR_LIMIT. */
int intoto_parse(struct bytes text, const char *name, struct arena *arena,
		 struct intoto_statement *ret, struct error *err) MUST_CHECK;
