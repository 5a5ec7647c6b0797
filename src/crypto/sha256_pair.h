#pragma once

/*
 * crypto/sha256_pair.h - two SHA-256 states that take the same blocks. Private to hash_parts.c.
 *
 * Spec: FIPS 180-4, 6.2.2. The rounds of one state wait for each other, and leave half of the
 * processor's SHA unit idle: a second state costs nothing, and the schedule of a block is the
 * same for both. OpenSSL has no function for this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64u /* bytes */
#define SHA256_WORDS 8u

/* Whether this processor has the instructions. */
bool sha256_pair_can(void);

/* @n blocks of 64 bytes go into both states. Only if sha256_pair_can(). */
void sha256_pair_add(uint32_t a[static SHA256_WORDS], uint32_t b[static SHA256_WORDS],
		     const uint8_t *blocks, size_t n);
