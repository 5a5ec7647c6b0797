#pragma once

/*
 * format/cpio/cpio.h - a tree as a "newc" archive, for the kernel's initramfs.
 *
 * Spec:    Linux Documentation/driver-api/early-userspace/buffer-format.rst (formats A8;
 *          docs/formats/cpio.md).
 * Units:   sizes in bytes, times in seconds.
 * Bytes:   numbers are 8 hexadecimal digits.
 * Depends: base/, io/, tree/. No files, no clock.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "tree/reader.h"
#include "tree/tree.h"

#define CPIO_WRITER_VERSION 1

struct cpio_options {
	int64_t epoch;        /* later mtimes are clamped to it, earlier than 0 to 0 */
	int64_t folder_mtime; /* of every folder */
};

/*
 * The whole tree in canonical order, the root itself not. Errors: ERR_LIMIT a file of
 * 4 GiB or more; ERR_UNSUPPORTED xattrs, which the format can't hold.
 */
int cpio_write_tree(const struct tree *t, const struct cpio_options *o,
		    const struct content_reader *reader, struct sink *out,
		    struct error *err) MUST_CHECK;

/*
 * Reads what cpio_write_tree() wrote and checks every rule of docs/formats/cpio.md:
 * written by itself. Contents view into @data. *ret is owned.
 */
int cpio_read(struct bytes data, struct tree **ret, struct error *err) MUST_CHECK;
