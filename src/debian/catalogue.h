#pragma once

/*
 * debian/catalogue.h - what known maintainer scripts do on a fresh install.
 *
 * Spec: docs/effects.md. An entry holds for scripts with exactly one of its
 * SHA-256 digests and for no other text: a changed script is reported as not
 * evaluated, never guessed.
 */

#include "base/bytes.h"
#include "base/digest.h"

struct catalogue_entry {
	const char *package, *script; /* "nginx-common", "postinst" */
	const char *digests;          /* hex, each followed by a blank */
	/*
	 * One a line, in order; "": no effect. Or the same program written in shell ("#!"),
	 * or lines "line N TEXT", which stand in the place of the script's own.
	 */
	const char *operations;
};

/* NULL if the script is not known. */
const struct catalogue_entry *catalogue_find(struct str package, struct str script,
					     const struct digest *digest);

/* All entries, for checks. */
const struct catalogue_entry *catalogue_all(size_t *ret_n);

/* Whether there is an entry for any text of this script. */
bool catalogue_knows(struct str package, struct str script);
