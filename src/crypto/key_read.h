#pragma once

/*
 * crypto/key_read.h - private keys and certificates of files, for this room.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

/*
 * PEM, PKCS#8 or traditional. @passphrase may be NULL. Owned, EVP_PKEY_free(). ERR_KEY;
 * ERR_PASSPHRASE there is none and it is encrypted, or it is another one.
 */
int key_read_private(struct bytes pem, const char *passphrase, EVP_PKEY **ret,
		     struct error *err) MUST_CHECK;

/* One certificate, PEM or DER. Owned, X509_free(). ERR_KEY. */
int key_read_certificate(struct bytes data, X509 **ret, struct error *err) MUST_CHECK;

/* RSA of 2048 to 4096 bits: what firmware verifies, and what signs the same way twice. */
bool key_is_rsa(const EVP_PKEY *key);
int key_check_rsa(const EVP_PKEY *key, struct error *err) MUST_CHECK; /* ERR_KEY: it is not */
