#pragma once

/*
 * resolve/sat.h - the door to libsolv (core only).
 *
 * Spec: formats C4. A universe goes in by our own loader, with two rules that
 * bring libsolv's answer near to apt's: the first alternative of a clause is
 * suggested by its package, and nothing obsoletes anything, since nothing is
 * installed yet.
 *
 * No type or name of libsolv leaves sat.c.
 */

#include "resolve/universe.h"

struct sat_job {
	const uint32_t *members; /* that may be chosen, ascending; all loaded */
	size_t n_members;
	const struct atom *wants; /* each must be satisfied */
	size_t n_wants;
	const bool *favored; /* of each member of the universe: chosen first */
	bool all;            /* every one of @members is wanted, too */
};

enum sat_reason_kind {
	SAT_NEEDS = 1,   /* @source needs something */
	SAT_CONFLICTS,   /* @source conflicts with @target */
	SAT_ONE_VERSION, /* @source and @target are versions of one package */
};

/* One of the rules that can't hold together. */
struct sat_reason {
	enum sat_reason_kind kind;
	bool missing;            /* of SAT_NEEDS: nothing satisfies it */
	uint32_t source, target; /* members; @target may be SAT_NONE */
};

#define SAT_NONE UINT32_MAX

/*
 * Return: true with @chosen (of each member of the universe) set; false with
 * the reasons of the first problem, in @arena.
 */
bool sat_solve(const struct universe *u, const struct sat_job *job, bool *chosen,
	       struct arena *arena, struct sat_reason **ret_reasons, size_t *ret_n);
