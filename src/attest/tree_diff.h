#pragma once

/*
 * attest/tree_diff.h - what two trees have in common, and where they differ. Pure.
 *
 * For two images of one recipe: a container and a disk hold different packages, but
 * what both hold must be equal. Three kinds of things are told apart:
 *
 * - paths of packages: those that dpkg's lists in either tree name (by what they resolve
 *   to there), compared whole;
 * - databases: files that are generated for all packages together. They are compared as
 *   records: one that both have must be equal, and each may have further ones;
 * - other paths, compared whole; of links it counts where they lead to;
 * - paths of the machine: /etc/hosts and the like, which a container gets from what runs
 *   it and a disk from itself. That they differ is told, but is no difference.
 *
 * The result is a value; printing is the business of cli/.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct tree_diff_side {
	const struct tree *tree;
	const struct content_reader *reader;
};

/* What of a path differs, as bits. */
enum tree_diff_what {
	TREE_DIFF_KIND = 1 << 0,    /* then nothing else is said */
	TREE_DIFF_CONTENT = 1 << 1, /* bytes, target of a link, number of a device */
	TREE_DIFF_MODE = 1 << 2,
	TREE_DIFF_OWNER = 1 << 3,
	TREE_DIFF_XATTRS = 1 << 4,
	TREE_DIFF_MTIME = 1 << 5,   /* folders have none that counts */
};

struct tree_diff_path {
	struct str path;            /* without a leading slash */
	struct str package;         /* that lists it, or "" */
	unsigned what;              /* 0 for a path that only one has */
	bool of_machine;
	const struct inode *a, *b;  /* one is NULL for a path that only one has */
};

struct tree_diff_record {
	struct str key;             /* "www-data" */
	struct str a, b;            /* ptr NULL: it has none by that key */
};

struct tree_diff_counts {
	size_t n_equal, n_different, n_only_a, n_only_b;
};

struct tree_diff_database {
	struct str path;
	struct tree_diff_counts counts;
	struct tree_diff_record *differing; /* in order of key */
	struct tree_diff_record *single;    /* those that only one has */
	size_t n_single;
};

struct tree_diff {
	struct tree_diff_counts packages, others, machine;
	struct tree_diff_path *paths;       /* all that are not equal, in canonical order */
	size_t n_paths;
	struct tree_diff_database *databases; /* that both have */
	size_t n_databases;
};

/*
 * *ret lies in @arena and borrows the trees. Errors: those of the readers; ERR_FORMAT,
 * ERR_LIMIT a database or a list can't be read.
 */
int tree_diff(const struct tree_diff_side *a, const struct tree_diff_side *b, struct arena *arena,
	      struct tree_diff *ret, struct error *err) MUST_CHECK;

/* Paths and records that both have and that differ. */
size_t tree_diff_differences(const struct tree_diff *d);
