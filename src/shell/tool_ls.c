/*
 * ls, as scripts use it: names, one a line, in byte order. Of the long form only a
 * file's line is known: a folder's size and time, and a total of blocks, are not.
 */
#include <stdlib.h>

#include "shell/file_tool.h"
#include "shell/mode.h"
#include "shell/timestamp.h"
#include "shell/tool_files.h"
#include "shell/version_order.h"

enum {
	LS_ALL = 1,
	LS_ALMOST,
	LS_FOLDER,
	LS_FOLLOW,
	LS_LONG,
	LS_NUMERIC,
	LS_ONE,
	LS_RECURSIVE,
	LS_REVERSE,
	LS_CLASS,
	LS_SLASH,
	LS_VERSION,
	LS_NOTHING
};

static const struct shell_option ls_options[] = {
	{ 'a', "all", OPTION_NO_VALUE, LS_ALL },
	{ 'A', "almost-all", OPTION_NO_VALUE, LS_ALMOST },
	{ 'd', "directory", OPTION_NO_VALUE, LS_FOLDER },
	{ 'L', "dereference", OPTION_NO_VALUE, LS_FOLLOW },
	{ 'l', NULL, OPTION_NO_VALUE, LS_LONG },
	{ 'n', "numeric-uid-gid", OPTION_NO_VALUE, LS_NUMERIC },
	{ '1', NULL, OPTION_NO_VALUE, LS_ONE },
	{ 'r', "reverse", OPTION_NO_VALUE, LS_REVERSE },
	{ 'p', NULL, OPTION_NO_VALUE, LS_SLASH },
	{ 'v', NULL, OPTION_NO_VALUE, LS_VERSION },
	{ 'N', "literal", OPTION_NO_VALUE, LS_NOTHING },
	{ 0 },
};

struct ls {
	struct shell_call *c;
	bool all, almost, folder, follow, lines, numeric, reverse, slash, version;
};

struct ls_entry {
	struct str name;
	struct node *node;
};

static int compare(const void *a, const void *b)
{
	const struct ls_entry *x = a, *y = b;

	return str_compare(x->name, y->name);
}

static int compare_versions(const void *a, const void *b)
{
	const struct ls_entry *x = a, *y = b;
	int order = version_order(x->name, y->name);

	return order ? order : compare(a, b);
}

static void add_account(struct ls *l, bool group, uint32_t id)
{
	struct str name;

	if (!l->numeric && (group ? world_group_name(l->c->shell, id, &name)
				  : world_user_name(l->c->shell, id, &name)))
		buf_printf(l->c->out, STR_FMT " ", STR_ARG(name));
	else
		buf_printf(l->c->out, "%u ", id);
}

/* 1: what a tree doesn't know. */
static int add_long(struct ls *l, const struct ls_entry *e)
{
	const struct inode *inode = e->node->inode;
	int64_t half_year = 31556952 / 2, age = l->c->world->epoch - inode->mtime;
	char mode[10];

	if (inode->kind != NODE_FILE && inode->kind != NODE_SYMLINK)
		return 1;
	mode_format(inode->mode, mode);
	buf_printf(l->c->out, "%c%s %u ", inode->kind == NODE_FILE ? '-' : 'l', mode, inode->links);
	add_account(l, false, inode->uid);
	add_account(l, true, inode->gid);
	buf_printf(l->c->out, "%llu ",
		   (unsigned long long)(inode->kind == NODE_FILE ? inode->content.size
								 : inode->target.len));
	(void)timestamp_format(age >= 0 && age < half_year ? STR("%b %e %H:%M ")
							   : STR("%b %e  %Y "),
			       inode->mtime, l->c->out);
	buf_add_str(l->c->out, e->name);
	if (inode->kind == NODE_SYMLINK)
		buf_printf(l->c->out, " -> " STR_FMT, STR_ARG(inode->target));
	buf_add_char(l->c->out, '\n');
	return 0;
}

static int print(struct ls *l, struct ls_entry *list, size_t n, struct error *err)
{
	/* Columns of a long listing are as wide as their widest: only one line is easy. */
	if (l->lines && n > 1)
		return shell_refuse(l->c, err, "-l of several files");
	if (n)
		qsort(list, n, sizeof(*list), l->version ? compare_versions : compare);
	for (size_t i = 0; i < n; i++) {
		struct ls_entry *e = &list[l->reverse ? n - 1 - i : i];

		if (l->lines) {
			if (add_long(l, e))
				return shell_refuse(l->c, err, "-l of a folder");
			continue;
		}
		buf_add_str(l->c->out, e->name);
		if (l->slash && node_is(e->node, NODE_DIRECTORY))
			buf_add_char(l->c->out, '/');
		buf_add_char(l->c->out, '\n');
	}
	return 0;
}

