#include "attest/treemap.h"

#include <assert.h>
#include <stdbool.h>

typedef unsigned __int128 wide;

struct rest {
	uint32_t x, y, width, height;
	uint64_t total; /* of the sizes that have no cell yet */
};

static uint32_t share(uint32_t length, uint64_t part, uint64_t total)
{
	return (uint32_t)((wide)length * part / total);
}

static uint64_t area(const struct rest *r, uint64_t size)
{
	uint64_t a = (uint64_t)((wide)size * r->width * r->height / r->total);

	return a ? a : 1;
}

/*
 * The worst ratio of sides in a row of sizes from @max to @min, which add up to @sum, along a
 * side of @length: as a fraction.
 */
static void worst(const struct rest *r, uint32_t length, uint64_t sum, uint64_t max, uint64_t min,
		  wide *ret_top, wide *ret_bottom)
{
	wide s = area(r, sum), square = s * s, l = (wide)length * length;
	wide large = l * area(r, max), small = l * area(r, min);

	/* large / square or square / small. */
	if (large * small > square * square) {
		*ret_top = large;
		*ret_bottom = square;
	} else {
		*ret_top = square;
		*ret_bottom = small;
	}
}

/* How many sizes make the row whose worst cell is best. */
static size_t row_length(const struct rest *r, const uint64_t *sizes, size_t n, uint64_t *ret_sum)
{
	uint32_t length = r->width < r->height ? r->width : r->height;
	uint64_t sum = sizes[0];
	wide top, bottom;
	size_t k = 1;

	worst(r, length, sum, sizes[0], sizes[0], &top, &bottom);
	for (; k < n; k++) {
		wide next_top, next_bottom;

		worst(r, length, sum + sizes[k], sizes[0], sizes[k], &next_top, &next_bottom);
		if (next_top * bottom > top * next_bottom)
			break;
		top = next_top;
		bottom = next_bottom;
		sum += sizes[k];
	}
	*ret_sum = sum;
	return k;
}

/* Along the shorter side. Ends are rounded, not sizes: no gap and no overlap can come of it. */
static void lay_row(struct rest *r, const uint64_t *sizes, size_t n, uint64_t sum,
		    struct treemap_cell *ret)
{
	bool upright = r->width >= r->height;
	uint32_t length = upright ? r->height : r->width;
	uint32_t thickness = share(upright ? r->width : r->height, sum, r->total);
	uint64_t before = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t start = share(length, before, sum);
		uint32_t end = share(length, before + sizes[i], sum);

		before += sizes[i];
		ret[i] = upright ? (struct treemap_cell){ r->x, r->y + start, thickness,
							  end - start }
				 : (struct treemap_cell){ r->x + start, r->y, end - start,
							  thickness };
	}
	if (upright) {
		r->x += thickness;
		r->width -= thickness;
	} else {
		r->y += thickness;
		r->height -= thickness;
	}
	r->total -= sum;
}

void treemap(const uint64_t *sizes, size_t n, uint32_t width, uint32_t height,
	     struct treemap_cell *ret)
{
	struct rest r = { 0, 0, width, height, 0 };

	assert(width && height && width <= TREEMAP_SIDE_MAX && height <= TREEMAP_SIDE_MAX);
	for (size_t i = 0; i < n; i++) {
		assert(sizes[i] && (i == 0 || sizes[i] <= sizes[i - 1]));
		r.total += sizes[i];
	}
	for (size_t i = 0; i < n;) {
		uint64_t sum;
		size_t k = row_length(&r, sizes + i, n - i, &sum);

		lay_row(&r, sizes + i, k, sum, ret + i);
		i += k;
	}
}
