#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "recipe/recipe.h"
#include "recipe/recipe_bind.h"
#include "recipe/recipe_check.h"
#include "recipe/recipe_format.h"
#include "recipe/recipe_include.h"
#include "recipe/recipe_inputs.h"
#include "recipe/recipe_rules.h"

/* 64 files of 1 MiB; every byte at most four by escaping, and indentation. */
#define CANONICAL_MAX ((size_t)LIMIT_INCLUDES * LIMIT_RECIPE_SIZE * 16)

static struct digest digest_of(const struct ydoc_node *document,
			       void format(const struct ydoc_node *, struct buf *))
{
	CLEANUP_BUF struct buf text = BUF_INIT(CANONICAL_MAX);

	format(document, &text);
	return hash_bytes(buf_bytes(&text));
}

static void name_read_files(const struct include_set *set, struct recipe *r)
{
	struct str *names = arena_array(&r->arena, set->n, sizeof(*names));

	for (size_t i = 0; i < set->n; i++)
		names[i] = str_of(arena_printf(&r->arena, "recipes/" STR_FMT,
					       STR_ARG(set->files[i].path)));
	r->read_files = names;
	r->n_read_files = set->n;
}

static int load(int folder, struct str path, struct recipe *r, struct error *err)
{
	CLEANUP_FREE struct include_set *set = mem_alloc(sizeof(*set));
	struct ydoc_node *document;

	set->folder = folder;
	set->arena = &r->arena;
	if (include_load(set, path, &document, err) < 0 ||
	    recipe_check_composed(document, err) < 0)
		return -1;
	recipe_bind(document, r);
	name_read_files(set, r);
	if (rules_check_recipe(r, err) < 0 || inputs_check(folder, r, err) < 0)
		return -1;
	r->digest = digest_of(document, recipe_format_document);
	r->resolution_digest = digest_of(document, recipe_format_resolution);
	return 0;
}

int recipe_load(int workspace, const char *path, struct recipe **ret, struct error *err)
{
	static const struct str prefix = { "recipes/", 8 };
	CLEANUP_CLOSE int folder = -1;
	struct recipe *r;

	if (!str_has_prefix(str_of(path), prefix)) {
		(void)err_set(err, ERR_NO_RECIPE, "'%s' is not in recipes/", path);
		return err_hint(err, "recipes are files recipes/NAME.yaml of the workspace");
	}
	folder = openat(workspace, "recipes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_sys(err, errno, "cannot open folder 'recipes'");
	r = mem_alloc(sizeof(*r));
	r->path = arena_str(&r->arena, str_of(path));
	if (load(folder, (struct str){ r->path.ptr + prefix.len, r->path.len - prefix.len }, r,
		 err) < 0) {
		recipe_free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	arena_release(&r->arena);
	free(r);
}
