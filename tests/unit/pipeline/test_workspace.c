#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "pipeline/workspace.h"

/* A scratch workspace with the given recipes; the process works inside it. */
static char *scratch(const char *const *names)
{
	char *path = mem_strdup("/tmp/ingot-workspace-XXXXXX");

	cr_assert_not_null(mkdtemp(path));
	cr_assert_eq(chdir(path), 0);
	cr_assert_eq(mkdir("recipes", 0755), 0);
	cr_assert_eq(mkdir("recipes/base", 0755), 0);
	cr_assert_eq(mkdir("deep", 0755), 0);
	for (; *names; names++) {
		CLEANUP_FREE char *file = mem_printf("recipes/%s", *names);
		int fd = open(file, O_CREAT | O_WRONLY, 0644);

		cr_assert_geq(fd, 0);
		close(fd);
	}
	return path;
}

static char *recipe(const struct workspace *w, const char *name, struct error *err)
{
	char *path = NULL;

	(void)!workspace_recipe(w, name, &path, err);
	return path;
}

Test(workspace, is_the_nearest_folder_above_that_has_recipes)
{
	const char *const names[] = { "web.yaml", NULL };
	CLEANUP_FREE char *root = scratch(names);
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(workspace_find("deep", &w, &err), 0);
	cr_assert_str_eq(w.path, root);
}

Test(workspace, a_folder_without_recipes_above_is_refused)
{
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(workspace_find("/proc", &w, &err), -1);
	cr_assert_eq(err.code, ERR_NO_WORKSPACE);
}

Test(workspace, the_only_recipe_needs_no_name)
{
	const char *const names[] = { "web.yaml", "web.lock", NULL };
	CLEANUP_FREE char *root = scratch(names);
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *path = NULL;

	cr_assert_eq(workspace_find(root, &w, &err), 0);
	path = recipe(&w, NULL, &err);
	cr_assert_str_eq(path, "recipes/web.yaml");
}

Test(workspace, several_recipes_are_listed)
{
	const char *const names[] = { "web.yaml", "db.yaml", NULL };
	CLEANUP_FREE char *root = scratch(names);
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(workspace_find(root, &w, &err), 0);
	cr_assert_null(recipe(&w, NULL, &err));
	cr_assert_eq(err.code, ERR_NO_RECIPE);
	cr_assert_str_eq(err.hint, "there are: db, web");
}

Test(workspace, names_paths_and_paths_from_a_subfolder_mean_the_same_recipe)
{
	const char *const names[] = { "web.yaml", "base/os.yaml", NULL };
	CLEANUP_FREE char *root = scratch(names);
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *by_name = NULL, *by_path = NULL, *by_absolute = NULL, *from_below = NULL;
	CLEANUP_FREE char *absolute = mem_printf("%s/recipes/web.yaml", root);
	CLEANUP_FREE char *lock = NULL;

	cr_assert_eq(workspace_find(root, &w, &err), 0);
	by_name = recipe(&w, "web", &err);
	by_path = recipe(&w, "recipes/web.yaml", &err);
	by_absolute = recipe(&w, absolute, &err);
	cr_assert_eq(chdir("deep"), 0);
	from_below = recipe(&w, "../recipes/base/os.yaml", &err);
	cr_assert_str_eq(by_name, "recipes/web.yaml");
	cr_assert_str_eq(by_path, "recipes/web.yaml");
	cr_assert_str_eq(by_absolute, "recipes/web.yaml");
	cr_assert_str_eq(from_below, "recipes/base/os.yaml");
	lock = workspace_lock_path(by_name);
	cr_assert_str_eq(lock, "recipes/web.lock");
}

Test(workspace, a_typo_gets_a_suggestion_and_a_stranger_is_refused)
{
	const char *const names[] = { "nginx.yaml", "python.yaml", NULL };
	CLEANUP_FREE char *root = scratch(names);
	CLEANUP_WORKSPACE struct workspace w = WORKSPACE_INIT;
	CLEANUP_ERR struct error err = ERR_INIT, outside = ERR_INIT;

	cr_assert_eq(workspace_find(root, &w, &err), 0);
	cr_assert_null(recipe(&w, "ngnix", &err));
	cr_assert_not_null(strstr(err.hint, "did you mean 'nginx'?"));
	cr_assert_null(recipe(&w, "/etc/hosts.yaml", &outside));
	cr_assert_eq(outside.code, ERR_NO_RECIPE);
	err_release(&outside);
}
