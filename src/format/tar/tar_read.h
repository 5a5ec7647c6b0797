#pragma once

/*
 * format/tar/tar_read.h - one member of a canonical tar. Private to tar_check().
 *
 * Spec:    docs/formats/tar.md, "A member".
 * Units:   bytes, seconds.
 * Bytes:   anything but the one canonical spelling of a member is ERR_FORMAT.
 * Depends: base/, io/source.h.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "format/tar/tar.h"
#include "io/source.h"

struct tar_reader {
	struct source *in;
	uint64_t header;  /* offset of the member's first block, for messages */
	uint64_t content; /* bytes of content that still have to be read */
	struct buf path, target, records;
	struct xattr xattrs[LIMIT_XATTRS];
};

void tar_reader_init(struct tar_reader *r, struct source *in);
void tar_reader_release(struct tar_reader *r);
#define CLEANUP_TAR_READER CLEANUP(tar_reader_release)

/*
 * The next member; the content of the one before is passed over, its padding
 * checked. Strings are borrowed until the next call. 1, 0 at the end (two zero
 * blocks and nothing more), or -1.
 */
int tar_reader_next(struct tar_reader *r, struct tar_member *ret, struct error *err) MUST_CHECK;

/* ERR_FORMAT with the member's offset in front. */
int tar_wrong(const struct tar_reader *r, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
