#pragma once

/*
 * tests/tools/golden.h - golden cases: golden/FORMAT/CASE/ with input.tree,
 * expect.sha256 and version.
 *
 * With INGOT_GOLDEN_UPDATE=1 in the environment expect.sha256 and version are
 * written instead of compared; a reviewer then sees the new digests beside the
 * raised version.
 */

#include "base/digest.h"
#include "tree/tree.h"

struct golden_case {
	struct tree *tree;
	uint32_t *slices; /* by node->serial */
};

/*
 * Runs @digest_of for each case of @format, in order of name, and asserts that
 * the digest is the expected one and that the case is of writer @version.
 * Returns the number of cases.
 */
unsigned golden_run(const char *format, int version,
		    struct digest (*digest_of)(const char *name, const struct golden_case *c));

/* The same for one case FORMAT/NAME that is no tree: the test itself makes the input. */
void golden_check(const char *format, const char *name, int version,
		  const struct digest *digest);
