#define _GNU_SOURCE
#include "unit/recipe/recipe_fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/file.h"

struct workspace workspace_new(void)
{
	struct workspace w = { .path = "/tmp/ingot-recipe-XXXXXX" };
	struct error err = ERR_INIT;

	cr_assert_not_null(mkdtemp(w.path));
	w.fd = open(w.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(w.fd, 0);
	cr_assert_eq(file_make_folders(w.fd, "recipes", &err), 0);
	return w;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

void workspace_free(struct workspace *w)
{
	close(w->fd);
	(void)nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void workspace_write(const struct workspace *w, const char *path, const char *text)
{
	CLEANUP_FREE char *folder = strdup(path);
	struct error err = ERR_INIT;
	int fd;

	*strrchr(folder, '/') = 0;
	cr_assert_eq(file_make_folders(w->fd, folder, &err), 0);
	fd = openat(w->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

struct recipe *workspace_load(const struct workspace *w, const char *path)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct recipe *r = NULL;

	if (recipe_load(w->fd, path, &r, &err) < 0)
		cr_assert_fail("%s:%u:%u: %s", err.pos.file, err.pos.line, err.pos.column,
			       err.message);
	return r;
}

struct recipe *workspace_recipe(const struct workspace *w, const char *text)
{
	workspace_write(w, "recipes/web.yaml", text);
	return workspace_load(w, "recipes/web.yaml");
}

void workspace_refuses(const struct workspace *w, const char *path, enum err_code code,
		       const char *words)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct recipe *r = NULL;

	cr_assert_lt(recipe_load(w->fd, path, &r, &err), 0);
	cr_assert_null(r);
	cr_assert_eq(err.code, code, "E%u: %s", (unsigned)err.code, err.message);
	cr_assert(strstr(err.message, words), "%s", err.message);
}

char *recipe_text(const struct recipe *r)
{
	struct buf b = BUF_INIT(1 << 24);

	recipe_format(r, &b);
	return buf_take(&b);
}
