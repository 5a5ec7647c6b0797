#pragma once

/*
 * pipeline/output_hint.h - what people name by mistake where an output is wanted.
 *
 * A misspelt name, a folder, a name in a registry, a signature, a lock, a recipe, a key: the
 * error says what is wrong with it, and this what to name instead.
 */

#include <stdbool.h>

#include "base/error.h"

/*
 * Adds to *err, over the file @path, what to do about it, if nothing is said yet; looks at what
 * lies there, and what lies beside it. Errors that are not about what it is stay as they are.
 * Returns -1.
 */
int output_hint(const char *path, struct error *err);

/* Whether it must mean a file, though there is none: "web.oci.tar" is the name of no recipe. */
bool output_is_name(const char *path);
