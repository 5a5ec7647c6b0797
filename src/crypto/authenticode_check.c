#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/authenticode.h"
#include "crypto/authenticode_content.h"
#include "crypto/hash.h"
#include "crypto/key_read.h"
#include "crypto/openssl_cleanup.h"

#define SIGNATURE_MAX (1u << 20)

static int wrong(struct error *err, const char *what)
{
	ERR_clear_error();
	return err_set(err, ERR_SIGNATURE, "not a valid Secure Boot signature: %s", what);
}

/* The one encoding that DER has: other bytes would make another disk of the same signature. */
static int decode(struct bytes der, PKCS7 **ret, struct error *err)
{
	CLEANUP_PKCS7 PKCS7 *p7 = NULL;
	const unsigned char *p = der.ptr;
	unsigned char *again = NULL;
	bool same;
	int len;

	if (der.len == 0 || der.len > SIGNATURE_MAX)
		return wrong(err, "its size");
	p7 = d2i_PKCS7(NULL, &p, (long)der.len);
	if (!p7)
		return wrong(err, "it is no PKCS#7 in DER");
	if (p != der.ptr + der.len)
		return wrong(err, "there are bytes behind it");
	len = i2d_PKCS7(p7, &again);
	same = len > 0 && bytes_equal((struct bytes){ again, (size_t)len }, der);
	OPENSSL_free(again);
	if (!same)
		return wrong(err, "it is not DER");
	*ret = p7;
	p7 = NULL;
	return 0;
}

static bool is_spc(const ASN1_OBJECT *type)
{
	CLEANUP_ASN1_OBJECT ASN1_OBJECT *spc = OBJ_txt2obj(SPC_INDIRECT_DATA, 1);

	if (!spc)
		abort(); /* only for lack of memory */
	return type && OBJ_cmp(type, spc) == 0;
}

static int check_content(PKCS7 *p7, const uint8_t *expected, struct error *err)
{
	const PKCS7 *inner;
	const ASN1_TYPE *value;

	if (!PKCS7_type_is_signed(p7) || !p7->d.sign || !p7->d.sign->contents)
		return wrong(err, "it is no SignedData");
	inner = p7->d.sign->contents;
	if (!is_spc(inner->type))
		return wrong(err, "it signs no PE file");
	value = inner->d.other;
	if (!value || value->type != V_ASN1_SEQUENCE)
		return wrong(err, "it has no content");
	if (value->value.sequence->length != SPC_CONTENT_SIZE ||
	    memcmp(value->value.sequence->data, expected, SPC_CONTENT_SIZE - DIGEST_SIZE) != 0)
		return wrong(err, "its content is not in the usual form");
	if (memcmp(value->value.sequence->data, expected, SPC_CONTENT_SIZE) != 0)
		return wrong(err, "it is of another file");
	return 0;
}

/* With the parameters NULL, as everybody writes it, or without, as PKCS#1 wants it read. */
static bool is_algorithm(const X509_ALGOR *algorithm, int nid)
{
	const ASN1_OBJECT *object = NULL;
	int type = V_ASN1_UNDEF;

	if (!algorithm)
		return false;
	X509_ALGOR_get0(&object, &type, NULL, algorithm);
	return OBJ_obj2nid(object) == nid && (type == V_ASN1_NULL || type == V_ASN1_UNDEF);
}

/* Nobody signed these: they could say anything. */
static int check_frame(const PKCS7_SIGNED *s, const PKCS7_SIGNER_INFO *signer, struct error *err)
{
	if (ASN1_INTEGER_get(s->version) != 1 || ASN1_INTEGER_get(signer->version) != 1)
		return wrong(err, "its version");
	if (sk_X509_ALGOR_num(s->md_algs) != 1 ||
	    !is_algorithm(sk_X509_ALGOR_value(s->md_algs, 0), NID_sha256) ||
	    !is_algorithm(signer->digest_alg, NID_sha256))
		return wrong(err, "it is not by SHA-256");
	if (!is_algorithm(signer->digest_enc_alg, NID_rsaEncryption))
		return wrong(err, "it is not by RSA");
	if (sk_X509_CRL_num(s->crl) > 0 || sk_X509_ATTRIBUTE_num(signer->unauth_attr) > 0)
		return wrong(err, "it holds more than a signature");
	return 0;
}

static int check_attributes(PKCS7_SIGNER_INFO *signer, struct error *err)
{
	const ASN1_TYPE *type = PKCS7_get_signed_attribute(signer, NID_pkcs9_contentType);

	if (!type || type->type != V_ASN1_OBJECT || !is_spc(type->value.object))
		return wrong(err, "the type of its content is not signed");
	if (!PKCS7_get_signed_attribute(signer, NID_pkcs9_messageDigest))
		return wrong(err, "the digest of its content is not signed");
	return 0;
}

