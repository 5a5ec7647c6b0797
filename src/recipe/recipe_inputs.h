#pragma once

/* recipe/recipe_inputs.h - opening what a recipe names beside itself. */

#include <sys/stat.h>

#include "recipe/recipe.h"

/*
 * Opens @path (relative to recipes/, which is @folder) for reading, if it is a
 * file or a folder. Nothing else is ever opened: a device may act on it.
 *
 * Errors: ERR_RECIPE_FILE, ERR_RECIPE_PATH (a link, or outside), ERR_IO.
 */
int inputs_open(int folder, const char *path, struct stat *ret_st, int *ret_fd,
		struct error *err) MUST_CHECK;

/* ERR_RECIPE_FILE if the head of the open file @path has a private key. */
int inputs_check_secret(int fd, const char *path, struct error *err) MUST_CHECK;

/* Is everything that `from:` and `certificates:` name there? At their place. */
int inputs_check(int folder, const struct recipe *r, struct error *err) MUST_CHECK;
