#pragma once

/*
 * pipeline/refusals.h - what scripts do that ingot can't evaluate, of all targets.
 *
 * Spec: design.md, sections 6 and 11. Each is told once, with an entry for the
 * recipe's `scripts:` that is ready to be pasted.
 */

#include "debian/debian.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"

struct refusal_place {
	struct debian_refusal refusal;
	struct str target, architecture; /* where it was met first */
};

struct refusals {
	struct arena *arena;
	struct refusal_place *list;
	size_t n, capacity;
	bool *answer_used; /* by index of the recipe's scripts, over all targets */
};

void refusals_init(struct refusals *f, const struct recipe *r, struct arena *arena);

/* Copies what @report has. */
void refusals_add(struct refusals *f, const struct recipe *r, const struct debian_report *report,
		  struct str target, struct str architecture);

/*
 * Answers that nothing asked for: a note each; ERR_SCRIPT with the new digest for one
 * whose script has changed.
 */
int refusals_check_answers(const struct refusals *f, struct context *c, const struct recipe *r,
			   struct error *err) MUST_CHECK;

/* 0 if there are none; else hands the block to the observer, and ERR_SCRIPT. */
int refusals_fail(const struct refusals *f, struct context *c, const struct recipe *r,
		  struct error *err) MUST_CHECK;
