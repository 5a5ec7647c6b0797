#pragma once

/* A workspace in a temporary folder, for tests that load recipes. */

#include "base/buf.h"
#include "recipe/recipe.h"

#define RECIPE_HEAD "ingot: 1\nname: web\narchitectures: [amd64]\n"
#define RECIPE_SOURCES "sources:\n  debian: {suites: [trixie], keyring: k}\n"
#define RECIPE_TARGETS "targets:\n  container: {type: oci}\n"

struct workspace {
	int fd;
	char path[64];
};

struct workspace workspace_new(void);
void workspace_free(struct workspace *w);
#define CLEANUP_WORKSPACE CLEANUP(workspace_free)

/* Writes a file, and the folders above it. @path is relative to the workspace. */
void workspace_write(const struct workspace *w, const char *path, const char *text);

/* Fails the test if it can't be loaded. Owned. */
struct recipe *workspace_load(const struct workspace *w, const char *path);

/* Writes @text as recipes/web.yaml and loads it. */
struct recipe *workspace_recipe(const struct workspace *w, const char *text);

/* Fails the test unless loading fails with @code and a message that holds @words. */
void workspace_refuses(const struct workspace *w, const char *path, enum err_code code,
		       const char *words);

/* The canonical form. Owned, free(). */
char *recipe_text(const struct recipe *r);
