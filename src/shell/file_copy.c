/*
 * The order of checks is that of coreutils' copy.c: what exists at the target decides
 * first, then the kind of the source. Modes: what is new gets the source's mode without
 * set-id bits and less the umask; a folder keeps its sticky bit.
 */
#include "shell/file_copy.h"

#include "base/mem.h"

#define DEPTH_MAX 200 /* folders below an operand */

static int copy_at(struct copy *p, struct str from, struct str to, unsigned depth,
		   struct error *err);

static struct copy_made *find_made(struct copy *p, const struct inode *from)
{
	for (size_t i = 0; i < p->n_made; i++)
		if (p->made[i].from == from && !p->made[i].to->removed)
			return &p->made[i];
	return NULL;
}

static void remember(struct copy *p, const struct inode *from, struct node *to, bool named)
{
	struct arena *arena = p->call->world->arena;

	if (p->n_made == p->made_capacity) {
		size_t wider = p->made_capacity ? 2 * p->made_capacity : 16;
		struct copy_made *grown = arena_array(arena, wider, sizeof(*grown));

		if (p->n_made)
			memcpy(grown, p->made, p->n_made * sizeof(*grown));
		p->made = grown;
		p->made_capacity = wider;
	}
	p->made[p->n_made++] = (struct copy_made){ from, to, named };
}

/* What cp keeps of the source's attributes, for a node that stands. */
static void keep_attributes(struct copy *p, const struct inode *from, struct node *to)
{
	struct shell_call *c = p->call;

	if (p->keep_time)
		tree_set_mtime(to, from->mtime);
	if (p->keep_owner)
		file_chown(c, to, from->uid, from->gid);
	if (p->keep_xattrs)
		for (uint32_t i = 0; i < from->n_xattrs; i++)
			tree_set_xattr(c->world->tree, to, from->xattrs[i].name,
				       from->xattrs[i].value, c->cause);
	/* cp sets the nine bits as an ACL, and the others only if there are any. */
	if (p->keep_mode && to->inode->kind != NODE_SYMLINK)
		tree_set_mode(to,
			      from->mode & 07000 ? from->mode
						 : from->mode | (to->inode->mode & 07000),
			      c->cause);
}

static struct node *put_new(struct copy *p, const struct inode *from, const struct world_place *at)
{
	struct shell_call *c = p->call;
	uint16_t bits = from->kind == NODE_DIRECTORY ? 01777 : 0777;
	uint16_t mode = from->mode & bits;
	struct inode inode;

	if (p->plain_mode)
		mode = from->kind == NODE_DIRECTORY ? 0777 : 0666;
	mode &= (uint16_t)~shell_umask(c->shell);
	if (from->kind == NODE_SYMLINK)
		mode = 0777;
	inode = world_new_inode(c->world, at->dir, from->kind, mode);
	inode.target = from->target;
	inode.major = from->major;
	inode.minor = from->minor;
	if (from->kind == NODE_FILE)
		inode.content = from->content;
	return tree_put(c->world->tree, at->dir, at->name, &inode, c->cause);
}

/* The bytes of something that is no plain file, as a file. 1: refused. */
static int read_special(struct copy *p, const struct node *node, struct str path, struct inode *ret,
			int *ret_status, struct error *err)
{
	struct str text;
	int outcome = world_read_node(p->call->shell, node, &text, err);

	if (outcome < 0)
		return -1;
	if (outcome) {
		*ret_status = shell_refuse(p->call, err, "the content of " STR_FMT, STR_ARG(path));
		return *ret_status < 0 ? -1 : 1;
	}
	ret->kind = NODE_FILE;
	ret->content = content_empty;
	return 0;
}

static int make_link(struct copy *p, struct node *from, struct str from_path,
		     const struct world_place *at, struct str to, struct error *err)
{
	struct shell_call *c = p->call;
	struct inode inode;

	if (p->hard_link) {
		tree_link(c->world->tree, at->dir, at->name, from, c->cause);
		return 0;
	}
	(void)err;
	if (from_path.ptr[0] != '/' && memchr(to.ptr, '/', to.len))
		return file_complain(c, "", to,
				     "can make relative symbolic links only in current directory");
	inode = world_new_inode(c->world, at->dir, NODE_SYMLINK, 0777);
	inode.target = from_path;
	tree_put(c->world->tree, at->dir, at->name, &inode, c->cause);
	return 0;
}

