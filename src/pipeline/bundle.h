#pragma once

/*
 * pipeline/bundle.h - all inputs of a lock in one file.
 *
 * Spec: design.md, sections 5 and 10; docs/formats/bundle.md. An OCI artifact with a layer an
 * input: whoever has it builds without a network and judges without trusting who made it. The
 * same lock gives the same bytes, whichever stage they come from.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "image/oci_artifact.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"

#define BUNDLE_TYPE "application/vnd.ingot.bundle.v1"

enum bundle_kind {
	BUNDLE_RECIPE = 1, /* the recipe, or one that it includes */
	BUNDLE_LOCK,
	BUNDLE_FILE, /* beside the recipe: a file, a certificate */
	BUNDLE_KEYRING,
	BUNDLE_SIGNATURE, /* for Secure Boot, detached */
	BUNDLE_ARCHIVE,
	BUNDLE_PACKAGE,
	BUNDLE_EFFECTS,
	BUNDLE_EVIDENCE, /* InRelease, and the indexes that it lists */
	BUNDLE_SOURCE,	 /* of a source package */
	BUNDLE_KIND_COUNT,
};
extern const char *const bundle_kind_names[BUNDLE_KIND_COUNT]; /* "recipe", "lock", ... */

struct bundle_options {
	bool sources;			  /* the source packages, too */
	const char *const *architectures; /* Debian names; none: all of the lock */
	size_t n_architectures;
};

struct bundle_result {
	struct digest manifest;
	size_t n_files, n_of_kind[BUNDLE_KIND_COUNT];
	bool has_evidence; /* all of it */
};

/*
 * Writes the bundle of @r to @out, after fetching what the stage lacks. Never writes a lock.
 *
 * Errors: ERR_LOCK_MISSING, ERR_LOCK_STALE; ERR_USAGE no such architecture; those of fetching;
 * ERR_FETCH_GONE sources that no evidence names any more; those of @out.
 */
int bundle_write(struct context *c, const struct recipe *r, const struct bundle_options *o,
		 struct sink *out, struct bundle_result *ret, struct error *err) MUST_CHECK;

/* ---- reading ---- */

struct bundle {
	struct arena arena;
	int fd;
	char *name;		   /* as it was given; for messages */
	struct oci_artifact files; /* sorted by name */
	struct str recipe;	   /* "recipes/web.yaml" */
	bool has_evidence;
};

/*
 * Documents are verified here, each file when it is read. *ret owned, bundle_close().
 * Errors: those of oci_artifact_read(); ERR_FORMAT a name that is not allowed.
 */
int bundle_open(const char *path, struct bundle **ret, struct error *err) MUST_CHECK;
void bundle_close(struct bundle *b); /* NULL is allowed */
static inline void cleanup_bundle(struct bundle **b)
{
	bundle_close(*b);
}
#define CLEANUP_BUNDLE CLEANUP(cleanup_bundle)

/*
 * Names of evidence: "evidence/debian/trixie/main/binary-amd64/Packages.xz" as the lock has it,
 * and the same index as zstd, ".../Packages.zst", which takes a tenth of the time to read. The
 * second is NULL if the lock's index is not compressed.
 */
struct lock_suite;
char *bundle_evidence_name(struct arena *a, const struct lock_suite *s, struct str path);
char *bundle_fast_name(struct arena *a, const struct lock_suite *s, struct str path);
/* "main/binary-amd64/Packages" of "main/binary-amd64/Packages.xz"; @path if it is plain. */
struct str bundle_plain_path(struct str path);

/* 0 if its media type is none of ours. */
enum bundle_kind bundle_kind_of(const struct oci_artifact_file *f);

/* The whole of a file, verified; ERR_LIMIT above to->max. */
int bundle_load(const struct bundle *b, const struct oci_artifact_file *f, struct buf *to,
		struct error *err) MUST_CHECK;

/* @s finds everything in @b from now on, read where it is. @b must outlive @s. */
void bundle_lend(const struct bundle *b, struct stage *s);

/* Copies what @s lacks and a build may ask for into it, verified: no sources, no fast indexes. */
int bundle_import(const struct bundle *b, struct stage *s, struct error *err) MUST_CHECK;

/*
 * Makes the workspace that a build needs in the open, empty folder @folder: recipes/ with the
 * recipe, its includes, its lock, local files, keyrings, signatures. Nothing is followed and
 * nothing replaced. ERR_FORMAT two names in each other's way; ERR_LOCK_*; ERR_IO.
 */
int bundle_unpack(const struct bundle *b, int folder, struct error *err) MUST_CHECK;
