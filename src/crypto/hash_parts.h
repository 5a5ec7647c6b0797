#pragma once

/*
 * crypto/hash_parts.h - the digest of a file and, in the same pass, of parts of it.
 *
 * For a container of blobs that has a digest, whose blobs have digests: it is read once.
 */

#include "crypto/hash.h"
#include "io/source.h"

struct hash_part {
	uint64_t offset, size; /* bytes */
	struct digest digest;  /* filled in */
};

/*
 * All of @in, and of @parts, which are sorted and don't overlap.
 *
 * Errors: ERR_FORMAT @in ends before the last part does; ERR_INTERRUPTED; those of @in.
 */
int hash_parts(struct source *in, struct hash_part *parts, size_t n, struct digest *ret,
	       struct error *err) MUST_CHECK;
