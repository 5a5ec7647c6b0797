#pragma once

/*
 * pipeline/locking.h - what `ingot lock` does.
 *
 * Spec: design.md, section 5. A plain lock never moves a pin while the
 * resolution fits, and rewrites only what changed.
 */

#include "debian/debian.h"
#include "pipeline/context.h"
#include "pipeline/inputs.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"

struct locking_options {
	bool update;			    /* read newer indexes, free all pins */
	const char *const *update_packages; /* free only these (names or source names) */
	size_t n_update_packages;
	bool dry_run; /* write nothing */
	bool reslice, renumber;
	const char *const *accepted_keys;
	size_t n_accepted_keys;
};

struct locking {
	struct lock *lock; /* what is right now; owned */
	struct lock *old;  /* what the file said before, or NULL; owned */
	bool changed;	   /* the texts differ */
	bool resolved;	   /* packages were solved (not only inputs refreshed) */
};

/* Locks the recipe and (unless dry_run) writes the file. locking_release(). */
int locking_run(struct context *c, const struct recipe *r, const struct locking_options *o,
		struct locking *ret, struct error *err) MUST_CHECK;
void locking_release(struct locking *l);
#define CLEANUP_LOCKING CLEANUP(locking_release)

/* The lock of a recipe. ERR_LOCK_MISSING if there is none. Owned, lock_free(). */
int lock_load(const struct context *c, const struct recipe *r, struct lock **ret,
	      struct error *err) MUST_CHECK;

enum lock_fit {
	LOCK_FITS = 0,
	LOCK_INPUTS_DIFFER, /* build may refresh it by itself */
	LOCK_STALE,	    /* packages must be resolved again */
};

/* Whether @l is for this recipe and these inputs; says why not, a line each. */
enum lock_fit lock_fit(const struct lock *l, const struct recipe *r, const struct inputs *in,
		       struct buf *reasons);

/*
 * Brings inputs, recipe digest, compressor versions and (where the recipe's
 * accounts changed) ids of @l up to date. The resolution stays as it is.
 */
int lock_refresh(struct context *c, const struct recipe *r, const struct inputs *in, struct lock *l,
		 struct error *err) MUST_CHECK;

/* So that gc keeps the evidence and the effects that @l names. */
int lock_keep(struct context *c, const struct recipe *r, const struct lock *l,
	      struct error *err) MUST_CHECK;

/*
 * Composes every target of every architecture, evaluating all scripts, and records in
 * @l the ids that they hold, the effects and the answers. Fetches what it needs.
 *
 * Errors: ERR_SCRIPT with everything that can't be evaluated and is not answered.
 */
int lock_evaluate(struct context *c, const struct recipe *r, const struct inputs *in,
		  struct lock *l, struct error *err) MUST_CHECK;

/* How the scripts of all targets fare. */
struct script_check {
	struct debian_coverage coverage;
	size_t n_refused;
};

/*
 * Evaluates against the lock as it is, from packages in the stage only, changing nothing.
 * *ret is filled in even with ERR_SCRIPT, which lists what is refused. ERR_OFFLINE.
 */
int check_scripts(struct context *c, const struct recipe *r, struct script_check *ret,
		  struct error *err) MUST_CHECK;

/* Digest of the lock's canonical text. */
struct digest lock_digest(const struct lock *l);

/* Writes the lock file if its text differs; *ret_changed tells. */
int lock_save(struct context *c, const struct recipe *r, const struct lock *l, bool *ret_changed,
	      struct error *err) MUST_CHECK;
