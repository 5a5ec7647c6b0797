#pragma once

/*
 * attest/diff_explain.h - which change each difference comes from. Pure.
 *
 * Spec: docs/diff.md, "How causes are found". A difference has one cause: the change that
 * its own cause, as both builds recorded it, leads to. What is generated from many things
 * (a database, a cache) is told by record; what is left then has the only change there is, or
 * several. A path whose cause did not change, but which did, was tampered with.
 */

#include "attest/diff_changes.h"
#include "attest/image_diff.h"

struct diff_explain_input {
	const struct diff_changes *changes;
	const struct tree *tree_a, *tree_b;		  /* NULL: none */
	const struct content_reader *reader_a, *reader_b; /* for changelogs */
};

/* Fills in d->causes, and the cause of each difference that is not derived. */
void diff_explain(struct image_diff *d, const struct diff_explain_input *in);
