#pragma once

/* tests/unit/crypto/key_fixture.h - keys and certificates made for one run of a test. */

#include <openssl/evp.h>

#include "base/buf.h"

#define KEY_TEXT_MAX 65536

EVP_PKEY *fixture_rsa(unsigned bits);
EVP_PKEY *fixture_of_type(const char *type); /* "ED25519", "RSA-PSS"; "EC": P-256 */

/* PEM; encrypted (PKCS#8, AES-256) if there is a passphrase. */
void fixture_key_pem(EVP_PKEY *key, const char *passphrase, struct buf *to);

enum fixture_form { FIXTURE_PEM, FIXTURE_DER };
/* Self-signed; @name becomes the common name. */
void fixture_certificate(EVP_PKEY *key, const char *name, enum fixture_form form,
			 struct buf *to);
