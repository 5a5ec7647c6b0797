/* systemd.preset(5): the first line that matches a unit decides; none: enabled. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "debian/glob.h"
#include "debian/units.h"

#define FILES_MAX 256u
#define FOLDERS 5u

static const char *const kinds[FOLDERS] = { "/etc", "/run", "/usr/local/lib", "/lib", "/usr/lib" };

static int by_name(const void *a, const void *b)
{
	return str_compare(path_last(*(const struct str *)a), path_last(*(const struct str *)b));
}

static size_t add_folder(const struct unit_root *r, const char *top, struct str *files, size_t n)
{
	char *path = arena_printf(r->files.arena, "%s/systemd/%s-preset", top,
				  r->user ? "user" : "system");
	struct node *dir = files_find(&r->files, str_of(path), true);
	struct node *const *children = NULL;
	size_t count =
		dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &children) : 0;

	for (size_t i = 0; i < count && n < FILES_MAX; i++) {
		bool known = !str_has_suffix(children[i]->name, STR(".preset"));

		for (size_t k = 0; k < n; k++)
			known |= str_equal(path_last(files[k]), children[i]->name);
		if (!known)
			files[n++] = str_of(arena_printf(r->files.arena, "%s/" STR_FMT, path,
							 STR_ARG(children[i]->name)));
	}
	return n;
}

/* fnmatch() without escapes: a backslash is itself. */
static bool matches(struct str pattern, struct str name)
{
	CLEANUP_BUF struct buf b = BUF_INIT(2 * LIMIT_PATH_MAX);

	for (size_t i = 0; i < pattern.len && i < LIMIT_PATH_MAX; i++) {
		if (pattern.ptr[i] == '\\')
			buf_add_char(&b, '\\');
		buf_add_char(&b, pattern.ptr[i]);
	}
	return glob_match(buf_str(&b), name);
}

static bool word_of(struct str *rest, struct str *ret)
{
	*rest = str_trim(*rest);
	for (ret->len = 0; ret->len < rest->len; ret->len++)
		if (strchr(" \t", rest->ptr[ret->len]))
			break;
	ret->ptr = rest->ptr;
	*rest = (struct str){ rest->ptr + ret->len, rest->len - ret->len };
	return ret->len > 0;
}

/* 1 enable, 0 disable, PRESET_UNKNOWN, or -1: the line says nothing about @name. */
static int judge(struct str line, struct str name, struct str template)
{
	struct str verb, pattern;
	bool enable;

	if (!word_of(&line, &verb) || strchr("#;", verb.ptr[0]) || !word_of(&line, &pattern))
		return -1;
	enable = str_equal_cstr(verb, "enable");
	if (!enable && !str_equal_cstr(verb, "disable"))
		return str_equal_cstr(verb, "ignore") && matches(pattern, name) ? PRESET_UNKNOWN
										: -1;
	if (enable && str_trim(line).len) /* instances of a template */
		return str_equal(pattern, template) || matches(pattern, name) ? PRESET_UNKNOWN : -1;
	return matches(pattern, name) ? enable : -1;
}

int unit_preset(const struct unit_root *r, struct str name, struct error *err)
{
	struct str files[FILES_MAX], template = unit_name_template(r->files.arena, name);
	size_t n = 0;

	for (size_t i = 0; i < FOLDERS; i++)
		n = add_folder(r, kinds[i], files, n);
	qsort(files, n, sizeof(*files), by_name);
	for (size_t i = 0; i < n; i++) {
		struct str text, line;
		int status = files_read(&r->files, files[i], &text, err);

		if (status < 0)
			return -1;
		while (status == 0 && str_split(&text, '\n', &line)) {
			int v = judge(line, name, template);

			if (v >= 0)
				return v;
		}
	}
	return 1;
}
