#pragma once

/*
 * attest/diff_trees.h - two trees that should be the same, path by path. Pure.
 *
 * Everything counts: kind, content, target, mode, owner, time, extended attributes, which
 * names are one file. Files that are generated for all packages together are told by
 * record, as attest/tree_diff.h does.
 */

#include "attest/image_diff.h"
#include "tree/reader.h"

struct diff_trees_side {
	const struct tree *tree;
	const struct content_reader *reader;
	const uint32_t *layer_of; /* by node->serial: number of its layer; NULL: there are none */
};

struct diff_trees_options {
	enum difference_area area;
	const char *place; /* "root": what `where` starts with; with layers they do */
	bool owners;	   /* look up packages in dpkg's database */
	bool no_folder_times; /* they don't count: one side has none */
	unsigned details;  /* contents that are looked into, at most */
};

/* Errors: those of the readers. */
int diff_trees(struct image_diff *d, const struct diff_trees_side *a,
	       const struct diff_trees_side *b, const struct diff_trees_options *o,
	       struct error *err) MUST_CHECK;
