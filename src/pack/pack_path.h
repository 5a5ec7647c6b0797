#pragma once

/* pack/pack_path.h - names in archives, checked once (formats D1). */

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"

/*
 * The normal form of @raw into @to (NUL-terminated); @ret views into it. @what
 * is for messages. ERR_FORMAT for an absolute name or "..", ERR_LIMIT above
 * LIMIT_PATH_MAX or LIMIT_NAME_MAX.
 */
int path_normalise(struct str raw, const char *what, char to[static LIMIT_PATH_MAX + 1],
		   struct str *ret, struct error *err) MUST_CHECK;

/* Whether @path is in normal form ("" is: the root). */
bool path_is_normal(struct str path);
