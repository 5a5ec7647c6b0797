#pragma once

/*
 * pipeline/lockdiff.h - what changed between two locks, for a reviewer.
 *
 * Spec: design.md, section 5: packages, sizes, suites, inputs, ids.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "format/json/json.h"
#include "pipeline/context.h"
#include "resolve/lock.h"

/* One changed package: @before or @after is NULL for added and removed ones. */
struct lockdiff_package {
	struct str architecture;
	const struct lock_package *before, *after;
};

/* What changed in the effects of one package's scripts. */
struct lockdiff_effects {
	struct str architecture, target, package;
	bool known; /* both objects were there; else only digests say that something changed */
	struct str *removed, *added; /* operations, in order, as people read them */
	size_t n_removed, n_added;
};

struct lockdiff {
	struct lockdiff_effects *effects; /* by architecture, target, package */
	size_t n_effects;
	struct lockdiff_package *packages; /* by architecture, then name */
	size_t n_packages;
	struct str *notes; /* other changes, a sentence each */
	size_t n_notes;
	int64_t size_before, size_after; /* bytes of all packages */
};

/*
 * @before may be NULL (no lock yet). *ret lies in @arena and views into both. Effects
 * objects are read from the stage as far as it has them.
 */
int lockdiff_make(struct context *c, const struct lock *before, const struct lock *after,
		  struct arena *arena, struct lockdiff *ret, struct error *err) MUST_CHECK;

/* lockdiff_effects.c: fills in ret->effects. */
int lockdiff_compare_effects(struct context *c, const struct lock *before,
			     const struct lock *after, struct arena *arena,
			     struct lockdiff *ret, struct error *err) MUST_CHECK;

void lockdiff_text(const struct lockdiff *d, struct buf *to);
void lockdiff_markdown(const struct lockdiff *d, struct buf *to);
struct json *lockdiff_json(const struct lockdiff *d, struct arena *arena);
