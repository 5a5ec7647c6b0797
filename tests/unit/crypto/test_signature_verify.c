/*
 * What is a signature and what is none. Keys and signatures of RFC 8032, section 7.1
 * (TEST 2), and RFC 6979, section A.2.5 (P-256, SHA-256, "sample" and "test"); what is wrong
 * with the others was done to them here.
 */
#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/ecdsa_form.h"
#include "crypto/public_key.h"
#include "unit/crypto/key_fixture.h"

struct vector {
	const char *name, *signature; /* hex */
	const char *says;	      /* NULL: it is one */
};

static void from_hex(const char *text, struct buf *to)
{
	size_t len = strlen(text) / 2;

	cr_assert(hex_parse(str_of(text), buf_reserve(to, len), len), "%s", text);
	to->len = len;
}

static void judge(const struct public_key *k, struct str message, struct bytes signature,
		  const char *name, const char *says)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	int r = signature_verify(k, str_bytes(message), signature, &err);

	if (!says) {
		cr_assert_eq(r, 0, "%s: %s", name, err.message);
		return;
	}
	cr_assert_eq(r, -1, "%s: taken", name);
	cr_assert_eq(err.code, ERR_SIGNATURE);
	cr_assert(strstr(err.message, says), "%s: %s", name, err.message);
}

static void judge_all(const struct public_key *k, struct str message, const struct vector *v,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP_BUF struct buf signature = BUF_INIT(4096);

		from_hex(v[i].signature, &signature);
		judge(k, message, buf_bytes(&signature), v[i].name, v[i].says);
	}
}

#define JUDGE(key, message, vectors)                                                               \
	judge_all(key, message, vectors, sizeof(vectors) / sizeof(*(vectors)))

static struct public_key *key_of_hex(const char *hex)
{
	CLEANUP_BUF struct buf der = BUF_INIT(4096);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct public_key *k = NULL;

	from_hex(hex, &der);
	cr_assert_eq(public_key_parse(buf_bytes(&der), "key", &k, &err), 0, "%s", err.message);
	return k;
}

/* ---- Ed25519 ---- */

#define ED_KEY                                                                                     \
	"302a300506032b6570032100"                                                                 \
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define ED_R "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
#define ED_S "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
/* S + L: the same number in the group, but not the same text */
#define ED_S_L "f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10"
#define ED_L "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0100000000000000000000000000000000000000000000000000000000000000"

Test(signature_verify, ed25519_has_one_form)
{
	static const struct vector vectors[] = {
		{ "as it is", ED_R ED_S, NULL },
		{ "S + L", ED_R ED_S_L, "not below the order" },
		{ "S = L", ED_R ED_L, "not below the order" },
		{ "S of all ones",
		  ED_R "ffffffffffffffffffffffffffffffff"
		       "ffffffffffffffffffffffffffffffff",
		  "not below the order" },
		{ "S = 0", ED_R ZERO, "does not fit" },
		{ "the neutral R, S = 0", ONE ZERO, "does not fit" },
		{ "zeros", ZERO ZERO, "does not fit" },
		{ "nothing", "", "0 bytes" },
		{ "truncated",
		  ED_R "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c",
		  "63 bytes" },
		{ "a byte behind", ED_R ED_S "00", "65 bytes" },
		{ "R alone", ED_R, "32 bytes" },
		{ "S before R", ED_S ED_R, "not below the order" },
	};
	CLEANUP_PUBLIC_KEY struct public_key *k = key_of_hex(ED_KEY);

	JUDGE(k, STR("\x72"), vectors);
	cr_assert_eq(public_key_type(k), KEY_ED25519);
	cr_assert_eq(public_key_ed25519(k).len, 32);
}

Test(signature_verify, each_bit_of_an_ed25519_signature_and_of_its_message_counts)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = key_of_hex(ED_KEY);
	CLEANUP_BUF struct buf s = BUF_INIT(4096);

	from_hex(ED_R ED_S, &s);
	for (size_t i = 0; i < 64 * 8; i++) {
		s.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		judge(k, STR("\x72"), buf_bytes(&s), "flipped", "Ed25519 signature");
		s.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (int bit = 0; bit < 8; bit++) {
		char message = (char)(0x72 ^ 1 << bit);

		judge(k, (struct str){ &message, 1 }, buf_bytes(&s), "message", "does not fit");
	}
	judge(k, STR(""), buf_bytes(&s), "no message", "does not fit");
}

/* ---- ECDSA ---- */

#define EC_POINT_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define EC_POINT_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define EC_KEY                                                                                     \
	"3059301306072a8648ce3d020106082a8648ce3d030107034200"                                     \
	"04" EC_POINT_X EC_POINT_Y