static int copy_folder(struct copy *p, struct node *from, struct str from_path,
		       struct world_place *at, struct str to, unsigned depth, struct error *err)
{
	struct shell_call *c = p->call;
	bool made = !at->node;
	struct node **children;
	int status = 0;
	size_t n;

	for (const struct node *up = made ? at->dir : at->node; up; up = up->parent)
		if (up == from)
			return shell_refuse(c, err, "a folder copied into itself: " STR_FMT,
					    STR_ARG(from_path));
	if (depth >= DEPTH_MAX)
		return shell_refuse(c, err, "more than %d folders deep", DEPTH_MAX);
	if (made) {
		at->node = put_new(p, from->inode, at);
		if (p->verbose)
			file_say_pair(c, "", from_path, to);
	}
	remember(p, from->inode, at->node, depth == 0);
	n = file_children(c, from, &children);
	for (size_t i = 0; i < n; i++) {
		int result = copy_at(p, file_join(c, from_path, children[i]->name),
				     file_join(c, to, children[i]->name), depth + 1, err);

		if (result < 0)
			return -1;
		status |= result;
	}
	keep_attributes(p, from->inode, at->node);
	return status;
}

/* Into a file that is there and stays: its name, mode and owner are kept. */
static int copy_over(struct copy *p, const struct inode *from, struct node *to, struct error *err)
{
	struct shell_call *c = p->call;

	if (world_is_outside(to) && to->inode->kind == NODE_CHAR && to->inode->minor == 3 &&
	    !p->keep_mode && !p->keep_owner)
		return 0; /* /dev/null */
	if (to->inode->kind != NODE_FILE || world_is_outside(to))
		return shell_refuse(c, err, "copying over a device");
	tree_set_content(to, &from->content, c->cause);
	world_drop_capability(c->world, to, c->cause);
	tree_set_mtime(to, c->world->epoch);
	keep_attributes(p, from, to);
	return 0;
}

/* Whether an existing target is newer, for -u. 1: refused. */
static int compare_times(struct copy *p, const struct inode *from, const struct inode *to,
			 bool *ret_skip, int *ret_status, struct error *err)
{
	int64_t epoch = p->call->world->epoch;

	if (from->mtime >= epoch && to->mtime >= epoch) {
		*ret_status = shell_refuse(p->call, err, "-u between files of one build");
		return *ret_status < 0 ? -1 : 1;
	}
	*ret_skip = from->mtime <= to->mtime;
	return 0;
}

/*
 * Looks at what stands at the target and takes it away where cp does. Return: 0 to go
 * on, 1 with *ret_status to stop, -1.
 */
static int prepare(struct copy *p, const struct node *from, struct str from_path,
		   struct world_place *at, struct str to, unsigned depth, int *ret_status,
		   struct error *err)
{
	struct shell_call *c = p->call;
	bool from_folder = from->inode->kind == NODE_DIRECTORY, skip = false;
	struct inode *there = at->node->inode;
	int result;

	*ret_status = 0;
	if (p->no_clobber && !from_folder)
		return 1;
	if (there == from->inode && (!p->remove_first || at->node == from)) {
		if (!p->hard_link)
			*ret_status = file_complain(
				c, "", from_path,
				arena_printf(c->world->arena, "and '" STR_FMT "' are the same file",
					     STR_ARG(to)));
		return 1;
	}
	if (p->update && !from_folder) {
		result = compare_times(p, from->inode, there, &skip, ret_status, err);
		if (result || skip)
			return result ? result : 1;
	}
	if (there->kind == NODE_DIRECTORY || from_folder) {
		if (there->kind == NODE_DIRECTORY && from_folder)
			return 0;
		*ret_status = file_complain(c,
					    from_folder ? "cannot overwrite non-directory"
							: "cannot overwrite directory",
					    to, "of another kind");
		return 1;
	}
	for (size_t i = 0; depth == 0 && i < p->n_made; i++)
		if (p->made[i].to == at->node && p->made[i].named) {
			*ret_status = file_complain(c, "will not overwrite just-created", to, "");
			return 1;
		}
	result = file_make_backup(c, &p->backup, to, ret_status, err);
	if (result)
		return result;
	if (p->backup.wanted) {
		(void)file_place(c, to, false, at); /* free now */
		return 0;
	}
	if (p->remove_first || p->hard_link || p->soft_link ||
	    (p->keep_links && there->links > 1) ||
	    (p->follow == COPY_FOLLOW_NEVER && from->inode->kind != NODE_FILE)) {
		if (world_is_outside(at->node) || !at->dir) {
			*ret_status = shell_refuse(c, err, "replacing a device");
			return *ret_status < 0 ? -1 : 1;
		}
		if ((p->hard_link || p->soft_link) && !p->remove_first) {
			*ret_status = file_complain(c, "cannot create link", to, "File exists");
			return 1;
		}
		/* What is looked at through a link is that link's file: the link goes. */
		if (file_place(c, to, false, at) || !at->node)
			return 0;
		tree_remove(c->world->tree, at->node, c->cause);
		at->node = NULL;
	}
	return 0;
}

