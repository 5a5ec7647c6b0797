/* The protocol is in docs/keys.md. */
#include <assert.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "crypto/ecdsa_form.h"
#include "crypto/hash.h"
#include "crypto/signer_private.h"
#include "io/program_ask.h"

#define ANSWER_MAX 65536    /* bytes */
#define COMMAND_TIMEOUT 120 /* seconds: somebody may have to touch a token */

static const char *const algorithms[] = {
	[KEY_ED25519] = "ed25519",
	[KEY_ECDSA_P256] = "ecdsa-p256-sha256",
	[KEY_RSA] = "rsa-pkcs1-sha256",
};

/* ---- the question ---- */

static void put_message(struct buf *to, const struct public_key *k, struct bytes message)
{
	struct digest d = hash_bytes(message);
	char hex[DIGEST_HEX_MAX];

	buf_printf(to, "algorithm %s\n", algorithms[public_key_type(k)]);
	buf_printf(to, "key-id %s\n", digest_hex(public_key_id(k), hex));
	buf_printf(to, "sha256 %s\n", digest_hex(&d, hex));
	buf_add_cstr(to, "message ");
	base64_encode(message, to);
	buf_add_char(to, '\n');
}

static int put_question(const char *command, struct bytes question, struct buf *to,
			struct error *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	const struct program_question q = {
		.argv = argv,
		.input = question,
		.timeout = COMMAND_TIMEOUT,
		.answer_max = ANSWER_MAX,
		.failure = ERR_KEY,
	};

	return program_ask(&q, to, err);
}

/* ---- the answer ---- */

/* One line "NAME VALUE"; white space around it is nothing. */
static int split(struct buf *answer, struct str *name, struct str *value, struct error *err)
{
	struct str line = str_trim(buf_str(answer));
	size_t at = str_find_char(line, ' ');

	if (line.len == 0)
		return err_set(err, ERR_KEY, "it said nothing");
	if (at == line.len || str_find_char(line, '\n') < line.len)
		return err_set(err, ERR_KEY,
			       "it did not answer with one line: a name, a blank, a value");
	*name = (struct str){ line.ptr, at };
	*value = str_trim((struct str){ line.ptr + at, line.len - at });
	if (str_equal(*name, STR("error")))
		return err_set(err, ERR_KEY, "it says: " STR_FMT, STR_ARG(*value));
	return 0;
}

static int unexpected(struct str name, const char *wanted, struct error *err)
{
	err_set(err, ERR_KEY, "it answered with '" STR_FMT "', and not with '%s'", STR_ARG(name),
		wanted);
	return err_hint(err, "docs/keys.md has the protocol of --signer");
}

static int take_base64(struct str value, const char *what, struct buf *to, struct error *err)
{
	if (base64_decode(value, /* url_safe= */ false, to))
		return 0;
	return err_set(err, ERR_KEY, "its %s is not base64 (RFC 4648, on one line)", what);
}

static int ask_key(const char *command, struct public_key **ret, struct error *err)
{
	CLEANUP_BUF struct buf answer = BUF_INIT(ANSWER_MAX + 65536);
	CLEANUP_BUF struct buf der = BUF_INIT(ANSWER_MAX);
	struct str name, value;

	if (put_question(command, str_bytes(STR("ingot-signer 1\nrequest public-key\n")), &answer,
			 err) < 0 ||
	    split(&answer, &name, &value, err) < 0)
		return -1;
	if (!str_equal(name, STR("public-key")))
		return unexpected(name, "public-key", err);
	if (take_base64(value, "public key", &der, err) < 0)
		return -1;
	return public_key_parse(buf_bytes(&der), command, ret, err);
}

static int take_raw(struct bytes raw, struct buf *to, struct error *err)
{
	struct ecdsa_form f = { 0 };

	if (ecdsa_decode_raw(raw, &f, err) < 0)
		return -1;
	ecdsa_encode(&f, to);
	return 0;
}

static int take_signature(const struct public_key *k, struct str name, struct bytes data,
			  struct buf *to, struct error *err)
{
	bool is_raw = str_equal(name, STR("signature-rs"));

	if (!is_raw && !str_equal(name, STR("signature")))
		return unexpected(name, "signature", err);
	if (is_raw && public_key_type(k) == KEY_ECDSA_P256)
		return take_raw(data, to, err);
	if (data.len > to->max)
		return err_set(err, ERR_KEY, "its signature has %zu bytes", data.len);
	buf_add(to, data.ptr, data.len);
	return 0;
}

static int ask_signature(const char *command, const struct public_key *k, struct bytes message,
			 struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf question = BUF_INIT(message.len / 3 * 4 + 1024);
	CLEANUP_BUF struct buf answer = BUF_INIT(ANSWER_MAX + 65536);
	CLEANUP_BUF struct buf signature = BUF_INIT(ANSWER_MAX);
	struct str name, value;

	buf_add_cstr(&question, "ingot-signer 1\nrequest sign\n");
	put_message(&question, k, message);
	if (put_question(command, buf_bytes(&question), &answer, err) < 0 ||
	    split(&answer, &name, &value, err) < 0 ||
	    take_base64(value, "signature", &signature, err) < 0)
		return -1;
	return take_signature(k, name, buf_bytes(&signature), to, err);
}

int signer_by_command(const char *command, const struct bytes *messages, size_t n,
		      struct buf *signatures, struct public_key **ret_key, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;

	if (ask_key(command, &k, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (ask_signature(command, k, messages[i], &signatures[i], err) < 0)
			return -1;
	*ret_key = TAKE_PTR(k);
	return 0;
}