static int find_signer(PKCS7 *p7, PKCS7_SIGNER_INFO **ret, X509 **ret_certificate,
		       struct error *err)
{
	STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(p7);

	if (sk_PKCS7_SIGNER_INFO_num(signers) != 1)
		return wrong(err, "it has not exactly one signer");
	*ret = sk_PKCS7_SIGNER_INFO_value(signers, 0);
	if (!(*ret)->issuer_and_serial)
		return wrong(err, "it does not name its signer");
	*ret_certificate = PKCS7_cert_from_signer_info(p7, *ret);
	if (!*ret_certificate)
		return wrong(err, "the signer's certificate is not in it");
	return 0;
}

/* That the key of @certificate signed the attributes, and these the content. */
static int check_signature(PKCS7 *p7, PKCS7_SIGNER_INFO *signer, X509 *certificate,
			   const uint8_t *content, struct error *err)
{
	CLEANUP_BIO BIO *chain = BIO_new(BIO_f_md());
	BIO *end = BIO_new(BIO_s_null());
	const int len = SPC_CONTENT_SIZE - SPC_CONTENT_HEADER;
	CLEANUP_EVP_PKEY EVP_PKEY *key = X509_get_pubkey(certificate);

	if (!chain || !end || BIO_set_md(chain, EVP_sha256()) != 1)
		abort(); /* only for lack of memory */
	BIO_push(chain, end);
	if (!key)
		return wrong(err, "the certificate has no usable key");
	if (!key_is_rsa(key))
		return wrong(err, "its key is not RSA of 2048 to 4096 bits");
	if (BIO_write(chain, content + SPC_CONTENT_HEADER, len) != len)
		abort();
	if (PKCS7_signatureVerify(chain, p7, signer, certificate) != 1)
		return wrong(err, "it does not fit the certificate's key");
	return 0;
}

static void add_subject(const X509 *certificate, struct buf *to)
{
	CLEANUP_BIO BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (!out || X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
				       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_UTF8_CONVERT) < 0)
		return;
	len = BIO_get_mem_data(out, &text);
	if (len > 0 && to->max - to->len >= (size_t)len)
		buf_add(to, text, (size_t)len);
}

/*
 * One that says it is by itself is by its own key, and there is no other one: nothing else signs
 * the bytes of a certificate. That says nothing about trust.
 */
static int check_own_certificate(PKCS7 *p7, X509 *signer, struct error *err)
{
	CLEANUP_EVP_PKEY EVP_PKEY *key = NULL;

	if (X509_NAME_cmp(X509_get_subject_name(signer), X509_get_issuer_name(signer)) != 0)
		return 0;
	if (sk_X509_num(p7->d.sign->cert) != 1)
		return wrong(err, "it holds more than the signer's certificate");
	key = X509_get_pubkey(signer);
	if (!key || X509_verify(signer, key) != 1)
		return wrong(err, "the certificate in it is not as its own key signed it");
	return 0;
}

static int check_certificate(const X509 *signer, struct bytes wanted, struct error *err)
{
	CLEANUP_X509 X509 *certificate = NULL;

	if (!wanted.ptr)
		return 0;
	if (key_read_certificate(wanted, &certificate, err) < 0)
		return -1;
	if (X509_cmp(signer, certificate) != 0)
		return wrong(err, "it is by another certificate");
	return 0;
}

int authenticode_check(const struct digest *pe, struct bytes pkcs7, struct bytes certificate,
		       struct buf *ret_subject, struct error *err)
{
	CLEANUP_PKCS7 PKCS7 *p7 = NULL;
	uint8_t content[SPC_CONTENT_SIZE];
	PKCS7_SIGNER_INFO *signer = NULL;
	X509 *x509 = NULL; /* of @p7 */

	authenticode_content(pe, content);
	if (decode(pkcs7, &p7, err) < 0 || check_content(p7, content, err) < 0 ||
	    find_signer(p7, &signer, &x509, err) < 0 || check_frame(p7->d.sign, signer, err) < 0 ||
	    check_attributes(signer, err) < 0 || check_certificate(x509, certificate, err) < 0 ||
	    check_signature(p7, signer, x509, content, err) < 0 ||
	    check_own_certificate(p7, x509, err) < 0)
		return -1;
	if (ret_subject)
		add_subject(x509, ret_subject);
	return 0;
}
