#pragma once

/*
 * pipeline/lockdiff.h - what changed between two locks, for a reviewer.
 *
 * Spec: design.md, section 5: packages, sizes, suites, inputs, ids.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "format/json/json.h"
#include "resolve/lock.h"

/* One changed package: @before or @after is NULL for added and removed ones. */
struct lockdiff_package {
	struct str architecture;
	const struct lock_package *before, *after;
};

struct lockdiff {
	struct lockdiff_package *packages; /* by architecture, then name */
	size_t n_packages;
	struct str *notes; /* other changes, a sentence each */
	size_t n_notes;
	int64_t size_before, size_after; /* bytes of all packages */
};

/* @before may be NULL (no lock yet). *ret lies in @arena and views into both. */
void lockdiff_make(const struct lock *before, const struct lock *after, struct arena *arena,
		   struct lockdiff *ret);

void lockdiff_text(const struct lockdiff *d, struct buf *to);
void lockdiff_markdown(const struct lockdiff *d, struct buf *to);
struct json *lockdiff_json(const struct lockdiff *d, struct arena *arena);
