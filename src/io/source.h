#pragma once

/*
 * io/source.h - where bytes come from, in order.
 *
 * The counterpart of io/sink.h. A source is read once from its start to its
 * end. Failure is sticky in the same way. An implementation embeds `struct
 * source` as its first member.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "io/sink.h"

struct source;

struct source_ops {
	/* Up to @size bytes into @to; 0 with *ret_n == 0 is the end. */
	int (*read)(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
		    struct error *err);
	void (*close)(struct source *s); /* frees @s; reading can't fail late */
	/* Optional: as read, but the bytes are wanted by nobody. */
	int (*skip)(struct source *s, size_t size, size_t *ret_n, struct error *err);
};

struct source {
	const struct source_ops *ops;
	uint64_t offset; /* bytes delivered so far */
	bool failed;
};

/* Fewer than @size bytes only when more may follow; 0 only at the end. */
int source_read(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
		struct error *err) MUST_CHECK;

/* Exactly @size bytes; ERR_FORMAT "unexpected end" if there are fewer. */
int source_read_exactly(struct source *s, uint8_t *to, size_t size,
			struct error *err) MUST_CHECK;

/* Past exactly @size bytes, which are read all the same; as source_read_exactly() otherwise. */
int source_skip_exactly(struct source *s, uint64_t size, struct error *err) MUST_CHECK;

/* Everything that is left; ERR_LIMIT above to->max. */
int source_read_all(struct source *s, struct buf *to, struct error *err) MUST_CHECK;

/* Everything that is left, into @out. */
int source_copy(struct source *s, struct sink *out, struct error *err) MUST_CHECK;

void source_close(struct source *s); /* NULL is allowed */

static inline void cleanup_source(struct source **s)
{
	source_close(*s);
}
#define CLEANUP_SOURCE CLEANUP(cleanup_source)

/* @data is borrowed until close. Owned. */
struct source *source_of_bytes(struct bytes data);

/*
 * @size bytes of @fd from @offset on, by pread(2); @size UINT64_MAX: to the
 * end. @fd is borrowed until close. @name is for messages, copied. Owned.
 */
struct source *source_of_fd(int fd, uint64_t offset, uint64_t size, const char *name);
