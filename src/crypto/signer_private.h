#pragma once

/* crypto/signer_private.h - the two ways to a signature, for crypto/signer.c. */

#include "crypto/signer.h"

/*
 * Both give the public key (*ret_key owned) and append @n signatures as the key or the
 * command made them: nothing is checked or normalised. Errors as signer_sign().
 */
int signer_by_key(const struct key_source *source, const struct bytes *messages, size_t n,
		  struct buf *signatures, struct public_key **ret_key,
		  struct error *err) MUST_CHECK;
int signer_by_command(const char *command, const struct bytes *messages, size_t n,
		      struct buf *signatures, struct public_key **ret_key,
		      struct error *err) MUST_CHECK;
