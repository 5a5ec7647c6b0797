#pragma once

/*
 * crypto/ecdsa_form.h - the bytes of an ECDSA signature on P-256.
 *
 * Spec: RFC 3279, section 2.2.3 (Ecdsa-Sig-Value) in DER (X.690, sections 8.3, 10, 11);
 * the order n of the group: FIPS 186-5, SP 800-186 section 3.2.1.3. Of each signature (r, s)
 * also (r, n - s) is one; low is the one with s <= (n - 1) / 2.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define ECDSA_NUMBER 32 /* bytes, big-endian */

struct ecdsa_form {
	uint8_t r[ECDSA_NUMBER], s[ECDSA_NUMBER];
};

/* DER, and nothing after it; 0 < r, s < n. ERR_SIGNATURE says what is wrong. */
int ecdsa_decode(struct bytes der, struct ecdsa_form *ret, struct error *err) MUST_CHECK;
/* r and s of 32 bytes each, as PKCS#11 and some services give it; 0 < r, s < n. */
int ecdsa_decode_raw(struct bytes raw, struct ecdsa_form *ret, struct error *err) MUST_CHECK;
void ecdsa_encode(const struct ecdsa_form *f, struct buf *to); /* DER */

bool ecdsa_is_low(const struct ecdsa_form *f);
void ecdsa_make_low(struct ecdsa_form *f);
