#pragma once

/*
 * crypto/public_key.h - public keys, and whether a signature is by one.
 *
 * Spec: RFC 8410 (Ed25519), RFC 5480 (P-256), RFC 8017 (RSA PKCS#1 v1.5); formats B4. Keys
 * are SubjectPublicKeyInfo. Only Ed25519, ECDSA on P-256 with SHA-256 and RSA of 2048 to
 * 4096 bits with SHA-256 and PKCS#1 v1.5 are known: nothing negotiates.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

enum key_type { KEY_ED25519 = 1, KEY_ECDSA_P256, KEY_RSA };

struct public_key;

/*
 * Exactly one PEM block "PUBLIC KEY", or DER; nothing after it. @name is for messages. *ret
 * owned, public_key_free(). ERR_KEY: malformed, a private key, another algorithm or curve,
 * a point that is not on the curve, RSA too short.
 */
int public_key_parse(struct bytes text, const char *name, struct public_key **ret,
		     struct error *err) MUST_CHECK;
/* @path relative to the current folder. */
int public_key_load(const char *path, struct public_key **ret, struct error *err) MUST_CHECK;
/* Of Ed25519, from its 32 bytes (RFC 8032). ERR_KEY. */
int public_key_from_ed25519(struct bytes raw, struct public_key **ret,
			    struct error *err) MUST_CHECK;
void public_key_free(struct public_key *k); /* NULL is allowed */
static inline void cleanup_public_key(struct public_key **k)
{
	public_key_free(*k);
}
#define CLEANUP_PUBLIC_KEY CLEANUP(cleanup_public_key)

enum key_type public_key_type(const struct public_key *k);
const char *key_type_name(enum key_type type); /* "Ed25519", "ECDSA P-256", "RSA" */

/* SHA-256 of the SubjectPublicKeyInfo in DER; its hex is the key's id everywhere. */
const struct digest *public_key_id(const struct public_key *k);
struct bytes public_key_der(const struct public_key *k); /* borrowed */
void public_key_pem(const struct public_key *k, struct buf *to);
/* The 32 bytes of an Ed25519 key; len 0 for others. Borrowed. */
struct bytes public_key_ed25519(const struct public_key *k);

/*
 * Whether @signature over @message is by @k. Ed25519: 64 bytes, S below the order. ECDSA:
 * strict DER of (r, s), 0 < r, s < n, nothing after it; a high s is refused (docs/keys.md
 * says why), so that there is one form of each signature. RSA: as long as the modulus.
 * ERR_SIGNATURE says what is wrong.
 */
int signature_verify(const struct public_key *k, struct bytes message, struct bytes signature,
		     struct error *err) MUST_CHECK;
