#pragma once

/*
 * resolve/solve.h - which packages a recipe needs.
 *
 * Spec: formats 0.4 and C4: libsolv core, loaded by our own rules, so that the
 * answer equals apt's for a fresh install (docs/solver.md lists differences).
 */

#include "recipe/recipe.h"
#include "resolve/archive.h"

/* Something that must be installed. */
struct solve_request {
	struct str name;
	enum relation relation;
	struct str version;
	struct src_pos pos;  /* in the recipe, for messages; may be unknown */
	struct str why;      /* "recipe", "essential", "boot", "rule NAME" */
	struct str target;   /* "": all targets */
};

/* A version that stays as it is while it can (an earlier lock). */
struct solve_pin {
	struct str name, version, architecture;
	struct digest digest;
	bool requested; /* was there because it was asked for: leaves when it no longer is */
};

struct solve_input {
	struct str architecture;            /* native */
	const struct package *packages;     /* all candidates, "all" ones included */
	size_t n_packages;
	const struct str *origins;          /* suite of each package.origin, for messages; */
	size_t n_origins;                   /* or none */
	const struct solve_request *requests;
	size_t n_requests;
	const struct solve_pin *pins;
	size_t n_pins;
	bool recommends;
	bool essential;                     /* add all Essential packages */
	const struct str *targets;          /* names; every request's target is one of them */
	size_t n_targets;
	/* Packages that target i must not get: without[i], n_without[i]. May be NULL. */
	const struct str *const *without;
	const size_t *n_without;
};

struct solve_choice {
	const struct package *package; /* one of input->packages */
	struct str why;
	const struct str *targets; /* sorted; n_targets == 0: all */
	size_t n_targets;
	bool essential;            /* in the Essential set or needed by it */
};

/*
 * *ret: sorted by name; lies in @arena. All targets are solved together: a
 * package has one version. The answer doesn't depend on the order of
 * input->packages or requests. It is checked by a second, simple closure
 * check, so that a defect of libsolv can't slip in.
 *
 * Errors: ERR_NO_PACKAGE (with a suggestion), ERR_NO_VERSION (with the
 * candidates), ERR_UNSATISFIABLE (with the chain), each at the request's pos.
 */
int solve(const struct solve_input *input, struct arena *arena, struct solve_choice **ret,
	  size_t *ret_n, struct error *err) MUST_CHECK;
