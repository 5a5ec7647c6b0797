#pragma once

/*
 * debian/certificates.h - what OpenSSL calls a certificate.
 *
 * Spec: docs/effects.md, "Certificates". Private to debian/.
 */

#include "debian/debian_state.h"

/*
 * The first four bytes, as a little-endian number, of the SHA-1 of the subject in
 * OpenSSL's canonical form. False if @der is no X.509 certificate.
 */
bool certificate_subject_hash(struct bytes der, uint32_t *ret);

/* The DER of the one certificate of a PEM text; false if there is none or more. */
bool certificate_from_pem(struct str text, struct arena *arena, struct bytes *ret);
