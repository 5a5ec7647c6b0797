#pragma once

/* pipeline/explain_private.h - what the files that compare two files share. Private. */

#include "attest/causes.h"
#include "base/limits.h"
#include "image/disk_read.h"
#include "image/oci_read.h"
#include "pipeline/bundle.h"
#include "pipeline/explain_files.h"
#include "pipeline/statements.h"
#include "pipeline/tree_file.h"
#include "resolve/lock.h"

enum explain_kind { EXPLAIN_OCI = 1, EXPLAIN_DISK, EXPLAIN_LOCK, EXPLAIN_BUNDLE, EXPLAIN_TREE };
extern const char *const explain_kind_names[]; /* "", "oci", "disk", "lock", "bundle", "tree" */

struct explain_side {
	struct arena arena;
	const char *path;
	int fd;
	uint64_t size;
	enum explain_kind kind;
	struct oci_image *image; /* of these what @kind says; owned */
	struct oci_tree *layers;
	struct disk_image *disk;
	struct lock *lock;
	struct bundle *bundle;
	struct tree_file *tar; /* EXPLAIN_TREE */
	struct buf text; /* of a lock */
	bool has_causes;
	struct causes causes;
	struct digest causes_digest;
	const char *causes_path; /* where they were read, or NULL */
};

#define EXPLAIN_SIDE_INIT                                                                          \
	{                                                                                          \
		.fd = -1, .text = BUF_INIT(LIMIT_LOCK_SIZE)                                        \
	}
void explain_side_release(struct explain_side *s);
#define CLEANUP_EXPLAIN_SIDE CLEANUP(explain_side_release)

/* Opens @path, and looks what it is; reads nothing more. "-" is standard input, read whole. */
int explain_side_open(const struct context *c, const char *path, struct explain_side *s,
		      struct error *err) MUST_CHECK;

/* Reads and verifies all of it. */
int explain_side_read(struct context *c, struct explain_side *s, struct error *err) MUST_CHECK;

/* The causes file @path, or the one beside the side's file; none is no error. */
int explain_side_causes(struct explain_side *s, const char *path, struct error *err) MUST_CHECK;

/*
 * What the statements beside the file, or beside its causes file, say. Signatures don't count
 * here: `verify` is for that. Of none, or none that can be read, all is false.
 */
struct explain_said {
	bool any;
	bool of_it;	   /* a provenance is about this file */
	bool of_another;   /* one names it, with other bytes */
	bool names_causes; /* a provenance names the causes file by its digest */
	bool names_others; /* one names another causes file */
};
void explain_side_said(const struct explain_side *s, struct explain_said *ret);

/* explain_lock.c: @text_*: for the numbers of lines. */
int explain_locks(struct context *c, const struct lock *a, const struct lock *b,
		  struct bytes text_a, struct bytes text_b, struct image_diff *d,
		  struct error *err) MUST_CHECK;

/* The files of a side, and what they hold; NULL if it has none. */
const struct tree *explain_side_tree(const struct explain_side *s);
const struct content_reader *explain_side_reader(const struct context *c,
						 const struct explain_side *s);

/* explain_trees.c: where one side is no more than a tree: path by path, @details as diff_trees. */
int explain_trees(const struct context *c, const struct explain_side *a,
		  const struct explain_side *b, unsigned details, struct image_diff *d,
		  struct error *err) MUST_CHECK;

/* explain_bundle.c */
int explain_bundles(struct context *c, const struct bundle *a, const struct bundle *b,
		    struct image_diff *d, struct error *err) MUST_CHECK;
