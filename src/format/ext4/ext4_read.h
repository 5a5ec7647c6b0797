#pragma once

/*
 * format/ext4/ext4_read.h - an ext4 file system, read back and checked.
 *
 * Spec:    as format/ext4/ext4.h, but written from the specification by itself: it
 *          shares no code with the writer, so that one proves the other. It reads images
 *          of mke2fs, too (bigalloc, encryption, inline data, casefolding and the like
 *          are refused by name). What is checked: docs/formats/ext4.md.
 * Units:   sizes in bytes, times in seconds.
 * Bytes:   little-endian; the journal's superblock is big-endian.
 * Depends: base/, crypto/hash.h, io/window.h, tree/, format/blocks/block_files.h.
 */

#include "format/blocks/block_files.h"
#include "io/window.h"
#include "tree/tree.h"

struct ext4_facts {
	uint8_t uuid[16];
	char label[17];
	uint64_t size;                   /* bytes */
	uint64_t blocks, free_blocks;
	uint32_t inodes, free_inodes, groups;
	bool has_journal, is_clean;
	uint8_t hash_seed[16];
	int64_t made;                    /* when, as the superblock says */
	bool can_grow;                   /* there is room in its table for more groups */
};

/*
 * Everything that must agree is checked: all checksums, bitmaps against what is in use,
 * counts of links, of free blocks and inodes, blocks in use twice, entries of folders
 * against types, lost inodes. lost+found, if empty and as every tool
 * makes it, is not part of the tree. *ret_tree is
 * owned; its contents lie in @files (made by the caller over the same window).
 *
 * Errors: ERR_FORMAT with block or inode; ERR_UNSUPPORTED; ERR_LIMIT.
 */
int ext4_read(const struct window *in, struct block_files *files, struct ext4_facts *ret_facts,
	      struct tree **ret_tree, struct error *err) MUST_CHECK;
