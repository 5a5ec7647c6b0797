#define _GNU_SOURCE
#include "recipe/recipe_include.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/source.h"
#include "recipe/recipe_check.h"
#include "recipe/recipe_merge.h"

/* Where a file is asked for: an entry of `include:`, or nothing for the recipe itself. */
struct asked {
	const struct ydoc_node *by;
};

static int refuse(const struct asked *asked, const char *path, const char *why,
		  const char *hint, struct error *err)
{
	if (asked->by)
		(void)err_at(err, ERR_RECIPE_INCLUDE, asked->by->pos, "include 'recipes/%s' %s",
			     path, why);
	else
		(void)err_set(err, ERR_NO_RECIPE, "'recipes/%s' %s", path, why);
	return err_hint(err, "%s", hint);
}

/* FILE_ABSENT and links come from here without a place. */
static int open_file(const struct include_set *set, const struct asked *asked, const char *path,
		     int *ret_fd, struct error *err)
{
	struct stat st;
	int r = file_open_beneath(set->folder, path, 0, ret_fd, err);

	if (r == FILE_ABSENT)
		return refuse(asked, path, "does not exist",
			      asked->by ? "includes are named relative to the file that includes them"
					: "a recipe is a file recipes/NAME.yaml; 'ingot init' makes one",
			      err);
	if (r < 0) {
		if (asked->by)
			(void)err_place(err, asked->by->pos);
		return err_hint(err, "recipes are read from inside recipes/ only, never through "
				     "links: put the file itself there");
	}
	if (fstat(*ret_fd, &st) < 0)
		return err_sys(err, errno, "cannot read 'recipes/%s'", path);
	if (!S_ISREG(st.st_mode))
		return refuse(asked, path, "is not a file", "name a recipe file", err);
	if (st.st_size > (off_t)LIMIT_RECIPE_SIZE) {
		(void)err_at(err, ERR_LIMIT, asked->by ? asked->by->pos : (struct src_pos){ 0 },
			     "'recipes/%s' has %lld bytes, at most %u are read", path,
			     (long long)st.st_size, LIMIT_RECIPE_SIZE);
		return err_hint(err, "put large contents into files of their own, named by 'from:'");
	}
	return 0;
}

static int read_document(const struct include_set *set, const struct asked *asked,
			 struct str path, struct ydoc_node **ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RECIPE_SIZE);
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *source = NULL;
	const char *name = arena_printf(set->arena, "recipes/" STR_FMT, STR_ARG(path));
	size_t folder = path.len;

	if (open_file(set, asked, path.ptr, &fd, err) < 0)
		return -1;
	source = source_of_fd(fd, 0, UINT64_MAX, name);
	if (source_read_all(source, &text, err) < 0)
		return err_while(err, "reading '%s'", name);
	if (ydoc_parse(buf_bytes(&text), name, LIMIT_RECIPE_SIZE, set->arena, ret, err) < 0)
		return -1;
	while (folder && path.ptr[folder - 1] != '/')
		folder--;
	return recipe_check_document(*ret, (struct str){ path.ptr, folder }, set->arena, err);
}

static struct include_file *find(struct include_set *set, struct str path)
{
	for (size_t i = 0; i < set->n; i++)
		if (str_equal(set->files[i].path, path))
			return &set->files[i];
	return NULL;
}

static int refuse_cycle(const struct include_set *set, const struct asked *asked,
			const struct include_file *again, struct error *err)
{
	CLEANUP_BUF struct buf chain = BUF_INIT(LIMIT_INCLUDES * (LIMIT_PATH_MAX + 10));

	/* Files that are not composed yet are the chain that is being followed. */
	for (size_t i = 0; i < set->n; i++)
		if (&set->files[i] >= again && !set->files[i].composed)
			buf_printf(&chain, "recipes/" STR_FMT " includes\n",
				   STR_ARG(set->files[i].path));
	buf_printf(&chain, "recipes/" STR_FMT, STR_ARG(again->path));
	(void)err_at(err, ERR_RECIPE_INCLUDE, asked->by->pos, "includes go in a circle");
	(void)err_detail(err, "%s", buf_cstr(&chain));
	return err_hint(err, "remove one of these includes");
}

static int load(struct include_set *set, const struct asked *asked, struct str path,
		struct ydoc_node **ret, struct error *err);

/* Recursion is bounded: each level opens a new file, and there are LIMIT_INCLUDES. */
static int load_parts(struct include_set *set, const struct ydoc_node *document,
		      const struct ydoc_node **parts, size_t *ret_n, struct error *err)
{
	const struct ydoc_node *list = ydoc_get(document, "include");

	for (size_t i = 0; list && i < list->n_items; i++) {
		struct asked asked = { list->items[i] };
		struct ydoc_node *part;

		if (i == LIMIT_INCLUDES) {
			(void)err_at(err, ERR_LIMIT, list->items[i]->pos,
				     "more than %u includes", LIMIT_INCLUDES);
			return err_hint(err, "join some of the included files");
		}
		if (load(set, &asked, list->items[i]->text, &part, err) < 0)
			return -1;
		parts[(*ret_n)++] = part;
	}
	return 0;
}

static int load(struct include_set *set, const struct asked *asked, struct str path,
		struct ydoc_node **ret, struct error *err)
{
	struct include_file *file = find(set, path);
	const struct ydoc_node **parts;
	struct ydoc_node *document;
	size_t n = 0;

	if (file && !file->composed)
		return refuse_cycle(set, asked, file, err);
	if (file) {
		*ret = file->composed;
		return 0;
	}
	if (set->n == LIMIT_INCLUDES) {
		(void)err_at(err, ERR_LIMIT, asked->by->pos, "a recipe of more than %u files",
			     LIMIT_INCLUDES);
		return err_hint(err, "join some of the included files");
	}
	file = &set->files[set->n++];
	file->path = path;
	if (read_document(set, asked, path, &document, err) < 0)
		return -1;
	parts = arena_array(set->arena, LIMIT_INCLUDES, sizeof(*parts));
	if (load_parts(set, document, parts, &n, err) < 0 ||
	    recipe_merge(document, parts, n, set->arena, &file->composed, err) < 0)
		return -1;
	*ret = file->composed;
	return 0;
}

int include_load(struct include_set *set, struct str path, struct ydoc_node **ret,
		 struct error *err)
{
	struct asked nobody = { NULL };

	return load(set, &nobody, arena_str(set->arena, path), ret, err);
}
