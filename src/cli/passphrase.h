#pragma once

/* cli/passphrase.h - a secret from the person at the terminal. */

/*
 * Asks on the terminal, without an echo. NULL if there is no terminal, or nothing was typed.
 * Owned.
 */
char *passphrase_ask(const char *question);
