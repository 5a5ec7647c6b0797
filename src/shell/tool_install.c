/*
 * install: the target is always a new file (what was there is unlinked), but for -C, with
 * exactly the mode that was asked for; folders on the way are 0755 whatever the umask.
 */
#include "shell/file_tool.h"
#include "shell/make_folders.h"
#include "shell/mode.h"
#include "shell/tool_files.h"
#include "shell/world_accounts.h"

enum {
	INSTALL_BACKUP = 1,
	INSTALL_NOTHING,
	INSTALL_COMPARE,
	INSTALL_FOLDER,
	INSTALL_PARENTS,
	INSTALL_GROUP,
	INSTALL_MODE,
	INSTALL_OWNER,
	INSTALL_TIMES,
	INSTALL_SUFFIX,
	INSTALL_TARGET,
	INSTALL_NO_TARGET,
	INSTALL_VERBOSE
};

static const struct shell_option install_options[] = {
	{ 'b', NULL, OPTION_NO_VALUE, INSTALL_BACKUP },
	{ 0, "backup", OPTION_MAYBE_VALUE, INSTALL_BACKUP },
	{ 'c', NULL, OPTION_NO_VALUE, INSTALL_NOTHING },
	{ 'C', "compare", OPTION_NO_VALUE, INSTALL_COMPARE },
	{ 'd', "directory", OPTION_NO_VALUE, INSTALL_FOLDER },
	{ 'D', NULL, OPTION_NO_VALUE, INSTALL_PARENTS },
	{ 'g', "group", OPTION_VALUE, INSTALL_GROUP },
	{ 'm', "mode", OPTION_VALUE, INSTALL_MODE },
	{ 'o', "owner", OPTION_VALUE, INSTALL_OWNER },
	{ 'p', "preserve-timestamps", OPTION_NO_VALUE, INSTALL_TIMES },
	{ 'S', "suffix", OPTION_VALUE, INSTALL_SUFFIX },
	{ 't', "target-directory", OPTION_VALUE, INSTALL_TARGET },
	{ 'T', "no-target-directory", OPTION_NO_VALUE, INSTALL_NO_TARGET },
	{ 'v', "verbose", OPTION_NO_VALUE, INSTALL_VERBOSE },
	{ 'Z', "context", OPTION_NO_VALUE, INSTALL_NOTHING },
	{ 0 },
};

struct install {
	struct shell_call *c;
	bool compare, folder, parents, times, no_folder, verbose, has_mode;
	struct mode_change change;
	uint32_t uid, gid;
	struct str target;
	struct file_backup backup;
};

static int take_option(struct install *in, const struct shell_taken *o, int *ret_status,
		       struct error *err)
{
	uint32_t group;

	*ret_status = 1;
	switch (o->id) {
	case INSTALL_BACKUP:
		return file_backup_option(in->c, &in->backup, o->value, ret_status, err);
	case INSTALL_COMPARE:
		in->compare = true;
		return 0;
	case INSTALL_FOLDER:
		in->folder = true;
		return 0;
	case INSTALL_PARENTS:
		in->parents = true;
		return 0;
	case INSTALL_GROUP:
		if (world_group_or_id(in->c->shell, o->value, &in->gid))
			return 0;
		return file_complain(in->c, "invalid group", o->value, "");
	case INSTALL_OWNER:
		if (world_user_or_id(in->c->shell, o->value, &in->uid, &group))
			return 0;
		return file_complain(in->c, "invalid user", o->value, "");
	case INSTALL_MODE:
		in->has_mode = true;
		if (mode_parse(o->value, &in->change))
			return 0;
		return file_complain(in->c, "invalid mode", o->value, "");
	case INSTALL_TIMES:
		in->times = true;
		return 0;
	case INSTALL_SUFFIX:
		in->backup = (struct file_backup){ true, o->value };
		return 0;
	case INSTALL_TARGET:
		in->target = o->value;
		return 0;
	case INSTALL_NO_TARGET:
		in->no_folder = true;
		return 0;
	case INSTALL_VERBOSE:
		in->verbose = true;
		return 0;
	}
	return 0;
}

static const char *making(const struct install *in)
{
	return in->verbose ? arena_printf(in->c->world->arena, STR_FMT ": creating directory",
					  STR_ARG(in->c->argv[0]))
			   : NULL;
}

/* -d: folders that are there get mode and owner too. */
static int make_folder(struct install *in, struct str path, struct error *err)
{
	struct make_folders how = { .mode = 0755, .parents_mode = 0755, .verbose = making(in) };
	int status = make_folders(in->c, path, &how, err);
	uint16_t mode = 0755, bits = 07777;
	struct node *node;

	if (status)
		return status;
	node = world_find(in->c->shell, path, true);
	if (!node || world_is_outside(node))
		return shell_refuse(in->c, err, STR_FMT, STR_ARG(path));
	if (in->uid != UINT32_MAX || in->gid != UINT32_MAX)
		file_chown(in->c, node, in->uid, in->gid);
	if (in->has_mode)
		mode = mode_adjust(&in->change, 0, true, 0, &bits);
	tree_set_mode(node, mode | (node->inode->mode & (uint16_t)~bits), in->c->cause);
	return 0;
}

