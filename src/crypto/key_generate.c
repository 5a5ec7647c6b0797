#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#include "base/cleanup.h"
#include "base/field.h"
#include "crypto/openssl_cleanup.h"
#include "crypto/public_key_private.h"
#include "crypto/signer.h"
#include "io/child.h"

/*
 * scrypt (RFC 7914): 16 MiB and 50 ms a try. OpenSSL reads no key back that asks for more
 * than 32 MiB.
 */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_SALT 16	 /* bytes */
#define KEY_PEM_MAX 4096 /* bytes; these keys have 119 to 500 */

struct wish {
	enum key_type type;
	const char *passphrase;
};

static int failed(struct error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return err_set(err, ERR_KEY, "can't make a key: %s", reason ? reason : "no reason given");
}

static EVP_PKEY *generate(enum key_type type)
{
	return type == KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				   : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

/* RFC 8018 (PBES2) with RFC 7914 (scrypt). */
static bool write_encrypted(BIO *to, PKCS8_PRIV_KEY_INFO *plain, const char *passphrase)
{
	unsigned char salt[SCRYPT_SALT];
	X509_ALGOR *method = NULL;
	X509_SIG *sealed = NULL;
	bool done = false;

	if (RAND_priv_bytes(salt, sizeof(salt)) == 1)
		method = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL,
					       SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (method)
		sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, method);
	if (sealed)
		done = PEM_write_bio_PKCS8(to, sealed) == 1;
	else
		X509_ALGOR_free(method);
	X509_SIG_free(sealed);
	return done;
}

static bool write_private(BIO *to, EVP_PKEY *key, const char *passphrase)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	bool done = plain && (passphrase ? write_encrypted(to, plain, passphrase)
					 : PEM_write_bio_PKCS8_PRIV_KEY_INFO(to, plain) == 1);

	PKCS8_PRIV_KEY_INFO_free(plain);
	return done;
}

/* The private PEM, a field, and the public one. */
static int generate_there(const void *what, struct buf *to, struct error *err)
{
	const struct wish *w = what;
	CLEANUP_EVP_PKEY EVP_PKEY *key = generate(w->type);
	CLEANUP_BIO BIO *text = BIO_new(BIO_s_secmem());
	CLEANUP_PUBLIC_KEY struct public_key *public = NULL;
	char *pem;
	long len;

	if (!key || !text || !write_private(text, key, w->passphrase))
		return failed(err);
	if (public_key_of(key, &public, err) < 0)
		return -1;
	len = BIO_get_mem_data(text, &pem);
	field_put(to, (struct bytes){ (const uint8_t *)pem, (size_t)len });
	public_key_pem(public, to);
	return 0;
}

int key_generate(enum key_type type, const char *passphrase, struct buf *private_pem,
		 struct buf *public_pem, struct error *err)
{
	static const struct child_options options = {
		.name = "the process that makes the key",
		.failure = ERR_KEY,
		.answer_max = 2 * KEY_PEM_MAX,
		.secret = true,
	};
	const struct wish w = { type, passphrase };
	struct buf answer = BUF_INIT(2 * KEY_PEM_MAX);
	struct bytes rest, private;
	int r;

	if (type == KEY_RSA)
		return err_set(err, ERR_USAGE, "RSA keys are used, but not made");
	buf_reserve(&answer, 2 * KEY_PEM_MAX); /* growing would leave copies */
	buf_reserve(private_pem, KEY_PEM_MAX);
	r = child_run(generate_there, &w, &options, &answer, err);
	rest = buf_bytes(&answer);
	if (r == 0 && (!field_take(&rest, &private) || private.len > KEY_PEM_MAX))
		r = err_set(err, ERR_KEY, "%s gave no key", options.name);
	if (r == 0) {
		buf_add(private_pem, private.ptr, private.len);
		buf_add(public_pem, rest.ptr, rest.len);
	}
	key_wipe(&answer);
	return r;
}

void key_wipe(struct buf *secret)
{
	if (secret->ptr)
		OPENSSL_cleanse(secret->ptr, secret->capacity);
	buf_release(secret);
}
