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

struct verdict {
	enum verdict_kind kind;
	struct diff_change *change;
};

struct explaining {
	struct image_diff *d;
	const struct diff_explain_input *in;
	const struct diff_changes *changes;
	struct arena arena; /* until the end */
};

struct verdict verdict_of(struct diff_change *c); /* VERDICT_NONE if @c is NULL */

/* What two builds of the same things can only differ in by hands: tampering, if it is known. */
struct verdict verdict_unaccounted(const struct explaining *x);

/* What is generated: the only change that there is, or several. */
struct verdict verdict_generated(const struct explaining *x);

/* explain_paths.c: a path of the root tree. */
struct verdict explain_path(struct explaining *x, const struct difference *d);

/* explain_parts.c: anything else. */
struct verdict explain_part(struct explaining *x, const struct difference *d);

/* explain_records.c: a record of a database; VERDICT_NONE if that can't tell. */
struct verdict explain_record(struct explaining *x, const struct difference *d);
