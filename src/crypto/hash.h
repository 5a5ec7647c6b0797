#pragma once

/*
 * crypto/hash.h - SHA-256 and HMAC-SHA-256 (FIPS 180-4, FIPS 198-1), MD5.
 *
 * The room crypto/ is the only one that knows OpenSSL.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "io/sink.h"
#include "io/source.h"

struct hash; /* SHA-256 in progress */

struct hash *hash_new(void); /* owned, hash_free() */
void hash_free(struct hash *h);
void hash_add(struct hash *h, struct bytes data);
struct digest hash_finish(struct hash *h); /* resets @h for another use */

struct digest hash_bytes(struct bytes data);

/*
 * Fields of a key: each is added with its length before it, so that no two
 * lists of fields give the same bytes.
 */
void hash_add_field(struct hash *h, struct bytes field);
void hash_add_u64(struct hash *h, uint64_t value);

struct digest hash_hmac(struct bytes key, struct bytes data);

#define MD5_HEX_MAX 33

#define SHA1_SIZE 20
/* SHA-1 (FIPS 180-4): OpenSSL names certificates by it; not security. Returns @ret. */
uint8_t *hash_sha1(struct bytes data, uint8_t ret[static SHA1_SIZE]);
/* The same of what is written to a sink: *ret is set at close. SPDX wants it. Owned. */
struct sink *hash_sha1_sink(uint8_t ret[static SHA1_SIZE]);

struct md5; /* MD5 (RFC 1321) in progress: dpkg's database asks for it; not security */
struct md5 *md5_new(void);
void md5_add(struct md5 *m, struct bytes data);
char *md5_finish_free(struct md5 *m, char text[static MD5_HEX_MAX]);

/*
 * A sink that hashes what passes to @next (borrowed: closing this one does not
 * close it; NULL: hash only). *ret is written at close. Owned.
 */
struct sink *hash_sink(struct sink *next, struct digest *ret);

/*
 * A source that checks: reading to the end of @next (taken) fails with
 * ERR_DIGEST unless it delivered exactly @size bytes with @expected. @what is
 * for the message, copied. Bytes are delivered before the verdict: publish
 * nothing before the end. Owned.
 */
struct source *hash_check_source(struct source *next, uint64_t size,
				 const struct digest *expected, const char *what);

/* What the commands of scripts ask for by name (FIPS 180-4, RFC 1321). */
enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
#define HASH_HEX_MAX 129
/* Lower-case hex of the whole of @data. Returns @text. */
char *hash_hex(enum hash_kind kind, struct bytes data, char text[static HASH_HEX_MAX]);
