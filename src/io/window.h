#pragma once

/*
 * io/window.h - a part of a file that is read anywhere, in any order.
 *
 * For readers of formats that have addresses: a partition of a disk, a file
 * system in it. Nothing is cached; the file must not change meanwhile.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

struct window {
	int fd;             /* borrowed */
	const char *name;   /* for messages; borrowed */
	uint64_t offset;    /* bytes into the file */
	uint64_t size;      /* bytes */
};

/* Exactly @size bytes at @offset of the window; ERR_FORMAT if they are not all inside. */
int window_read(const struct window *w, uint64_t offset, uint8_t *to, size_t size,
		struct error *err) MUST_CHECK;

/* A part of it; ERR_FORMAT if it is not inside. */
int window_part(const struct window *w, uint64_t offset, uint64_t size, struct window *ret,
		struct error *err) MUST_CHECK;

/*
 * Where the next byte may lie that is not zero, at or after @offset: w->size if the file
 * has only holes from there. A hint that saves reading: what it does not pass over may
 * still be zeros. Moves the position of the file, which nothing here uses.
 */
uint64_t window_next_data(const struct window *w, uint64_t offset);
