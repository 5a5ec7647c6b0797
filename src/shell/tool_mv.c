#include "shell/file_tool.h"
#include "shell/tool_files.h"

enum {
	MV_BACKUP = 1,
	MV_FORCE,
	MV_NO_CLOBBER,
	MV_NOTHING,
	MV_STRIP,
	MV_SUFFIX,
	MV_TARGET,
	MV_NO_TARGET,
	MV_UPDATE,
	MV_VERBOSE
};

static const struct shell_option mv_options[] = {
	{ 'b', NULL, OPTION_NO_VALUE, MV_BACKUP },
	{ 0, "backup", OPTION_MAYBE_VALUE, MV_BACKUP },
	{ 'f', "force", OPTION_NO_VALUE, MV_FORCE },
	{ 'n', "no-clobber", OPTION_NO_VALUE, MV_NO_CLOBBER },
	{ 0, "strip-trailing-slashes", OPTION_NO_VALUE, MV_STRIP },
	{ 'S', "suffix", OPTION_VALUE, MV_SUFFIX },
	{ 't', "target-directory", OPTION_VALUE, MV_TARGET },
	{ 'T', "no-target-directory", OPTION_NO_VALUE, MV_NO_TARGET },
	{ 'u', "update", OPTION_NO_VALUE, MV_UPDATE },
	{ 'v', "verbose", OPTION_NO_VALUE, MV_VERBOSE },
	{ 'Z', "context", OPTION_NO_VALUE, MV_NOTHING }, /* ignored without SELinux */
	{ 0 },
};

struct mv {
	struct shell_call *c;
	bool no_clobber, strip, update, verbose, no_folder;
	struct str folder;
	struct file_backup backup;
};

/* 0: go on; 1: done with *ret_status; -1. */
static int look_at_target(struct mv *mv, struct node *from, struct world_place *at,
			  struct str source, struct str to, int *ret_status, struct error *err)
{
	struct shell_call *c = mv->c;
	bool from_folder = from->inode->kind == NODE_DIRECTORY;
	bool to_folder = at->node->inode->kind == NODE_DIRECTORY;
	struct node *const *list;
	int result;

	*ret_status = 0;
	if (mv->no_clobber)
		return 1;
	if (mv->update && !from_folder) {
		if (from->inode->mtime >= c->world->epoch &&
		    at->node->inode->mtime >= c->world->epoch) {
			*ret_status = shell_refuse(c, err, "-u between files of one build");
			return *ret_status < 0 ? -1 : 1;
		}
		if (from->inode->mtime <= at->node->inode->mtime)
			return 1;
	}
	if (at->node->inode == from->inode) { /* also by another name: hard links */
		*ret_status = file_complain(c, "", source, "are the same file");
		return 1;
	}
	result = file_make_backup(c, &mv->backup, to, ret_status, err);
	if (result)
		return result;
	if (mv->backup.wanted && file_place(c, to, false, at) == 0 && !at->node)
		return 0;
	if (from_folder != to_folder) {
		*ret_status = file_complain(c,
					    from_folder ? "cannot overwrite non-directory"
							: "cannot overwrite directory",
					    to, "of another kind");
		return 1;
	}
	if (to_folder && tree_children(at->node, &list)) {
		*ret_status = file_failed(c, "cannot move to", to, WORLD_NOT_EMPTY);
		return 1;
	}
	return 0;
}

static int move(struct mv *mv, struct str source, struct str to, struct error *err)
{
	struct shell_call *c = mv->c;
	struct world_place from, at;
	int outcome, status = 0, result;

	if (mv->strip)
		source = file_strip(source);
	outcome = world_walk(c->shell, source, false, &from);
	if (outcome || !from.node)
		return from.outside ? shell_refuse(c, err, "what " STR_FMT " is", STR_ARG(source))
				    : file_failed(c, "cannot stat", source,
						  outcome ? outcome : WORLD_ABSENT);
	if (from.slash && node_is(world_find(c->shell, file_strip(source), false), NODE_SYMLINK))
		return file_failed(c, "cannot move", source, WORLD_NO_FOLDER);
	outcome = file_place(c, to, false, &at);
	if (from.outside || outcome == WORLD_SPECIAL || !from.node->parent)
		return shell_refuse(c, err, "moving " STR_FMT, STR_ARG(source));
	if (outcome)
		return file_failed(c, "cannot move to", to, outcome);
	if (!from.dir)
		return file_complain(c, "cannot move", source, "Device or resource busy");
	for (const struct node *up = at.node ? at.node : at.dir; up; up = up->parent)
		if (up == from.node && up != at.node)
			return file_complain(c, "cannot move to a subdirectory of itself", source,
					     "");
	if (at.node) {
		result = look_at_target(mv, from.node, &at, source, to, &status, err);
		if (result)
			return result < 0 ? -1 : status;
		if (!at.dir)
			return shell_refuse(c, err, "moving over " STR_FMT, STR_ARG(to));
	} else if (at.slash && !node_is(from.node, NODE_DIRECTORY)) {
		return file_failed(c, "cannot move to", to, WORLD_NO_FOLDER);
	}
	tree_move(c->world->tree, from.node, at.dir, at.name, c->cause);
	if (mv->verbose)
		file_say_pair(c, "renamed ", source, to);
	return 0;
}

static int take_options(struct mv *mv, const struct shell_arguments *a, int *ret_status,
			struct error *err)
{
	for (size_t i = 0; i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];
		int result;

		switch (o->id) {
		case MV_BACKUP:
			result = file_backup_option(mv->c, &mv->backup, o->value, ret_status, err);
			if (result)
				return result;
			break;
		case MV_FORCE:
			mv->no_clobber = false;
			break;
		case MV_NO_CLOBBER:
			mv->no_clobber = true;
			break;
		case MV_STRIP:
			mv->strip = true;
			break;
		case MV_SUFFIX:
			mv->backup = (struct file_backup){ true, o->value };
			break;
		case MV_TARGET:
			mv->folder = o->value;
			break;
		case MV_NO_TARGET:
			mv->no_folder = true;
			break;
		case MV_UPDATE:
			mv->update = true;
			break;
		case MV_VERBOSE:
			mv->verbose = true;
			break;
		}
	}
	return 0;
}

int tool_mv(struct shell_call *c, struct error *err)
{
	struct mv mv = { .c = c };
	struct shell_arguments a;
	struct file_targets t;
	int status = 0, result = shell_options(c, mv_options, false, &a, &status, err);

	if (!result)
		result = take_options(&mv, &a, &status, err);
	if (result)
		return result < 0 ? -1 : status;
	status = file_targets(c, &a, mv.folder, mv.no_folder, false, &t);
	if (status)
		return status;
	for (size_t i = 0; i < t.n; i++) {
		result = move(&mv, t.sources[i], file_target(c, &t, t.sources[i]), err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}
