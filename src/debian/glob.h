#pragma once

/*
 * debian/glob.h - the recipe's `exclude` patterns.
 *
 * Spec: docs/formats/dpkg.md, "Excluded paths". Patterns are byte strings
 * that match a whole absolute path:
 *
 *   *        any bytes but '/'       **   any bytes
 *   ?        one byte but '/'        \x   the byte x
 *   [a-z]    one byte of the set, [!a-z] one that is not; never '/'
 *
 * Patterns apply in order and the last one that matches decides; one that
 * begins with '!' re-includes. As with dpkg's path-exclude, an excluded folder
 * or symbolic link stays if a re-including pattern could match below it: if
 * what that pattern has before its first wildcard is a prefix of the path.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"

struct glob_list {
	const struct str *patterns; /* borrowed */
	size_t n;
};

/* @pattern without '!'; @path with its leading '/'. */
bool glob_match(struct str pattern, struct str path);

/* @holds: the path is a folder or a symbolic link. */
bool glob_excludes(const struct glob_list *l, struct str path, bool holds);

/* What dpkg decides by the lines of glob_dpkg_lines(). */
bool glob_dpkg_excludes(const struct glob_list *l, struct str path, bool holds);

/*
 * The patterns as lines of dpkg.cfg(5). dpkg has one '*', which crosses '/':
 * a path of a package for which glob_dpkg_excludes() then differs needs a line
 * of its own, glob_dpkg_line(), after these.
 */
void glob_dpkg_lines(const struct glob_list *l, struct buf *to);
void glob_dpkg_line(struct str path, bool exclude, struct buf *to);
