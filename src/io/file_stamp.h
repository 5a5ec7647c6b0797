#pragma once

/*
 * io/file_stamp.h - whether a file is still the one that was looked at.
 *
 * As make(1) and git(1) judge it: by what stat(2) says, without reading it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "base/error.h"

enum {
	FILE_STAMP_DEVICE,
	FILE_STAMP_INODE,
	FILE_STAMP_MTIME,
	FILE_STAMP_MTIME_NSEC,
	FILE_STAMP_CTIME,
	FILE_STAMP_CTIME_NSEC,
	FILE_STAMP_SIZE,
	FILE_STAMP_WORDS
};

struct file_stamp {
	uint64_t words[FILE_STAMP_WORDS];
};

struct file_stamp file_stamp_of(const struct stat *st);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/* ERR_DIGEST @name in @dirfd is another file now, or none, or was written to. */
int file_stamp_check(int dirfd, const char *name, const struct file_stamp *was,
		     struct error *err) MUST_CHECK;
