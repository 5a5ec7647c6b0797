#include "signed_text.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "format/dsse/intoto.h"
#include "format/sigstore/sigstore.h"

static const uint8_t seeds[SIGNED_KEYS][32] = {
	{ 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
	  0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
	  0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 },
	{ 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
	  0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
	  0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb },
};
static EVP_PKEY *private[SIGNED_KEYS];
static struct public_key *public[SIGNED_KEYS];

static void make_key(size_t i)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	uint8_t raw[32];
	size_t len = sizeof(raw);

	private[i] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seeds[i], 32);
	if (!private[i] || EVP_PKEY_get_raw_public_key(private[i], raw, &len) != 1 ||
	    public_key_from_ed25519(BYTES_OF(raw), &public[i], &err) < 0)
		abort();
}

const struct public_key *signed_key(size_t i)
{
	if (!public[i])
		make_key(i);
	return public[i];
}

static void sign(struct bytes payload, size_t key, size_t named, struct buf *to)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	CLEANUP_BUF struct buf pae = BUF_INIT(payload.len + 1000);
	char id[DIGEST_HEX_MAX];
	uint8_t raw[64];
	size_t len = sizeof(raw);
	struct dsse_signature s = { str_of(digest_hex(public_key_id(signed_key(named)), id)),
				    BYTES_OF(raw) };
	struct dsse_envelope e = { STR(INTOTO_PAYLOAD_TYPE), payload, &s, 1 };

	(void)signed_key(key);
	dsse_pae(e.payload_type, payload, &pae);
	if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, private[key]) != 1 ||
	    EVP_DigestSign(context, raw, &len, pae.ptr, pae.len) != 1)
		abort();
	EVP_MD_CTX_free(context);
	sigstore_bundle_write(&e, to);
}

size_t signed_text(struct bytes said, struct buf *to)
{
	const struct bytes payload = { said.ptr + 1, said.len - 1 };
	unsigned how = said.ptr[0] % 4;

	if (how == 3) {
		buf_add(to, payload.ptr, payload.len);
		return SIGNED_KEYS;
	}
	sign(payload, how != 2, how == 1, to);
	return how != 2;
}

struct identity signed_image(void)
{
	struct identity i = { .file = STR(SIGNED_FILE) };

	for (uint8_t role = IDENTITY_FILE; role <= IDENTITY_INDEX; role++) {
		i.has[role] = true;
		memset(i.digest[role].bytes, 0x11 * (role + 1), DIGEST_SIZE);
	}
	return i;
}
