#pragma once

/*
 * pipeline/inputs.h - what a recipe names beside itself: files, archives,
 * certificates, keyrings.
 *
 * Spec: design.md, section 5, "inputs". Scanning hashes every file; contents
 * enter the stage only when something is built from them.
 */

#include "base/arena.h"
#include "compose/compose.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"

struct inputs {
	struct lock_input *list; /* as a lock records them, sorted by path */
	size_t n;
	/* For each of recipe->files with `from:`, what is behind it; else n 0. */
	struct recipe_input **of_file;
	size_t *n_of_file;
	struct lock_input *certificates; /* one for each of recipe->certificates */
};

/* *ret lies in @arena. */
int inputs_scan(struct context *c, const struct recipe *r, struct arena *arena, struct inputs *ret,
		struct error *err) MUST_CHECK;

/* Whether both lists name the same. */
bool inputs_equal(const struct lock_input *a, size_t n, const struct lock_input *b, size_t m);

/*
 * Brings all contents into the stage and gives the handles that compose()
 * wants: one compose_file for each of recipe->files, one content for each
 * certificate. An archive's pack is opened and added to @packs. In @arena.
 *
 * Errors: ERR_FETCH_GONE an archive is nowhere to be found; ERR_RECIPE_FILE a
 *         file has changed meanwhile.
 */
struct pack_list {
	struct pack **packs; /* owned */
	size_t n, capacity;
};
void pack_list_release(struct pack_list *l);
#define CLEANUP_PACK_LIST CLEANUP(pack_list_release)

/* Only brings files, certificates and archives into the stage; keyrings, too. */
int inputs_put(struct context *c, const struct recipe *r, const struct inputs *in,
	       struct arena *arena, struct error *err) MUST_CHECK;

int inputs_stage(struct context *c, const struct recipe *r, const struct inputs *in,
		 struct arena *arena, struct pack_list *packs, struct compose_file **ret_files,
		 struct content **ret_certificates, struct error *err) MUST_CHECK;
