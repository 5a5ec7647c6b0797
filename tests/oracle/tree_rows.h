#pragma once

/*
 * tests/oracle/tree_rows.h - a tree as text, as tree_text.py writes that of a folder:
 * a line for each path, by which trees are compared.
 */

#include "tree/reader.h"

/*
 * Lines to the file @path. What files hold that were made in memory, or lie below /etc
 * and /var, goes to the folder @contents, named by its digest (NULL: nowhere).
 */
int tree_rows_write(const struct tree *t, const struct content_reader *reader, const char *path,
		    const char *contents, struct error *err) MUST_CHECK;
