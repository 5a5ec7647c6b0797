#pragma once

/*
 * crypto/ed25519_point.h - whether 32 bytes are a point that may be a public key.
 *
 * Spec: RFC 8032, section 5.1.3 (decoding), which OpenSSL 3.0 follows in part: it takes
 * numbers of p and above, and points of small order, whose "signatures" anybody can make.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/* ERR_KEY says what is wrong. */
int ed25519_point_check(const uint8_t point[static 32], struct error *err) MUST_CHECK;
