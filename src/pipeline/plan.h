#pragma once

/*
 * pipeline/plan.h - what `build` would do, without doing it.
 */

#include "base/arena.h"
#include "pipeline/build.h"
#include "pipeline/context.h"
#include "pipeline/locking.h"

/* What build would do for one output. */
struct plan_output {
	struct str file, target, architecture;
	bool up_to_date;
	bool lacks_statements; /* it is up to date; what lies beside it is not */
	size_t n_packages, n_to_fetch, n_to_decode;
	uint64_t bytes_to_fetch;
};

struct plan {
	enum lock_fit fit;
	char *reasons; /* in the arena; lines */
	struct plan_output *outputs;
	size_t n_outputs;
};
int plan_make(struct context *c, const struct recipe *r, const struct build_options *o,
	      struct arena *arena, struct plan *ret, struct error *err) MUST_CHECK;
