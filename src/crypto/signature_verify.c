#include <openssl/err.h>

#include "crypto/ecdsa_form.h"
#include "crypto/openssl_cleanup.h"
#include "crypto/public_key_private.h"

#define ED25519_SIGNATURE 64

/* L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), big-endian */
static const uint8_t ed25519_order[32] = {
	0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7,
	0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
};

static int check_ed25519(struct bytes signature, struct error *err)
{
	uint8_t s[32];

	if (signature.len != ED25519_SIGNATURE)
		return err_set(err, ERR_SIGNATURE, "an Ed25519 signature of %zu bytes, and not 64",
			       signature.len);
	for (size_t i = 0; i < sizeof(s); i++)
		s[i] = signature.ptr[ED25519_SIGNATURE - 1 - i];
	if (memcmp(s, ed25519_order, sizeof(s)) >= 0)
		return err_set(err, ERR_SIGNATURE,
			       "the Ed25519 signature's S is not below the order of the group");
	return 0;
}

static int check_ecdsa(struct bytes signature, struct error *err)
{
	struct ecdsa_form f = { 0 };

	if (ecdsa_decode(signature, &f, err) < 0)
		return -1;
	if (ecdsa_is_low(&f))
		return 0;
	err_set(err, ERR_SIGNATURE, "the ECDSA signature's s is above half of the order");
	return err_hint(err, "ingot makes s low when it signs: it was changed, or made by "
			     "something else");
}

static int check_rsa(const struct public_key *k, struct bytes signature, struct error *err)
{
	size_t size = (size_t)EVP_PKEY_get_size(k->pkey);

	if (signature.len != size)
		return err_set(err, ERR_SIGNATURE, "an RSA signature of %zu bytes, and not %zu",
			       signature.len, size);
	return 0;
}

static int check_form(const struct public_key *k, struct bytes signature, struct error *err)
{
	switch (k->type) {
	case KEY_ED25519:
		return check_ed25519(signature, err);
	case KEY_ECDSA_P256:
		return check_ecdsa(signature, err);
	case KEY_RSA:
		return check_rsa(k, signature, err);
	}
	abort();
}

int signature_verify(const struct public_key *k, struct bytes message, struct bytes signature,
		     struct error *err)
{
	CLEANUP_EVP_MD_CTX EVP_MD_CTX *context = EVP_MD_CTX_new();
	const EVP_MD *md = k->type == KEY_ED25519 ? NULL : EVP_sha256();
	bool fits;

	if (check_form(k, signature, err) < 0)
		return -1;
	if (!context || EVP_DigestVerifyInit(context, NULL, md, NULL, k->pkey) != 1)
		abort(); /* only for lack of memory */
	fits = EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) ==
	       1;
	ERR_clear_error();
	return fits ? 0
		    : err_set(err, ERR_SIGNATURE, "the %s signature does not fit",
			      key_type_name(k->type));
}
