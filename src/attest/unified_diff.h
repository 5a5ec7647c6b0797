#pragma once

/*
 * attest/unified_diff.h - two texts as a unified diff, for people. Pure.
 *
 * Format: POSIX.1-2017, diff, "Diff -u Output Format", from the first "@@" on; three lines of
 * context. Made safe for terminals (base/text.h; tabs stay). Of long lines a part is shown,
 * of changed ones the part that changed.
 */

#include "base/arena.h"
#include "base/bytes.h"

#define UNIFIED_DIFF_LINE_MAX 400u       /* bytes that are shown of a line */
#define UNIFIED_DIFF_TEXT_MAX (64u << 10) /* bytes of all; it is cut behind a line */

struct unified_diff {
	struct str text; /* in the arena */
	size_t n_added, n_removed; /* lines, also those that are cut off */
	bool is_cut;
};

/* False if the texts have too many lines. */
bool unified_diff(struct str a, struct str b, struct arena *arena, struct unified_diff *ret);
