#include "unit/crypto/key_fixture.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

EVP_PKEY *fixture_rsa(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	cr_assert_not_null(key);
	return key;
}

EVP_PKEY *fixture_of_type(const char *type)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	cr_assert_eq(EVP_PKEY_keygen_init(context), 1);
	if (strcmp(type, "EC") == 0)
		cr_assert_eq(EVP_PKEY_CTX_set_group_name(context, "P-256"), 1);
	cr_assert_eq(EVP_PKEY_generate(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void take(BIO *bio, struct buf *to)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	buf_reset(to);
	buf_add(to, text, (size_t)len);
	BIO_free(bio);
}

void fixture_key_pem(EVP_PKEY *key, const char *passphrase, struct buf *to)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const EVP_CIPHER *cipher = passphrase ? EVP_aes_256_cbc() : NULL;

	cr_assert_eq(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase,
						   passphrase ? (int)strlen(passphrase) : 0, NULL,
						   NULL),
		     1);
	take(bio, to);
}

void fixture_certificate(EVP_PKEY *key, const char *name, enum fixture_form form, struct buf *to)
{
	X509 *x509 = X509_new();
	X509_NAME *subject = X509_NAME_new();
	BIO *bio = BIO_new(BIO_s_mem());
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();

	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
				   -1, 0);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	ASN1_TIME_set(X509_getm_notBefore(x509), 0);
	ASN1_TIME_set(X509_getm_notAfter(x509), 4000000000);
	X509_set_subject_name(x509, subject);
	X509_set_issuer_name(x509, subject);
	X509_set_pubkey(x509, key);
	cr_assert_gt(X509_sign(x509, key, md), 0);
	if (form == FIXTURE_PEM)
		cr_assert_eq(PEM_write_bio_X509(bio, x509), 1);
	else
		cr_assert_eq(i2d_X509_bio(bio, x509), 1);
	take(bio, to);
	X509_NAME_free(subject);
	X509_free(x509);
}