static int copy_at(struct copy *p, struct str from, struct str to, unsigned depth,
		   struct error *err)
{
	struct shell_call *c = p->call;
	bool follow =
		p->follow == COPY_FOLLOW_ALWAYS || (p->follow == COPY_FOLLOW_COMMAND && depth == 0);
	struct world_place source, at;
	struct copy_made *earlier = NULL;
	struct inode inode;
	bool look_at_link;
	int outcome = world_walk(c->shell, from, follow, &source), status = 0, result;

	if (source.outside && (outcome || !source.node))
		return shell_refuse(c, err, "what " STR_FMT " is", STR_ARG(from));
	if (outcome || !source.node)
		return file_failed(c, "cannot stat", from, outcome ? outcome : WORLD_ABSENT);
	if (node_is(source.node, NODE_DIRECTORY) && !p->recursive)
		return file_complain(c, "-r not specified; omitting directory", from, "");
	inode = *source.node->inode;
	look_at_link = (inode.kind != NODE_FILE && p->recursive) || inode.kind == NODE_DIRECTORY ||
		       inode.kind == NODE_SYMLINK || p->soft_link || p->hard_link ||
		       p->backup.wanted || p->remove_first;
	outcome = world_walk(c->shell, to, !look_at_link, &at);
	if (outcome)
		return file_failed(c, "cannot create", to, outcome);
	if (at.node) {
		result = prepare(p, source.node, from, &at, to, depth, &status, err);
		if (result)
			return result < 0 ? -1 : status;
	} else if (!look_at_link) {
		/* A link to nowhere is not written through. */
		struct node *link = world_find(c->shell, to, false);

		if (link)
			return file_complain(c, "not writing through dangling symlink", to, "");
	}
	if (!at.node &&
	    (at.outside || !at.dir || world_is_outside(at.dir) || !tree_is_name(at.name)))
		return shell_refuse(c, err, "copying to " STR_FMT, STR_ARG(to));
	if (node_is(source.node, NODE_DIRECTORY))
		return copy_folder(p, source.node, from, &at, to, depth, err);
	if (!at.node && at.slash)
		return file_failed(c, "cannot create regular file", to, WORLD_NO_FOLDER);
	if (p->verbose)
		file_say_pair(c, "", from, to);
	if (p->hard_link || p->soft_link)
		return make_link(p, source.node, from, &at, to, err);
	if (p->keep_links && inode.links > 1)
		earlier = find_made(p, source.node->inode);
	if (earlier && (!at.node || at.node->inode != earlier->to->inode)) {
		at.node = tree_link(c->world->tree, at.dir, at.name, earlier->to, c->cause);
		remember(p, source.node->inode, at.node, depth == 0);
		return 0;
	}
	if (earlier)
		return 0;
	if (inode.kind != NODE_FILE && inode.kind != NODE_SYMLINK && !p->recursive) {
		result = read_special(p, source.node, from, &inode, &status, err);
		if (result)
			return result < 0 ? -1 : status;
	}
	if (world_is_outside(source.node) && p->recursive)
		return shell_refuse(c, err, "a copy of " STR_FMT, STR_ARG(from));
	if (at.node) {
		status = copy_over(p, &inode, at.node, err);
	} else {
		at.node = put_new(p, &inode, &at);
		keep_attributes(p, &inode, at.node);
	}
	if (!world_is_outside(at.node))
		remember(p, source.node->inode, at.node, depth == 0);
	return status;
}

int file_copy(struct copy *copy, struct str from, struct str to, struct error *err)
{
	return copy_at(copy, from, to, 0, err);
}
