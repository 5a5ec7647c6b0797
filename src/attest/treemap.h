#pragma once

/*
 * attest/treemap.h - sizes as areas of one rectangle. Pure, by integers.
 *
 * M. Bruls, K. Huizing, J. van Wijk, "Squarified Treemaps" (2000): cells are as near to
 * squares as can be, so that their areas can be compared by eye.
 */

#include <stddef.h>
#include <stdint.h>

#define TREEMAP_SIDE_MAX 20000u /* units of a side */

struct treemap_cell {
	uint32_t x, y, width, height; /* units; a very small one may have none */
};

/*
 * @sizes: falling, none 0, their sum below 2^63. @width and @height: at most
 * TREEMAP_SIDE_MAX. The cells fill the rectangle and don't overlap.
 */
void treemap(const uint64_t *sizes, size_t n, uint32_t width, uint32_t height,
	     struct treemap_cell *ret);
