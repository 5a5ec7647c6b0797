#pragma once

/*
 * tests/fuzz/signed_text.h - what a driver was given, in sigstore bundles that are signed by one
 * of two keys: whoever holds a key may say what they like.
 */

#include "attest/identity.h"
#include "base/buf.h"
#include "crypto/public_key.h"

#define SIGNED_KEYS 2
#define SIGNED_FILE "web-1-container-amd64.oci.tar"

/* Of RFC 8032, section 7.1, TEST 1 and TEST 2; made once, never freed. */
const struct public_key *signed_key(size_t i);

/*
 * The first byte of @said chooses: key 0 or 1, key 1 under the name of key 0, or the rest as it
 * is, without any signature. @said is not empty. Returns which key has signed, or SIGNED_KEYS.
 */
size_t signed_text(struct bytes said, struct buf *to);

/* The image SIGNED_FILE that it may be about: file 11..., index 22... and so on by role. */
struct identity signed_image(void);
