#pragma once

/*
 * format/ext4/ext4_encode.h - what a planned file system consists of, as bytes. Private.
 *
 * Spec:    ext4.h, docs/formats/ext4.md.
 * Units:   bytes; blocks where a name says so.
 * Bytes:   little-endian; the journal big-endian. Targets are zeroed by the caller.
 * Depends: ext4_layout.h.
 */

#include "format/ext4/ext4_layout.h"

#define EXT4_SUPER_OFFSET 1024u
#define EXT4_SUPER_SIZE   1024u
#define EXT4_INODE_XATTRS 96u /* bytes of an inode, behind its 160 of fields */

/* The seed of all checksums but the superblock's. */
uint32_t ext4_seed(const struct ext4_plan *p);
/* The seed of what belongs to an inode. */
uint32_t ext4_inode_seed(const struct ext4_plan *p, uint32_t number);

/* Free blocks, inodes; folders; of one group and of all. */
struct ext4_counts {
	uint64_t free_blocks;
	uint32_t free_inodes, folders, unused_inodes; /* unused: behind the last used one */
};
struct ext4_counts ext4_count_group(const struct ext4_plan *p, uint32_t group);
struct ext4_counts ext4_count_all(const struct ext4_plan *p);

/* A block each. */
void ext4_encode_block_bitmap(const struct ext4_plan *p, uint32_t group, uint8_t *to);
void ext4_encode_inode_bitmap(const struct ext4_plan *p, uint32_t group, uint8_t *to);

/* EXT4_SUPER_SIZE; @group: the one whose copy it is. */
void ext4_encode_super(const struct ext4_plan *p, uint32_t group, uint8_t *to);
/* The whole table: g.gdt_blocks. */
void ext4_encode_descriptors(const struct ext4_plan *p, uint8_t *to);
/* A block: the first one of the journal. */
void ext4_encode_journal(const struct ext4_plan *p, uint8_t *to);
/* Blocks of the resize inode: its own one, and primary reserved descriptor block @i. */
void ext4_encode_resize_block(const struct ext4_plan *p, uint8_t *to);
void ext4_encode_reserved_block(const struct ext4_plan *p, uint32_t i, uint8_t *to);

/* EXT4_INODE_SIZE, with its checksum. */
void ext4_encode_inode(const struct ext4_plan *p, uint32_t number, uint8_t *to);

/* The 60 bytes of an inode's block map, and block @i of the tree behind it. */
void ext4_encode_extents(const struct ext4_plan *p, const struct ext4_place *place, uint8_t *to);
void ext4_encode_extent_block(const struct ext4_plan *p, uint32_t number, uint32_t i,
			      uint8_t *to);

/* Blocks of folder @number (a node or lost+found). */
uint32_t ext4_folder_blocks(const struct ext4_plan *p, uint32_t number);
/* All of them, one after the other. */
void ext4_encode_folder(const struct ext4_plan *p, uint32_t number, uint8_t *to);

/*
 * Errors: those of ext4_plan(). *ret_block: whether @inode needs a block for them.
 */
int ext4_check_xattrs(const struct inode *inode, bool *ret_block, struct error *err) MUST_CHECK;
/* @in_inode: EXT4_INODE_XATTRS; @block, with number @block_number: a block, or NULL if none. */
void ext4_encode_xattrs(const struct ext4_plan *p, const struct inode *inode, uint8_t *in_inode,
			uint32_t block_number, uint8_t *block);
