#pragma once

/*
 * compress/lz4.h - blocks of LZ4 by an encoder and a decoder of our own.
 *
 * Spec: LZ4 block format (lz4_Block_format.md). Blocks are independent of each other.
 * What a raw disk holds is part of its identity, so the bytes are a function of the input
 * and this version alone; if they must change, LZ4_ENCODER_VERSION goes up.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

#define LZ4_ENCODER_VERSION 1
#define LZ4_ROOM_MIN        16u /* bytes */

struct lz4; /* tables for the search; no state that shows */

struct lz4 *lz4_new(void);    /* owned, lz4_free() */
void lz4_free(struct lz4 *z); /* NULL is allowed */
static inline void cleanup_lz4(struct lz4 **z)
{
	lz4_free(*z);
}
#define CLEANUP_LZ4 CLEANUP(cleanup_lz4)

/*
 * As much of @in from its start as one block of at most @room bytes (LZ4_ROOM_MIN or more)
 * holds. Returns the size of the block; *ret_used is how much of @in it holds, which for
 * what can't be compressed is less than @room.
 */
size_t lz4_encode(struct lz4 *z, struct bytes in, uint8_t *out, size_t room, size_t *ret_used);

/*
 * A whole block into exactly @size bytes. ERR_FORMAT if it is none, or has more or fewer;
 * then what is in @to means nothing. Any bytes are safe.
 */
int lz4_decode(struct bytes in, uint8_t *to, size_t size, struct error *err) MUST_CHECK;
