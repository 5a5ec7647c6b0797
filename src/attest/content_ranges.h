#pragma once

/*
 * attest/content_ranges.h - the ranges of bytes that differ, collected. Pure.
 *
 * Only the first CONTENT_DIFF_RANGES are kept, all are counted.
 */

#include "attest/content_diff.h"

#define CONTENT_RANGES_NEAR 16 /* equal bytes between two ranges that are told as one */

struct content_ranges {
	struct content_diff_range first[CONTENT_DIFF_RANGES];
	size_t n, n_all;
	uint64_t last_end; /* of the last one, whether kept or not */
	uint64_t n_bytes;  /* that differ, without those in between */
};

/*
 * Where @a and @b differ, up to the shorter one. @base is added to each offset. Ranges come
 * in rising order of offset, also those of several calls.
 */
void content_ranges_compare(struct content_ranges *r, struct bytes a, struct bytes b,
			    uint64_t base);

/* What comes next is told for itself, however near. */
static inline void content_ranges_part(struct content_ranges *r)
{
	r->last_end = UINT64_MAX;
}

void content_ranges_add(struct content_ranges *r, uint64_t start, uint64_t end);
