#pragma once

/*
 * tests/tools/tree_text.h - a tree from a text, for golden cases and tools.
 *
 * One line a name; words are separated by one blank. In a word, %NN is a byte
 * in hex and {N:X} is X repeated N times (X may hold %NN).
 *
 *   dir PATH MODE UID GID                   the root is "/"
 *   file PATH MODE UID GID MTIME [CONTENT]
 *   zeros PATH MODE UID GID MTIME SIZE      a file of SIZE NUL bytes
 *   symlink PATH UID GID MTIME TARGET
 *   fifo PATH MODE UID GID MTIME
 *   char|block PATH MODE UID GID MTIME MAJOR MINOR
 *   link PATH EXISTING                      a hard link
 *   xattr PATH NAME VALUE
 *   slice PATH N                            for images; the default is 0
 * '#' starts a comment line. Parents must come first.
 */

#include "base/error.h"
#include "tree/tree.h"

/* *ret_slices (may be NULL) is by node->serial, in the tree's arena. */
int tree_text_parse(struct str text, struct tree **ret, uint32_t **ret_slices,
		    struct error *err) MUST_CHECK;

/*
 * A random tree of about @n names that every reader of tar must agree on:
 * all kinds, hard links, xattrs, long and non-ASCII names. Same seed, same tree.
 */
struct tree *tree_random(uint64_t seed, unsigned n);
