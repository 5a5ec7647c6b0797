/* mkdir, mkfifo, mknod. */
#include "shell/file_tool.h"
#include "shell/make_folders.h"
#include "shell/mode.h"
#include "shell/tool_files.h"

enum { MAKE_MODE = 1, MAKE_PARENTS, MAKE_VERBOSE, MAKE_NOTHING };

static const struct shell_option mkdir_options[] = {
	{ 'm', "mode", OPTION_VALUE, MAKE_MODE },
	{ 'p', "parents", OPTION_NO_VALUE, MAKE_PARENTS },
	{ 'v', "verbose", OPTION_NO_VALUE, MAKE_VERBOSE },
	{ 'Z', NULL, OPTION_NO_VALUE, MAKE_NOTHING }, /* ignored without SELinux */
	{ 0, "context", OPTION_MAYBE_VALUE, MAKE_NOTHING },
	{ 0 },
};

/*
 * What a path's folders still lack, from the top on. A name after ".." is looked at when
 * what is before it has been made.
 */
int make_folders(struct shell_call *c, struct str path, const struct make_folders *how,
		 struct error *err)
{
	size_t at = 0;

	while (at < path.len) {
		struct str part = { path.ptr, 0 };
		struct world_place place;
		struct inode inode;
		int outcome;
		bool last;

		while (at < path.len && path.ptr[at] == '/')
			at++;
		while (at < path.len && path.ptr[at] != '/')
			at++;
		part.len = at;
		last = true;
		for (size_t i = at; i < path.len; i++)
			last &= path.ptr[i] == '/';
		if (last && how->parents_only)
			return 0;
		outcome = file_place(c, part, true, &place);
		if (outcome == WORLD_SPECIAL && place.node && node_is(place.node, NODE_DIRECTORY))
			continue;
		if (outcome == WORLD_SPECIAL)
			return shell_refuse(c, err, "a folder at " STR_FMT, STR_ARG(part));
		if (!outcome && place.node) {
			if (node_is(place.node, NODE_DIRECTORY))
				continue;
			return file_failed(c, "cannot create directory", part,
					   last ? WORLD_EXISTS : WORLD_NO_FOLDER);
		}
		if (outcome)
			return file_failed(c, "cannot create directory", part, outcome);
		if (world_find(c->shell, part, false)) /* a link to nowhere */
			return file_failed(c, "cannot create directory", part, WORLD_EXISTS);
		inode = world_new_inode(c->world, place.dir, NODE_DIRECTORY,
					last ? how->mode : how->parents_mode);
		tree_put(c->world->tree, place.dir, place.name, &inode, c->cause);
		if (how->verbose)
			file_say(c, how->verbose, part);
		if (last)
			break;
	}
	return 0;
}

struct mkdir {
	struct shell_call *c;
	struct make_folders how;
	struct mode_change mode;
	bool has_mode, parents;
};

static int make_one(struct mkdir *m, struct str path, struct error *err)
{
	struct shell_call *c = m->c;
	uint16_t umask = shell_umask(c->shell), bits = 0, mode;
	struct world_place at;
	int outcome = file_place(c, path, false, &at), status;
	bool was_there = !outcome && at.node;

	if (m->parents) {
		was_there = world_find(c->shell, path, true) != NULL;
		status = make_folders(c, path, &m->how, err);
		if (status || was_there)
			return status;
	} else {
		struct node *made;

		status = world_make_folder(c->shell, path, &made, err);
		if (status < 0)
			return -1;
		if (status == WORLD_SPECIAL)
			return shell_refuse(c, err, "a folder at " STR_FMT, STR_ARG(path));
		if (status)
			return file_failed(c, "cannot create directory", path, status);
		if (m->how.verbose)
			file_say(c, m->how.verbose, path);
	}
	at.node = world_find(c->shell, path, true);
	if (m->has_mode && at.node) {
		mode = mode_adjust(&m->mode, 0777, true, umask, &bits);
		mode |= at.node->inode->mode & (uint16_t)~bits & 07000;
		tree_set_mode(at.node, mode, c->cause);
	}
	return 0;
}

