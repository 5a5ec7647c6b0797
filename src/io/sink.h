#pragma once

/*
 * io/sink.h - where bytes go, in order.
 *
 * A sink is append-only: a format writer plans its layout first and then emits
 * it from offset 0 to the end. Sinks stack (file <- hash <- zstd <- tar).
 *
 * Failure is sticky: after the first failed call every later one returns -1
 * and leaves *err alone, so a run of writes may be checked once at its end
 * with sink_close().
 *
 * A sink implementation embeds `struct sink` as its first member and fills in
 * ops; offset and failed are kept here.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

struct sink;

struct sink_ops {
	int (*write)(struct sink *s, struct bytes data, struct error *err);
	int (*hole)(struct sink *s, uint64_t len, struct error *err); /* or NULL */
	int (*close)(struct sink *s, struct error *err);              /* frees @s */
};

struct sink {
	const struct sink_ops *ops;
	uint64_t offset; /* bytes accepted so far */
	bool failed;
};

int sink_write(struct sink *s, struct bytes data, struct error *err) MUST_CHECK;

/* @len zero bytes; sparse where the sink can, written out where it cannot. */
int sink_hole(struct sink *s, uint64_t len, struct error *err) MUST_CHECK;

/* Zero bytes up to the next multiple of @align (bytes, a power of two). */
int sink_align(struct sink *s, uint64_t align, struct error *err) MUST_CHECK;

/*
 * Flushes and releases @s whatever happens; nothing else releases it. Returns
 * -1 if any earlier call failed: *err is then what that call has set.
 */
int sink_close(struct sink *s, struct error *err) MUST_CHECK;

/* Appends to @buf (borrowed until close). ERR_LIMIT above buf->max. Owned. */
struct sink *sink_to_buf(struct buf *buf);

/* Counts only: offset is the result. Owned. */
struct sink *sink_to_nothing(void);

/*
 * Writes to @fd (borrowed until close; not closed, not synced) from its
 * current position. Holes are seeked over, and the length is set at close.
 * @name is for messages, copied. Owned.
 */
struct sink *sink_to_fd(int fd, const char *name);

/* The same for a long file that is synced next: its disk begins while bytes still come. */
struct sink *sink_to_synced_fd(int fd, const char *name);
