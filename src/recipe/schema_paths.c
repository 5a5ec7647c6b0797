/* The types of paths: in the image, and beside the recipe. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "recipe/recipe_path.h"
#include "recipe/schema_types.h"

bool path_is_clean(struct str path)
{
	struct str rest = path, component;

	if (path.len == 0 || path.len >= LIMIT_PATH_MAX)
		return false;
	while (str_split(&rest, '/', &component))
		if (component.len == 0 || component.len > LIMIT_NAME_MAX ||
		    str_equal_cstr(component, ".") || str_equal_cstr(component, ".."))
			return false;
	return true;
}

static int refuse_path(const struct ydoc_node *n, const char *why, const char *hint,
		       struct error *err)
{
	(void)err_at(err, ERR_RECIPE_PATH, n->pos, "path '" STR_FMT "' %s", STR_ARG(n->text),
		     why);
	return err_hint(err, "%s", hint);
}

/* What about an unclean path is worth saying. */
static const char *uncleanness(struct str path)
{
	struct str rest = path, component;

	if (path.len >= LIMIT_PATH_MAX)
		return "is too long";
	while (str_split(&rest, '/', &component)) {
		if (str_equal_cstr(component, ".."))
			return "holds '..'";
		if (str_equal_cstr(component, "."))
			return "holds '.'";
		if (component.len > LIMIT_NAME_MAX)
			return "has a component of more than 255 bytes";
	}
	return "has an empty component";
}

static int check_absolute(const struct schema_type *t, const struct schema_place *where,
			  struct ydoc_node *n, struct error *err)
{
	struct str below = { n->text.ptr + 1, n->text.len ? n->text.len - 1 : 0 };

	(void)t, (void)where;
	if (n->text.len == 0 || n->text.ptr[0] != '/')
		return refuse_path(n, "is relative",
				   "a path in the image starts with '/'", err);
	if (below.len && !path_is_clean(below))
		return refuse_path(n, uncleanness(below),
				   "write the path as it is in the image: absolute, without '.', "
				   "'..', '//' and a '/' at its end", err);
	return 0;
}

static void bind_file_path(const struct ydoc_node *n, struct arena *arena, void *to)
{
	struct str below = { n->text.ptr + 1, n->text.len - 1 };

	(void)arena;
	memcpy(to, &below, sizeof(below));
}

const struct schema_type type_file_path = {
	.kind = SCHEMA_TEXT, .what = "a path in the image", .check = check_absolute,
	.bind = bind_file_path, .pattern = "^/",
};

const struct schema_type type_absolute_path = {
	.kind = SCHEMA_TEXT, .what = "a path in the image", .check = check_absolute,
	.pattern = "^/",
};

/* Beside the recipe; canonical: relative to recipes/. */
static int check_local(const struct schema_type *t, const struct schema_place *where,
		       struct ydoc_node *n, struct error *err)
{
	static const char hint[] = "name a file inside the folder of the recipe, relative to it, "
				   "as 'files/site.conf'";
	struct str s = n->text;

	(void)t;
	if (s.len && s.ptr[0] == '/')
		return refuse_path(n, "is absolute", hint, err);
	if (s.len > 1 && s.ptr[s.len - 1] == '/')
		s.len--;
	if (!path_is_clean(s))
		return refuse_path(n, uncleanness(s), hint, err);
	n->text = str_of(arena_printf(where->arena, STR_FMT STR_FMT, STR_ARG(where->folder),
				      STR_ARG(s)));
	return 0;
}

const struct schema_type type_local_path = {
	.kind = SCHEMA_TEXT, .what = "a path beside the recipe", .check = check_local,
	.pattern = "^[^/]",
};

/* Relative to the file; ".." is fine while it stays inside recipes/. */
static int check_include(const struct schema_type *t, const struct schema_place *where,
			 struct ydoc_node *n, struct error *err)
{
	static const char hint[] = "an include is a file inside recipes/, named relative to the "
				   "file that includes it";
	char *path = arena_strdup(where->arena, where->folder);
	struct str rest = n->text, component;
	size_t len = where->folder.len;