static int print_folder(struct ls *l, struct node *dir, struct str path, struct error *err)
{
	struct ls_entry *list;
	struct node **children;
	size_t n = file_children(l->c, dir, &children), shown = 0;

	if (l->lines)
		return shell_refuse(l->c, err, "-l of the folder " STR_FMT, STR_ARG(path));
	list = arena_array(l->c->world->arena, n + 3, sizeof(*list));
	if (l->all) {
		list[shown++] = (struct ls_entry){ STR("."), dir };
		list[shown++] = (struct ls_entry){ STR(".."), dir };
	}
	for (size_t i = 0; i < n; i++)
		if (l->all || l->almost || children[i]->name.ptr[0] != '.')
			list[shown++] = (struct ls_entry){ children[i]->name, children[i] };
	return print(l, list, shown, err);
}

/* What an operand means. 0; 1: complained; -1; 2: refused with status 0. */
static int look_up(struct ls *l, struct str path, bool follow, struct node **ret, struct error *err)
{
	struct world_place at;
	int outcome = world_walk(l->c->shell, path, follow, &at);

	if (follow && !outcome && !at.node && !l->follow) /* a dangling link itself */
		outcome = world_walk(l->c->shell, path, false, &at);
	if (at.outside && (outcome || !at.node || node_is(at.node, NODE_DIRECTORY)))
		return shell_refuse(l->c, err, "what is in " STR_FMT, STR_ARG(path));
	*ret = at.node;
	if (outcome || !at.node) {
		file_failed(l->c, "cannot access", path, outcome ? outcome : WORLD_ABSENT);
		return 2;
	}
	if (node_is(at.node, NODE_DIRECTORY) && !l->folder && at.node->parent &&
	    !at.node->parent->parent &&
	    (str_equal_cstr(at.node->name, "proc") || str_equal_cstr(at.node->name, "sys") ||
	     str_equal_cstr(at.node->name, "dev")))
		return shell_refuse(l->c, err, "what is in " STR_FMT, STR_ARG(path));
	return 0;
}

static int run(struct ls *l, const struct str *paths, size_t n, struct error *err)
{
	struct arena *arena = l->c->world->arena;
	struct ls_entry *files = arena_array(arena, n + 1, sizeof(*files));
	struct ls_entry *folders = arena_array(arena, n + 1, sizeof(*folders));
	size_t n_files = 0, n_folders = 0;
	int status = 0, result;

	for (size_t i = 0; i < n; i++) {
		struct node *node = NULL;

		result = look_up(l, paths[i], l->follow || (!l->folder && !l->lines), &node, err);
		if (result < 0)
			return -1;
		status = result > status ? result : status;
		if (!node || result)
			continue;
		if (node_is(node, NODE_DIRECTORY) && !l->folder)
			folders[n_folders++] = (struct ls_entry){ paths[i], node };
		else
			files[n_files++] = (struct ls_entry){ paths[i], node };
	}
	result = print(l, files, n_files, err);
	if (result)
		return result;
	if (n_folders)
		qsort(folders, n_folders, sizeof(*folders),
		      l->version ? compare_versions : compare);
	for (size_t i = 0; i < n_folders; i++) {
		struct ls_entry *e = &folders[l->reverse ? n_folders - 1 - i : i];

		if (n > 1)
			buf_printf(l->c->out, "%s" STR_FMT ":\n", n_files || i ? "\n" : "",
				   STR_ARG(e->name));
		result = print_folder(l, e->node, e->name, err);
		if (result)
			return result;
	}
	return status;
}

int tool_ls(struct shell_call *c, struct error *err)
{
	static const struct str here = { ".", 1 };
	struct ls l = { .c = c };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, ls_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		if (id == LS_ALL || id == LS_ALMOST) {
			l.all = id == LS_ALL;
			l.almost = id == LS_ALMOST;
		}
		l.folder |= id == LS_FOLDER;
		l.follow |= id == LS_FOLLOW;
		l.lines |= id == LS_LONG || id == LS_NUMERIC;
		l.numeric |= id == LS_NUMERIC;
		l.reverse |= id == LS_REVERSE;
		l.slash |= id == LS_SLASH;
		l.version |= id == LS_VERSION;
	}
	return a.n_operands ? run(&l, a.operands, a.n_operands, err) : run(&l, &here, 1, err);
}
