#pragma once

/* pipeline/rebuild_private.h - what the steps of a rebuild share. Private. */

#include "pipeline/build.h"
#include "pipeline/bundle.h"
#include "pipeline/rebuild.h"
#include "pipeline/run_scratch.h"

/* The signed indexes of the lock's suites: signatures first, what they list later. */
struct rebuild_evidence {
	struct release *releases; /* one for each of lock->suites */
	bool there;               /* the bundle has all of it */
	struct verify_result told;
	struct error failure;
};

struct rebuilding {
	struct context *context; /* the user's: for keys and for what is told */
	const char *path;        /* of the file that is judged */
	const struct rebuild_options *options;
	struct rebuild_result *r;
	struct bundle *bundle;
	struct run_scratch scratch;
	struct context inner;    /* workspace and stage of the bundle */
	struct recipe *recipe;
	struct lock *lock;
	struct recipe_target *target; /* of recipe */
	struct str format;            /* of a disk, else "" */
	struct str architecture;
	struct build_result built;
	struct rebuild_evidence evidence;
	struct error verify_failure, build_failure;
};

/*
 * Sets target, format and architecture. By the file's name; else, if @verified, by what it
 * was found to be. *ret_known is false if the name says nothing and it is not @verified.
 */
int rebuild_choose(struct rebuilding *b, bool verified, bool *ret_known,
		   struct error *err) MUST_CHECK;

/* InRelease of all suites, by the keyrings in the bundle. No other thread runs. */
int rebuild_judge_releases(struct rebuilding *b, struct error *err) MUST_CHECK;
/* Each index is listed by its Release, each package by its index, as the lock says. */
int rebuild_judge_indexes(struct rebuilding *b, struct error *err) MUST_CHECK;
