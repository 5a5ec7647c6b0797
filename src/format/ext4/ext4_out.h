#pragma once

/*
 * format/ext4/ext4_out.h - blocks of a file system, in order, into a sink. Private.
 *
 * Spec:    none.
 * Units:   blocks of 4096 bytes.
 * Bytes:   what is handed in; blocks of zeros become holes.
 * Depends: io/sink.h, ext4_encode.h.
 *
 * Many blocks are written at once. What lies between two places that are written, and
 * the copies of superblock and descriptors there, is written by going to the second.
 */

#include "format/ext4/ext4_encode.h"

struct ext4_out {
	struct sink *sink;
	const struct ext4_plan *plan;
	const uint8_t *descriptors; /* the whole table; borrowed */
	bool is_frame;              /* contents of files are left out */
	uint8_t *blocks;            /* not yet written */
	size_t n;                   /* of them */
	uint64_t next;              /* number of the block that is handed out next */
};

/* @out and @descriptors are borrowed. Released by ext4_out_release(). */
struct ext4_out ext4_out_init(const struct ext4_plan *p, const uint8_t *descriptors,
			      struct sink *out);
void ext4_out_release(struct ext4_out *o);

/* Goes on to block @block. */
int ext4_out_to(struct ext4_out *o, uint64_t block, struct error *err) MUST_CHECK;

/*
 * Room for @n blocks at most, at least one; *ret_n says how many. They count as written
 * at once, and all their bytes must be set before the next call.
 */
int ext4_out_blocks(struct ext4_out *o, uint64_t n, uint8_t **ret, size_t *ret_n,
		    struct error *err) MUST_CHECK;

/* The next block that is in no copy of the superblock, zeroed. */
int ext4_out_block(struct ext4_out *o, uint8_t **ret, struct error *err) MUST_CHECK;

/* What is still held goes to the sink. */
int ext4_out_flush(struct ext4_out *o, struct error *err) MUST_CHECK;
