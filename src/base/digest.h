#pragma once

/*
 * base/digest.h - the name of some content.
 *
 * A plain value: no allocation, no ownership, copied by assignment. Computing
 * one is the business of crypto/hash.h; here it is only compared and spelled.
 * Text form: OCI Image Spec v1.1, descriptor.md, "Digests"
 * ("sha256:" and 64 lowercase hex digits).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

#define DIGEST_SIZE     32                      /* bytes */
#define DIGEST_TEXT_MAX (7 + 2 * DIGEST_SIZE + 1) /* "sha256:" + hex + NUL */
#define DIGEST_HEX_MAX  (2 * DIGEST_SIZE + 1)     /* hex + NUL */

struct error;
struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

bool digest_equal(const struct digest *a, const struct digest *b);
int digest_compare(const struct digest *a, const struct digest *b);

/* Both return @text; the second leaves "sha256:" out (file names). */
char *digest_format(const struct digest *d, char text[static DIGEST_TEXT_MAX]);
char *digest_hex(const struct digest *d, char text[static DIGEST_HEX_MAX]);

/*
 * Fails with ERR_FORMAT on an unknown algorithm, a wrong length or an upper
 * case digit; *ret is then untouched.
 */
int digest_parse(struct str text, struct digest *ret, struct error *err) MUST_CHECK;

/* 64 lower-case hex digits without an algorithm, as in Packages files. */
bool digest_parse_hex(struct str text, struct digest *ret);
