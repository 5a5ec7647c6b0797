#pragma once

/*
 * crypto/authenticode.h - the signature inside a PE file, for Secure Boot.
 *
 * Spec: Windows Authenticode Portable Executable Signature Format; formats Appendix C.
 *       RSA (2048 bits or more) with PKCS#1 v1.5 and SHA-256: the same key, certificate,
 *       digest and time always give the same bytes.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "crypto/key_child.h"

/*
 * @key: PEM (PKCS#8 or traditional), decrypted by @passphrase if it is encrypted (NULL:
 * then an encrypted key is ERR_PASSPHRASE). @certificate: PEM or DER; must be of that key.
 * *to gets PKCS#7 SignedData in DER. signingTime is @epoch. For the process that may hold
 * the key; others call authenticode_sign_by().
 */
int authenticode_sign(const struct digest *pe, struct bytes key, const char *passphrase,
		      struct bytes certificate, int64_t epoch, struct buf *to,
		      struct error *err) MUST_CHECK;

/*
 * The same in a child process, which alone opens the key; what comes home is checked. Call
 * it while no other thread runs. ERR_KEY.
 */
int authenticode_sign_by(const struct digest *pe, const struct key_source *key,
			 struct bytes certificate, int64_t epoch, struct buf *to,
			 struct error *err) MUST_CHECK;

/*
 * That @pkcs7 is a signature over @pe by the key of @certificate (PEM or DER), in the exact
 * form that authenticode_sign() or sbsign write; trailing bytes are refused. With
 * @certificate.ptr NULL: by the certificate inside, which says nothing about trust.
 * @ret_subject (may be NULL) gets the signer's name for people. ERR_SIGNATURE.
 */
int authenticode_check(const struct digest *pe, struct bytes pkcs7, struct bytes certificate,
		       struct buf *ret_subject, struct error *err) MUST_CHECK;
