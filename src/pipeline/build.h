#pragma once

/*
 * pipeline/build.h - what `ingot build` and `ingot plan` do.
 *
 * Spec: design.md, sections 5 and 7. Finished targets are published even if
 * another fails; the status is the first failure's.
 */

#include "base/arena.h"
#include "image/oci.h"
#include "pipeline/context.h"
#include "pipeline/locking.h"

struct build_options {
	const char *const *targets; /* --target: names; none: all */
	size_t n_targets;
	const char *const *architectures; /* --arch: Debian names; none: all of the recipe */
	size_t n_architectures;
	bool locked; /* never write the lock: stale is ERR_LOCK_STALE */
};

struct build_output {
	struct str file; /* name below outputs/ */
	struct str target, architecture;
	struct digest digest; /* of the file */
	uint64_t size;
	struct digest image_id, manifest;
	uint32_t n_layers, n_layers_reused;
	bool up_to_date;      /* the file was there already */
	uint64_t nanoseconds; /* for this output, after packs were there */
};

struct build_timings {
	uint64_t lock, fetch_and_decode, compose, write, total; /* nanoseconds */
	uint64_t lap[LAP_COUNT]; /* parts of composing; also of a lock that is refreshed */
};

struct build_result {
	struct arena arena;
	struct build_output *outputs;
	size_t n_outputs;
	struct debian_first_boot *at_start; /* what containers must make; causes are unset */
	size_t n_at_start;
	uint64_t bytes_fetched;
	size_t n_decoded;
	bool relocked;
	struct build_timings timings;
};

/* *ret is filled in as far as it came even on failure; build_release(). */
int build_run(struct context *c, const struct recipe *r, const struct build_options *o,
	      struct build_result *ret, struct error *err) MUST_CHECK;
void build_release(struct build_result *b);
#define CLEANUP_BUILD CLEANUP(build_release)

/* "web-1.4.0-container-amd64.oci.tar". In @arena. */
char *build_output_name(const struct recipe *r, const struct recipe_target *t,
			struct str architecture, struct arena *arena);

/* Whether @o asks for this target and architecture. */
bool build_wants(const struct build_options *o, struct str target, struct str architecture);
