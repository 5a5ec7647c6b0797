#define _GNU_SOURCE
#include "pipeline/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"

static bool has_recipes(const char *path)
{
	CLEANUP_FREE char *recipes = mem_printf("%s/recipes", path);
	struct stat st;

	return stat(recipes, &st) == 0 && S_ISDIR(st.st_mode);
}

int workspace_find(const char *start, struct workspace *ret, struct error *err)
{
	CLEANUP_FREE char *path = realpath(start, NULL);

	if (!path && errno == ENOENT)
		return err_set(err, ERR_NO_WORKSPACE, "there is no folder '%s'", start);
	if (!path)
		return err_sys(err, errno, "cannot find '%s'", start);
	while (!has_recipes(path)) {
		char *slash = strrchr(path, '/');

		if (slash == path && path[1]) {
			slash[1] = 0;
		} else if (slash == path || !slash) {
			(void)err_set(err, ERR_NO_WORKSPACE,
				      "neither '%s' nor a folder above it has 'recipes/'", start);
			return err_hint(err, "make a workspace with 'ingot init', or name one "
					     "with -C DIR");
		} else {
			*slash = 0;
		}
	}
	if (file_open_folder(AT_FDCWD, path, &ret->fd, err))
		return err->code ? -1 : err_set(err, ERR_NO_WORKSPACE, "'%s' is gone", path);
	ret->path = TAKE_PTR(path);
	return 0;
}

void workspace_release(struct workspace *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->path);
	*w = (struct workspace)WORKSPACE_INIT;
}

char *workspace_seen_from_here(const struct workspace *w)
{
	CLEANUP_FREE char *here = realpath(".", NULL);

	return mem_strdup(here && strcmp(here, w->path) == 0 ? "" : w->path);
}

char *workspace_lock_path(const char *recipe_path)
{
	struct str stem = str_of(recipe_path);

	if (str_has_suffix(stem, STR(".yaml")))
		stem.len -= 5;
	return mem_printf(STR_FMT ".lock", STR_ARG(stem));
}

static bool is_recipe_name(const char *name)
{
	return str_has_suffix(str_of(name), STR(".yaml")) && name[0] != '.';
}

/* Names of recipes directly under recipes/, without ".yaml"; folders hold includes. */
static int list_recipes(const struct workspace *w, struct file_names *ret, struct error *err)
{
	struct file_names all = { 0 };
	size_t n = 0;

	if (file_list(w->fd, "recipes", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		if (is_recipe_name(all.names[i])) {
			all.names[i][strlen(all.names[i]) - 5] = 0;
			all.names[n++] = all.names[i];
		} else {
			free(all.names[i]);
		}
	}
	all.n = n;
	*ret = all;
	return 0;
}

static int no_such(const struct workspace *w, const char *name, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	CLEANUP_BUF struct buf list = BUF_INIT(1u << 20);
	const char *near;

	if (list_recipes(w, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", names.names[i]);
	if (name)
		(void)err_set(err, ERR_NO_RECIPE, "there is no recipe '%s' in '%s/recipes'", name,
			      w->path);
	else if (names.n == 0)
		(void)err_set(err, ERR_NO_RECIPE, "there is no recipe in '%s/recipes'", w->path);
	else
		(void)err_set(err, ERR_NO_RECIPE, "there are %zu recipes: say which", names.n);
	if (names.n == 0)
		return err_hint(err, "'ingot init' writes a starter recipe");
	near = name ? text_suggest(str_of(name), (const char *const *)names.names, names.n) : NULL;
	if (near)
		return err_hint(err, "did you mean '%s'? there are: %s", near, buf_cstr(&list));
	return err_hint(err, "there are: %s", buf_cstr(&list));
}

/* A path on the command line, as seen from the workspace; NULL: outside of it. */
static char *inside(const struct workspace *w, const char *path)
{
	CLEANUP_FREE char *folder = mem_strdup(path);
	CLEANUP_FREE char *real = NULL;
	char *slash = strrchr(folder, '/');
	const char *base = slash ? path + (slash - folder) + 1 : path;
	size_t len = strlen(w->path);

	/* The file itself may be a link; only its folder is resolved. */
	if (slash)
		slash[slash == folder] = 0;
	real = realpath(slash ? folder : ".", NULL);
	if (!real || strncmp(real, w->path, len) != 0 || (real[len] != '/' && real[len] != 0))
		return NULL;
	if (real[len] == 0)
		return mem_strdup(base);
	return mem_printf("%s/%s", real + len + 1, base);
}

static int by_path(const struct workspace *w, const char *name, char **ret, struct error *err)
{
	CLEANUP_FREE char *relative = inside(w, name);

	if (!relative || strncmp(relative, "recipes/", 8) != 0) {
		(void)err_set(err, ERR_NO_RECIPE, "'%s' is not inside '%s/recipes'", name, w->path);
		return err_hint(err, "recipes lie in the workspace's 'recipes' folder; choose "
				     "another workspace with -C DIR");
	}
	if (faccessat(w->fd, relative, F_OK, 0) < 0)
		return no_such(w, name, err);
	*ret = TAKE_PTR(relative);
	return 0;
}

int workspace_recipe(const struct workspace *w, const char *name, char **ret, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	CLEANUP_FREE char *path = NULL;

	if (!name) {
		if (list_recipes(w, &names, err) < 0)
			return -1;
		if (names.n != 1)
			return no_such(w, NULL, err);
		*ret = mem_printf("recipes/%s.yaml", names.names[0]);
		return 0;
	}
	if (str_has_suffix(str_of(name), STR(".yaml")) || strncmp(name, "./", 2) == 0)
		return by_path(w, name, ret, err);
	path = mem_printf("recipes/%s.yaml", name);
	if (strchr(name, '/') || faccessat(w->fd, path, F_OK, 0) < 0)
		return no_such(w, name, err);
	*ret = TAKE_PTR(path);
	return 0;
}
