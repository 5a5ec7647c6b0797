#pragma once

/* pipeline/log_private.h - a log's folder, for pipeline/log_*.c. */

#include "format/tlog/tlog_checkpoint.h"
#include "format/tlog/tlog_tile.h"
#include "format/tlog/tlog_tree.h"
#include "pipeline/log.h"

#define LOG_ENTRIES_MAX (1u << 22) /* their hashes are held in memory: 128 MiB */

struct log_folder {
	int fd;
	const char *path; /* borrowed */
	struct buf note;
	struct tlog_checkpoint checkpoint; /* borrows from note; size 0 in a new log */
	bool is_new;
	struct digest *leaves;
	uint64_t n, capacity;
};

/*
 * Opens, locks (exclusively: for one who writes, who also may make it) and reads the
 * checkpoint and the leaf hashes, which must give its root.
 */
int log_open(struct log_folder *f, const char *path, bool exclusive, struct error *err) MUST_CHECK;
void log_close(struct log_folder *f);
#define CLEANUP_LOG CLEANUP(log_close)

void log_add_leaf(struct log_folder *f, const struct digest *leaf);
/* False: there is none. */
bool log_find_leaf(const struct log_folder *f, const struct digest *leaf, uint64_t *ret);

/*
 * A tile or bundle of the @count hashes of its level: as many bytes as it must have, or, of
 * a bundle, the whole file. A full file stands in for a partial one. ERR_DIGEST it is not
 * there or too short.
 */
int log_load_tile(const struct log_folder *f, int level, uint64_t index, uint64_t count,
		  struct buf *to, struct error *err) MUST_CHECK;

/*
 * Removes the files of the tile at @index that hold more than its first @width (below 256),
 * which no checkpoint names. The full one stays if it must stand in for that of @width.
 */
int log_drop_larger(const struct log_folder *f, int level, uint64_t index, unsigned width,
		    struct error *err) MUST_CHECK;

/*
 * Those that hold less, of older checkpoints, have what @whole begins with: the tile or bundle
 * at @index, which has @width at least. ERR_DIGEST one has not.
 */
int log_check_smaller(const struct log_folder *f, int level, uint64_t index, unsigned width,
		      struct bytes whole, struct error *err) MUST_CHECK;

/* Replaces @hashes, @n of a level, by those of the level above. Returns their number. */
uint64_t log_next_level(struct digest *hashes, uint64_t n);

/* There is no proof @path. Returns -1. */
int log_no_proof(const char *path, struct error *err);

/* The bytes that are logged for a file that holds @file. */
void log_entry_of(struct bytes file, struct buf *to);

/* The same for the file @file. */
int log_load_entry(const char *file, struct buf *to, struct error *err) MUST_CHECK;

/* Width of the last tile of a level with @count hashes at @index. */
static inline unsigned log_width(uint64_t count, uint64_t index)
{
	uint64_t rest = count - index * TLOG_TILE_WIDTH;

	return rest < TLOG_TILE_WIDTH ? (unsigned)rest : TLOG_TILE_WIDTH;
}

void log_set_head(struct log_head *h, struct str origin, uint64_t size, const struct digest *root);
