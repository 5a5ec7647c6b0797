#pragma once

/*
 * compose/compose.h - packs, effects, files and users to one tree. Pure.
 *
 * Spec: design.md, sections 4, 6, 7. The tree that compose() gives is what both
 * a container and a disk hold; it depends on its inputs only.
 */

#include "base/arena.h"
#include "base/error.h"
#include "debian/debian.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"
#include "tree/reader.h"
#include "tree/tree.h"

/* An archive of the recipe's `files:`, or the files behind a `from:`. */
struct compose_file {
	const struct recipe_file *file;
	const struct recipe_input *inputs;  /* RECIPE_FILE_FROM: files and folders, in order */
	const struct content *contents;     /* one for each of inputs */
	size_t n_inputs;
	const struct pack *archive;         /* RECIPE_FILE_ARCHIVE */
};

struct compose_input {
	const struct recipe *recipe;
	const struct recipe_target *target;
	const struct lock *lock;
	struct str architecture;
	const struct debian_package *packages; /* of this target, in the order of the lock */
	size_t n_packages;
	const struct compose_file *files;      /* one for each of recipe->files, same order */
	const struct content *certificates;    /* one for each of recipe->certificates */
	int64_t epoch;
	struct bytes effects; /* the effects object of this target; ptr NULL: evaluate */
	bool only_effects;    /* stop when they are known: the tree is of no use */
	const struct content_reader *reader;
	struct stopwatch *stopwatch; /* or NULL */
};

struct compose_output {
	struct tree *tree;             /* owned, tree_free() */
	struct debian_report report;   /* in the arena */
};

/*
 * Order: packages (debian_install), groups, users, files, time zone, locale,
 * hostname, certificates, services, databases that depend on all of it
 * (debian_finish). `essential: false` drops what is not kept at the end.
 *
 * If scripts could not be evaluated (ret->report.refusals), it ends after the packages:
 * the tree is then of no use.
 *
 * Errors: ERR_RECIPE_* at the recipe's line; those of debian_install().
 */
int compose(const struct compose_input *in, struct arena *arena, struct compose_output *ret,
	    struct error *err) MUST_CHECK;

/*
 * The slice of each node, by node->serial (UINT32_MAX: no content of its own,
 * only a parent folder). Slices 0 .. lock->n_slices - 1 are packages', then one
 * for generated files, then one for the recipe's. Empty slices are dropped:
 * *ret_layers names those that are left, bottom first. A set of hard links goes
 * whole into the highest slice of any member. In @arena.
 */
struct slice_layer {
	struct str name; /* "packages: glibc, openssl", "generated", "recipe" */
	uint32_t slice;
};
int compose_slice(const struct tree *t, const struct compose_input *in, struct arena *arena,
		  uint32_t **ret_slice_of, struct slice_layer **ret_layers, size_t *ret_n,
		  struct error *err) MUST_CHECK;

/*
 * The slice plan for `lock`: which source packages share a package slice. At most
 * budget->layers for the whole image. Deterministic; keeps @old's choice for
 * packages that it has (a new package joins the last package slice with room)
 * unless @old is NULL. Sets package->slice in @lock and lock->slices.
 *
 * Errors: ERR_LAYER_BUDGET with the numbers if budget->layers < 3.
 */
struct slice_budget {
	uint32_t layers;
	bool essential; /* false: what is there only as the Essential set weighs nothing */
	/* Targets that have layers; n 0: all. What only others have weighs nothing. */
	const struct str *targets;
	size_t n_targets;
};
int compose_plan_slices(struct lock *lock, const struct lock *old,
			const struct slice_budget *budget, struct error *err) MUST_CHECK;
