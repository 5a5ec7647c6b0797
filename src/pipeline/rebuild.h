#pragma once

/*
 * pipeline/rebuild.h - what `ingot verify --rebuild` does.
 *
 * Spec: design.md, section 10; docs/rebuild.md. The output that a file claims to be is built
 * again from a bundle: in an empty stage, without a network, with nobody's results. Checks of
 * verify_run() come first; then "bundle", "evidence", "effects" and "rebuild".
 */

#include "attest/image_diff.h"
#include "pipeline/verify.h"

struct rebuild_options {
	const char *bundle;
	const char *target;	  /* --target, or NULL: what the file's name or kind says */
	const char *architecture; /* --arch, or NULL */
	const char *scratch;	  /* folder for temporary files: "/tmp" */
	const char *keyring;	  /* --keyring: the archives' keys, or NULL: the bundle's */
	struct verify_options verify;
};

/* Of each suite: whose key it is. What a machine knows of keys is no part of a verdict. */
#define REBUILD_ARCHIVE_CHECK "archive"

enum rebuild_verdict {
	REBUILD_NONE = 0,     /* it did not come so far */
	REBUILD_IDENTICAL,    /* to the last bit */
	REBUILD_SAME_CONTENT, /* another compressor, another tar, or without the signature */
	REBUILD_DIFFERENT,
};

struct rebuild_result {
	struct arena arena; /* all strings below */
	struct verify_result verify;
	enum rebuild_verdict verdict;
	bool passed;	       /* every check is fine */
	enum err_code failure; /* if not: which kind the first one is */
	struct identity rebuilt;
	struct str recipe, target, architecture, format; /* format: "oci", "raw", "qcow2", ... */
	struct digest bundle, lock, recipe_digest;	 /* bundle: of its manifest */
	bool is_other_lock; /* not the one that the provenance beside FILE names */
	bool has_diff;
	struct image_diff diff; /* of FILE and what was rebuilt, if they differ */
	uint64_t nanoseconds;
};

/*
 * *ret is filled in as far as it came, also on failure; rebuild_release(). Success means that
 * there is a verdict.
 *
 * Errors: those of verify_run(), bundle_open() and build_run(); ERR_USAGE it is not clear what
 * the file is; ERR_FETCH_GONE the bundle lacks an input. Call it while no other thread runs.
 */
int rebuild_run(struct context *c, const char *path, const struct rebuild_options *o,
		struct rebuild_result *ret, struct error *err) MUST_CHECK;
void rebuild_release(struct rebuild_result *r);
#define CLEANUP_REBUILD CLEANUP(rebuild_release)
