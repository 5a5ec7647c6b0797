#pragma once

/*
 * format/erofs/erofs_reader.h - what the parts of the EROFS reader share. Private to erofs/.
 *
 * Spec:    as format/erofs/erofs.h.
 * Units:   bytes; times in seconds. Inodes are numbered by 32 bytes.
 * Bytes:   little-endian.
 * Depends: base/, io/, tree/, format/blocks/. No files, no clock.
 */

#include "format/erofs/erofs_read.h"

#define EROFS_BLOCK 4096u
#define EROFS_SUPER_OFFSET 1024u
#define EROFS_SUPER_SIZE 128u
#define EROFS_SLOT 32u		       /* bytes; inodes are numbered by it */
#define EROFS_NO_BLOCK 0xffffffffu     /* where there is no data outside the inode */
#define EROFS_XATTR_BYTES (256u << 20) /* of all nodes, as they are after reading */

enum erofs_layout {
	EROFS_PLAIN = 0,
	EROFS_FULL = 1, /* compressed, 8 bytes of index for a block */
	EROFS_INLINE = 2,
	EROFS_COMPACT = 3, /* compressed, 2 or 4 bytes of index for a block */
};
static inline bool erofs_is_compressed(enum erofs_layout l)
{
	return l == EROFS_FULL || l == EROFS_COMPACT;
}

struct erofs_super {
	uint64_t size, inodes, root; /* root: its number */
	uint64_t metadata, xattrs;   /* bytes: where numbers of inodes and of xattrs count from */
	int64_t time;		     /* of compact inodes */
	bool zeros_first;	     /* compressed bytes end with their block */
};

/* Bytes that something has: no two may overlap, and what nothing has is zero. */
struct erofs_ranges {
	struct erofs_range {
		uint64_t start, end;
		bool shared; /* others may have the very same */
	} * list;
	size_t n, capacity;
	uint8_t *blocks; /* a bit for each block that lies wholly in a range of data */
	uint64_t size;
};

void erofs_ranges_init(struct erofs_ranges *r, uint64_t size);
void erofs_ranges_release(struct erofs_ranges *r);
int erofs_claim(struct erofs_ranges *r, uint64_t start, uint64_t size, bool shared, uint64_t inode,
		struct error *err) MUST_CHECK;
/* Refused at once if another has one of the blocks: what follows reads them all. */
int erofs_claim_blocks(struct erofs_ranges *r, uint64_t start, uint64_t size, uint64_t inode,
		       struct error *err) MUST_CHECK;
/* When everything has been claimed. */
int erofs_check_ranges(struct erofs_ranges *r, const struct window *in,
		       struct error *err) MUST_CHECK;

struct erofs_inode {
	uint64_t number;
	struct inode attributes; /* without content and target */
	enum erofs_layout layout;
	uint64_t size;
	uint64_t data, tail;	/* bytes into the image: of its blocks, of what is inline */
	uint64_t index;		/* if compressed: bytes into the image, of its header */
	uint32_t clusters;	/* if compressed: how many, as the inode says */
	bool by_2_bytes;	/* if compact: entries of 2 bytes, where 16 are together */
	uint32_t links, serial; /* as the inode says */
	uint64_t xattrs;	/* bytes into the image */
	size_t xattrs_size;	/* bytes; 0: none */
};

struct erofs_reader {
	const struct window *in;
	struct block_files *files;
	struct erofs_super super;
	struct erofs_ranges ranges;
	uint64_t xattr_bytes; /* read so far */
};

int erofs_wrong(struct error *err, uint64_t inode, const char *fmt, ...) PRINTF_LIKE(3, 4);

int erofs_read_super(const struct window *in, struct erofs_super *ret,
		     struct erofs_facts *ret_facts, struct error *err) MUST_CHECK;
/* Claims the inode, its xattrs and its data; xattrs are in @arena. */
int erofs_read_inode(struct erofs_reader *r, uint64_t number, struct arena *arena,
		     struct erofs_inode *ret, struct error *err) MUST_CHECK;
int erofs_read_xattrs(struct erofs_reader *r, struct erofs_inode *inode, struct arena *arena,
		      struct error *err) MUST_CHECK;
/* Of a compressed inode, whose xattrs end at byte @end: checks the index's header. */
int erofs_claim_index(struct erofs_reader *r, struct erofs_inode *inode, uint64_t end,
		      struct error *err) MUST_CHECK;
/* Runs of the image that make up compressed data, and claims them. *ret is owned, free(). */
int erofs_clusters(struct erofs_reader *r, const struct erofs_inode *inode,
		   struct block_extent **ret, size_t *ret_n, struct error *err) MUST_CHECK;
/* Runs of the image that make up other data: 0, 1 or 2. */
size_t erofs_extents(const struct erofs_inode *inode, struct block_extent ret[static 2]);
/* The data as bytes, at most to->max of them: ERR_LIMIT. */
int erofs_load(const struct erofs_reader *r, const struct erofs_inode *inode, struct buf *to,
	       struct error *err) MUST_CHECK;

struct erofs_name {
	struct str name; /* a view into the folder's data */
	uint64_t inode;
	uint8_t type;
};
/*
 * The name at *at (starts as 0) of a folder's data; 1, or 0 at the end. @last is the name
 * before, for the order; {0} at the start.
 */
int erofs_next_name(struct bytes folder, size_t *at, uint64_t inode, struct str last,
		    struct erofs_name *ret, struct error *err) MUST_CHECK;
