#pragma once

/* pipeline/identify_hint.h - what a file seems to be that can't be looked into, and what to do. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/error.h"

/*
 * Whether @fd is known to be no image and no raw disk with a GPT: then *err says what it seems to
 * be, and what makes something of it that can be read (ERR_UNSUPPORTED). Of all else *err is left
 * alone. @path: for messages.
 */
bool identify_is_other(int fd, const char *path, struct error *err);
