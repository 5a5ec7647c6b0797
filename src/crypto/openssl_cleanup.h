#pragma once

/* crypto/openssl_cleanup.h - scope-bound release of OpenSSL's things. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/attr.h"

#define OPENSSL_CLEANUP(name, type, release)       \
	static inline void cleanup_##name(type **p) \
	{                                           \
		release(*p);                        \
	}

OPENSSL_CLEANUP(bio, BIO, BIO_free_all)
OPENSSL_CLEANUP(evp_pkey, EVP_PKEY, EVP_PKEY_free)
OPENSSL_CLEANUP(evp_md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
OPENSSL_CLEANUP(evp_pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OPENSSL_CLEANUP(x509, X509, X509_free)
OPENSSL_CLEANUP(pkcs7, PKCS7, PKCS7_free)
OPENSSL_CLEANUP(asn1_object, ASN1_OBJECT, ASN1_OBJECT_free)

#define CLEANUP_BIO	    CLEANUP(cleanup_bio)
#define CLEANUP_EVP_PKEY    CLEANUP(cleanup_evp_pkey)
#define CLEANUP_EVP_MD_CTX   CLEANUP(cleanup_evp_md_ctx)
#define CLEANUP_EVP_PKEY_CTX CLEANUP(cleanup_evp_pkey_ctx)
#define CLEANUP_X509	    CLEANUP(cleanup_x509)
#define CLEANUP_PKCS7	    CLEANUP(cleanup_pkcs7)
#define CLEANUP_ASN1_OBJECT CLEANUP(cleanup_asn1_object)
