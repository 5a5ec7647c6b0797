#pragma once

/*
 * resolve/openpgp_certificates.h - the certificates of a binary OpenPGP keyring, told apart.
 *
 * Spec: RFC 4880, 4.2 (packets), 5.5.2 (public keys), 11.1 (a certificate begins with its primary
 * key), 12.2 (fingerprints). Nothing is judged here. librnp checks every key that it is given,
 * which takes milliseconds each: it is given those that matter, and not a whole keyring.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

#define CERTIFICATE_FINGERPRINT_MAX 41 /* upper-case hex and its end */

struct certificate {
	struct bytes packets; /* of @rest: the primary key and all that belongs to it */
	char fingerprint[CERTIFICATE_FINGERPRINT_MAX];
};

enum certificate_item {
	CERTIFICATE_FOUND,
	CERTIFICATE_END,
	CERTIFICATE_UNKNOWN, /* armour, another version, damage: librnp's then */
};
/* Takes the first certificate off @rest. */
enum certificate_item certificate_next(struct bytes *rest, struct certificate *ret) MUST_CHECK;

/*
 * Appends the certificates of @keyring whose fingerprints are among @wanted to @to, in their
 * order. False, and nothing is appended, if something in it is CERTIFICATE_UNKNOWN.
 */
bool certificates_select(struct bytes keyring, const struct str *wanted, size_t n,
			 struct buf *to) MUST_CHECK;
