#pragma once

/* pipeline/run_scratch.h - a private folder for one run, gone when it ends. */

#include "base/attr.h"
#include "base/error.h"

struct run_scratch {
	char *path; /* below the parent; NULL: none */
	int lock;   /* held as long as we live, or -1 */
};

/*
 * Below @parent, for this user only. Those that killed runs of this user have left there go.
 */
int run_scratch_make(struct run_scratch *s, const char *parent, struct error *err) MUST_CHECK;
/* With all that is in it; what can't be removed stays. */
void run_scratch_release(struct run_scratch *s);
#define CLEANUP_RUN_SCRATCH CLEANUP(run_scratch_release)
