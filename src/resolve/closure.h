#pragma once

/*
 * resolve/closure.h - walks over a universe: what can be reached, whether a set of
 * packages holds together, and who needs whom in it.
 */

#include "resolve/universe.h"

/*
 * Loads everything that the wants could ever need, in any version and by any
 * alternative. *ret_members (in @arena): numbers, ascending.
 */
int closure_load(struct universe *u, const struct atom *wants, size_t n_wants,
		 struct arena *arena, uint32_t **ret_members, size_t *ret_n,
		 struct error *err) MUST_CHECK;

/*
 * Whether the set @chosen holds: each want is met, each package's needs are, no
 * two conflict, each name has one version. Deliberately simple: it is what
 * catches a defect of the solver. *ret_why (may be NULL): the first thing that
 * doesn't hold, in @arena.
 */
bool closure_holds(const struct universe *u, const struct atom *wants, size_t n_wants,
		   const bool *chosen, struct arena *arena, const char **ret_why);

/* Which of the chosen packages that satisfy a clause a walk enters. */
enum closure_width {
	CLOSURE_NEEDED = 1, /* the first, unless one is in already */
	CLOSURE_FIRST,	    /* the first: own names before providers */
	CLOSURE_ALL,
};

/* A part of a chosen set, grown from roots along needs. */
struct closure_walk {
	const struct universe *u;
	const bool *chosen;  /* of each member: the set to stay in */
	const bool *barred;  /* of each member: never entered; or NULL */
	enum closure_width width;
	bool *in;            /* of each member: the result; grows */
	uint32_t *parent;    /* of each member: who pulled it in first; or NULL */
	uint32_t *queue;     /* room for all members */
};

#define CLOSURE_ROOT UINT32_MAX /* the parent of a root */

/*
 * Grows w->in by what @roots (ascending) need. The walk goes level by level, each
 * level in order of names, so that parents are the shortest way, ties by name.
 */
void closure_grow(struct closure_walk *w, const uint32_t *roots, size_t n_roots);
