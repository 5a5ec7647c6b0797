/*
 * What lies behind a `from:`. Only what git would keep may be taken: content and
 * the owner's x bit. Whatever else a folder can hold is an error, never skipped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "io/sink.h"
#include "recipe/gitignore.h"
#include "recipe/recipe.h"
#include "recipe/recipe_inputs.h"

#define SCAN_DEPTH 128 /* folders within folders */

struct scan {
	int folder;               /* recipes/ */
	struct gitignore *ignore;
	struct arena *arena;
	bool hash;
	const struct recipe_file *file;
	struct recipe_input *list;
	size_t n, capacity;
};

static void scan_release(struct scan *s)
{
	free(s->list);
	gitignore_free(s->ignore);
	if (s->folder >= 0)
		close(s->folder);
}

static int refuse(const struct str path, const char *what, const char *hint, struct error *err)
{
	(void)err_set(err, ERR_RECIPE_FILE, "'recipes/" STR_FMT "' %s", STR_ARG(path), what);
	return err_hint(err, "%s", hint);
}

/* @path is relative to recipes/. */
static int check_ignored(struct scan *s, struct str path, bool is_directory, struct error *err)
{
	CLEANUP_FREE char *full = mem_printf("recipes/" STR_FMT, STR_ARG(path));
	struct gitignore_rule rule;
	int r = gitignore_check(s->ignore, str_of(full), is_directory, &rule, err);

	if (r != GITIGNORE_IGNORED)
		return r;
	(void)err_set(err, ERR_RECIPE_FILE, "'%s' is ignored by git", full);
	if (rule.file.len)
		(void)err_detail(err, STR_FMT ":%u: " STR_FMT, STR_ARG(rule.file), rule.line,
				 STR_ARG(rule.pattern));
	return err_hint(err, "whoever clones the recipe would not have it: remove the file, or stop "
			     "ignoring it");
}

/* Every folder on the way to @path, and itself. */
static int check_ignored_from_root(struct scan *s, struct str path, bool is_directory,
				   struct error *err)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] == '/' &&
		    check_ignored(s, (struct str){ path.ptr, i }, true, err) < 0)
			return -1;
	return check_ignored(s, path, is_directory, err);
}

static int hash_file(int fd, struct recipe_input *i, struct error *err)
{
	CLEANUP_SOURCE struct source *source = source_of_fd(fd, 0, UINT64_MAX, i->path.ptr);
	struct sink *out = hash_sink(NULL, &i->digest);

	if (source_copy(source, out, err) < 0) {
		(void)!sink_close(out, err);
		return err_while(err, "hashing 'recipes/%s'", i->path.ptr);
	}
	i->size = source->offset;
	return sink_close(out, err);
}

static struct recipe_input *add(struct scan *s, struct str path, struct str below)
{
	MEM_GROW(s->list, s->n, s->capacity);
	s->list[s->n] = (struct recipe_input){
		.path = arena_str(s->arena, path),
		.below = arena_str(s->arena, below),
		.target = STR(""),
	};
	return &s->list[s->n++];
}

static int add_file(struct scan *s, int fd, const struct stat *st, struct str path,
		    struct str below, struct error *err)
{
	struct recipe_input *i;

	if (inputs_check_secret(fd, path.ptr, err) < 0)
		return -1;
	i = add(s, path, below);
	i->executable = st->st_mode & S_IXUSR;
	i->size = (uint64_t)st->st_size;
	return s->hash ? hash_file(fd, i, err) : 0;
}

static int add_link(struct scan *s, int dir, const char *name, struct str path,
		    struct str below, struct error *err)
{
	char target[LIMIT_PATH_MAX];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	if (len < 0)
		return err_sys(err, errno, "cannot read the link 'recipes/" STR_FMT "'",
			       STR_ARG(path));
	if (len == 0 || len == sizeof(target) ||
	    !text_is_utf8((struct str){ target, (size_t)len }))
		return refuse(path, "points to what is no path in UTF-8", "change the link", err);
	add(s, path, below)->target = arena_str(s->arena, (struct str){ target, (size_t)len });
	s->list[s->n - 1].is_symlink = true;
	return 0;
}

