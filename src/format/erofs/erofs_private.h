#pragma once

/*
 * format/erofs/erofs_private.h - what the files of the writer share.
 *
 * Spec:    Linux Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h;
 *          docs/formats/erofs.md says which of it is used, and why.
 * Units:   bytes; _block and _blocks count blocks of EROFS_BLOCK_SIZE, slots 32 bytes.
 * Bytes:   little-endian.
 */

#include "format/erofs/erofs.h"

#define EROFS_SLOT_SIZE      32u /* inodes begin at a multiple of it */
#define EROFS_SLOTS          (EROFS_BLOCK_SIZE / EROFS_SLOT_SIZE)
#define EROFS_GROUP_BLOCKS   256u /* of metadata: what is held in memory at once */
#define EROFS_INDEX_MAX      131072u /* blocks of a compressed file: their index is 1 MiB */
#define EROFS_XATTR_SIZE_MAX (12u + 4u * 65534u) /* of one inode: a count of 16 bits */

/* Where things lie in an inode's content; the numbers are those of the disk. */
enum erofs_layout {
	EROFS_PLAIN = 0,  /* all of it in blocks of its own */
	EROFS_COMPRESSED = 1, /* clusters, and behind the inode an index of them */
	EROFS_INLINE = 2, /* the last, partial block follows the inode */
};

/* The clusters of a file, as they were when it was planned. */
struct erofs_kept {
	struct erofs_cluster {
		uint32_t used; /* bytes of the content; at most EROFS_BLOCK_SIZE if it is raw */
		bool raw;
	} * clusters;
	struct erofs_block {
		uint8_t bytes[EROFS_BLOCK_SIZE];
	} * blocks;
	size_t n, clusters_capacity, blocks_capacity;
};

/* One inode. */
struct erofs_item {
	const struct node *node; /* its first name in canonical order */
	uint64_t size;           /* of the content, the target, the names */
	uint64_t nid;            /* address / 32; until its group is placed, from there on */
	uint32_t first_block;    /* of the content */
	uint32_t xattr_size;     /* with header */
	uint32_t links;
	uint32_t clusters; /* EROFS_COMPRESSED: blocks of them */
	struct erofs_kept *kept; /* and what is in them; or NULL */
	bool extended;           /* 64 bytes instead of 32 */
	enum erofs_layout layout;
};

/*
 * A run of items whose inodes lie together. Groups of folders, links and devices come
 * first, and in them metadata before content: all of it is known from the start. In groups
 * of files content comes first, because the metadata holds the ends of the contents.
 */
struct erofs_group {
	uint32_t first_item, n_items;
	uint64_t meta_block, data_block;
	uint32_t meta_blocks;
};

struct erofs_plan {
	const struct tree *tree;
	struct erofs_options options;
	char label[16];
	uint32_t *item_of; /* by inode->serial: index into items */
	struct erofs_item *items;
	uint32_t n_items;
	struct erofs_group *groups;
	uint32_t n_groups, group_capacity;
	uint32_t n_head_groups; /* the first ones: no files in them */
	uint64_t blocks;
};

/* The free space of the metadata blocks of one group. */
struct erofs_space {
	uint16_t used[EROFS_GROUP_BLOCKS]; /* bytes of each block */
	uint32_t n;                        /* blocks */
};

/* erofs_space.c: where @size bytes go, from the group's start; false if it is full. */
bool erofs_space_take(struct erofs_space *s, uint32_t size, uint64_t *ret_offset);

/* erofs_xattr.c: bytes that the attributes of @inode take, 0 for none. */
int erofs_xattr_measure(const struct inode *inode, uint32_t *ret, struct error *err) MUST_CHECK;
void erofs_xattr_encode(const struct inode *inode, uint8_t *to);

/* erofs_folder.c: the names of a folder with "." and "..", in order, block by block. */
struct erofs_names {
	const struct node *folder;
	struct node *const *children;
	size_t n, next;
	unsigned dots; /* of "." and "..", how many were given */
};
struct erofs_names erofs_names(const struct node *folder);
/* Bytes of the next block that are used; 0 at the end. */
uint32_t erofs_names_skip(struct erofs_names *names);
uint32_t erofs_names_encode(struct erofs_names *names, const struct erofs_plan *p,
			    uint8_t to[static EROFS_BLOCK_SIZE]);

/* erofs_inode.c */
static inline const struct inode *erofs_inode(const struct erofs_item *item)
{
	return item->node->inode;
}
static inline uint32_t erofs_inode_size(const struct erofs_item *item)
{
	return item->extended ? 64 : 32;
}
/* Bytes of the content that lie behind the inode. */
static inline uint32_t erofs_tail_size(const struct erofs_item *item)
{
	return item->layout == EROFS_INLINE ? (uint32_t)(item->size % EROFS_BLOCK_SIZE) : 0;
}
/* Blocks of the content that lie elsewhere. */
static inline uint64_t erofs_data_blocks(const struct erofs_item *item)
{
	if (item->layout == EROFS_COMPRESSED)
		return item->clusters;
	return (item->size - erofs_tail_size(item) + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;
}
/* EROFS_COMPRESSED: bytes from the inode to its index, behind a header of zeros. */
static inline uint32_t erofs_index_offset(const struct erofs_item *item)
{
	return ((erofs_inode_size(item) + item->xattr_size + 7) & ~7u) + 16;
}
/* Bytes of metadata: inode, xattrs, index, tail. */
static inline uint32_t erofs_meta_size(const struct erofs_item *item)
{
	uint64_t blocks = (item->size + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;

	if (item->layout == EROFS_COMPRESSED)
		return erofs_index_offset(item) + 8 * (uint32_t)blocks;
	return erofs_inode_size(item) + item->xattr_size + erofs_tail_size(item);
}
/* Fills in all of @item but its place. */
int erofs_inode_measure(const struct node *node, const struct erofs_options *o,
			struct erofs_item *item, struct error *err) MUST_CHECK;
/* Inode and xattrs; what lies behind them is the caller's. */
void erofs_inode_encode(const struct erofs_plan *p, const struct erofs_item *item, uint8_t *to);
uint8_t erofs_file_type(enum node_kind kind); /* as in the entries of folders */

/* erofs_clusters.c: makes files EROFS_COMPRESSED where that saves a block; from @first on. */
int erofs_clusters_measure(struct erofs_plan *p, uint32_t first, struct error *err) MUST_CHECK;
int erofs_clusters_write(const struct erofs_item *item, const struct content_reader *reader,
			 uint8_t *index, struct sink *out, struct error *err) MUST_CHECK;
void erofs_kept_free(struct erofs_kept *kept); /* NULL is allowed */

/* erofs_plan.c: names the item in @err. */
int erofs_placing(const struct node *node, struct error *err);
