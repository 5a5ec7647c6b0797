#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/authenticode.h"
#include "crypto/authenticode_content.h"
#include "crypto/hash.h"
#include "crypto/key_read.h"
#include "crypto/openssl_cleanup.h"

static int failed(struct error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return err_set(err, ERR_KEY, "%s: %s", what, reason ? reason : "no reason given");
}

static ASN1_OBJECT *content_type(void)
{
	ASN1_OBJECT *type = OBJ_txt2obj(SPC_INDIRECT_DATA, 1);

	if (!type)
		abort(); /* only for lack of memory */
	return type;
}

/* What is signed in truth: the type, the time and the digest of the content. */
static bool add_attributes(PKCS7_SIGNER_INFO *signer, struct bytes content, int64_t epoch)
{
	struct digest d = hash_bytes(content);
	ASN1_TIME *time = ASN1_TIME_set(NULL, epoch);

	if (!PKCS7_add_signed_attribute(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
					content_type()))
		return false;
	/* OpenSSL adds the clock's if it finds none. */
	if (!time || !PKCS7_add0_attrib_signing_time(signer, time))
		return false;
	return PKCS7_add1_attrib_digest(signer, d.bytes, DIGEST_SIZE);
}

/* Its own type, which OpenSSL does not know, and the whole sequence as it is. */
static bool set_content(PKCS7 *p7, const uint8_t *der)
{
	ASN1_STRING *sequence = ASN1_STRING_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	PKCS7 *inner = PKCS7_new();

	if (!sequence || !value || !inner || !ASN1_STRING_set(sequence, der, SPC_CONTENT_SIZE))
		abort(); /* only for lack of memory */
	ASN1_TYPE_set(value, V_ASN1_SEQUENCE, sequence);
	inner->type = content_type();
	inner->d.other = value;
	return PKCS7_set_content(p7, inner) == 1;
}

static int encode(PKCS7 *p7, struct buf *to, struct error *err)
{
	unsigned char *der = NULL;
	int len = i2d_PKCS7(p7, &der);

	if (len <= 0)
		return failed(err, "can't encode the signature");
	buf_add(to, der, (size_t)len);
	OPENSSL_free(der);
	return 0;
}

static int sign(const struct digest *pe, EVP_PKEY *key, X509 *certificate, int64_t epoch,
		struct buf *to, struct error *err)
{
	CLEANUP_PKCS7 PKCS7 *p7 = PKCS7_new();
	uint8_t content[SPC_CONTENT_SIZE];
	const struct bytes hashed = { content + SPC_CONTENT_HEADER,
				      SPC_CONTENT_SIZE - SPC_CONTENT_HEADER };
	PKCS7_SIGNER_INFO *signer;

	authenticode_content(pe, content);
	if (!p7 || !PKCS7_set_type(p7, NID_pkcs7_signed) || !set_content(p7, content))
		return failed(err, "can't make a signature");
	signer = PKCS7_sign_add_signer(p7, certificate, key, EVP_sha256(),
				       PKCS7_BINARY | PKCS7_NOSMIMECAP);
	if (!signer || !add_attributes(signer, hashed, epoch) || !PKCS7_SIGNER_INFO_sign(signer))
		return failed(err, "can't sign");
	return encode(p7, to, err);
}

int authenticode_sign(const struct digest *pe, struct bytes key, const char *passphrase,
		      struct bytes certificate, int64_t epoch, struct buf *to, struct error *err)
{
	CLEANUP_EVP_PKEY EVP_PKEY *private = NULL;
	CLEANUP_X509 X509 *x509 = NULL;

	assert(epoch >= 0);
	if (key_read_private(key, passphrase, &private, err) < 0 ||
	    key_check_rsa(private, err) < 0 || key_read_certificate(certificate, &x509, err) < 0)
		return -1;
	if (X509_check_private_key(x509, private) != 1) {
		ERR_clear_error();
		return err_set(err, ERR_KEY, "the certificate is not of this private key");
	}
	return sign(pe, private, x509, epoch, to, err);
}

struct signing {
	struct digest pe;
	struct bytes certificate;
	int64_t epoch;
};

static int sign_there(struct bytes key, const char *passphrase, const void *what, struct buf *to,
		      struct error *err)
{
	const struct signing *s = what;

	return authenticode_sign(&s->pe, key, passphrase, s->certificate, s->epoch, to, err);
}

int authenticode_sign_by(const struct digest *pe, const struct key_source *key,
			 struct bytes certificate, int64_t epoch, struct buf *to, struct error *err)
{
	struct signing s = { *pe, certificate, epoch };
	size_t from = to->len;

	if (key_child_run(key, sign_there, &s, to, err) < 0)
		return err_while(err, "signing with '%s'", key->path);
	/* What a computer got wrong, or a child that is not ours, must not be published. */
	return authenticode_check(pe, (struct bytes){ to->ptr + from, to->len - from }, certificate,
				  /* ret_subject= */ NULL, err);
}
