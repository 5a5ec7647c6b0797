#pragma once

/*
 * format/erofs/erofs.h - a tree as a read-only EROFS file system, written in one pass.
 *
 * Spec:    Linux Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h; the subset
 *          that we emit is docs/formats/erofs.md (formats A5).
 * Units:   sizes in bytes, times in seconds. Blocks are 4096 bytes.
 * Bytes:   little-endian.
 * Depends: base/, io/, tree/. No files, no clock.
 *
 * The same tree and options always give the same bytes; if that must change,
 * EROFS_WRITER_VERSION goes up.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "tree/reader.h"
#include "tree/tree.h"

#define EROFS_WRITER_VERSION 1
#define EROFS_BLOCK_SIZE     4096u

enum erofs_compression {
	EROFS_UNCOMPRESSED = 0,
	EROFS_LZ4, /* the plan reads every content */
};

struct erofs_options {
	uint8_t uuid[16];     /* as blkid prints it, first byte first */
	struct str label;     /* volume name, at most 16 bytes */
	int64_t epoch;        /* later mtimes are clamped to it, earlier than 0 to 0 */
	int64_t folder_mtime; /* of every folder */
	enum erofs_compression compression;
	const struct content_reader *reader; /* borrowed; for EROFS_LZ4 only */
	unsigned threads;     /* that compress, from any of which @reader is used; 0: one */
};

/*
 * Bytes of files up to which a plan keeps what it has compressed, until it is freed. Files
 * beyond it are compressed again each time they are written: to the same bytes.
 */
#define EROFS_KEPT_MAX (1ull << 30)

struct erofs_plan; /* borrows the tree */

/* Errors: ERR_LIMIT, ERR_UNSUPPORTED as for ext4_plan(). Owned, erofs_plan_free(). */
int erofs_plan(const struct tree *t, const struct erofs_options *o, struct erofs_plan **ret,
	       struct error *err) MUST_CHECK;
void erofs_plan_free(struct erofs_plan *p); /* NULL is allowed */
static inline void cleanup_erofs_plan(struct erofs_plan **p)
{
	erofs_plan_free(*p);
}
#define CLEANUP_EROFS_PLAN CLEANUP(cleanup_erofs_plan)

/* Bytes that erofs_write() will write: a multiple of the block size. */
uint64_t erofs_size(const struct erofs_plan *p);

int erofs_write(const struct erofs_plan *p, const struct content_reader *reader,
		struct sink *out, struct error *err) MUST_CHECK;
