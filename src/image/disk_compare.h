#pragma once

/* image/disk_compare.h - a sink that compares what it gets with what is there. */

#include "io/sink.h"
#include "io/window.h"

/* Ranges that are passed over where the sink gets a hole: ascending, in bytes of the window. */
struct disk_contents {
	bool (*next)(struct disk_contents *c, uint64_t *ret_offset, uint64_t *ret_size);
};

/*
 * All borrowed until close; @contents may be NULL. The first other byte is ERR_UNACCOUNTED with
 * its offset in the file and @what: "the root is not what follows from its files". Owned.
 */
struct sink *disk_compare(const struct window *there, const char *what,
			  struct disk_contents *contents);