int tool_mkdir(struct shell_call *c, struct error *err)
{
	struct mkdir m = { .c = c };
	uint16_t umask = shell_umask(c->shell);
	struct shell_arguments a;
	int status = 0, result = shell_options(c, mkdir_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	m.how.mode = (uint16_t)(0777 & ~umask);
	m.how.parents_mode = m.how.mode | 0300;
	for (size_t i = 0; i < a.n_options; i++) {
		switch (a.options[i].id) {
		case MAKE_MODE:
			m.has_mode = true;
			if (!mode_parse(a.options[i].value, &m.mode))
				return file_complain(c, "invalid mode", a.options[i].value, "");
			break;
		case MAKE_PARENTS:
			m.parents = true;
			break;
		case MAKE_VERBOSE:
			m.how.verbose = arena_printf(c->world->arena, STR_FMT ": created directory",
						     STR_ARG(c->argv[0]));
			break;
		}
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		result = make_one(&m, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

static int make_node(struct shell_call *c, struct str path, enum node_kind kind, uint32_t major,
		     uint32_t minor, const struct mode_change *mode, struct error *err)
{
	struct world_place at;
	int outcome = file_place(c, path, false, &at);
	struct inode inode;

	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "a node at " STR_FMT, STR_ARG(path));
	if (!outcome && at.node)
		outcome = WORLD_EXISTS;
	if (outcome || at.slash)
		return file_failed(c, "", path, outcome ? outcome : WORLD_ABSENT);
	inode = world_new_inode(c->world, at.dir, kind,
				mode ? mode_apply(mode, 0666, false, shell_umask(c->shell))
				     : (uint16_t)(0666 & ~shell_umask(c->shell)));
	inode.major = major;
	inode.minor = minor;
	tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	return 0;
}

static const struct shell_option mknod_options[] = {
	{ 'm', "mode", OPTION_VALUE, MAKE_MODE },
	{ 'Z', NULL, OPTION_NO_VALUE, MAKE_NOTHING },
	{ 0 },
};

static int node_options(struct shell_call *c, struct shell_arguments *a, struct mode_change *mode,
			bool *ret_mode, int *ret_status, struct error *err)
{
	int result = shell_options(c, mknod_options, false, a, ret_status, err);

	*ret_mode = false;
	for (size_t i = 0; !result && i < a->n_options; i++) {
		if (a->options[i].id != MAKE_MODE)
			continue;
		*ret_mode = true;
		if (!mode_parse(a->options[i].value, mode)) {
			*ret_status = file_complain(c, "invalid mode", a->options[i].value, "");
			return 1;
		}
	}
	return result;
}

int tool_mkfifo(struct shell_call *c, struct error *err)
{
	struct mode_change mode;
	struct shell_arguments a;
	bool has_mode;
	int status = 0, result = node_options(c, &a, &mode, &has_mode, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_operands; i++) {
		result = make_node(c, a.operands[i], NODE_FIFO, 0, 0, has_mode ? &mode : NULL, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return a.n_operands ? status : file_usage(c, "missing operand");
}

int tool_mknod(struct shell_call *c, struct error *err)
{
	struct mode_change mode;
	struct shell_arguments a;
	bool has_mode;
	uint64_t major = 0, minor = 0;
	int status = 0, result = node_options(c, &a, &mode, &has_mode, &status, err);
	char type;

	if (result)
		return result < 0 ? -1 : status;
	if (a.n_operands < 2 || a.operands[1].len != 1)
		return shell_refuse(c, err, "operands");
	type = a.operands[1].ptr[0];
	if (type == 'p' && a.n_operands == 2)
		return make_node(c, a.operands[0], NODE_FIFO, 0, 0, has_mode ? &mode : NULL, err);
	if ((type != 'c' && type != 'u' && type != 'b') || a.n_operands != 4 ||
	    !str_parse_u64(a.operands[2], &major) || !str_parse_u64(a.operands[3], &minor) ||
	    major > 4095 || minor > 1048575)
		return shell_refuse(c, err, "operands");
	return make_node(c, a.operands[0], type == 'b' ? NODE_BLOCK : NODE_CHAR, (uint32_t)major,
			 (uint32_t)minor, has_mode ? &mode : NULL, err);
}
