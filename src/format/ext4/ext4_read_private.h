#pragma once

/*
 * format/ext4/ext4_read_private.h - what the parts of the reader share.
 *
 * Spec: Linux Documentation/filesystems/ext4/; the offsets are those of its tables
 *       (super.rst, group_descr.rst, inodes.rst). e2fsprogs lib/ext2fs/ext2_fs.h.
 *
 * Order: superblock and descriptors, what the groups themselves take, all inodes in
 * order of their numbers, folders from the root on, bitmaps and counts, contents.
 */

#include "base/arena.h"
#include "base/strtab.h"
#include "format/ext4/ext4_read.h"

enum {
	EXT4_ROOT_INODE = 2,
	EXT4_RESIZE_INODE = 7,

	EXT4_SUPER_OFFSET = 1024,
	EXT4_SUPER_SIZE = 1024,
	EXT4_INODE_BASE = 128, /* bytes of an inode before its extra fields */

	EXT4_HAS_JOURNAL = 0x4, /* s_feature_compat */
	EXT4_HAS_RESIZE_INODE = 0x10,
	EXT4_HAS_ORPHAN_FILE = 0x1000,
	EXT4_HAS_META_BG = 0x10, /* s_feature_incompat */
	EXT4_HAS_64BIT = 0x80,
	EXT4_HAS_FLEX_BG = 0x200,
	EXT4_HAS_CSUM_SEED = 0x2000,
	EXT4_HAS_LARGEDIR = 0x4000,
	EXT4_HAS_SPARSE_SUPER = 0x1, /* s_feature_ro_compat */
	EXT4_HAS_LARGE_FILE = 0x2,
	EXT4_HAS_HUGE_FILE = 0x8,
	EXT4_HAS_DIR_NLINK = 0x20,

	EXT4_GROUP_INODES_UNUSED = 0x1, /* bg_flags: INODE_UNINIT */
	EXT4_GROUP_BLOCKS_UNUSED = 0x2, /* BLOCK_UNINIT */
	EXT4_GROUP_TABLE_ZEROED = 0x4,

	EXT4_FLAG_INDEX = 0x1000, /* i_flags */
	EXT4_FLAG_HUGE = 0x40000,
	EXT4_FLAG_EXTENTS = 0x80000,
};

/* An inode in use that is not one of the reserved ones. */
struct ext4_item {
	uint32_t number, generation, flags;
	uint32_t links; /* as the inode says */
	uint32_t names; /* that folders give it */
	uint32_t subfolders;
	bool special;	 /* has no name: the journal, the file of orphans */
	bool has_parent; /* folders: seen in one */
	struct inode attributes;
	uint64_t size;
	struct block_extent *runs; /* of the bytes */
	size_t n_runs;
	struct node *node; /* its first name */
};

struct ext4_group {
	uint64_t block_bitmap, inode_bitmap, inode_table;
	uint32_t free_blocks, free_inodes, folders, unused;
	uint32_t block_bitmap_checksum, inode_bitmap_checksum;
	uint16_t flags;
	struct ext4_item **items; /* by index in the group; NULL: not in use */
	uint32_t n_items;
};

/* An xattr block that several inodes share. */
struct ext4_shared {
	uint64_t block;
	uint32_t references, seen;
};

struct ext4_reader {
	const struct window *in;
	struct arena arena;
	uint8_t super[EXT4_SUPER_SIZE];
	uint32_t compat, incompat, ro_compat;
	uint32_t block_size, inode_size, descriptor_size, seed;
	uint64_t n_blocks, first_block;
	uint32_t n_inodes, n_groups, blocks_per_group, inodes_per_group, first_inode;
	uint32_t descriptor_blocks, first_meta, reserved_gdt;
	uint32_t journal, orphan_file; /* inodes, or 0 */
	struct ext4_group *groups;
	uint8_t *in_use; /* a bit a block, from first_block on */
	uint64_t n_in_use;
	uint32_t n_items;      /* in use, with the special ones */
	uint8_t *block;	       /* one block of memory for whoever reads one */
	uint8_t *extent_nodes; /* one block for each depth */
	struct ext4_run *runs; /* of the inode that is read */
	size_t n_runs, runs_capacity;
	struct strtab shared_numbers;
	struct ext4_shared *shared;
	size_t n_shared, shared_capacity;
	struct tree *tree;
};

