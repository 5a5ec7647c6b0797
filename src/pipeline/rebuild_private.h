#pragma once

/* pipeline/rebuild_private.h - what the steps of a rebuild share. Private. */

#include <pthread.h>

#include "pipeline/assemble.h"
#include "pipeline/build.h"
#include "pipeline/bundle.h"
#include "pipeline/rebuild.h"
#include "pipeline/run_scratch.h"

/* The signed indexes of the lock's suites: signatures first, what they list later. */
struct rebuild_evidence {
	struct release *releases; /* one for each of lock->suites */
	struct child *child;	  /* that judges it; NULL: the bundle has not all of it */
	struct rebuilding *self;
};

struct rebuilding {
	struct context *context; /* the user's: for keys and for what is told */
	const char *path;	 /* of the file that is judged */
	const struct rebuild_options *options;
	struct rebuild_result *r;
	struct bundle *bundle;
	struct run_scratch scratch;
	struct context inner; /* workspace and stage of the bundle */
	struct context beside; /* the same for who works beside the build; owns nothing */
	struct recipe *recipe;
	struct lock *lock;
	struct recipe_target *target; /* of recipe */
	struct str format;	      /* of a disk, else "" */
	struct str architecture;
	struct build_result built;
	struct rebuild_evidence evidence;
	struct package_set set; /* decoded by the part that builds */
	struct inputs inputs;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum { SET_UNKNOWN, SET_OPEN, SET_FAILED } set_state;
	struct error verify_failure, build_failure, effects_failure;
};

/*
 * Sets target, format and architecture. By the file's name; else, if @verified, by what it
 * was found to be. *ret_known is false if the name says nothing and it is not @verified.
 */
int rebuild_choose(struct rebuilding *b, bool verified, bool *ret_known,
		   struct error *err) MUST_CHECK;

/*
 * InRelease of all suites by the keyrings in the bundle, each index by its Release, each
 * package by its index: judged in a process of its own. No other thread runs at the start;
 * the end waits for it, and tells.
 */
int rebuild_evidence_start(struct rebuilding *b, struct error *err) MUST_CHECK;
int rebuild_evidence_finish(struct rebuilding *b, struct error *err) MUST_CHECK;

/* Adds the check REBUILD_ARCHIVE_CHECK: which keys the archive's are, and who else has them. */
int rebuild_archive_tell(struct rebuilding *b, struct error *err) MUST_CHECK;
