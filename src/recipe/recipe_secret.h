#pragma once

/* recipe/recipe_secret.h - a recipe can't hold a secret (design 4). */

#include <stdbool.h>

#include "base/bytes.h"

#define SECRET_HINT                                                                       \
	"recipes and images are read by many: mount secrets where the image runs, and give " \
	"signing keys on the command line"

/* Does @text hold the head of a private key: PEM, OpenSSH or PGP? */
bool secret_in_text(struct str text);
