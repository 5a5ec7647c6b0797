#include "attest/content_ranges.h"

#define STEP 4096u /* bytes that are compared at once: nearly all are equal */

void content_ranges_add(struct content_ranges *r, uint64_t start, uint64_t end)
{
	bool near = r->n_all && start >= r->last_end && start - r->last_end <= CONTENT_RANGES_NEAR;

	r->n_bytes += end - start;
	r->last_end = end;
	if (near) {
		if (r->n_all == r->n)
			r->first[r->n - 1].end = end;
		return;
	}
	r->n_all++;
	if (r->n < CONTENT_DIFF_RANGES)
		r->first[r->n++] = (struct content_diff_range){ .start = start, .end = end };
}

void content_ranges_compare(struct content_ranges *r, struct bytes a, struct bytes b, uint64_t base)
{
	size_t len = a.len < b.len ? a.len : b.len, i = 0;

	while (i < len) {
		size_t step = len - i < STEP ? len - i : STEP, start;

		if (memcmp(a.ptr + i, b.ptr + i, step) == 0) {
			i += step;
			continue;
		}
		while (a.ptr[i] == b.ptr[i])
			i++;
		for (start = i; i < len && a.ptr[i] != b.ptr[i];)
			i++;
		content_ranges_add(r, base + start, base + i);
	}
}
