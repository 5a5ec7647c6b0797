#pragma once

/* pipeline/key_files.h - a new key's two files: NAME.pem (0600) and NAME.pub (0644). */

#include "base/bytes.h"
#include "base/error.h"

/*
 * Both or none; modes whatever the umask is; nothing that exists is overwritten. @name is a
 * path without ending, relative to the current folder. @private_pem: len 0 for none.
 *
 * Errors: ERR_KEY one of them is there already; ERR_IO.
 */
int key_files_create(const char *name, struct bytes private_pem, struct bytes public_pem,
		     struct error *err) MUST_CHECK;
/* Whether it would say ERR_KEY: before somebody types a passphrase twice. */
int key_files_check(const char *name, bool with_private, struct error *err) MUST_CHECK;
