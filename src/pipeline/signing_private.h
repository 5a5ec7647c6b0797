#pragma once

/* pipeline/signing_private.h - what the files of signing share. Private. */

#include "format/dsse/dsse.h"
#include "pipeline/signing.h"

#define SIGNING_BUNDLE_MAX (DSSE_ENVELOPE_MAX + 4096u)

/* Envelopes, the bytes that are signed of each, and signatures by one key. */
struct signing_batch {
	struct arena arena;
	struct dsse_envelope *envelopes;
	struct bytes *messages;
	size_t n, capacity, message_capacity;
};

#define SIGNING_BATCH_INIT { .arena = ARENA_INIT }
void signing_batch_release(struct signing_batch *b);
#define CLEANUP_BATCH CLEANUP(signing_batch_release)

/* @e's views lie in b->arena, or outlive @b. */
void signing_batch_add(struct signing_batch *b, const struct dsse_envelope *e);
void signing_batch_add_statement(struct signing_batch *b, const struct intoto_statement *s);

/* Every envelope gets the key's signature, instead of one that it has by its id. */
int signing_batch_sign(struct signing_batch *b, const struct signer *signer, struct digest *ret_id,
		       struct error *err) MUST_CHECK;

/* ---- files ---- */

/* "web.oci.tar.sigstore.json", or with the key's id where that is taken by another key. */
int signing_bundle_name(int folder, const struct identity *of, const struct digest *key_id,
			struct arena *arena, const char **ret, struct error *err) MUST_CHECK;

/*
 * Adds the envelopes of the file @name to @b; none if there is no such file. Each must be
 * about one of @outputs.
 */
int signing_lines_load(int folder, const char *name, const struct identity *outputs, size_t n,
		       struct signing_batch *b, struct error *err) MUST_CHECK;

/* Writes @text as @name unless that is what it holds. */
int signing_save(int folder, const char *name, struct bytes text, struct error *err) MUST_CHECK;
