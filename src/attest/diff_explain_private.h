#pragma once

/* attest/diff_explain_private.h - what the files that look for causes share. Private. */

#include "attest/diff_explain.h"

/* What was found of one difference. */
enum verdict_kind {
	VERDICT_NONE = 0, /* nothing to tell by */
	VERDICT_CHANGE,
	VERDICT_GENERATED, /* from several things, none of which can be told apart */
	VERDICT_TAMPERED,
	VERDICT_SIGNATURE,
};

#define VERDICT_CHANGES_MAX 4u /* that are named; of more it is told that there are several */

struct verdict {
	enum verdict_kind kind;
	struct diff_change *changes[VERDICT_CHANGES_MAX]; /* VERDICT_CHANGE: each has a part */
	size_t n;
};

struct explaining {
	struct image_diff *d;
	const struct diff_explain_input *in;
	const struct diff_changes *changes;
	struct arena arena; /* until the end */
};

struct verdict verdict_of(struct diff_change *c); /* VERDICT_NONE if @c is NULL */
void verdict_add(struct verdict *v, struct diff_change *c); /* once each; NULL: none */
void verdict_add_all(struct verdict *v, const struct verdict *other);

/* What two builds of the same things can only differ in by hands: tampering, if it is known. */
struct verdict verdict_unaccounted(const struct explaining *x);

/* What is generated: the only change that there is, or several. */
struct verdict verdict_generated(const struct explaining *x);

/* explain_paths.c: a path of the root tree. */
struct verdict explain_path(struct explaining *x, const struct difference *d);

/* explain_parts.c: anything else. */
struct verdict explain_part(struct explaining *x, const struct difference *d);

/* explain_disks.c: the parts of a disk; DIFFERENCE_TABLE to DIFFERENCE_ROOT. */
struct verdict explain_disk(struct explaining *x, const struct difference *d);
/* The package of the kernel, if it is another one; or NULL. */
struct diff_change *explain_kernel(const struct explaining *x);

/* explain_parts.c: what the writers of a format would do: their version, or somebody's hand. */
struct verdict verdict_by_format(const struct explaining *x, const struct difference *d);
/* @v, if there is a change in it. */
struct verdict verdict_or_format(const struct explaining *x, const struct difference *d,
				 struct verdict v);
/* All of @keys (up to NULL) that changed, each with what is below it. */
struct verdict verdict_of_keys(const struct explaining *x, const char *const *keys);
#define VERDICT_OF_KEYS(x, ...) verdict_of_keys((x), (const char *const[]){ __VA_ARGS__, NULL })

/* explain_records.c: a record of a database; VERDICT_NONE if that can't tell. */
struct verdict explain_record(struct explaining *x, const struct difference *d);
