#pragma once

/*
 * tests/oracle/fs_rows.h - a tree as folder_rows.py prints a folder: a line for each path
 * in canonical order, with blanks between: path, kind, mode, uid, gid, mtime (folders:
 * "-"), what (size and sha256, target, MAJOR:MINOR), xattrs (NAME=HEX), the first path of a
 * set of hard links. Bytes beyond printable ASCII, blanks and backslashes are \xNN.
 */

#include "tree/reader.h"
#include "tree/tree.h"

/*
 * To standard output. Times are clamped to 0 and @epoch. With @reader contents are read
 * and hashed, otherwise their handles are believed.
 */
int fs_rows_print(const struct tree *t, const struct content_reader *reader, int64_t epoch,
		  struct error *err) MUST_CHECK;
