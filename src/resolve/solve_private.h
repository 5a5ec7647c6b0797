#pragma once

/* resolve/solve_private.h - what the choosing and the reporting of packages share. */

#include "resolve/solve.h"
#include "resolve/universe.h"

struct solving {
	const struct solve_input *input;
	struct arena *arena; /* of the result */
	struct arena work;
	struct universe u;
	struct solve_request *requests; /* the input's and the Essential ones, sorted */
	struct atom *wants;		/* one for each request */
	size_t n_requests;
	uint32_t *reached; /* members that could matter */
	size_t n_reached;
	bool *pinned, *kept, *candidate, *favored, *chosen; /* of each member */
	uint32_t *queue;
};

/* A flag for each member, all false, in s->work. */
bool *solving_flags(struct solving *s);

/*
 * From s->chosen to the answer: what is really needed, why each package is there
 * and for which targets. *ret lies in s->arena.
 */
int solve_report(struct solving *s, struct solve_choice **ret, size_t *ret_n,
		 struct error *err) MUST_CHECK;
