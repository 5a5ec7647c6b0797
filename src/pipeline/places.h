#pragma once

/*
 * pipeline/places.h - the URLs at which a file of an archive may be found.
 *
 * Spec: formats C2; design.md, sections 3 and 5: mirrors in order, then the
 * snapshot service if the machine knows one and the time is known. Locations
 * are made here, used once and never recorded.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"

/*
 * A file below dists/SUITE/. With @digest (an index) by-hash names come first.
 * ERR_NO_MIRROR if no place is known. *ret lies in @arena.
 */
int places_of_suite(const struct context *c, const struct recipe_source *source, struct str suite,
		    struct str path, const struct digest *digest, struct arena *arena,
		    const char *const **ret, size_t *ret_n, struct error *err) MUST_CHECK;

/* A pool file of a locked package. */
int places_of_package(const struct context *c, const struct lock *lock,
		      const struct lock_package *p, struct arena *arena, const char *const **ret,
		      size_t *ret_n, struct error *err) MUST_CHECK;
