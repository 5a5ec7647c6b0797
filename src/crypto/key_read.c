#include "crypto/key_read.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/openssl_cleanup.h"

#define INPUT_MAX (1u << 20)

struct asked {
	const char *passphrase;
	bool was_asked;
};

static int give_passphrase(char *to, int size, int writing, void *context)
{
	struct asked *asked = context;
	size_t len;

	(void)writing;
	asked->was_asked = true;
	if (!asked->passphrase)
		return -1;
	len = strlen(asked->passphrase);
	if (size < 0 || len > (size_t)size)
		return -1;
	memcpy(to, asked->passphrase, len);
	return (int)len;
}

static BIO *bio_of(struct bytes data)
{
	BIO *bio = BIO_new_mem_buf(data.ptr, (int)data.len);

	assert(data.len <= INPUT_MAX);
	if (!bio)
		abort(); /* only for lack of memory */
	return bio;
}

static int bad_key(const struct asked *asked, struct error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	if (asked->was_asked && !asked->passphrase)
		return err_set(err, ERR_PASSPHRASE,
			       "the private key is encrypted, and there is no "
			       "passphrase");
	if (asked->was_asked)
		return err_set(err, ERR_PASSPHRASE,
			       "the private key is encrypted by another passphrase, "
			       "or damaged");
	(void)err_set(err, ERR_KEY, "the private key is not valid PEM: %s",
		      reason ? reason : "no key is in it");
	return err_hint(err, "it begins with -----BEGIN PRIVATE KEY-----, as NAME.pem of 'ingot "
			     "keygen -o NAME' does");
}

int key_read_private(struct bytes pem, const char *passphrase, EVP_PKEY **ret, struct error *err)
{
	CLEANUP_BIO BIO *in = NULL;
	struct asked asked = { .passphrase = passphrase };
	EVP_PKEY *key;

	if (pem.len == 0 || pem.len > INPUT_MAX)
		return err_set(err, ERR_KEY, "a private key of %zu bytes", pem.len);
	in = bio_of(pem);
	key = PEM_read_bio_PrivateKey(in, NULL, give_passphrase, &asked);
	if (!key)
		return bad_key(&asked, err);
	*ret = key;
	return 0;
}

static int bad_certificate(struct error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return err_set(err, ERR_KEY, "the certificate is neither valid PEM nor DER: %s",
		       reason ? reason : "no certificate is in it");
}

static int read_der(struct bytes data, X509 **ret, struct error *err)
{
	const unsigned char *p = data.ptr;
	X509 *certificate = d2i_X509(NULL, &p, (long)data.len);

	if (!certificate)
		return bad_certificate(err);
	if (p != data.ptr + data.len) {
		X509_free(certificate);
		return err_set(err, ERR_KEY, "there are bytes behind the certificate");
	}
	*ret = certificate;
	return 0;
}

static int read_pem(struct bytes data, X509 **ret, struct error *err)
{
	CLEANUP_BIO BIO *in = bio_of(data);
	struct asked nothing = { 0 };
	X509 *certificate = PEM_read_bio_X509(in, NULL, give_passphrase, &nothing), *second;

	if (!certificate)
		return bad_certificate(err);
	second = PEM_read_bio_X509(in, NULL, give_passphrase, &nothing);
	ERR_clear_error();
	if (second) {
		X509_free(second);
		X509_free(certificate);
		return err_set(err, ERR_KEY,
			       "the file holds several certificates: give the one "
			       "of the key alone");
	}
	*ret = certificate;
	return 0;
}

int key_read_certificate(struct bytes data, X509 **ret, struct error *err)
{
	if (data.len == 0 || data.len > INPUT_MAX)
		return err_set(err, ERR_KEY, "a certificate of %zu bytes", data.len);
	return data.ptr[0] == 0x30 ? read_der(data, ret, err) : read_pem(data, ret, err);
}

bool key_is_rsa(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	return EVP_PKEY_is_a(key, "RSA") && bits >= 2048 && bits <= 4096;
}

int key_check_rsa(const EVP_PKEY *key, struct error *err)
{
	const char *name = EVP_PKEY_get0_type_name(key);

	if (key_is_rsa(key))
		return 0;
	if (EVP_PKEY_is_a(key, "RSA"))
		return err_set(err, ERR_KEY, "the key has %d bits: Secure Boot takes 2048 to 4096",
			       EVP_PKEY_get_bits(key));
	err_set(err, ERR_KEY, "the key is of type %s: Secure Boot takes RSA",
		name ? name : "unknown");
	return err_hint(err, "'openssl genrsa 2048' makes one; signatures of other types differ "
			     "each time, or firmware can't check them");
}
