#pragma once

/*
 * format/tar/tar.h - deterministic tar archives.
 *
 * Spec:    POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax Interchange
 *          Format"; the subset that we emit is docs/formats/tar.md (formats A3).
 * Units:   sizes in bytes, times in seconds.
 * Bytes:   octal text; numbers that don't fit go to a pax record, never base-256.
 * Depends: base/, io/, tree/. No files, no clock.
 *
 * The same calls always give the same bytes; if that must change,
 * TAR_WRITER_VERSION goes up.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "tree/reader.h"
#include "tree/tree.h"

#define TAR_WRITER_VERSION 1
#define TAR_BLOCK_SIZE     512

/* One member. Strings are borrowed for the call. */
struct tar_member {
	struct str path;       /* without leading "./" or "/"; "" is the root */
	enum node_kind kind;
	bool hard_link;        /* @target names an earlier member; no content */
	uint16_t mode;
	uint32_t uid, gid;
	int64_t mtime;         /* >= 0 */
	uint64_t size;         /* of the content that follows (NODE_FILE) */
	struct str target;
	uint32_t major, minor;
	const struct xattr *xattrs; /* sorted by name */
	uint32_t n_xattrs;
};

/*
 * The header blocks of one member. After it the caller writes exactly
 * member->size bytes to @out and calls sink_align(out, TAR_BLOCK_SIZE).
 *
 * Errors: ERR_UNSUPPORTED a name or a link's target is not UTF-8 or empty, an
 *         xattr's name holds '=';
 *         ERR_LIMIT a path is longer than LIMIT_PATH_MAX, the pax records are
 *         longer than readers take (1 MiB), a device is beyond Linux's numbers.
 */
int tar_write_header(const struct tar_member *m, struct sink *out, struct error *err) MUST_CHECK;

/* Two zero blocks. */
int tar_write_end(struct sink *out, struct error *err) MUST_CHECK;

/* Bytes that tar_write_header() would write for @m (headers only). */
uint64_t tar_header_size(const struct tar_member *m);

/*
 * One layer or a whole tree: the living nodes for which @includes says true
 * (NULL: all), in canonical order, with all their parent folders. Folder mtimes
 * are @folder_mtime; others are clamped to [0, @epoch]. Of a set of hard links
 * the first included path holds the data. Contents come from @reader.
 *
 * Errors: those of tar_write_header() and the reader; ERR_UNSUPPORTED a name
 * starts with ".wh." (it would be read as a whiteout), an xattr of overlayfs.
 */
struct tar_tree_options {
	int64_t epoch, folder_mtime;
	bool (*includes)(void *context, const struct node *node);
	void *context;
	const struct content_reader *reader;
};
int tar_write_tree(const struct tree *t, const struct tar_tree_options *o, struct sink *out,
		   struct error *err) MUST_CHECK;

/*
 * What tar_write_tree() would write, member by member: for writers of other
 * archives and for keys. Strings of a member are borrowed until the next call.
 * *ret_content (may be NULL) is the content of a file's first name, else NULL.
 *
 * Returns 1 with a member, 0 at the end, -1 on failure.
 */
struct tar_walk;
struct tar_walk *tar_walk_new(const struct tree *t, const struct tar_tree_options *o);
int tar_walk_next(struct tar_walk *w, struct tar_member *ret,
		  const struct content **ret_content, struct error *err) MUST_CHECK;
void tar_walk_free(struct tar_walk *w); /* NULL is allowed */
static inline void cleanup_tar_walk(struct tar_walk **w)
{
	tar_walk_free(*w);
}
#define CLEANUP_TAR_WALK CLEANUP(cleanup_tar_walk)

/* Exact size of what tar_write_tree() will write. */
int tar_tree_size(const struct tree *t, const struct tar_tree_options *o, uint64_t *ret,
		  struct error *err) MUST_CHECK;

/*
 * Reads a tar that ingot wrote and verifies every rule of docs/formats/tar.md:
 * order, duplicates, canonical headers, padding, end. Written from the spec,
 * independently of the writer. @member (may be NULL) is called for each.
 */
int tar_check(struct source *in,
	      int (*member)(void *context, const struct tar_member *m, struct error *err),
	      void *context, struct error *err) MUST_CHECK;
