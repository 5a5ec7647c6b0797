/* Signing by a key file and by a command; keys that are made. */
#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/ecdsa_form.h"
#include "crypto/signer.h"
#include "unit/crypto/key_fixture.h"

static const char key_path[] = "key.pem";

/* A folder of its own is the current one; criterion gives each test a process. */
static void enter_folder(void)
{
	char path[] = "/tmp/ingot-signer.XXXXXX";

	cr_assert_not_null(mkdtemp(path));
	cr_assert_eq(chdir(path), 0);
}

static void leave_folder(void)
{
	CLEANUP_FREE char *path = getcwd(NULL, 0);

	unlink(key_path);
	unlink("other.pem");
	unlink("sign.sh");
	cr_assert_eq(rmdir(path), 0);
}

static void put(const char *name, struct bytes data)
{
	FILE *f = fopen(name, "w");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(data.ptr, 1, data.len, f), data.len);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(chmod(name, 0600), 0);
}

static void save_key(const char *name, EVP_PKEY *key, const char *passphrase)
{
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX);

	fixture_key_pem(key, passphrase, &pem);
	put(name, buf_bytes(&pem));
	EVP_PKEY_free(key);
}

struct signed_by {
	struct public_key *key;
	struct buf signature[2];
};

static const struct bytes messages[2] = { { (const uint8_t *)"one", 3 },
					  { (const uint8_t *)"two", 3 } };

static void sign_both(const struct signer *s, struct signed_by *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	*ret = (struct signed_by){ .signature = { BUF_INIT(4096), BUF_INIT(4096) } };
	cr_assert_eq(signer_sign(s, messages, 2, ret->signature, &ret->key, &err), 0, "%s",
		     err.message);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(signature_verify(ret->key, messages[i], buf_bytes(&ret->signature[i]),
					      &err),
			     0);
}

static void release(struct signed_by *s)
{
	public_key_free(s->key);
	buf_release(&s->signature[0]);
	buf_release(&s->signature[1]);
}

static void refused(const struct signer *s, enum err_code code, const char *says)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct buf out[2] = { BUF_INIT(4096), BUF_INIT(4096) };
	struct public_key *key = NULL;

	cr_assert_eq(signer_sign(s, messages, 2, out, &key, &err), -1, "%s: signed", says);
	cr_assert_eq(err.code, code, "%s: %s", says, err.message);
	cr_assert(strstr(err.message, says), "%s, and not: %s", err.message, says);
	buf_release(&out[0]);
	buf_release(&out[1]);
}

static const struct signer by_key = { .key = { .path = key_path, .passphrase = "secret" } };

Test(signer, ed25519_and_rsa_sign_the_same_way_twice)
{
	enter_folder();
	for (int i = 0; i < 2; i++) {
		struct signed_by a, b;

		save_key(key_path, i ? fixture_rsa(2048) : fixture_of_type("ED25519"), "secret");
		sign_both(&by_key, &a);
		sign_both(&by_key, &b);
		cr_assert(bytes_equal(buf_bytes(&a.signature[0]), buf_bytes(&b.signature[0])));
		cr_assert(bytes_equal(buf_bytes(&a.signature[1]), buf_bytes(&b.signature[1])));
		cr_assert_not(bytes_equal(buf_bytes(&a.signature[0]), buf_bytes(&a.signature[1])));
		release(&a);
		release(&b);
	}
	leave_folder();
}

Test(signer, ecdsa_signatures_have_a_low_s)
{
	enter_folder();
	save_key(key_path, fixture_of_type("EC"), "secret");
	for (int i = 0; i < 8; i++) { /* by chance in 1 of 2^16 */
		CLEANUP_ERR struct error err = ERR_INIT;
		struct ecdsa_form f = { 0 };
		struct signed_by s;

		sign_both(&by_key, &s);
		cr_assert_eq(ecdsa_decode(buf_bytes(&s.signature[0]), &f, &err), 0);
		cr_assert(ecdsa_is_low(&f));
		release(&s);
	}
	leave_folder();
}

Test(signer, a_missing_or_wrong_passphrase_has_an_error_of_its_own)
{
	enter_folder();
	save_key(key_path, fixture_of_type("ED25519"), "right");
	refused(&by_key, ERR_PASSPHRASE, "another passphrase");
	refused(&(struct signer){ .key.path = key_path }, ERR_PASSPHRASE, "no passphrase");
	leave_folder();
}

