/* rm, rmdir, unlink. */
#include "shell/file_tool.h"
#include "shell/tool_files.h"

enum { RM_FOLDERS = 1, RM_FORCE, RM_ASK, RM_NOTHING, RM_RECURSIVE, RM_VERBOSE, RM_NO_PRESERVE };

static const struct shell_option rm_options[] = {
	{ 'd', "dir", OPTION_NO_VALUE, RM_FOLDERS },
	{ 'f', "force", OPTION_NO_VALUE, RM_FORCE },
	{ 0, "one-file-system", OPTION_NO_VALUE, RM_NOTHING },
	{ 0, "preserve-root", OPTION_MAYBE_VALUE, RM_NOTHING },
	{ 'r', "recursive", OPTION_NO_VALUE, RM_RECURSIVE },
	{ 'R', NULL, OPTION_NO_VALUE, RM_RECURSIVE },
	{ 'v', "verbose", OPTION_NO_VALUE, RM_VERBOSE },
	{ 0 },
};

struct rm {
	struct shell_call *c;
	bool folders, force, recursive, verbose;
};

static int say_removed(struct rm *rm, struct node *top, struct str path, unsigned depth,
		       struct error *err)
{
	struct node **list;
	size_t n;

	if (!node_is(top, NODE_DIRECTORY)) {
		file_say(rm->c, "removed", path);
		return 0;
	}
	if (depth > 200)
		return shell_refuse(rm->c, err, "-v on folders that deep");
	n = file_children(rm->c, top, &list);
	if (n > 1)
		return shell_refuse(rm->c, err, "-rv on several files: their order is not known");
	for (size_t i = 0; i < n; i++) {
		int result = say_removed(rm, list[i], file_join(rm->c, path, list[i]->name),
					 depth + 1, err);
		if (result)
			return result;
	}
	file_say(rm->c, "removed directory", path);
	return 0;
}

static int remove_one(struct rm *rm, struct str path, struct error *err)
{
	struct shell_call *c = rm->c;
	struct str base = file_base(path);
	struct node *const *list;
	struct world_place at;
	int outcome = world_walk(c->shell, path, false, &at), status;

	if (rm->recursive && (str_equal_cstr(base, ".") || str_equal_cstr(base, "..")))
		return file_complain(c, "refusing to remove '.' or '..' directory: skipping", path,
				     "");
	if (at.outside)
		return shell_refuse(c, err, "removing " STR_FMT, STR_ARG(path));
	if (outcome || !at.node) {
		/* -f passes over ENOENT and ENOTDIR only. */
		if (rm->force && outcome != WORLD_LOOP)
			return 0;
		return file_failed(c, "cannot remove", path, outcome ? outcome : WORLD_ABSENT);
	}
	if (!at.node->parent)
		return rm->recursive ? file_complain(c, "it is dangerous to operate recursively on",
						     path, "")
				     : file_failed(c, "cannot remove", path, WORLD_FOLDER);
	if (at.slash && node_is(world_find(c->shell, file_strip(path), false), NODE_SYMLINK))
		return rm->recursive ? shell_refuse(c, err, "-r on a link with a slash behind")
				     : file_failed(c, "cannot remove", path, WORLD_FOLDER);
	if (node_is(at.node, NODE_DIRECTORY) && !rm->recursive) {
		if (!rm->folders || !at.dir)
			return file_failed(c, "cannot remove", path, WORLD_FOLDER);
		if (tree_children(at.node, &list))
			return file_failed(c, "cannot remove", path, WORLD_NOT_EMPTY);
	}
	if (!at.dir)
		return shell_refuse(c, err, "removing " STR_FMT, STR_ARG(path));
	if (rm->verbose) {
		status = say_removed(rm, at.node, path, 0, err);
		if (status)
			return status;
	}
	tree_remove(c->world->tree, at.node, c->cause);
	return 0;
}

int tool_rm(struct shell_call *c, struct error *err)
{
	struct rm rm = { .c = c };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, rm_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		rm.folders |= a.options[i].id == RM_FOLDERS;
		rm.force |= a.options[i].id == RM_FORCE;
		rm.recursive |= a.options[i].id == RM_RECURSIVE;
		rm.verbose |= a.options[i].id == RM_VERBOSE;
	}
	if (!a.n_operands && !rm.force)
		return file_usage(c, "missing operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		result = remove_one(&rm, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

int tool_unlink(struct shell_call *c, struct error *err)
{
	struct rm rm = { .c = c };

	if (c->argc != 2 || !c->argv[1].len || c->argv[1].ptr[0] == '-')
		return shell_refuse(c, err, "other than one name");
	return remove_one(&rm, c->argv[1], err);
}

enum { RMDIR_IGNORE = 1, RMDIR_PARENTS, RMDIR_VERBOSE };

static const struct shell_option rmdir_options[] = {
	{ 0, "ignore-fail-on-non-empty", OPTION_NO_VALUE, RMDIR_IGNORE },
	{ 'p', "parents", OPTION_NO_VALUE, RMDIR_PARENTS },
	{ 'v', "verbose", OPTION_NO_VALUE, RMDIR_VERBOSE },
	{ 0 },
};

/* 0: removed; an outcome that is none of the ignored ones: reported; -1. */
static int remove_folder(struct shell_call *c, struct str path, bool ignore, bool verbose,
			 bool *ret_stop, struct error *err)
{
	struct node *const *list;
	struct world_place at;
	int outcome = world_walk(c->shell, path, false, &at);

	*ret_stop = true;
	if (verbose)
		file_say(c,
			 arena_printf(c->world->arena, STR_FMT ": removing directory,",
				      STR_ARG(c->argv[0])),
			 path);
	if (at.outside)
		return shell_refuse(c, err, "removing " STR_FMT, STR_ARG(path));
	if (outcome || !at.node)
		return file_failed(c, "failed to remove", path, outcome ? outcome : WORLD_ABSENT);
	if (!node_is(at.node, NODE_DIRECTORY))
		return file_failed(c, "failed to remove", path, WORLD_NO_FOLDER);
	if (at.slash && node_is(world_find(c->shell, file_strip(path), false), NODE_SYMLINK))
		return file_failed(c, "failed to remove", path, WORLD_NO_FOLDER);
	if (!at.node->parent)
		return ignore ? 0 : file_complain(c, "failed to remove", path, "Device busy");
	if (tree_children(at.node, &list))
		return ignore ? 0 : file_failed(c, "failed to remove", path, WORLD_NOT_EMPTY);
	if (!at.dir)
		return file_complain(c, "failed to remove", path, "Invalid argument");
	/* A working folder may go while the shell is in it; what then follows is not known. */
	tree_remove(c->world->tree, at.node, c->cause);
	*ret_stop = false;
	return 0;
}

int tool_rmdir(struct shell_call *c, struct error *err)
{
	bool ignore = false, parents = false, verbose = false, stop;
	struct shell_arguments a;
	int status = 0, result = shell_options(c, rmdir_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		ignore |= a.options[i].id == RMDIR_IGNORE;
		parents |= a.options[i].id == RMDIR_PARENTS;
		verbose |= a.options[i].id == RMDIR_VERBOSE;
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		struct str path = a.operands[i];

		for (;;) {
			result = remove_folder(c, path, ignore, verbose, &stop, err);
			if (result < 0)
				return -1;
			status |= result;
			path = file_strip(path);
			if (stop || !parents || !memchr(path.ptr, '/', path.len) || path.len == 1)
				break;
			path = file_folder(path);
			if (path.len == 1 && path.ptr[0] == '/')
				break;
		}
	}
	return status;
}
