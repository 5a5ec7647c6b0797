#pragma once

/*
 * format/tlog/tlog_tree.h - the Merkle tree of a transparency log.
 *
 * Spec:    RFC 6962, section 2.1 (hashes, paths, proofs); RFC 9162, sections 2.1.3.2 and
 *          2.1.4.2 (how paths and proofs are checked).
 * Units:   entries, counted from 0.
 * Bytes:   SHA-256; a leaf is hashed behind 0x00, a node behind 0x01.
 * Depends: base/, crypto/hash.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"

#define TLOG_PATH_MAX 65 /* hashes of a proof; one a level, and one */

struct tlog_path {
	struct digest hashes[TLOG_PATH_MAX];
	size_t n;
};

struct digest tlog_leaf(struct bytes entry);
struct digest tlog_node(const struct digest *left, const struct digest *right);

/* Of the tree over @n leaf hashes; of none: the hash of nothing. */
struct digest tlog_root(const struct digest *leaves, uint64_t n);

/* From the leaf's sibling up to the root's child. @index < @n. */
void tlog_inclusion(const struct digest *leaves, uint64_t n, uint64_t index, struct tlog_path *ret);
/* That the tree of the first @old, 0 < @old <= @n, is a beginning of the whole. */
void tlog_consistency(const struct digest *leaves, uint64_t n, uint64_t old, struct tlog_path *ret);

bool tlog_inclusion_fits(const struct digest *leaf, uint64_t index, uint64_t n,
			 const struct tlog_path *path, const struct digest *root);
bool tlog_consistency_fits(uint64_t old, uint64_t n, const struct tlog_path *path,
			   const struct digest *old_root, const struct digest *root);