Test(signer, a_key_of_another_kind_does_not_sign)
{
	enter_folder();
	save_key(key_path, fixture_rsa(1024), NULL);
	refused(&by_key, ERR_KEY, "1024 bits");
	save_key(key_path, fixture_of_type("ED448"), NULL);
	refused(&by_key, ERR_KEY, "ED448");
	put(key_path, str_bytes(STR("nothing")));
	refused(&by_key, ERR_KEY, "not valid PEM");
	leave_folder();
}

Test(signer, made_keys_sign)
{
	static const enum key_type types[] = { KEY_ED25519, KEY_ECDSA_P256 };

	enter_folder();
	for (int i = 0; i < 4; i++) {
		CLEANUP(key_wipe) struct buf private = BUF_INIT(65536);
		CLEANUP_BUF struct buf public = BUF_INIT(65536), again = BUF_INIT(65536);
		CLEANUP_ERR struct error err = ERR_INIT;
		struct signed_by s;

		cr_assert_eq(key_generate(types[i % 2], i < 2 ? "secret" : NULL, &private, &public,
					  &err),
			     0, "%s", err.message);
		cr_assert_eq(!!strstr(buf_cstr(&private), "ENCRYPTED"), i < 2);
		put(key_path, buf_bytes(&private));
		sign_both(&by_key, &s);
		cr_assert_eq(public_key_type(s.key), types[i % 2]);
		public_key_pem(s.key, &again);
		cr_assert(bytes_equal(buf_bytes(&public), buf_bytes(&again)));
		release(&s);
	}
	leave_folder();
}

/* ---- commands ---- */

/* Signs by openssl with key.pem; RS makes raw r and s of it. */
static const char adapter[] =
	"while read -r name value; do case $name in\n"
	"request) request=$value;; message) message=$value;; algorithm) algorithm=$value;; esac\n"
	"done\n"
	"case $request in\n"
	"public-key) echo \"public-key $(openssl pkey -in ${1:-key.pem} -pubout -outform DER | "
	"base64 -w0)\";;\n"
	"sign) printf %s \"$message\" | base64 -d >message\n"
	"case $algorithm in ed25519) raw=-rawin;; *) raw='-rawin -digest sha256';; esac\n"
	"echo \"signature $(openssl pkeyutl -sign -inkey key.pem $raw -in message | base64 -w0)\"\n"
	"rm message;;\n"
	"esac\n";

Test(signer, a_command_signs)
{
	static const char *const types[] = { "ED25519", "EC", "RSA" };

	enter_folder();
	put("sign.sh", str_bytes(str_of(adapter)));
	for (int i = 0; i < 3; i++) {
		struct signed_by s;

		save_key(key_path, i == 2 ? fixture_rsa(2048) : fixture_of_type(types[i]), NULL);
		sign_both(&(struct signer){ .command = "sh sign.sh" }, &s);
		release(&s);
	}
	leave_folder();
}

Test(signer, a_command_that_signs_by_another_key_is_refused)
{
	enter_folder();
	put("sign.sh", str_bytes(str_of(adapter)));
	save_key(key_path, fixture_of_type("ED25519"), NULL);
	save_key("other.pem", fixture_of_type("ED25519"), NULL);
	refused(&(struct signer){ .command = "sh sign.sh other.pem" }, ERR_SIGNATURE,
		"does not fit");
	leave_folder();
}

Test(signer, what_a_command_does_wrong_is_said)
{
	static const struct {
		const char *command, *says;
	} cases[] = {
		{ "exit 3", "exit status 3" },
		{ "kill -9 $$", "signal 9" },
		{ "/nonexistent/command 2>/dev/null", "exit status 127" },
		{ "true", "said nothing" },
		{ "echo public-key", "one line" },
		{ "echo public-key a; echo more", "one line" },
		{ "echo 'public-key !!'", "not base64" },
		{ "echo 'public-key AAAA'", "no public key" },
		{ "echo 'signature AAAA'", "and not with 'public-key'" },
		{ "echo 'error the token is not there'", "it says: the token is not there" },
		{ "head -c 100000 /dev/zero", "says more than" },
		{ "yes", "says more than" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refused(&(struct signer){ .command = cases[i].command }, ERR_KEY, cases[i].says);
}
