#pragma once

/*
 * pipeline/refusals.h - what scripts do that ingot can't evaluate, of all targets.
 *
 * Spec: design.md, sections 6 and 11. Each thing is told once, whatever number of
 * targets and architectures have it, with entries for the recipe's `scripts:` that are
 * complete but for the reason: that is for a person to give, and the recipe's checks
 * refuse an empty one.
 */

#include "debian/debian.h"
#include "pipeline/assemble.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"

struct refusal_row {
	struct debian_refusal refusal;
	struct str *targets, *architectures; /* that have it */
	size_t n_targets, n_architectures;
	bool is_stale; /* the recipe's answer is for another text of the script: */
	struct src_pos stale_pos;
	struct digest stale_digest;
};

/* All that is told lies in the arena: it outlives recipe and packages. */
struct refusals {
	struct arena arena;
	struct refusal_row *rows; /* in the order of evaluation */
	size_t n, capacity;
	bool *answer_used; /* by index of the recipe's scripts, over all targets */
	char *block;       /* refusals_fail(): to be pasted into the recipe */
};

struct refusals *refusals_new(const struct recipe *r);
void refusals_free(struct refusals *f); /* NULL is allowed */
static inline void cleanup_refusals(struct refusals **f)
{
	refusals_free(*f);
}
#define CLEANUP_REFUSALS CLEANUP(cleanup_refusals)

/*
 * Copies what @report has of @target. The texts of scripts that are refused or answered go
 * into the stage, so that they can be read there by their digest.
 */
int refusals_add(struct refusals *f, struct context *c, const struct recipe *r,
		 const struct debian_report *report, struct str target,
		 const struct package_set *set, struct error *err) MUST_CHECK;

/* A note for each answer that nothing asked for. */
void refusals_note_unused(const struct refusals *f, struct context *c, const struct recipe *r);

/*
 * 0 if there are none. Else ERR_SCRIPT that lists all; @f is taken: the context has it
 * (c->refused), with the block for the recipe.
 */
int refusals_fail(struct refusals **f, struct context *c, const struct recipe *r,
		  struct error *err) MUST_CHECK;

/* The lines of `effects` answers, before anything is evaluated. ERR_RECIPE_VALUE. */
int answers_check(const struct recipe *r, struct error *err) MUST_CHECK;