/* "sample": s of the RFC is high; n - s is low */
#define R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S_HIGH "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define S_LOW "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define HALF_1 "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9"
#define INT_R "022100" R
#define INT_S "0220" S_LOW
/* "test" */
#define R2 "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
#define S2 "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"

Test(signature_verify, ecdsa_has_one_form)
{
	static const struct vector vectors[] = {
		{ "low s", "3045" INT_R INT_S, NULL },
		{ "high s", "3046" INT_R "022100" S_HIGH, "above half" },
		{ "s just above half", "3045" INT_R "0220" HALF_1, "above half" },
		{ "nothing", "", "no SEQUENCE" },
		{ "a tag alone", "30", "no SEQUENCE" },
		{ "an empty SEQUENCE", "3000", "INTEGER is missing" },
		{ "a SET", "3145" INT_R INT_S, "no SEQUENCE" },
		{ "raw r and s", R S_LOW, "no SEQUENCE" },
		{ "a byte behind", "3045" INT_R INT_S "00", "bytes after it" },
		{ "a byte behind s", "3046" INT_R INT_S "00", "bytes after s" },
		{ "a third INTEGER", "3048" INT_R INT_S "020101", "bytes after s" },
		{ "truncated", "3045" INT_R "0220", "cut short" },
		{ "long length", "308145" INT_R INT_S, "shortest" },
		{ "longer length", "30820045" INT_R INT_S, "shortest" },
		{ "indefinite length", "3080" INT_R INT_S "0000", "shortest" },
		{ "length too large", "3046" INT_R INT_S, "cut short" },
		{ "length too small", "3044" INT_R INT_S, "bytes after" },
		{ "r with a long length",
		  "3046"
		  "02812100" R INT_S,
		  "long length" },
		{ "s alone", "3022" INT_S, "INTEGER is missing" },
		{ "r negative",
		  "3044"
		  "0220" R INT_S,
		  "negative" },
		{ "r with a zero too many",
		  "3046"
		  "02220000" R INT_S,
		  "zero too many" },
		{ "s with a zero too many", "3046" INT_R "022100" S_LOW, "zero too many" },
		{ "r empty",
		  "3024"
		  "0200" INT_S,
		  "empty" },
		{ "r of 257 bits",
		  "3045"
		  "022101" R INT_S,
		  "more than 256" },
		{ "r as an OCTET STRING",
		  "3045"
		  "042100" R INT_S,
		  "INTEGER is missing" },
		{ "r = 0",
		  "3025"
		  "020100" INT_S,
		  "r is zero" },
		{ "s = 0", "3026" INT_R "020100", "s is zero" },
		{ "r = s = 0", "3006020100020100", "r is zero" },
		{ "r = n",
		  "3045"
		  "022100" ORDER INT_S,
		  "not below the order" },
		{ "s = n", "3046" INT_R "022100" ORDER, "not below the order" },
		{ "r = s = 1", "3006020101020101", "does not fit" },
		{ "r and s changed places",
		  "3045"
		  "0220" S_LOW "022100" R,
		  "above half" },
	};
	CLEANUP_PUBLIC_KEY struct public_key *k = key_of_hex(EC_KEY);
	CLEANUP_BUF struct buf s = BUF_INIT(4096);

	JUDGE(k, STR("sample"), vectors);
	from_hex("3045022100" R2 "0220" S2, &s);
	judge(k, STR("test"), buf_bytes(&s), "test", NULL);
	judge(k, STR("sample"), buf_bytes(&s), "another message", "does not fit");
}

