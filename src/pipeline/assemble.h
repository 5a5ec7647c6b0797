#pragma once

/*
 * pipeline/assemble.h - from a lock to the composed tree of one target.
 *
 * Spec: design.md, section 7: fetch, pack, compose. The same for `lock` (which
 * wants the ids and the scripts), `build`, `why` and `plan`.
 */

#include "compose/compose.h"
#include "pipeline/context.h"
#include "pipeline/inputs.h"

/* The packages of one architecture, decoded; shared by all targets. */
struct package_set {
	struct arena arena;
	const struct lock *lock;		/* borrowed */
	const struct lock_architecture *locked; /* borrowed */
	struct pack **packs;			/* one for each of locked->packages */
	size_t n_decoded, n_hits;		/* packs made now; taken from the stage */
	uint64_t bytes_fetched;
};

/*
 * Fetches what the stage has neither as a pack nor as a .deb, decodes in
 * parallel, checks that each is the package that the lock names. Owned.
 *
 * Errors: ERR_OFFLINE, ERR_FETCH*, ERR_DIGEST, ERR_FORMAT, ERR_UNSUPPORTED.
 */
int package_set_open(struct context *c, const struct lock *lock, struct str architecture,
		     struct package_set *ret, struct error *err) MUST_CHECK;
void package_set_release(struct package_set *s);
#define CLEANUP_PACKAGE_SET CLEANUP(package_set_release)

/* Only the fetching half, for `ingot fetch`: .debs into the stage. */
int package_set_fetch(struct context *c, const struct lock *lock, struct str architecture,
		      bool even_if_decoded, uint64_t *ret_bytes, struct error *err) MUST_CHECK;

struct assembly {
	struct arena arena;
	struct pack_list archives;
	struct compose_input input;   /* views into the set, the recipe and this arena */
	struct compose_output output; /* the tree is owned */
};

/*
 * Composes @target; everything borrowed must outlive *ret. assembly_release(). The
 * effects are the lock's object. If the stage has it no more, they are evaluated again
 * and must be the same: else ERR_LOCK_STALE, or ERR_SCRIPT.
 */
int assembly_make(struct context *c, const struct recipe *r, const struct recipe_target *target,
		  const struct lock *lock, const struct package_set *set, const struct inputs *in,
		  struct assembly *ret, struct error *err) MUST_CHECK;
/* For `lock`: evaluates, whatever the lock says. There may be refusals in the report. */
int assembly_evaluate(struct context *c, const struct recipe *r,
		      const struct recipe_target *target, const struct lock *lock,
		      const struct package_set *set, const struct inputs *in,
		      struct assembly *ret, struct error *err) MUST_CHECK;
/*
 * Evaluates the scripts, whatever the stage has of effects, and no more: ERR_LOCK_STALE with
 * what differs if they give another object than the lock names; ERR_SCRIPT.
 */
int assembly_check_effects(struct context *c, const struct recipe *r,
			   const struct recipe_target *target, const struct lock *lock,
			   const struct package_set *set, const struct inputs *in,
			   struct error *err) MUST_CHECK;
void assembly_release(struct assembly *a);
#define CLEANUP_ASSEMBLY CLEANUP(assembly_release)

/* False for a package that only lends its effects (recipe's `essential: false`). */
bool package_is_kept(const struct recipe *r, const struct lock_package *p);