static int check_name(const char *name, struct str path, struct error *err)
{
	struct str s = str_of(name);

	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return refuse(path, "has a control character in its name", "rename it", err);
	return text_is_utf8(s) ? 0 : refuse(path, "has a name that is not UTF-8", "rename it", err);
}

static int scan_folder(struct scan *s, int dir, struct str path, struct str below,
		       unsigned depth, struct error *err);

static int scan_child(struct scan *s, int dir, const char *name, struct str path,
		      struct str below, unsigned depth, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (check_name(name, path, err) < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "cannot look at 'recipes/" STR_FMT "'", STR_ARG(path));
	if (check_ignored(s, path, S_ISDIR(st.st_mode), err) < 0)
		return -1;
	if (s->n >= LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "'recipes/" STR_FMT "' is one of more than %u files",
			       STR_ARG(path), LIMIT_TREE_NODES);
	if (S_ISLNK(st.st_mode))
		return add_link(s, dir, name, path, below, err);
	if (inputs_open(s->folder, path.ptr, &st, &fd, err) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return add_file(s, fd, &st, path, below, err);
	add(s, path, below)->is_directory = true;
	return scan_folder(s, fd, path, below, depth + 1, err);
}

static int scan_folder(struct scan *s, int dir, struct str path, struct str below,
		       unsigned depth, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (depth > SCAN_DEPTH)
		return err_set(err, ERR_LIMIT, "'recipes/" STR_FMT "' is more than %u folders deep",
			       STR_ARG(path), SCAN_DEPTH);
	if (file_list(dir, ".", &names, err))
		return err_while(err, "reading the folder 'recipes/" STR_FMT "'", STR_ARG(path));
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *child = mem_printf(STR_FMT "/%s", STR_ARG(path), names.names[i]);
		CLEANUP_FREE char *child_below =
			mem_printf(STR_FMT "%s%s", STR_ARG(below), below.len ? "/" : "",
				   names.names[i]);

		if (strlen(child) >= LIMIT_PATH_MAX - 8)
			return refuse(str_of(child), "has too long a path", "shorten it", err);
		if (scan_child(s, dir, names.names[i], str_of(child), str_of(child_below), depth,
			       err) < 0)
			return -1;
	}
	return 0;
}

static int scan(struct scan *s, struct error *err)
{
	struct str from = s->file->from, nothing = STR("");
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (inputs_open(s->folder, from.ptr, &st, &fd, err) < 0 ||
	    check_ignored_from_root(s, from, S_ISDIR(st.st_mode), err) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return add_file(s, fd, &st, from, nothing, err);
	add(s, from, nothing)->is_directory = true;
	return scan_folder(s, fd, from, nothing, 1, err);
}

/* With the place of the `from:` for whatever goes wrong. */
static int scan_entry(int workspace, const struct recipe_file *file, bool hash, struct scan *s,
		      struct error *err)
{
	s->file = file;
	s->hash = hash;
	s->ignore = gitignore_new(workspace);
	s->folder = openat(workspace, "recipes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0)
		return err_sys(err, errno, "cannot open folder 'recipes'");
	if (scan(s, err) < 0)
		return err_place(err, file->from_pos);
	return 0;
}

int recipe_files_scan(int workspace, const struct recipe *r, const struct recipe_file *file,
		      struct arena *arena, struct recipe_input **ret, size_t *ret_n,
		      struct error *err)
{
	CLEANUP(scan_release) struct scan s = { .folder = -1, .arena = arena };

	(void)r;
	if (scan_entry(workspace, file, true, &s, err) < 0)
		return -1;
	*ret = arena_array(arena, s.n, sizeof(**ret));
	memcpy(*ret, s.list, s.n * sizeof(**ret));
	*ret_n = s.n;
	return 0;
}

int recipe_check_files(int workspace, const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_files; i++) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP(scan_release) struct scan s = { .folder = -1, .arena = &arena };

		if (r->files[i].kind == RECIPE_FILE_FROM &&
		    scan_entry(workspace, &r->files[i], false, &s, err) < 0)
			return -1;
	}
	return 0;
}
