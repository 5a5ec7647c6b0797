#pragma once

/* resolve/explain.h - why a recipe can't be resolved, for people. */

#include "resolve/sat.h"
#include "resolve/solve.h"

/*
 * Whether some candidate is what the request means; if not, fails with
 * ERR_NO_PACKAGE (suggestion, providers) or ERR_NO_VERSION (candidates).
 */
int explain_request(const struct universe *u, const struct solve_input *input,
		    const struct solve_request *request, const struct atom *want,
		    struct error *err) MUST_CHECK;

/*
 * ERR_UNSATISFIABLE with the chains that lead from requests to what can't hold.
 * @wants: of all requests, in their order. Returns -1.
 */
int explain_reasons(const struct universe *u, const struct solve_input *input,
		    const struct solve_request *requests, const struct atom *wants,
		    size_t n_wants, const struct sat_reason *reasons, size_t n_reasons,
		    struct error *err);
