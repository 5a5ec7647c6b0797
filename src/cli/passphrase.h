#pragma once

/* cli/passphrase.h - a secret from the person at the terminal. */

#include "base/attr.h"

/*
 * Asks on the terminal, without an echo. NULL if there is no terminal, or nothing was typed.
 * Owned, passphrase_free().
 */
char *passphrase_ask(const char *question);
void passphrase_free(char *secret); /* wipes; NULL is allowed */
static inline void cleanup_passphrase(char **secret)
{
	passphrase_free(*secret);
}
#define CLEANUP_PASSPHRASE CLEANUP(cleanup_passphrase)
