#pragma once

/*
 * crypto/signer.h - who signs: a key file that a child process opens, or a command.
 *
 * Spec: design.md, section 10; formats B4; docs/keys.md (the protocol of --signer).
 * Ed25519 and RSA signatures are deterministic; ECDSA ones are random, with s made low.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "crypto/key_child.h"
#include "crypto/public_key.h"

struct signer {
	struct key_source key; /* key.path: PKCS#8 PEM, 0600; NULL with @command */
	const char *command;   /* of --signer exec:CMD, run by /bin/sh -c; or NULL */
};

/*
 * Signs each of @messages, in one child process (one question to the command each), checks
 * every signature with the public key, and gives it. @signatures: @n buffers, appended to.
 * *ret_key owned. Call it while no other thread runs.
 *
 * Errors: ERR_KEY no such key, others can read the file, the command fails or answers
 * nonsense; ERR_PASSPHRASE none, or the wrong one; ERR_SIGNATURE what came is no signature
 * by its key.
 */
int signer_sign(const struct signer *s, const struct bytes *messages, size_t n,
		struct buf *signatures, struct public_key **ret_key,
		struct error *err) MUST_CHECK;

/* Only the public key; asks the child or the command. *ret owned. */
int signer_public_key(const struct signer *s, struct public_key **ret,
		      struct error *err) MUST_CHECK;

/*
 * A new key: PKCS#8 PEM (encrypted if @passphrase is not NULL: PBES2, scrypt, AES-256-CBC)
 * into @private_pem, SubjectPublicKeyInfo PEM into @public_pem. KEY_RSA is not made here:
 * ERR_USAGE. In a child process; @private_pem must be wiped with key_wipe().
 */
int key_generate(enum key_type type, const char *passphrase, struct buf *private_pem,
		 struct buf *public_pem, struct error *err) MUST_CHECK;
void key_wipe(struct buf *secret); /* and releases it */
