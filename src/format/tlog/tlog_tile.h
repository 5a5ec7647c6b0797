#pragma once

/*
 * format/tlog/tlog_tile.h - the files in which a log's hashes and entries lie.
 *
 * Spec:    c2sp.org/tlog-tiles ("Merkle Tree", "Partial Tiles", "Log entries").
 * Units:   256 hashes or entries a tile; entries of at most 65,535 bytes.
 * Bytes:   a tile is its hashes; an entry bundle is entries, each behind its length in two
 *          bytes, big-endian.
 * Depends: base/.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

#define TLOG_TILE_WIDTH 256
#define TLOG_ENTRY_MAX 65535					 /* bytes */
#define TLOG_BUNDLE_MAX (TLOG_TILE_WIDTH * (TLOG_ENTRY_MAX + 2)) /* bytes */
#define TLOG_TILE_PATH_MAX 96
#define TLOG_ENTRIES (-1) /* in place of a level */

/*
 * "tile/0/x001/234" or "tile/entries/000.p/17". @width: 1 to 256. Returns @text.
 */
char *tlog_tile_path(int level, uint64_t index, unsigned width,
		     char text[static TLOG_TILE_PATH_MAX]);

void tlog_bundle_add(struct buf *to, struct bytes entry);
/* Takes the next entry (borrowed) off *rest. False: it is cut short. */
bool tlog_bundle_next(struct bytes *rest, struct bytes *ret);
