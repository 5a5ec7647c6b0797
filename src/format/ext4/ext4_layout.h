#pragma once

/*
 * format/ext4/ext4_layout.h - where everything lies in an ext4 file system. Private.
 *
 * Spec:    ext4.h, docs/formats/ext4.md.
 * Units:   blocks of 4096 bytes, unless a name says otherwise.
 * Bytes:   none; ext4_encode.h has them.
 * Depends: base/, tree/.
 *
 * The order on disk: superblock, descriptors and blocks for more of them; bitmaps of
 * blocks, bitmaps of inodes, inode tables of all groups; then, each with its block of
 * extended attributes before and its extent tree behind it: what the resize inode needs,
 * folders, the journal, all other inodes, the last two in order of inode number. Copies
 * of superblock and descriptors lie at the start of some groups ("backups"), and
 * everything else goes around them.
 */

#include "format/ext4/ext4.h"

#define EXT4_GROUP_BLOCKS      32768u /* a bitmap of one block */
#define EXT4_INODE_SIZE        256u
#define EXT4_BLOCK_INODES      16u
#define EXT4_GROUP_INODES_MAX  32768u
#define EXT4_DESCRIPTOR_SIZE   64u
#define EXT4_BLOCK_DESCRIPTORS 64u
#define EXT4_RESERVED_GDT_MAX  1024u /* the resize inode's block has as many places */
#define EXT4_LINKS_MAX         65000u
#define EXT4_BACKUPS_MAX       32u   /* powers of 3, 5 and 7 below 2^17: 24 */

enum {
	EXT4_ROOT_INODE = 2,
	EXT4_RESIZE_INODE = 7,
	EXT4_JOURNAL_INODE = 8,
	EXT4_LOST_FOUND_INODE = 11, /* and the last one that isn't the tree's */
};

/* Groups, but for the first, that start with a copy of superblock and descriptors. */
struct ext4_backups {
	uint64_t start[EXT4_BACKUPS_MAX]; /* ascending */
	unsigned n;
	uint32_t span; /* what such a copy takes, also the one of group 0 */
};

/* The first block from @block on that is in none. */
uint64_t ext4_backups_skip(const struct ext4_backups *b, uint64_t block);
/* Where the first one at or after @block starts; UINT64_MAX: there is none. */
uint64_t ext4_backups_next(const struct ext4_backups *b, uint64_t block);

/* One after the other, the pieces of @n blocks that lie around backups from @start on. */
struct ext4_run {
	uint64_t start;
	uint32_t logical, n; /* first block of the file; at most 32768 */
};
struct ext4_runs {
	const struct ext4_backups *backups;
	uint64_t next;
	uint32_t logical;
	uint64_t left;
};
bool ext4_runs_next(struct ext4_runs *r, struct ext4_run *ret);
uint32_t ext4_runs_count(const struct ext4_backups *b, uint64_t start, uint64_t n);

/* The extent tree of so many runs: blocks beside the inode. */
struct ext4_extent_tree {
	uint32_t leaves, indexes; /* blocks; indexes lie first */
};
struct ext4_extent_tree ext4_extent_tree(uint32_t n_runs);

/* Of one inode; 0 is "none", for block 0 is nobody's. */
struct ext4_place {
	uint32_t xattrs;   /* its block of extended attributes; until placed, 1: it needs one */
	uint32_t start;    /* of the content */
	uint32_t n;        /* blocks of the content; known before it is placed */
	uint32_t extents;  /* first block of its extent tree */
};

struct ext4_geometry {
	uint64_t blocks;
	uint32_t groups, gdt_blocks, reserved_gdt_blocks;
	uint32_t inodes_per_group, table_blocks; /* of one group's inode table */
	uint32_t journal_blocks;
	struct ext4_backups backups;
	uint64_t end;           /* first block behind everything */
	struct ext4_gap {       /* free blocks before @end */
		uint64_t start, n;
	} gaps[EXT4_BACKUPS_MAX];
	unsigned n_gaps;
};

struct ext4_plan {
	const struct tree *tree;
	struct ext4_options options;
	char label[16];
	uint32_t n_used;            /* inodes; the last one's number */
	struct node **nodes;        /* by number - 1: the first name; NULL: none of the tree */
	struct ext4_place *places;  /* by number - 1 */
	uint32_t *numbers;          /* by inode->serial */
	struct ext4_geometry geometry;
	uint32_t *block_bitmaps, *inode_bitmaps, *inode_tables; /* by group: where */
	size_t groups_capacity;     /* of these three */
	uint32_t resize_block;      /* of the resize inode; 0: none */
};

/* Inode number of @node; every living node has one. */
static inline uint32_t ext4_number(const struct ext4_plan *p, const struct node *node)
{
	return p->numbers[node->inode->serial];
}

/* Also lost+found, which the tree need not have. */
static inline bool ext4_is_folder(const struct ext4_plan *p, uint32_t number)
{
	const struct node *node = p->nodes[number - 1];

	return node ? node->inode->kind == NODE_DIRECTORY : number == EXT4_LOST_FOUND_INODE;
}

/*
 * Decides geometry and places. p->places[].n and .xattrs say what is needed.
 * ERR_LIMIT: it does not fit.
 */
int ext4_lay_out(struct ext4_plan *p, struct error *err) MUST_CHECK;

/* Blocks of a journal for a file system of @blocks; as mke2fs has it, at least 1024. */
uint32_t ext4_journal_blocks(uint64_t blocks);
