#pragma once

/* pipeline/explain_private.h - what the files that compare two files share. Private. */

#include "attest/causes.h"
#include "base/limits.h"
#include "image/disk_read.h"
#include "image/oci_read.h"
#include "pipeline/bundle.h"
#include "pipeline/explain_files.h"
#include "resolve/lock.h"

enum explain_kind { EXPLAIN_OCI = 1, EXPLAIN_DISK, EXPLAIN_LOCK, EXPLAIN_BUNDLE };
extern const char *const explain_kind_names[]; /* "", "oci", "disk", "lock", "bundle" */

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
	struct buf text; /* of a lock */
	bool has_causes;
	struct causes causes;
};

#define EXPLAIN_SIDE_INIT                                                                          \
	{                                                                                          \
		.fd = -1, .text = BUF_INIT(LIMIT_LOCK_SIZE)                                        \
	}
void explain_side_release(struct explain_side *s);
#define CLEANUP_EXPLAIN_SIDE CLEANUP(explain_side_release)

/* Opens @path, and looks what it is; reads nothing more. */
int explain_side_open(const char *path, struct explain_side *s, struct error *err) MUST_CHECK;

/* Reads and verifies all of it. */
int explain_side_read(struct context *c, struct explain_side *s, struct error *err) MUST_CHECK;

/* The causes file @path, or the one beside the side's file; none is no error. */
int explain_side_causes(struct explain_side *s, const char *path, struct error *err) MUST_CHECK;

/*
 * Whether the statements beside the file are of something else than it is; false if there
 * are none, or none that can be read.
 */
bool explain_side_is_altered(const struct explain_side *s);

/* explain_lock.c: @text_*: for the numbers of lines. */
int explain_locks(struct context *c, const struct lock *a, const struct lock *b,
		  struct bytes text_a, struct bytes text_b, struct image_diff *d,
		  struct error *err) MUST_CHECK;

/* explain_bundle.c */
int explain_bundles(struct context *c, const struct bundle *a, const struct bundle *b,
		    struct image_diff *d, struct error *err) MUST_CHECK;
