#pragma once

/*
 * pipeline/keyring.h - the workspace's copies of OpenPGP keyrings.
 *
 * Spec: design.md, section 3: recipes/keys/NAME.pgp is copied from the host's
 * /usr/share/keyrings on first use, said out loud; builds use the copy.
 */

#include "pipeline/context.h"
#include "recipe/recipe.h"

#define KEYRING_SIZE_MAX (4u << 20) /* bytes; Debian's is 60 KiB */

/*
 * The keyring of @source. With @copy a missing one is taken from the host and
 * written to the workspace; without, it is only read from there.
 *
 * Errors: ERR_RECIPE_FILE at the source if there is none.
 */
int keyring_load(const struct context *c, const struct recipe_source *source, bool copy,
		 struct buf *ret, struct error *err) MUST_CHECK;

/* The host's, of no workspace; *ret_path is its name, owned. Errors: as above. */
int keyring_host(const struct recipe_source *source, struct buf *ret, char **ret_path,
		 struct error *err) MUST_CHECK;

/* "keys/NAME.pgp", relative to recipes/. Owned. */
char *keyring_path(const struct recipe_source *source);
