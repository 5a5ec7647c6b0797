#pragma once

/*
 * cli/signer_option.h - who signs, by the options of a command.
 *
 * --key or --sign-key FILE with --passphrase-file FILE, or --signer exec:CMD. Rows for the
 * table of commands are SIGNER_OPTIONS.
 */

#include "base/error.h"
#include "cli/app.h"
#include "crypto/signer.h"

#define SIGNER_OPTIONS                                                                      \
	{ "signer", 0, "exec:CMD", "sign by the command CMD (HSM, KMS; see docs/keys.md)" }, \
	{ "passphrase-file", 0, "FILE", "the key's passphrase is the first line of FILE" }

/*
 * signer_option() - the signer that the user names, and its public key
 * @key_option: "key", "sign-key"
 * @ret_key:    NULL if no signer is given; owned
 *
 * The key is opened at once, so that what is wrong with it is known before work is done.
 * If it is encrypted and there is no --passphrase-file, the passphrase is asked for at the
 * terminal, three times at most. *ret borrows from @app, and is wiped by
 * signer_option_wipe(). Call it while no other thread runs.
 *
 * Errors: ERR_USAGE both a key and a command, another scheme than exec:, a passphrase
 * without a key; those of signer_public_key().
 */
int signer_option(struct app *app, const char *key_option, struct signer *ret,
		  struct public_key **ret_key, struct error *err) MUST_CHECK;

void signer_option_wipe(struct signer *s); /* the passphrase */
#define CLEANUP_SIGNER CLEANUP(signer_option_wipe)
