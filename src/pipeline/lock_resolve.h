#pragma once

/*
 * pipeline/lock_resolve.h - the solving half of `lock`: evidence, packages,
 * slices. locking.c decides whether it is needed and does the rest.
 */

#include "base/arena.h"
#include "pipeline/evidence.h"
#include "pipeline/locking.h"

/* One run: what all steps need. */
struct lock_run {
	struct context *context;
	const struct recipe *recipe;
	const struct locking_options *options;
	const struct lock *old; /* or NULL */
	struct lock *lock;	/* being made */
	struct evidence evidence;
	struct evidence old_evidence; /* where pins come from that new indexes lack */
	struct arena arena;
};

/* Fills in suites, architectures, slices and the resolution's digest of run->lock. */
int lock_resolve(struct lock_run *run, struct error *err) MUST_CHECK;

/* The smallest layer budget of the recipe's container targets. In @arena. */
struct slice_budget;
struct slice_budget lock_slice_budget(const struct recipe *r, struct arena *arena);
