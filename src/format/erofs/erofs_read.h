#pragma once

/*
 * format/erofs/erofs_read.h - an EROFS file system, read back and checked.
 *
 * Spec:    as format/erofs/erofs.h.
 * Units:   bytes; times in seconds.
 * Bytes:   little-endian.
 * Depends: base/, io/, tree/, format/blocks/. No files, no clock.
 *
 * Written from the specification by itself: it shares no code with the writer. It
 * reads images of mkfs.erofs, too: plain ones and those of LZ4 in clusters of one block.
 */

#include "format/blocks/block_files.h"
#include "io/window.h"
#include "tree/tree.h"

struct erofs_facts {
	uint8_t uuid[16];
	char label[17];
	uint64_t size;   /* bytes, as the superblock says */
	uint64_t inodes; /* as the superblock says */
	int64_t made;    /* when, as the superblock says */
	bool zeros_first; /* compressed bytes end with their block: ours has that with LZ4 only */
};

/*
 * Checks the superblock's checksum, order and names of folders, counts of links and that
 * nothing points outside. *ret_tree is owned; its contents lie in @files.
 *
 * Errors: ERR_FORMAT with the inode; ERR_UNSUPPORTED a feature by name; ERR_LIMIT.
 */
int erofs_read(const struct window *in, struct block_files *files, struct erofs_facts *ret_facts,
	       struct tree **ret_tree, struct error *err) MUST_CHECK;
