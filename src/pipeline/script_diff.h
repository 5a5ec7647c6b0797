#pragma once

/* pipeline/script_diff.h - two texts of a script, line by line. */

#include "base/buf.h"
#include "base/bytes.h"

/*
 * Appends what changed, each line behind @prefix: "- " gone, "+ " new, "  " two lines
 * around. At most @max lines, then how many more there are.
 */
void script_diff(struct str before, struct str after, const char *prefix, size_t max,
		 struct buf *to);
