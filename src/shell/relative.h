#pragma once

/*
 * shell/relative.h - canonical paths, and one path as seen from another.
 *
 * Spec: canonicalize_file_name() of gnulib; realpath(1), readlink(1), ln -r.
 */

#include "shell/world.h"

enum canonical_mode {
	CANONICAL_EXISTING,	/* all must exist: readlink -e */
	CANONICAL_ALL_BUT_LAST, /* readlink -f, realpath */
	CANONICAL_MISSING,	/* nothing need exist: -m */
};

/*
 * Absolute, without links, "." or "..". @plain: links stay (realpath -s). In the arena.
 * Return: 0, an outcome; WORLD_SPECIAL where it goes through /proc or /sys.
 */
int canonical_path(struct shell *sh, struct str path, enum canonical_mode mode, bool plain,
		   struct str *ret);

/* @path as seen from the folder @from, both canonical. In the arena. */
struct str relative_path(struct shell *sh, struct str path, struct str from);

/* The target of `ln -sr TARGET LINK`. Return: 0, or an outcome. */
int relative_link(struct shell *sh, struct str target, struct str link, struct str *ret);

/* Whether canonical @path is @folder or lies below it. */
bool path_is_below(struct str path, struct str folder);