/* ext4_read_super.c */
int ext4_read_super(struct ext4_reader *r, struct error *err) MUST_CHECK;
int ext4_check_backups(struct ext4_reader *r, struct error *err) MUST_CHECK;
/* Counts of all groups against the superblock's; *ret is what callers may know. */
int ext4_check_counts(const struct ext4_reader *r, struct ext4_facts *ret,
		      struct error *err) MUST_CHECK;

/* ext4_read_groups.c */
bool ext4_has_super(const struct ext4_reader *r, uint32_t group);
uint64_t ext4_group_start(const struct ext4_reader *r, uint32_t group);
uint32_t ext4_group_blocks(const struct ext4_reader *r, uint32_t group);
uint64_t ext4_descriptor_block(const struct ext4_reader *r, uint32_t i);
int ext4_read_groups(struct ext4_reader *r, struct error *err) MUST_CHECK;
int ext4_check_descriptor(const struct ext4_reader *r, uint32_t group, const uint8_t *raw,
			  struct error *err) MUST_CHECK;
uint64_t ext4_descriptor_place(const struct ext4_reader *r, const uint8_t *raw,
			       unsigned which /* 0 to 2 */);

/* ext4_read_blocks.c */
int ext4_read_block(const struct ext4_reader *r, uint64_t block, uint8_t *to,
		    struct error *err) MUST_CHECK;
/* Blocks that something uses; ERR_FORMAT if something else does, too. */
int ext4_use(struct ext4_reader *r, uint64_t block, uint64_t n, struct error *err) MUST_CHECK;
int ext4_use_groups(struct ext4_reader *r, struct error *err) MUST_CHECK;
int ext4_check_blocks(struct ext4_reader *r, struct error *err) MUST_CHECK;

/* ext4_read_inodes.c */
int ext4_read_inodes(struct ext4_reader *r, struct error *err) MUST_CHECK;
struct ext4_item *ext4_item(const struct ext4_reader *r, uint32_t number); /* or NULL */
uint32_t ext4_read_seed(const struct ext4_reader *r, uint32_t number, uint32_t generation);

/* ext4_read_item.c */
int ext4_read_item(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		   struct error *err) MUST_CHECK;

/* ext4_read_extents.c */
/*
 * The blocks of an inode are then in use, and item->runs says where its bytes are;
 * *ret_blocks is how many blocks it takes in all.
 */
int ext4_read_runs(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		   uint64_t *ret_blocks, struct error *err) MUST_CHECK;

/* ext4_read_xattrs.c */
int ext4_read_xattrs(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		     uint64_t *ret_blocks, struct error *err) MUST_CHECK;
int ext4_check_shared(const struct ext4_reader *r, struct error *err) MUST_CHECK;

/* ext4_read_special.c */
int ext4_check_resize_inode(struct ext4_reader *r, const uint8_t *raw,
			    struct error *err) MUST_CHECK;
int ext4_check_special(struct ext4_reader *r, struct error *err) MUST_CHECK;

/* ext4_read_folders.c */
int ext4_read_folders(struct ext4_reader *r, struct error *err) MUST_CHECK;

/* ext4_read_htree.c */
struct ext4_index;
/*
 * The index of a folder whose bytes are in @blocks; it names each of them once. *ret is
 * owned, ext4_index_free().
 */
int ext4_index_read(struct ext4_reader *r, const struct ext4_item *folder, const uint64_t *blocks,
		    uint32_t n_blocks, struct ext4_index **ret, struct error *err) MUST_CHECK;
void ext4_index_free(struct ext4_index *x); /* NULL is allowed */
/* False: a block of names. */
bool ext4_index_is_node(const struct ext4_index *x, uint32_t block);
/* Whether @name belongs into that block of names. */
bool ext4_index_has_place(const struct ext4_index *x, uint32_t block, struct str name);

/* ext4_read_hash.c */
struct ext4_name_hash {
	uint8_t version; /* 0 legacy, 1 half MD4, 2 TEA */
	bool is_signed;	 /* how bytes from 0x80 on count */
	uint32_t seed[4];
};
uint32_t ext4_name_hash(const struct ext4_name_hash *h, struct str name);
