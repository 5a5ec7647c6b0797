#include "cli/signer_option.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/passphrase.h"
#include "cli/progress.h"
#include "io/interrupt.h"

#define TRIES 3

static int read_command(const char *text, struct signer *ret, struct error *err)
{
	static const char scheme[] = "exec:";

	if (strncmp(text, scheme, strlen(scheme)) == 0 && text[strlen(scheme)]) {
		ret->command = text + strlen(scheme);
		return 0;
	}
	err_set(err, ERR_USAGE, "--signer takes exec:CMD, and not '%s'", text);
	return err_hint(err, "docs/keys.md says what CMD is asked and what it answers");
}

static int read_options(struct app *app, const char *key_option, struct signer *ret,
			struct error *err)
{
	const char *command = app_value(app, "signer");

	ret->key.path = app_value(app, key_option);
	ret->key.passphrase_path = app_value(app, "passphrase-file");
	if (command && ret->key.path)
		return err_set(err, ERR_USAGE, "--%s and --signer are two signers: give one",
			       key_option);
	if (command && ret->key.passphrase_path)
		return err_set(err, ERR_USAGE,
			       "--passphrase-file is for a key in a file: a "
			       "command must get its PIN in another way");
	if (!command && !ret->key.path && ret->key.passphrase_path)
		return err_set(err, ERR_USAGE, "--passphrase-file without --%s", key_option);
	return command ? read_command(command, ret, err) : 0;
}

/* A pipe gives its line once, and each signature has a child of its own that opens the key. */
static int take_from_pipe(struct signer *s, struct error *err)
{
	const char *path = s->key.passphrase_path;
	struct stat st;
	char *text;

	if (!path || stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return 0;
	if (key_passphrase_load(path, &text, err) < 0)
		return err_while(err, "signing with '%s'", s->key.path);
	s->key.passphrase = text;
	s->key.passphrase_path = NULL;
	return 0;
}

static int no_passphrase(struct error *err)
{
	if (interrupted()) {
		err_release(err);
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	}
	return err_hint(err, "'--passphrase-file FILE' reads it from the first line of FILE");
}

/* False: there is nobody to ask, or no wish to answer. */
static bool ask(struct app *app, struct signer *s)
{
	if (app_value(app, "passphrase-file"))
		return false;
	progress_pause(app->progress);
	signer_option_wipe(s);
	s->key.passphrase =
		passphrase_ask(arena_printf(&app->arena, "passphrase of %s: ", s->key.path));
	return s->key.passphrase;
}

int signer_option(struct app *app, const char *key_option, struct signer *ret,
		  struct public_key **ret_key, struct error *err)
{
	CLEANUP_SIGNER struct signer s = { 0 };

	*ret_key = NULL;
	if (read_options(app, key_option, &s, err) < 0 || take_from_pipe(&s, err) < 0)
		return -1;
	if (!s.command && !s.key.path)
		return *ret = s, 0;
	for (int tries = 0; signer_public_key(&s, ret_key, err) < 0; tries++) {
		if (err->code != ERR_PASSPHRASE)
			return -1;
		if (tries == TRIES || !ask(app, &s))
			return no_passphrase(err);
		err_release(err);
	}
	*ret = s;
	s = (struct signer){ 0 };
	return 0;
}

void signer_option_wipe(struct signer *s)
{
	passphrase_free((char *)(uintptr_t)s->key.passphrase); /* ours: from ask() */
	s->key.passphrase = NULL;
}
