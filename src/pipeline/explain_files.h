#pragma once

/*
 * pipeline/explain_files.h - how two files differ, and why.
 *
 * Spec: design.md, section 11; docs/diff.md. Images, disks, trees (tars of files), locks and
 * bundles; which one a file is, its content says. Causes come from STEM.causes.json beside each
 * file but a tree; without them packages are named by dpkg's database.
 */

#include "attest/image_diff.h"
#include "base/attr.h"
#include "base/error.h"
#include "pipeline/context.h"

struct explain_options {
	bool explain;	      /* name the causes */
	bool details;	      /* look into contents that differ (text, ELF, bytes) */
	const char *causes_a; /* the causes file of a side, NULL: the one beside it */
	const char *causes_b;
};

/*
 * *ret: image_diff_release(), also after a failure. Opens the stage for images (layers are
 * unpacked there). Success means that they could be compared: ret->identical,
 * ret->equal, or image_diff_findings(ret) and ret->n say whether they differ. A side "-" is
 * standard input.
 *
 * Errors: ERR_USAGE two files that have nothing in common to compare (a lock and an image);
 * those of reading each, with its name.
 */
int explain_files(struct context *c, const char *a, const char *b, const struct explain_options *o,
		  struct image_diff *ret, struct error *err) MUST_CHECK;

/* A container image and a disk: of them only what both hold can be compared (tree_diff.h). */
bool explain_is_mixed(const char *a, const char *b);

/* What `diff` prints: bounded, unless @all. */
struct buf;
void explain_text(const struct image_diff *d, bool all, struct buf *to);
/* The causes alone, a line each. */
void explain_causes_text(const struct image_diff *d, struct buf *to);
struct json;
struct json *explain_json(const struct image_diff *d, struct arena *arena);
