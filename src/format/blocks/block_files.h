#pragma once

/*
 * format/blocks/block_files.h - contents of files that lie in a file system image.
 *
 * Whoever reads a file system back makes a tree whose contents are handles. The
 * bytes stay where they are: this says where, by digest, and reads them again.
 *
 * Spec:    none; it knows no format.
 * Units:   bytes.
 * Bytes:   none are decoded.
 * Depends: base/, compress/lz4.h, crypto/hash.h, io/window.h, tree/reader.h.
 */

#include "io/window.h"
#include "tree/reader.h"

/* A run of a file's bytes, in order of the file. */
struct block_extent {
	uint64_t offset; /* bytes into the window; ignored for a hole */
	uint64_t length; /* bytes */
	bool hole;       /* zeros */
	uint32_t packed; /* not 0: a block of LZ4 of so many bytes, which gives @length */
};

#define BLOCK_FILES_PACKED_MAX 65536u /* bytes of a block of LZ4 */

/*
 * What all contents together may have beyond the size of the window: holes, and blocks
 * that several files share. Else a few bytes could ask for years of hashing zeros.
 */
#define BLOCK_FILES_EXCESS_MAX (64ull << 30)

struct block_files;

/* @in is copied (its descriptor and name are borrowed). Owned. */
struct block_files *block_files_new(const struct window *in);
void block_files_free(struct block_files *f); /* NULL is allowed */
static inline void cleanup_block_files(struct block_files **f)
{
	block_files_free(*f);
}
#define CLEANUP_BLOCK_FILES CLEANUP(cleanup_block_files)

/* Another limit than BLOCK_FILES_EXCESS_MAX, before anything is added. */
void block_files_limit(struct block_files *f, uint64_t excess);

/*
 * Reads the bytes once, hashes them and gives the handle (CONTENT_OBJECT, to be read by
 * block_files_reader() only, until block_files_free(); CONTENT_EMPTY for none). @extents
 * is copied. Errors: ERR_FORMAT a run ends outside the window, or a block of LZ4 does not
 * give what it should; ERR_LIMIT.
 */
int block_files_add(struct block_files *f, const struct block_extent *extents, size_t n,
		    struct content *ret, struct error *err) MUST_CHECK;

/*
 * Reads what was added, verifying digests. Borrowed from @f; NULL of NULL. Any number of
 * threads may use it while nothing is added.
 */
const struct content_reader *block_files_reader(const struct block_files *f);
