#pragma once

/*
 * attest/line_diff.h - which lines two texts have in common. Pure.
 *
 * E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), section 4b: the
 * fewest changed lines there can be, in linear space. Texts that are too unlike for that get
 * more changed lines than they need, but a bounded time.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

#define LINE_DIFF_LINES_MAX (4u << 20) /* of both texts; 200 bytes of memory each */

struct line_diff_side {
	struct str *lines; /* with their line ends; views into the text */
	uint32_t *ids;     /* lines of both sides with one id are equal */
	bool *changed;
	size_t n;
};

struct line_diff {
	struct line_diff_side a, b; /* their unchanged lines are the same, in the same order */
};

/* In @arena. False, and nothing is done, if there are more than LINE_DIFF_LINES_MAX. */
bool line_diff(struct str a, struct str b, struct arena *arena, struct line_diff *ret);

/*
 * Marks what changed, with the ids at hand. Of line_diff(), in a file of its own.
 * @a and @b hold n_a and n_b ids; changed_a[place_a[i]] belongs to a[i].
 */
struct line_diff_ids {
	const uint32_t *ids;
	const uint32_t *places;
	size_t n;
	bool *changed;
};
void line_diff_mark(const struct line_diff_ids *a, const struct line_diff_ids *b);
