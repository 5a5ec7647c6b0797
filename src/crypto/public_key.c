#define _GNU_SOURCE
#include "crypto/public_key_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/ed25519_point.h"
#include "crypto/hash.h"
#include "crypto/key_mistake.h"
#include "crypto/openssl_cleanup.h"
#include "io/file.h"

#define KEY_TEXT_SIZE 16384 /* bytes; RSA of 4096 bits has 800 */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define RSA_EXPONENT 65537
#define P256_DER_SIZE 91 /* bytes; RFC 5480 */
#define PEM_LINE 64

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----";
static const char pem_end[] = "-----END PUBLIC KEY-----";

/* ---- what a key must be ---- */

static int check_ed25519(EVP_PKEY *pkey, struct error *err)
{
	uint8_t raw[32];
	size_t len = sizeof(raw);

	if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1 || len != sizeof(raw))
		return err_set(err, ERR_KEY, "the Ed25519 key has no 32 bytes");
	return ed25519_point_check(raw, err);
}

static int check_ec(EVP_PKEY *pkey, struct error *err)
{
	char group[64] = "";

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1)
		return err_set(err, ERR_KEY, "the key's curve has no name");
	if (strcmp(group, "prime256v1") == 0)
		return 0;
	(void)err_set(err, ERR_KEY,
		      "the key is on the curve %s: of the EC curves, only P-256 is taken", group);
	return err_hint(err, "'ingot keygen --type ecdsa-p256 -o NAME' makes one");
}

static int check_rsa(EVP_PKEY *pkey, struct error *err)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *e = NULL;
	bool usual;

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
		(void)err_set(err, ERR_KEY, "an RSA key of %d bits: %d to %d are taken", bits,
			      RSA_BITS_MIN, RSA_BITS_MAX);
		return err_hint(err, "'openssl genrsa 3072' makes one of 3072; 'ingot keygen -o "
				     "NAME' an Ed25519 key");
	}
	usual = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		BN_is_word(e, RSA_EXPONENT);
	BN_free(e);
	return usual ? 0
		     : err_set(err, ERR_KEY, "the RSA key's public exponent is not %d",
			       RSA_EXPONENT);
}

static int check_kind(EVP_PKEY *pkey, enum key_type *ret, struct error *err)
{
	const char *name = EVP_PKEY_get0_type_name(pkey);

	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return *ret = KEY_ED25519, check_ed25519(pkey, err);
	if (EVP_PKEY_is_a(pkey, "EC"))
		return *ret = KEY_ECDSA_P256, check_ec(pkey, err);
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return *ret = KEY_RSA, check_rsa(pkey, err);
	(void)err_set(err, ERR_KEY, "a key of type %s: Ed25519, ECDSA P-256 and RSA are taken",
		      name ? name : "unknown");
	return err_hint(err, "'ingot keygen -o NAME' makes an Ed25519 key");
}

static void encode(EVP_PKEY *pkey, struct buf *to)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	if (len <= 0)
		abort(); /* only for lack of memory */
	buf_add(to, der, (size_t)len);
	OPENSSL_free(der);
}

int public_key_of(EVP_PKEY *pkey, struct public_key **ret, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = mem_alloc(sizeof(*k));

	k->der = (struct buf)BUF_INIT(KEY_TEXT_SIZE);
	if (check_kind(pkey, &k->type, err) < 0)
		return -1;
	if (k->type == KEY_ECDSA_P256) /* one key has one id: never the compressed form */
		(void)EVP_PKEY_set_utf8_string_param(
			pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
	encode(pkey, &k->der);
	/* OpenSSL takes the point at infinity, whose spelling is short. */
	if (k->type == KEY_ECDSA_P256 && k->der.len != P256_DER_SIZE)
		return err_set(err, ERR_KEY, "the key is not a point of P-256");
	k->id = hash_bytes(buf_bytes(&k->der));
	if (EVP_PKEY_up_ref(pkey) != 1)
		abort();
	k->pkey = pkey;
	*ret = TAKE_PTR(k);
	return 0;
}

/* ---- reading ---- */

#define WRITE_ANEW "'openssl pkey -pubin -in %s -out FILE' writes it anew"

static int no_public_key(struct bytes text, const char *name, struct error *err)
{
	if (key_mistake(text, name, KEY_HALF_PUBLIC, err) < 0)
		return -1;
	(void)err_set(err, ERR_KEY, "'%s' is no public key in PEM or DER", name);
	if (memmem(text.ptr, text.len, pem_begin, strlen(pem_begin)))
		return err_hint(err, "something stands before %s: " WRITE_ANEW, pem_begin, name);
	return err_hint(err, "it begins with %s, as NAME.pub of 'ingot keygen -o NAME' does",
			pem_begin);
}

/* One key a file: which of two is meant nobody knows. */
static int behind(struct str rest, const char *name, struct error *err)
{
	(void)err_set(err, ERR_KEY, "'%s' has something behind the public key", name);
	if (memmem(rest.ptr, rest.len, pem_begin, strlen(pem_begin)))
		return err_hint(err, "a key a file; an option that takes keys may be repeated");
	return err_hint(err, WRITE_ANEW, name);
}

/* The base64 between the two lines, without line ends. */
static int read_pem(struct str text, const char *name, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf body = BUF_INIT(KEY_TEXT_SIZE);
	struct str line = { 0 };

	text = str_trim(text);
	if (!str_has_prefix(text, str_of(pem_begin)))
		return no_public_key(str_bytes(text), name, err);
	(void)str_split(&text, '\n', &line);
	if (!str_equal(str_trim(line), str_of(pem_begin)))
		return err_set(err, ERR_KEY, "'%s': there is text behind the line %s", name,
			       pem_begin);
	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_equal(line, str_of(pem_end)))
			break;
		buf_add_str(&body, line);
		line.len = 0;
	}
	if (!line.len) {
		(void)err_set(err, ERR_KEY, "'%s' is cut short: no line %s", name, pem_end);
		return err_hint(err, "was it copied to the end?");
	}
	if (text.len)
		return behind(text, name, err);
	if (!base64_decode(buf_str(&body), /* url_safe= */ false, to))
		return err_set(err, ERR_KEY, "'%s' is not valid base64", name);
	return 0;
}

