#pragma once

/*
 * format/ext4/ext4.h - a tree as an ext4 file system, written in one pass.
 *
 * Spec:    Linux Documentation/filesystems/ext4/; e2fsprogs lib/ext2fs/ext2_fs.h; the
 *          subset that we emit is docs/formats/ext4.md (formats A4).
 * Units:   sizes in bytes, times in seconds. Blocks are 4096 bytes.
 * Bytes:   little-endian.
 * Depends: base/, io/, tree/. No files, no clock.
 *
 * The plan gives every inode and block its number without reading any content; writing
 * then goes from block 0 to the end, so that a sink that can't seek will do. The same
 * tree and options always give the same bytes; if that must change,
 * EXT4_WRITER_VERSION goes up.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "tree/reader.h"
#include "tree/tree.h"

#define EXT4_WRITER_VERSION 1
#define EXT4_BLOCK_SIZE     4096u

struct ext4_options {
	uint8_t uuid[16], hash_seed[16]; /* as blkid prints them, first byte first */
	struct str label;                /* at most 16 bytes */
	int64_t epoch;                   /* later mtimes are clamped to it, earlier than 0 to 0 */
	int64_t folder_mtime;            /* of every folder */
	uint64_t size;                   /* of the whole; 0: as small as it can be */
	uint64_t free;                   /* bytes at least for new files, with size 0 */
	bool journal;                    /* for a root that is written to */
	uint64_t grow_to;                /* may grow online to this size; 0: need not */
};

struct ext4_plan; /* borrows the tree */

/*
 * Errors: ERR_LIMIT with the numbers: the tree does not fit into @o->size, a file is
 * longer than 16 TiB, a file has more xattrs than one inode and one block hold;
 * ERR_UNSUPPORTED an xattr's name has no prefix that ext4 knows; a link's target is
 * longer than 4095 bytes. Owned, ext4_plan_free().
 */
int ext4_plan(const struct tree *t, const struct ext4_options *o, struct ext4_plan **ret,
	      struct error *err) MUST_CHECK;
void ext4_plan_free(struct ext4_plan *p); /* NULL is allowed */
static inline void cleanup_ext4_plan(struct ext4_plan **p)
{
	ext4_plan_free(*p);
}
#define CLEANUP_EXT4_PLAN CLEANUP(cleanup_ext4_plan)

struct ext4_numbers {
	uint64_t size;                    /* bytes; what ext4_write() will write */
	uint64_t blocks, free_blocks, journal_blocks;
	uint32_t inodes, free_inodes, groups;
};
struct ext4_numbers ext4_numbers(const struct ext4_plan *p);

/*
 * Exactly ext4_numbers().size bytes. Free blocks, and blocks of files that are all zeros,
 * go to @out by sink_hole().
 */
int ext4_write(const struct ext4_plan *p, const struct content_reader *reader, struct sink *out,
	       struct error *err) MUST_CHECK;

/*
 * The same but for what files hold: whoever has that already (a file system that is there) wants
 * to know all the rest. Where contents lie is a hole.
 */
int ext4_write_frame(const struct ext4_plan *p, struct sink *out, struct error *err) MUST_CHECK;

/* Where contents lie, in the order in which they are written; a block's rest is no content. */
struct ext4_contents {
	const struct ext4_plan *plan;
	uint32_t number;  /* of the inode */
	uint64_t block;   /* of its next run */
	uint64_t left;    /* bytes of it that are still to be told */
};
struct ext4_contents ext4_contents(const struct ext4_plan *p);
/* In bytes; false: there are no more. */
bool ext4_contents_next(struct ext4_contents *c, uint64_t *ret_offset, uint64_t *ret_size);
