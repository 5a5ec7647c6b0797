#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/public_key.h"
#include "unit/crypto/key_fixture.h"

#define ED_PEM                                                                                     \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                           \
	"-----END PUBLIC KEY-----\n"

static void refused(struct bytes text, const char *says)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;

	cr_assert_eq(public_key_parse(text, "k.pub", &k, &err), -1, "%s: taken", says);
	cr_assert_eq(err.code, ERR_KEY);
	cr_assert(strstr(err.message, says), "%s, and not: %s", err.message, says);
}

static void refused_hex(const char *hex, const char *says)
{
	uint8_t der[1024];
	size_t len = strlen(hex) / 2;

	cr_assert(hex_parse(str_of(hex), der, len));
	refused((struct bytes){ der, len }, says);
}

Test(public_key, pem_and_der_are_one_key)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_PUBLIC_KEY struct public_key *a = NULL, *b = NULL, *c = NULL;
	CLEANUP_BUF struct buf pem = BUF_INIT(4096);
	char hex[DIGEST_HEX_MAX];

	cr_assert_eq(public_key_parse(str_bytes(STR(ED_PEM)), "a", &a, &err), 0, "%s", err.message);
	cr_assert_eq(public_key_parse(public_key_der(a), "b", &b, &err), 0);
	cr_assert_eq(public_key_from_ed25519(public_key_ed25519(a), &c, &err), 0);
	cr_assert(digest_equal(public_key_id(a), public_key_id(b)));
	cr_assert(digest_equal(public_key_id(a), public_key_id(c)));
	public_key_pem(a, &pem);
	cr_assert_str_eq(buf_cstr(&pem), ED_PEM);
	/* as `openssl pkey -pubin -outform DER | sha256sum` says */
	cr_assert_str_eq(digest_hex(public_key_id(a), hex),
			 "deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170");
}

Test(public_key, a_file_holds_one_key_and_nothing_else)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ ED_PEM ED_PEM, "behind the public key" },
		{ ED_PEM "x", "behind the public key" },
		{ "x\n" ED_PEM, "no public key" },
		{ "-----BEGIN PUBLIC KEY-----\nMCow\n", "cut short" },
		{ "-----BEGIN PUBLIC KEY-----\nM?ow\n-----END PUBLIC KEY-----\n", "base64" },
		{ "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "no public key" },
		{ "-----BEGIN PRIVATE KEY-----\nMCow\n-----END PRIVATE KEY-----\n", "private key" },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "private key" },
		{ "-----BEGIN CERTIFICATE-----\n", "certificate" },
		{ "ssh-ed25519 AAAA", "OpenSSH" },
		{ "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "OpenPGP" },
		{ "", "is empty" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refused(str_bytes(str_of(cases[i].text)), cases[i].says);
}

#define ED_HEAD "302a300506032b6570032100"

Test(public_key, an_ed25519_point_is_on_the_curve_canonical_and_not_of_small_order)
{
	static const char *const small[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	};
	/* p + 0, p + 1, p + 3: y of 0, 1 and 3, written in another way */
	static const char *const second[] = {
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};

	for (size_t i = 0; i < sizeof(small) / sizeof(*small); i++) {
		CLEANUP_FREE char *der = mem_printf(ED_HEAD "%s", small[i]);

		refused_hex(der, "small order");
	}
	for (size_t i = 0; i < sizeof(second) / sizeof(*second); i++) {
		CLEANUP_FREE char *der = mem_printf(ED_HEAD "%s", second[i]);

		refused_hex(der, "canonical");
	}
	/* y = 2, 7, 8: no x */
	refused_hex(ED_HEAD "0200000000000000000000000000000000000000000000000000000000000000",
		    "not a point");
	refused_hex(ED_HEAD "0700000000000000000000000000000000000000000000000000000000000000",
		    "not a point");
	refused_hex(ED_HEAD "0800000000000000000000000000000000000000000000000000000000000080",
		    "not a point");
}

/* Why we look ourselves: with a point of small order anybody signs. */
Test(public_key, openssl_alone_would_take_a_point_of_small_order)
{
	static const uint8_t one[32] = { 1 };
	static const uint8_t forged[64] = { 1 };
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, one, sizeof(one));
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	cr_assert_eq(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key), 1);
	cr_assert_eq(EVP_DigestVerify(context, forged, sizeof(forged), (const uint8_t *)"any", 3),
		     1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

#define ED_Y "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define EC_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define EC_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

Test(public_key, one_key_has_one_spelling)
{
	/* parameters that RFC 8410 forbids; a byte behind; a short point */
	refused_hex("302c300706032b65700500032100" ED_Y, "k.pub");
	refused_hex(ED_HEAD ED_Y "00", "behind");
	refused_hex("3029300506032b6570032000"
		    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af466",
		    "k.pub");
	/* the compressed and the hybrid point: the same key with another id */
	refused_hex("3039301306072a8648ce3d020106082a8648ce3d03010703220003" EC_X, "unusual");
	refused_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420007" EC_X EC_Y, "unusual");
	/* a length in a longer form than needed */
	refused_hex("30812a300506032b6570032100" ED_Y, "unusual");
}

Test(public_key, a_p256_key_is_a_point_of_p256)
{
	refused_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004" EC_X
		    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298",
		    "no public key");
	refused_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
		    "0000000000000000000000000000000000000000000000000000000000000000"
		    "0000000000000000000000000000000000000000000000000000000000000000",
		    "no public key");
	/* infinity */
	refused_hex("3019301306072a8648ce3d020106082a8648ce3d030107030200"
		    "00",
		    "not a point");
}

static void refused_key(EVP_PKEY *key, const char *says)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	cr_assert_gt(len, 0);
	refused((struct bytes){ der, (size_t)len }, says);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

Test(public_key, other_algorithms_curves_and_sizes_are_refused)
{
	static const char *const curves[] = { "P-384", "P-521", "secp256k1", "brainpoolP256r1" };
	BIGNUM *three = BN_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		refused_key(EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i]), "only P-256");
	refused_key(fixture_rsa(1024), "1024 bits");
	refused_key(fixture_rsa(2047), "2047 bits");
	refused_key(fixture_of_type("RSA-PSS"), "type RSA-PSS");
	refused_key(fixture_of_type("X25519"), "type X25519");
	refused_key(fixture_of_type("ED448"), "type ED448");
	cr_assert_eq(BN_set_word(three, 3), 1);
	cr_assert_eq(EVP_PKEY_keygen_init(context), 1);
	cr_assert_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	cr_assert_eq(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, three), 1);
	cr_assert_eq(EVP_PKEY_generate(context, &key), 1);
	refused_key(key, "exponent");
	EVP_PKEY_CTX_free(context);
	BN_free(three);
}