Test(signature_verify, each_bit_of_an_ecdsa_signature_counts)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = key_of_hex(EC_KEY);
	CLEANUP_BUF struct buf s = BUF_INIT(4096);

	from_hex("3045" INT_R INT_S, &s);
	for (size_t i = 0; i < s.len * 8; i++) {
		s.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		judge(k, STR("sample"), buf_bytes(&s), "flipped", "signature");
		s.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

Test(signature_verify, a_high_s_becomes_the_low_one)
{
	CLEANUP_BUF struct buf high = BUF_INIT(4096), low = BUF_INIT(4096), made = BUF_INIT(4096);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ecdsa_form f = { 0 };

	from_hex(R S_HIGH, &high);
	from_hex("3045" INT_R INT_S, &low);
	cr_assert_eq(ecdsa_decode_raw(buf_bytes(&high), &f, &err), 0);
	cr_assert_not(ecdsa_is_low(&f));
	ecdsa_make_low(&f);
	ecdsa_make_low(&f); /* once is enough */
	cr_assert(ecdsa_is_low(&f));
	ecdsa_encode(&f, &made);
	cr_assert(bytes_equal(buf_bytes(&made), buf_bytes(&low)));
}

/* ---- RSA ---- */

#define RSA_SIZE 256
/* DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1), and the same without NULL */
#define INFO "3031300d060960864801650304020105000420"
#define INFO_NO_NULL                                                                               \
	"302f300b0609608648016503040201"                                                           \
	"0420"
#define INFO_SHA512 "3051300d060960864801650304020305000440"
#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Signs @block, whatever it is. @tail: hex, after a 00; the rest is 00 @type ff... */
static void sign_block(EVP_PKEY *key, uint8_t type, uint8_t fill, const char *tail, size_t behind,
		       struct buf *to)
{
	CLEANUP_BUF struct buf end = BUF_INIT(RSA_SIZE);
	uint8_t block[RSA_SIZE] = { 0, type };
	size_t len = RSA_SIZE;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	from_hex(tail, &end);
	memset(block + 2, fill, RSA_SIZE - 2);
	block[RSA_SIZE - behind - end.len - 1] = 0;
	memcpy(block + RSA_SIZE - behind - end.len, end.ptr, end.len);
	cr_assert_eq(EVP_PKEY_sign_init(context), 1);
	cr_assert_eq(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
	cr_assert_eq(EVP_PKEY_sign(context, buf_reserve(to, len), &len, block, sizeof(block)), 1);
	to->len = len;
	EVP_PKEY_CTX_free(context);
}

static struct public_key *public_of(EVP_PKEY *key)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct public_key *k = NULL;
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	cr_assert_gt(len, 0);
	cr_assert_eq(public_key_parse((struct bytes){ der, (size_t)len }, "key", &k, &err), 0, "%s",
		     err.message);
	OPENSSL_free(der);
	return k;
}

Test(signature_verify, rsa_takes_one_padding)
{
	static const struct {
		const char *name;
		uint8_t type, fill;
		const char *tail;
		size_t behind;
		const char *says;
	} cases[] = {
		{ "PKCS#1 v1.5", 1, 0xff, INFO SHA_EMPTY, 0, NULL },
		{ "block type 2", 2, 0xff, INFO SHA_EMPTY, 0, "does not fit" },
		{ "block type 0", 0, 0xff, INFO SHA_EMPTY, 0, "does not fit" },
		{ "other padding", 1, 0xfe, INFO SHA_EMPTY, 0, "does not fit" },
		{ "bytes behind the digest", 1, 0xff, INFO SHA_EMPTY, 16, "does not fit" },
		{ "parameters left out", 1, 0xff, INFO_NO_NULL SHA_EMPTY, 0, "does not fit" },
		{ "the digest alone", 1, 0xff, SHA_EMPTY, 0, "does not fit" },
		{ "named SHA-512", 1, 0xff, INFO_SHA512 SHA_EMPTY SHA_EMPTY, 0, "does not fit" },
	};
	EVP_PKEY *key = fixture_rsa(2048);
	CLEANUP_PUBLIC_KEY struct public_key *k = public_of(key);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_BUF struct buf s = BUF_INIT(4096);

		sign_block(key, cases[i].type, cases[i].fill, cases[i].tail, cases[i].behind, &s);
		judge(k, STR(""), buf_bytes(&s), cases[i].name, cases[i].says);
	}
	EVP_PKEY_free(key);
}

Test(signature_verify, an_rsa_signature_is_as_long_as_the_modulus_and_below_it)
{
	EVP_PKEY *key = fixture_rsa(2048);
	CLEANUP_PUBLIC_KEY struct public_key *k = public_of(key);
	CLEANUP_BUF struct buf s = BUF_INIT(4096), longer = BUF_INIT(4096);
	BIGNUM *n = NULL, *number;

	sign_block(key, 1, 0xff, INFO SHA_EMPTY, 0, &s);
	judge(k, STR(""), (struct bytes){ s.ptr, s.len - 1 }, "truncated", "255 bytes");
	judge(k, STR(""), (struct bytes){ s.ptr, 0 }, "nothing", "0 bytes");
	buf_add_zeros(&longer, 1);
	buf_add(&longer, s.ptr, s.len);
	judge(k, STR(""), buf_bytes(&longer), "a zero before", "257 bytes");
	cr_assert_eq(EVP_PKEY_get_bn_param(key, "n", &n), 1);
	number = BN_bin2bn(s.ptr, (int)s.len, NULL);
	BN_add(number, number, n);
	if (BN_num_bytes(number) == RSA_SIZE) {
		BN_bn2bin(number, s.ptr);
		judge(k, STR(""), buf_bytes(&s), "s + n", "does not fit");
	}
	BN_free(n);
	BN_free(number);
	EVP_PKEY_free(key);
}
