#pragma once

/*
 * pack/tar_in.h - reads a tar archive, member by member.
 *
 * Spec:   POSIX.1-2017 pax(1), ustar and pax; GNU long names. libarchive's tar
 *         reader decodes; tar_guard.h refuses what libarchive forgives. A
 *         warning of libarchive is an error.
 * Locale: libarchive converts pax names (UTF-8) to the locale of the thread.
 *         While a reader is open its thread has C.UTF-8, where the conversion
 *         changes no byte and refuses what is not UTF-8. Names of ustar and GNU
 *         headers are any bytes.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/error.h"
#include "io/source.h"
#include "tree/tree.h"

/* Strings are borrowed until the next call. */
struct tar_entry {
	struct str name;      /* as in the archive */
	enum node_kind kind;
	bool hard_link;       /* @target names another member */
	uint16_t mode;
	uint32_t uid, gid;
	struct str user, group;
	int64_t mtime;
	uint64_t size;        /* of a file; 0 for all else */
	uint64_t offset;      /* of the content in the archive */
	uint32_t major, minor;
	struct str target;
	const struct xattr *xattrs; /* as in the archive, unsorted */
	uint32_t n_xattrs;
};

struct tar_in;

/*
 * @in and @what (for messages) are borrowed. Use and close it in one thread,
 * one at a time. Owned, tar_in_close().
 */
int tar_in_open(struct source *in, const char *what, struct tar_in **ret,
		struct error *err) MUST_CHECK;
void tar_in_close(struct tar_in *t); /* NULL is allowed */
static inline void cleanup_tar_in(struct tar_in **t)
{
	tar_in_close(*t);
}
#define CLEANUP_TAR_IN CLEANUP(cleanup_tar_in)

/* pax names may be any bytes, too, where hdrcharset=BINARY says so. */
void tar_in_allow_raw_names(struct tar_in *t);

/*
 * The next member: 1, 0 at the end, -1. The end is a block of zeros, with
 * nothing but zeros after it.
 */
int tar_in_next(struct tar_in *t, struct tar_entry *ret, struct error *err) MUST_CHECK;

/* The next piece of the member's content: 1, 0 at its end, -1. Borrowed. */
int tar_in_read(struct tar_in *t, struct bytes *ret, struct error *err) MUST_CHECK;
