#pragma once

/*
 * pipeline/statement_record.h - what the stage remembers of the statements of a target.
 *
 * A keyed result "statements": for each file the digest of what it says, and its stat data
 * when that was so. A file whose stat data is another is read: it may have been signed, or
 * copied; the record then gets the new data.
 */

#include "pipeline/statements.h"

/* Digest of all that decides what the files say. */
int statement_record_key(const struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, size_t n, struct digest *ret,
			 struct error *err) MUST_CHECK;

int statement_record_get(struct building *b, const struct digest *key, struct str stem, bool *ret,
			 struct error *err) MUST_CHECK;

/* @said: of each file, as statement_digest() says. */
int statement_record_put(struct building *b, const struct digest *key, struct str stem,
			 const struct digest said[static STATEMENT_FILES],
			 struct error *err) MUST_CHECK;

/* What a file says: of envelopes the payloads, of the others every byte. False: nothing. */
bool statement_digest(enum statement_file file, struct bytes text, struct digest *ret);

/* The envelopes of a STEM.intoto.jsonl, in @arena; 0 if it is none or damaged. */
struct dsse_envelope;
size_t statement_envelopes(struct bytes text, struct arena *arena, struct dsse_envelope **ret);

/* "STEM.spdx.json"; owned. */
char *statement_name(struct str stem, enum statement_file file);