/* What is to be installed. 1: refused or complained about. */
static int read_source(struct install *in, struct str from, struct inode *ret, int *ret_status,
		       struct error *err)
{
	struct shell_call *c = in->c;
	struct world_place place;
	struct str text;
	int outcome = world_walk(c->shell, from, true, &place);

	if (str_equal_cstr(from, "/dev/stdin") || str_equal_cstr(from, "/dev/fd/0")) {
		text = arena_str(c->world->arena, shell_input_all(c->in));
		*ret = (struct inode){ .kind = NODE_FILE,
				       .content = content_of_bytes(str_bytes(text)) };
		return 0;
	}
	*ret_status = 1;
	if (place.outside && (outcome || !place.node))
		goto refuse;
	if (outcome || !place.node)
		return file_failed(c, "cannot stat", from, outcome ? outcome : WORLD_ABSENT);
	if (node_is(place.node, NODE_DIRECTORY))
		return file_complain(c, "omitting directory", from, "");
	*ret = *place.node->inode;
	if (ret->kind == NODE_FILE)
		return 0;
	outcome = world_read_node(c->shell, place.node, &text, err);
	if (outcome < 0)
		return -1;
	if (!outcome) {
		ret->kind = NODE_FILE;
		ret->content = content_empty;
		return 0;
	}
refuse:
	*ret_status = shell_refuse(c, err, "the content of " STR_FMT, STR_ARG(from));
	return *ret_status < 0 ? -1 : 1;
}

static bool is_equal(const struct install *in, const struct inode *from, const struct inode *to,
		     uint16_t mode)
{
	return to->kind == NODE_FILE && to->mode == mode && !(mode & 07000) &&
	       to->uid == (in->uid == UINT32_MAX ? 0 : in->uid) &&
	       to->gid == (in->gid == UINT32_MAX ? 0 : in->gid) &&
	       to->content.size == from->content.size &&
	       digest_equal(&to->content.digest, &from->content.digest);
}

static int install_file(struct install *in, struct str from, struct str to, struct error *err)
{
	struct shell_call *c = in->c;
	uint16_t mode = in->has_mode ? mode_apply(&in->change, 0, false, 0) : 0755;
	struct inode source = { 0 }, inode;
	struct world_place at;
	int status = 0, outcome, result = read_source(in, from, &source, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	outcome = file_place(c, to, false, &at);
	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "a file at " STR_FMT, STR_ARG(to));
	if (outcome || (!at.node && at.slash))
		return file_failed(c, "cannot create regular file", to,
				   outcome ? outcome : WORLD_NO_FOLDER);
	if (at.node && node_is(at.node, NODE_DIRECTORY))
		return file_complain(c, "cannot overwrite directory", to, "with non-directory");
	if (at.node && node_is(world_find(c->shell, from, true), NODE_FILE) &&
	    world_find(c->shell, from, true) == at.node)
		return file_complain(c, "", from, "are the same file");
	if (at.node && in->compare && is_equal(in, &source, at.node->inode, mode))
		return 0;
	result = file_make_backup(c, &in->backup, to, &status, err);
	if (result)
		return result < 0 ? -1 : status;
	inode = world_new_inode(c->world, at.dir, NODE_FILE, mode);
	if (in->uid != UINT32_MAX)
		inode.uid = in->uid;
	if (in->gid != UINT32_MAX)
		inode.gid = in->gid;
	if (in->times)
		inode.mtime = source.mtime;
	inode.content = source.content;
	tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	if (in->verbose)
		file_say_pair(c, "", from, to);
	return 0;
}

static int install_files(struct install *in, const struct shell_arguments *a, struct error *err)
{
	struct make_folders how = { .mode = 0755, .parents_mode = 0755, .verbose = making(in) };
	struct shell_call *c = in->c;
	struct file_targets t;
	int status = 0;

	if (in->parents && in->target.ptr) {
		status = make_folders(c, in->target, &how, err);
		if (status)
			return status;
	}
	if (in->parents && !in->target.ptr && a->n_operands == 2 && !in->no_folder &&
	    file_is_folder(c, a->operands[1], true)) {
		t = (struct file_targets){ a->operands, 1, a->operands[1], true };
	} else {
		status = file_targets(
			c, a, in->target,
			in->no_folder || (in->parents && !in->target.ptr && a->n_operands == 2),
			false, &t);
	}
	if (status)
		return status;
	how.parents_only = true;
	for (size_t i = 0; i < t.n; i++) {
		struct str to = file_target(c, &t, t.sources[i]);
		int result = 0;

		if (in->parents && !t.into)
			result = make_folders(c, to, &how, err);
		if (!result)
			result = install_file(in, t.sources[i], to, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

int tool_install(struct shell_call *c, struct error *err)
{
	struct install in = { .c = c, .uid = UINT32_MAX, .gid = UINT32_MAX };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, install_options, false, &a, &status, err);

	for (size_t i = 0; !result && i < a.n_options; i++)
		result = take_option(&in, &a.options[i], &status, err);
	if (result)
		return result < 0 ? -1 : status;
	status = 0;
	if (!in.folder)
		return install_files(&in, &a, err);
	if (!a.n_operands)
		return file_usage(c, "missing file operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		result = make_folder(&in, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}
