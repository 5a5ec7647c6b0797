#pragma once

/*
 * pipeline/workspace.h - the folder that ingot works in, and the names in it.
 *
 * Spec: design.md, section 3. The nearest parent folder that has recipes/ is
 * the workspace.
 */

#include "base/attr.h"
#include "base/error.h"

struct workspace {
	int fd;	    /* open folder */
	char *path; /* absolute, for messages and for the stage's default place */
};

#define WORKSPACE_INIT                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* From folder @start (or a file in it) upwards. ERR_NO_WORKSPACE. */
int workspace_find(const char *start, struct workspace *ret, struct error *err) MUST_CHECK;
void workspace_release(struct workspace *w);
#define CLEANUP_WORKSPACE CLEANUP(workspace_release)

/* Its path for people: "" when it is the current folder, else absolute. Owned. */
char *workspace_seen_from_here(const struct workspace *w);

/*
 * The path of a recipe inside the workspace: @name is "web", "recipes/web.yaml",
 * any path that leads to it, or NULL for the only one there is. *ret owned.
 *
 * Errors: ERR_NO_RECIPE, listing what there is.
 */
int workspace_recipe(const struct workspace *w, const char *name, char **ret,
		     struct error *err) MUST_CHECK;

/* "recipes/web.yaml" -> "recipes/web.lock". Owned. */
char *workspace_lock_path(const char *recipe_path);