static int decode(struct bytes der, const char *name, struct public_key **ret, struct error *err)
{
	const unsigned char *p = der.ptr;
	CLEANUP_EVP_PKEY EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)der.len);
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;
	const char *reason;

	if (!pkey) {
		reason = ERR_reason_error_string(ERR_peek_error());
		ERR_clear_error();
		return err_set(err, ERR_KEY, "'%s' is no public key: %s", name,
			       reason ? reason : "malformed");
	}
	if (public_key_of(pkey, &k, err) < 0)
		return err_while(err, "reading the public key '%s'", name);
	/* A second spelling would be a second id: two keys, where there is one. */
	if (!bytes_equal(der, buf_bytes(&k->der))) {
		(void)err_set(err, ERR_KEY,
			      p == der.ptr + der.len
				      ? "'%s' spells the public key in an unusual way"
				      : "'%s' has bytes behind the public key",
			      name);
		return err_hint(err, "'openssl pkey -pubin -in %s -ec_conv_form uncompressed -out "
				     "FILE' writes it anew",
				name);
	}
	*ret = TAKE_PTR(k);
	return 0;
}

int public_key_parse(struct bytes text, const char *name, struct public_key **ret,
		     struct error *err)
{
	CLEANUP_BUF struct buf der = BUF_INIT(KEY_TEXT_SIZE);

	if (text.len == 0)
		return key_mistake(text, name, KEY_HALF_PUBLIC, err);
	if (text.len > KEY_TEXT_SIZE)
		return err_set(err, ERR_KEY, "'%s' has %zu bytes: no public key has", name,
			       text.len);
	if (text.ptr[0] == 0x30) /* SEQUENCE; PEM does not begin with a "0" */
		return decode(text, name, ret, err);
	if (read_pem(bytes_str(text), name, &der, err) < 0)
		return -1;
	return decode(buf_bytes(&der), name, ret, err);
}

/* *err stands, unless there is something better to say. */
static int other_der(struct bytes text, const char *path, struct error *err)
{
	struct error better = ERR_INIT;

	if (key_mistake(text, path, KEY_HALF_PUBLIC, &better) < 0) {
		err_release(err);
		return err_move(err, &better);
	}
	return -1;
}

int public_key_load(const char *path, struct public_key **ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(KEY_TEXT_SIZE + 1);
	int r = file_load(AT_FDCWD, path, &text, err);

	if (r == FILE_ABSENT)
		return key_absent(path, KEY_HALF_PUBLIC, err);
	if (r < 0 && err->sys == EISDIR)
		return err_hint(err, "it is a folder: name the key in it");
	if (r < 0 && err->code == ERR_LIMIT)
		return err_hint(err, "a public key is a file NAME.pub, as 'ingot keygen -o NAME' "
				     "makes it");
	if (r < 0)
		return -1;
	if (public_key_parse(buf_bytes(&text), path, ret, err) == 0)
		return 0;
	/* DER, that is: what is a certificate or a private key is known when it is no public one */
	if (!err->hint && text.len && text.ptr[0] == 0x30)
		return other_der(buf_bytes(&text), path, err);
	return -1;
}

int public_key_from_ed25519(struct bytes raw, struct public_key **ret, struct error *err)
{
	CLEANUP_EVP_PKEY EVP_PKEY *pkey = NULL;

	if (raw.len != 32)
		return err_set(err, ERR_KEY, "an Ed25519 key of %zu bytes, and not 32", raw.len);
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.ptr, raw.len);
	if (!pkey)
		abort(); /* only for lack of memory */
	return public_key_of(pkey, ret, err);
}

void public_key_free(struct public_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	buf_release(&k->der);
	free(k);
}

/* ---- telling ---- */

enum key_type public_key_type(const struct public_key *k)
{
	return k->type;
}

const char *key_type_name(enum key_type type)
{
	static const char *const names[] = {
		[KEY_ED25519] = "Ed25519",
		[KEY_ECDSA_P256] = "ECDSA P-256",
		[KEY_RSA] = "RSA",
	};

	return names[type];
}

const struct digest *public_key_id(const struct public_key *k)
{
	return &k->id;
}

struct bytes public_key_der(const struct public_key *k)
{
	return buf_bytes(&k->der);
}

void public_key_pem(const struct public_key *k, struct buf *to)
{
	CLEANUP_BUF struct buf text = BUF_INIT(KEY_TEXT_SIZE);

	base64_encode(buf_bytes(&k->der), &text);
	buf_printf(to, "%s\n", pem_begin);
	for (size_t i = 0; i < text.len; i += PEM_LINE) {
		size_t len = text.len - i < PEM_LINE ? text.len - i : PEM_LINE;

		buf_add(to, text.ptr + i, len);
		buf_add_char(to, '\n');
	}
	buf_printf(to, "%s\n", pem_end);
}

struct bytes public_key_ed25519(const struct public_key *k)
{
	/* RFC 8410: an Ed25519 key is the last 32 of its 44 bytes */
	if (k->type != KEY_ED25519)
		return (struct bytes){ 0 };
	assert(k->der.len == 44);
	return (struct bytes){ k->der.ptr + 12, 32 };
}