	(void)t;
	path = arena_alloc(where->arena, where->folder.len + n->text.len + 2);
	memcpy(path, where->folder.ptr, len);
	if (n->text.len == 0 || n->text.ptr[0] == '/')
		return refuse_path(n, "is not relative", hint, err);
	while (str_split(&rest, '/', &component)) {
		if (str_equal_cstr(component, "..")) {
			if (len == 0)
				return refuse_path(n, "leads out of recipes/", hint, err);
			for (len--; len && path[len - 1] != '/'; len--)
				;
			continue;
		}
		if (!path_is_clean(component))
			return refuse_path(n, uncleanness(component), hint, err);
		memcpy(path + len, component.ptr, component.len);
		len += component.len;
		path[len++] = '/';
	}
	if (len == 0 || str_has_suffix(n->text, STR("..")))
		return refuse_path(n, "is a folder", hint, err);
	path[len - 1] = 0;
	n->text = str_of(path);
	return 0;
}

const struct schema_type type_include = {
	.kind = SCHEMA_TEXT, .what = "a file to include", .check = check_include,
	.pattern = "^[^/]",
};

const struct schema_type type_content = {
	.kind = SCHEMA_TEXT, .what = "a text", .max = LIMIT_RECIPE_SIZE, .lines = true,
};

static int check_archive_name(const struct schema_type *t, const struct schema_place *where,
			      struct ydoc_node *n, struct error *err)
{
	(void)where;
	if (memchr(n->text.ptr, '/', n->text.len) || !path_is_clean(n->text))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_archive_name = {
	.kind = SCHEMA_TEXT, .what = "the name of an archive", .min = 1, .max = 255,
	.check = check_archive_name, .pattern = "^[^/]+$",
	.hint = "a file name without folders; where it is fetched from is no part of a recipe",
};

const struct schema_type type_strip = {
	.kind = SCHEMA_INT, .what = "a number of components", .low = 0, .high = 64,
};

const struct schema_type type_link_target = {
	.kind = SCHEMA_TEXT, .what = "what a link points to", .min = 1, .max = 4095,
	.hint = "a path, absolute or relative to the link; it can't be empty",
};

/* An unquoted 0644 is a number for many tools, and not the one that is meant. */
static int check_mode(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	if (n->text.len != 4 || !schema_in_classes(n->text, "0-7", "0-7"))
		return schema_refuse(t, n, err);
	if (!n->plain)
		return 0;
	(void)err_at(err, ERR_RECIPE_TYPE, n->pos, "'%s' must stand in quotes", where->name);
	return err_hint(err, "write \"" STR_FMT "\": without quotes it is a number, and tools "
			     "disagree on which", STR_ARG(n->text));
}

static void bind_mode(const struct ydoc_node *n, struct arena *arena, void *to)
{
	uint16_t mode = 0;

	(void)arena;
	for (size_t i = 0; i < n->text.len; i++)
		mode = (uint16_t)(mode << 3 | (n->text.ptr[i] - '0'));
	memcpy(to, &mode, sizeof(mode));
}

const struct schema_type type_mode = {
	.kind = SCHEMA_TEXT, .what = "a file mode", .check = check_mode, .bind = bind_mode,
	.pattern = "^[0-7]{4}$", .hint = "four octal digits in quotes, as \"0644\"",
};

static int check_glob(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	size_t negated = n->text.len && n->text.ptr[0] == '!';
	struct str path = { n->text.ptr + negated, n->text.len - negated };
	struct str below = { path.ptr + 1, path.len ? path.len - 1 : 0 };

	(void)where;
	if (path.len < 2 || path.ptr[0] != '/' || !path_is_clean(below))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_glob = {
	.kind = SCHEMA_TEXT, .what = "a pattern of paths", .check = check_glob,
	.pattern = "^!?/",
	.hint = "it starts with '/' (or '!/' to take back), has no '..' and no '/' at its end; "
		"'**' crosses '/'",
};
