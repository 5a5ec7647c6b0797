/* Keys and certificates that can't sign for Secure Boot. */
#include <criterion/criterion.h>

#include "crypto/authenticode.h"
#include "unit/crypto/key_fixture.h"

/* The message of the refusal; owned. */
static char *refusal(struct bytes key, struct bytes certificate)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);
	struct digest pe = { { 1 } };

	cr_assert_eq(authenticode_sign(&pe, key, NULL, certificate, 0, &p7, &err), -1);
	cr_assert_eq(err.code, ERR_KEY, "%s", err.message);
	cr_assert_eq(p7.len, 0);
	return strdup(err.message);
}

static void expect_refusal(EVP_PKEY *key, const char *words)
{
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), cert = BUF_INIT(KEY_TEXT_MAX);
	char *message;

	fixture_key_pem(key, NULL, &pem);
	if (!EVP_PKEY_is_a(key, "ED25519"))
		fixture_certificate(key, "x", FIXTURE_PEM, &cert);
	else
		buf_add_cstr(&cert, "x");
	message = refusal(buf_bytes(&pem), buf_bytes(&cert));
	cr_assert(strstr(message, words), "%s", message);
	free(message);
	EVP_PKEY_free(key);
}

Test(authenticode_refused, keys_that_are_not_rsa)
{
	expect_refusal(fixture_of_type("EC"), "of type EC: Secure Boot takes RSA");
	expect_refusal(fixture_of_type("ED25519"), "of type ED25519: Secure Boot takes RSA");
	expect_refusal(fixture_of_type("RSA-PSS"), "of type RSA-PSS: Secure Boot takes RSA");
}

Test(authenticode_refused, short_keys)
{
	expect_refusal(fixture_rsa(1024), "1024 bits");
}

Test(authenticode_refused, a_certificate_of_another_key)
{
	EVP_PKEY *key = fixture_rsa(2048), *other = fixture_rsa(2048);
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), cert = BUF_INIT(KEY_TEXT_MAX);
	char *message;

	fixture_key_pem(key, NULL, &pem);
	fixture_certificate(other, "x", FIXTURE_PEM, &cert);
	message = refusal(buf_bytes(&pem), buf_bytes(&cert));
	cr_assert_str_eq(message, "the certificate is not of this private key");
	free(message);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

Test(authenticode_refused, malformed_files)
{
	static const char *const texts[] = {
		"",
		"x",
		"-----BEGIN PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
		"0\x01",
	};
	EVP_PKEY *key = fixture_rsa(2048);
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), cert = BUF_INIT(KEY_TEXT_MAX);

	fixture_key_pem(key, NULL, &pem);
	fixture_certificate(key, "x", FIXTURE_PEM, &cert);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bytes text = str_bytes(str_of(texts[i]));

		free(refusal(text, buf_bytes(&cert)));
		free(refusal(buf_bytes(&pem), text));
	}
	EVP_PKEY_free(key);
}

Test(authenticode_refused, a_file_with_two_certificates)
{
	EVP_PKEY *key = fixture_rsa(2048);
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), one = BUF_INIT(KEY_TEXT_MAX);
	CLEANUP_BUF struct buf both = BUF_INIT(KEY_TEXT_MAX);
	char *message;

	fixture_key_pem(key, NULL, &pem);
	fixture_certificate(key, "x", FIXTURE_PEM, &one);
	buf_add(&both, one.ptr, one.len);
	buf_add(&both, one.ptr, one.len);
	message = refusal(buf_bytes(&pem), buf_bytes(&both));
	cr_assert(strstr(message, "several certificates"), "%s", message);
	free(message);
	EVP_PKEY_free(key);
}
