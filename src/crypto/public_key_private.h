#pragma once

/* crypto/public_key_private.h - what public_key.h hides, for this room. */

#include <openssl/evp.h>

#include "crypto/public_key.h"

struct public_key {
	enum key_type type;
	EVP_PKEY *pkey;
	struct buf der; /* SubjectPublicKeyInfo */
	struct digest id;
};

/* ERR_KEY: not a kind that we know, or one that must not be trusted. *ret owned. */
int public_key_of(EVP_PKEY *pkey, struct public_key **ret, struct error *err) MUST_CHECK;
