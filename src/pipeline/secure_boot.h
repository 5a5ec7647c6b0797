#pragma once

/*
 * pipeline/secure_boot.h - the signature for the unified kernel image of a disk.
 *
 * Spec: design.md, section 9. A signature lies beside the recipe, under the digest of what it
 * signs: recipes/NAME.signatures/<Authenticode SHA-256>.p7s. Whoever makes the same image
 * finds it there and makes the same signed disk, without the private key.
 */

#include "base/buf.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"

struct secure_boot_options {
	const char *key;	     /* --secure-boot-key: PEM, or NULL */
	const char *certificate;     /* --secure-boot-cert: PEM or DER, or NULL */
	const char *passphrase;	     /* of the key, or NULL */
	const char *passphrase_path; /* of a file with it, or NULL */
};

/*
 * secure_boot_signature() - the signature over @authenticode, found or made
 *
 * One that is there is taken if it is by the wanted certificate: the one of @options, else
 * the one of the recipe's secure_boot, else any. If none fits and there is a key, a child
 * process signs, with @epoch as signing time, and the signature is stored. Without a key
 * and a file *ret_found is false: the disk stays unsigned, and one note says so.
 *
 * Call it while no other thread runs.
 *
 * Errors: ERR_SIGNATURE a stored one is wrong or by another certificate; ERR_KEY; ERR_USAGE
 * a key without a certificate; ERR_RECIPE_FILE; ERR_IO it can't be stored.
 */
int secure_boot_signature(struct context *c, const struct recipe *r,
			  const struct recipe_target *target,
			  const struct secure_boot_options *options,
			  const struct digest *authenticode, int64_t epoch, struct buf *ret_p7s,
			  bool *ret_found, struct error *err) MUST_CHECK;
