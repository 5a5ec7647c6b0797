/* What the child answers: the public key in DER and the signatures, each a field. */
#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/field.h"
#include "crypto/key_read.h"
#include "crypto/openssl_cleanup.h"
#include "crypto/public_key_private.h"
#include "crypto/signer_private.h"

struct work {
	const struct bytes *messages;
	size_t n;
};

/* ---- the child ---- */

static int failed(struct error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return err_set(err, ERR_KEY, "can't sign: %s", reason ? reason : "no reason given");
}

static int sign_one(EVP_PKEY *key, struct bytes message, struct buf *to, struct error *err)
{
	CLEANUP_EVP_MD_CTX EVP_MD_CTX *context = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
	uint8_t signature[1024];
	size_t len = sizeof(signature);

	if (!context || EVP_DigestSignInit(context, NULL, md, NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &len, message.ptr, message.len) != 1)
		return failed(err);
	field_put(to, (struct bytes){ signature, len });
	return 0;
}

static int sign_there(struct bytes pem, const char *passphrase, const void *what, struct buf *to,
		      struct error *err)
{
	const struct work *w = what;
	CLEANUP_EVP_PKEY EVP_PKEY *key = NULL;
	CLEANUP_PUBLIC_KEY struct public_key *public = NULL;

	if (key_read_private(pem, passphrase, &key, err) < 0 ||
	    public_key_of(key, &public, err) < 0)
		return -1;
	field_put(to, public_key_der(public));
	for (size_t i = 0; i < w->n; i++)
		if (sign_one(key, w->messages[i], to, err) < 0)
			return -1;
	return 0;
}

/* ---- the parent ---- */

static int take_field(struct bytes *rest, struct bytes *ret, struct error *err)
{
	if (field_take(rest, ret))
		return 0;
	return err_set(err, ERR_KEY,
		       "the process that holds the private key gave an answer that is cut short");
}

int signer_by_key(const struct key_source *source, const struct bytes *messages, size_t n,
		  struct buf *signatures, struct public_key **ret_key, struct error *err)
{
	CLEANUP_BUF struct buf answer = BUF_INIT(KEY_ANSWER_MAX);
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;
	const struct work w = { messages, n };
	struct bytes rest, field;

	if (key_child_run(source, sign_there, &w, &answer, err) < 0)
		return -1;
	rest = buf_bytes(&answer);
	if (take_field(&rest, &field, err) < 0 ||
	    public_key_parse(field, source->path, &k, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (take_field(&rest, &field, err) < 0)
			return -1;
		if (field.len > signatures[i].max)
			return err_set(err, ERR_KEY, "a signature of %zu bytes", field.len);
		buf_add(&signatures[i], field.ptr, field.len);
	}
	*ret_key = TAKE_PTR(k);
	return 0;
}
