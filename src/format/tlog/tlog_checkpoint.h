#pragma once

/*
 * format/tlog/tlog_checkpoint.h - a log's size and root, as a signed note.
 *
 * Spec:    c2sp.org/tlog-checkpoint, c2sp.org/signed-note (Ed25519, signature type 0x01);
 *          verifier keys as golang.org/x/mod/sumdb/note writes them.
 * Units:   entries.
 * Bytes:   UTF-8 text; base64 of RFC 4648, section 4.
 * Depends: base/, crypto/.
 *
 * Of the signature types only Ed25519 is written and checked. Other lines (witnesses, other
 * keys) are kept and ignored, as the specification asks.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "crypto/public_key.h"

#define TLOG_CHECKPOINT_MAX 131072 /* bytes; 16 signatures by ML-DSA are below it: "nearly 5kB" */
#define TLOG_ORIGIN_MAX 255	  /* bytes */

struct tlog_checkpoint {
	struct str origin;
	uint64_t size;
	struct digest root;
	struct bytes text;     /* what is signed */
	struct str signatures; /* the lines after the empty one */
};

/* ERR_FORMAT: empty, too long, blanks, plus signs or control characters in it. */
int tlog_origin_check(struct str origin, struct error *err) MUST_CHECK;

/* The text that is signed. */
void tlog_checkpoint_write(struct str origin, uint64_t size, const struct digest *root,
			   struct buf *to);
/* The empty line and the line of the signature by @key, which is Ed25519. */
void tlog_checkpoint_add_signature(struct str origin, const struct public_key *key,
				   struct bytes signature, struct buf *to);

/* Borrows from @note. @name is for messages. ERR_FORMAT. */
int tlog_checkpoint_read(struct bytes note, const char *name, struct tlog_checkpoint *ret,
			 struct error *err) MUST_CHECK;

/*
 * Whether @key has signed @c under the name of its origin. ERR_SIGNATURE: it has not, or
 * what carries its id does not fit; ERR_KEY: no Ed25519 key.
 */
int tlog_checkpoint_verify(const struct tlog_checkpoint *c, const struct public_key *key,
			   struct error *err) MUST_CHECK;

/* "NAME+12345678+BASE64", without a line end. */
void tlog_vkey_write(struct str name, const struct public_key *key, struct buf *to);
/* *ret owned; *ret_name borrows from @text. ERR_KEY. */
int tlog_vkey_read(struct str text, struct str *ret_name, struct public_key **ret,
		   struct error *err) MUST_CHECK;
