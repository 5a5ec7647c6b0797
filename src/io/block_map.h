#pragma once

/*
 * io/block_map.h - which blocks of a window hold anything but zeros.
 *
 * For formats that leave zeros out and have to know their size before their first
 * byte. Zeros decide, not what the file system says of holes: the same bytes give the
 * same map wherever they lie.
 */

#include "io/window.h"

struct block_map {
	struct window window;
	uint32_t block_size; /* bytes; a power of two */
	uint64_t n;          /* blocks; the last may be shorter */
	uint64_t n_data;     /* of them that hold anything */
	uint8_t *bits;
};

/* Reads the window once. *ret is to be released. ERR_LIMIT above 64 TiB. */
int block_map_make(const struct window *w, uint32_t block_size, struct block_map *ret,
		   struct error *err) MUST_CHECK;
void block_map_release(struct block_map *m);
#define CLEANUP_BLOCK_MAP CLEANUP(block_map_release)

bool block_map_has(const struct block_map *m, uint64_t i);

/* Block @i, block_size bytes; behind the end of the window are zeros. */
int block_map_read(const struct block_map *m, uint64_t i, uint8_t *to,
		   struct error *err) MUST_CHECK;
