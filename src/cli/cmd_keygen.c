#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/app.h"
#include "cli/passphrase.h"
#include "cli/signer_option.h"
#include "crypto/signer.h"
#include "io/interrupt.h"
#include "pipeline/key_files.h"

#define PASSPHRASE_FILE_MAX 65536

int cmd_keygen(struct app *app, int argc, char **argv, struct error *err);

struct made {
	const char *name; /* the path without ending */
	bool with_private, encrypted;
	struct public_key *key;
};

static int read_type(const struct app *app, enum key_type *ret, struct error *err)
{
	const char *text = app_value(app, "type");

	*ret = KEY_ED25519;
	if (!text || strcmp(text, "ed25519") == 0)
		return 0;
	*ret = KEY_ECDSA_P256;
	if (strcmp(text, "ecdsa-p256") == 0)
		return 0;
	err_set(err, ERR_USAGE, "there is no key type '%s': ed25519 or ecdsa-p256", text);
	if (strncmp(text, "rsa", 3) == 0)
		err_hint(err, "RSA keys are used, but not made: 'openssl genrsa' makes them");
	return -1;
}

/* "-o web.pem" means "-o web". */
static int read_name(struct app *app, const char **ret, struct error *err)
{
	struct str name = str_of(app_value(app, "output"));

	if (!name.len) {
		(void)err_set(err, ERR_USAGE, "how shall the key be called?");
		return err_hint(err, "-o NAME writes NAME.pem and NAME.pub");
	}
	if (str_has_suffix(name, STR(".pem")) || str_has_suffix(name, STR(".pub")))
		name.len -= 4;
	if (!name.len || name.ptr[name.len - 1] == '/') {
		(void)err_set(err, ERR_USAGE, "-o '%s' names no file", app_value(app, "output"));
		return err_hint(err, "-o FOLDER/NAME writes NAME.pem and NAME.pub there");
	}
	*ret = arena_printf(&app->arena, STR_FMT, STR_ARG(name));
	return 0;
}

/* ---- the passphrase ---- */

static int no_answer(struct error *err)
{
	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	err_set(err, ERR_PASSPHRASE, "no passphrase was given");
	return err_hint(err, "'--passphrase-file FILE' reads it from a file; "
			     "'--no-passphrase' makes a key that is not encrypted");
}

static int ask_twice(char **ret, struct error *err)
{
	CLEANUP_PASSPHRASE char *first = passphrase_ask("passphrase for the new key: ");
	CLEANUP_PASSPHRASE char *second = NULL;

	if (!first)
		return no_answer(err);
	second = passphrase_ask("the same again: ");
	if (!second)
		return no_answer(err);
	if (strcmp(first, second) != 0)
		return err_set(err, ERR_PASSPHRASE, "the two passphrases differ");
	*ret = TAKE_PTR(first);
	return 0;
}

/* NULL with --no-passphrase. */
static int read_passphrase(struct app *app, char **ret, struct error *err)
{
	const char *path = app_value(app, "passphrase-file");

	if (path && app_flag(app, "no-passphrase"))
		return err_set(err, ERR_USAGE,
			       "--passphrase-file and --no-passphrase exclude "
			       "each other");
	if (path)
		return key_passphrase_load(path, ret, err);
	return app_flag(app, "no-passphrase") ? 0 : ask_twice(ret, err);
}

/* ---- */

static int make_key(struct app *app, struct made *m, struct error *err)
{
	CLEANUP_PASSPHRASE char *passphrase = NULL;
	CLEANUP(key_wipe) struct buf private = BUF_INIT(KEY_ANSWER_MAX);
	CLEANUP_BUF struct buf public = BUF_INIT(KEY_ANSWER_MAX);
	enum key_type type;

	if (read_type(app, &type, err) < 0 || key_files_check(m->name, true, err) < 0 ||
	    read_passphrase(app, &passphrase, err) < 0 ||
	    key_generate(type, passphrase, &private, &public, err) < 0 ||
	    public_key_parse(buf_bytes(&public), m->name, &m->key, err) < 0)
		return -1;
	m->with_private = true;
	m->encrypted = passphrase;
	return key_files_create(m->name, buf_bytes(&private), buf_bytes(&public), err);
}

/* The key stays where it is; its public half is what others need. */
static int ask_command(struct app *app, struct made *m, struct error *err)
{
	CLEANUP_BUF struct buf public = BUF_INIT(KEY_ANSWER_MAX);
	CLEANUP_SIGNER struct signer s = { 0 };

	if (app_value(app, "type") || app_flag(app, "no-passphrase"))
		return err_set(err, ERR_USAGE,
			       "with --signer no key is made: only NAME.pub is "
			       "written");
	if (key_files_check(m->name, false, err) < 0 ||
	    signer_option(app, "key", &s, &m->key, err) < 0)
		return -1;
	public_key_pem(m->key, &public);
	return key_files_create(m->name, (struct bytes){ 0 }, buf_bytes(&public), err);
}

static void print_json(struct app *app, const struct made *m)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a);
	char hex[DIGEST_HEX_MAX];

	json_set(o, "type", json_text(a, key_type_name(public_key_type(m->key))));
	json_set(o, "key_id", json_text(a, digest_hex(public_key_id(m->key), hex)));
	json_set(o, "public_key", json_text(a, arena_printf(a, "%s.pub", m->name)));
	if (m->with_private) {
		json_set(o, "private_key", json_text(a, arena_printf(a, "%s.pem", m->name)));
		json_set(o, "encrypted", json_bool(a, m->encrypted));
	}
	app_print_json(app, "keygen", o);
}

static void print(struct app *app, const struct made *m)
{
	char hex[DIGEST_HEX_MAX];

	if (m->with_private)
		printf("private key  %s.pem  (%s, %s)\n", m->name,
		       key_type_name(public_key_type(m->key)),
		       m->encrypted ? "encrypted" : "not encrypted: keep it to yourself");
	printf("public key   %s.pub\n", m->name);
	printf("key id       %s\n", digest_hex(public_key_id(m->key), hex));
	if (!app->quiet && m->with_private)
		fprintf(stderr,
			"next: 'ingot build --sign-key %s.pem'; others check with "
			"'ingot verify FILE --key %s.pub'\n",
			m->name, m->name);
}

int cmd_keygen(struct app *app, int argc, char **argv, struct error *err)
{
	struct made m = { 0 };
	int r;

	(void)argc, (void)argv;
	if (read_name(app, &m.name, err) < 0)
		return -1;
	r = app_value(app, "signer") ? ask_command(app, &m, err) : make_key(app, &m, err);
	if (r == 0)
		(app->json ? print_json : print)(app, &m);
	public_key_free(m.key);
	return r;
}
