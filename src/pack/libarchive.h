#pragma once

/* pack/libarchive.h - libarchive, loaded when a tar is unpacked; for tar_in.c alone. */

#include <archive.h>
#include <archive_entry.h>

#include "base/attr.h"
#include "base/error.h"

#define ARCHIVE_FUNCTIONS(F)                                                                       \
	F(entry_acl_types)                                                                         \
	F(entry_fflags_text)                                                                       \
	F(entry_filetype)                                                                          \
	F(entry_gid)                                                                               \
	F(entry_gname)                                                                             \
	F(entry_hardlink)                                                                          \
	F(entry_mtime)                                                                             \
	F(entry_pathname)                                                                          \
	F(entry_perm)                                                                              \
	F(entry_rdevmajor)                                                                         \
	F(entry_rdevminor)                                                                         \
	F(entry_size)                                                                              \
	F(entry_sparse_count)                                                                      \
	F(entry_symlink)                                                                           \
	F(entry_uid)                                                                               \
	F(entry_uname)                                                                             \
	F(entry_xattr_next)                                                                        \
	F(entry_xattr_reset)                                                                       \
	F(error_string)                                                                            \
	F(filter_bytes)                                                                            \
	F(read_data_block)                                                                         \
	F(read_free)                                                                               \
	F(read_new)                                                                                \
	F(read_next_header)                                                                        \
	F(read_open1)                                                                              \
	F(read_set_callback_data)                                                                  \
	F(read_set_read_callback)                                                                  \
	F(read_support_format_tar)

#define ARCHIVE_POINTER(name) __typeof__(archive_##name) *name;
struct libarchive {
	ARCHIVE_FUNCTIONS(ARCHIVE_POINTER)
};

/* Filled in by libarchive_load(): nothing of it may be called before that has succeeded. */
extern struct libarchive libarchive;
int libarchive_load(struct error *err) MUST_CHECK; /* ERR_NO_PROGRAM */
