#pragma once

/*
 * base/buf.h - a growing byte buffer.
 *
 * Every buffer names its maximum when it is made; growing past it is a bug of
 * the caller, who must have checked sizes from outside before (ERR_LIMIT).
 * The contents are always followed by a NUL that is not counted.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

struct buf {
	uint8_t *ptr; /* NULL while empty */
	size_t len;
	size_t capacity;
	size_t max; /* bytes */
};

/* @max in bytes. */
#define BUF_INIT(limit) { .max = (limit) }

void buf_release(struct buf *b);
#define CLEANUP_BUF CLEANUP(buf_release)

void buf_reset(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_zeros(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Room for @len more bytes at the end; the caller then adds to b->len. */
uint8_t *buf_reserve(struct buf *b, size_t len);

static inline struct bytes buf_bytes(const struct buf *b)
{
	return (struct bytes){ b->ptr, b->len };
}

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ (const char *)b->ptr, b->len };
}

/* Never NULL; valid until the next change of @b. */
const char *buf_cstr(struct buf *b);

/* Gives the contents away as a NUL-terminated string: owned, free(). */
char *buf_take(struct buf *b);
