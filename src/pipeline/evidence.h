#pragma once

/*
 * pipeline/evidence.h - the signed indexes that a lock is made from.
 *
 * Spec: design.md, sections 5 and 10; formats C1, C2. Evidence is either read
 * anew from the mirrors (first lock, --update) or found again by the digests in
 * an earlier lock: then no pin moves because an archive has moved on.
 */

#include "base/arena.h"
#include "base/error.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/archive.h"
#include "resolve/lock.h"

struct evidence_options {
	const struct lock *old;		  /* the earlier lock, or NULL */
	bool update;			  /* read newer indexes even if @old names some */
	const char *const *accepted_keys; /* --accept-key: fingerprints */
	size_t n_accepted_keys;
	bool keep_nothing; /* --dry-run: doesn't copy keyrings, records no dates */
};

struct evidence {
	struct arena arena;
	struct lock_suite *suites; /* in recipe order, as a lock records them */
	size_t n_suites;
};

/*
 * Obtains every suite of the recipe and all its indexes: afterwards they are in
 * the stage. *ret is owned, evidence_release().
 *
 * Errors: ERR_NO_MIRROR, ERR_FETCH*, ERR_OFFLINE, ERR_SIGNATURE, ERR_EXPIRED,
 *         ERR_ROLLBACK, ERR_WRONG_ARCHIVE, ERR_FORMAT.
 */
int evidence_obtain(struct context *c, const struct recipe *r, const struct evidence_options *o,
		    struct evidence *ret, struct error *err) MUST_CHECK;
void evidence_release(struct evidence *e);
#define CLEANUP_EVIDENCE CLEANUP(evidence_release)

/* The packages of one architecture. `origin` of each is an index into suites. */
struct evidence_packages {
	struct package_list list;
	struct buf *texts; /* that the list views into */
	size_t n_texts;
};
int evidence_packages(struct context *c, const struct evidence *e, struct str architecture,
		      struct evidence_packages *ret, struct error *err) MUST_CHECK;
void evidence_packages_release(struct evidence_packages *p);
#define CLEANUP_EVIDENCE_PACKAGES CLEANUP(evidence_packages_release)

/* The digests that gc must keep for a lock: InRelease and indexes of its suites. */
size_t evidence_objects(const struct lock *l, struct arena *arena, struct digest **ret);
