/*
 * What is still to walk is a stack of texts: a link pushes its target, so
 * nothing is joined and depth is bounded by LIMIT_SYMLINK_HOPS.
 */
#include "shell/walk.h"

#include "base/limits.h"
#include "shell/command.h"

/* Nodes outside of the tree: constant, though node pointers are not. */
static struct inode outside_folder = { .kind = NODE_DIRECTORY, .mode = 0755, .links = 1 };
static struct node outside_root = { .inode = &outside_folder };
static struct node outside_dev = { .parent = &outside_root,
				   .name = { "dev", 3 },
				   .inode = &outside_folder };
static struct node outside_proc = { .parent = &outside_root,
				    .name = { "proc", 4 },
				    .inode = &outside_folder };
static struct node outside_sys = { .parent = &outside_root,
				   .name = { "sys", 3 },
				   .inode = &outside_folder };

#define DEVICE(number)                                                                             \
	{                                                                                          \
		.kind = NODE_CHAR, .mode = 0666, .links = 1, .major = 1, .minor = (number)         \
	}
#define LINK(text, n)                                                                              \
	{                                                                                          \
		.kind = NODE_SYMLINK, .mode = 0777, .links = 1, .target = {(text), (n) }           \
	}
static struct inode inodes[] = {
	DEVICE(3),
	DEVICE(5),
	DEVICE(7),
	DEVICE(8),
	DEVICE(9),
	{ .kind = NODE_CHAR, .mode = 0666, .links = 1, .major = 5 },
	LINK("/proc/self/fd", 13),
	LINK("/proc/self/fd/0", 15),
	LINK("/proc/self/fd/1", 15),
	LINK("/proc/self/fd/2", 15),
};
#define NODE(text, n, i)                                                                           \
	{                                                                                          \
		.parent = &outside_dev, .name = { (text), (n) }, .inode = &inodes[i]               \
	}
static struct node devices[] = {
	NODE("null", 4, 0),    NODE("zero", 4, 1),   NODE("full", 4, 2), NODE("random", 6, 3),
	NODE("urandom", 7, 4), NODE("tty", 3, 5),    NODE("fd", 2, 6),	 NODE("stdin", 5, 7),
	NODE("stdout", 6, 8),  NODE("stderr", 6, 9),
};
#define N_DEVICES (sizeof(devices) / sizeof(*devices))

bool world_is_outside(const struct node *node)
{
	return node->inode == &outside_folder ||
	       (node->inode >= inodes && node->inode < inodes + N_DEVICES);
}

static bool is_top(const struct node *node, const char *name)
{
	return node->parent && !node->parent->parent && str_equal_cstr(node->name, name);
}

/* Folders whose content nobody knows. */
static bool is_unknown(const struct node *node)
{
	return is_top(node, "proc") || is_top(node, "sys");
}

static struct node *find_device(struct str name)
{
	for (size_t i = 0; i < N_DEVICES; i++)
		if (str_equal(devices[i].name, name))
			return &devices[i];
	return NULL;
}

static struct node *outside_top(struct str name)
{
	if (str_equal_cstr(name, "dev"))
		return &outside_dev;
	if (str_equal_cstr(name, "proc"))
		return &outside_proc;
	return str_equal_cstr(name, "sys") ? &outside_sys : NULL;
}

static struct node *child(const struct world *w, struct node *dir, struct str name)
{
	struct node *found = NULL;

	if (is_unknown(dir))
		return NULL;
	if (is_top(dir, "dev"))
		found = find_device(name);
	if (!found && !world_is_outside(dir))
		found = tree_child(w->tree, dir, name);
	if (!found && dir == tree_root(w->tree))
		found = outside_top(name);
	return found;
}

struct steps {
	struct str left[LIMIT_SYMLINK_HOPS + 1];
	unsigned depth; /* left[depth - 1] is walked now */
	unsigned hops;
};

static bool steps_next(struct steps *s, struct str *ret)
{
	for (; s->depth; s->depth--)
		if (tree_path_next(&s->left[s->depth - 1], ret))
			return true;
	return false;
}

/* 0: more names follow; 1: the last one; 2: the last one with a slash behind it. */
static int steps_end(const struct steps *s)
{
	bool slash = false;

	for (unsigned i = 0; i < s->depth; i++) {
		for (size_t k = 0; k < s->left[i].len; k++)
			if (s->left[i].ptr[k] != '/')
				return 0;
		slash |= s->left[i].len != 0;
	}
	return slash ? 2 : 1;
}

/* path_resolution(7): of owner, group and others only the first that fits counts. */
static bool may_search(const struct world_identity *who, const struct inode *dir)
{
	if (dir->uid == who->uid)
		return dir->mode & 0100;
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == dir->gid)
			return dir->mode & 0010;
	return dir->mode & 0001;
}

/* One name from *at on. Return: 1 at the end, 0 to go on, or -outcome. */
static int step(const struct world *w, struct steps *s, struct str name, bool follow_last,
		struct node **at, struct world_place *place)
{
	struct node *dir = *at, *root = tree_root(w->tree);
	int end = steps_end(s);

	place->slash = end == 2;
	if (dir->inode->kind != NODE_DIRECTORY)
		return -WORLD_NO_FOLDER;
	if (w->identity && !may_search(w->identity, dir->inode))
		return -WORLD_ABSENT;
	if (str_equal_cstr(name, ".") || str_equal_cstr(name, "..")) {
		if (name.len == 2)
			*at = dir->parent == &outside_root || !dir->parent ? root : dir->parent;
		place->dir = NULL;
		place->name = STR("");
		return 0;
	}
	place->dir = dir;
	place->name = name;
	place->outside |= is_unknown(dir);
	*at = name.len > LIMIT_NAME_MAX ? NULL : child(w, dir, name);
	if (!*at)
		return end ? 1 : -WORLD_ABSENT;
	if ((*at)->inode->kind != NODE_SYMLINK || (end == 1 && !follow_last))
		return end == 2 && (*at)->inode->kind != NODE_DIRECTORY ? -WORLD_NO_FOLDER : 0;
	if (s->hops++ == LIMIT_SYMLINK_HOPS)
		return -WORLD_LOOP;
	if (!(*at)->inode->target.len)
		return -WORLD_ABSENT;
	s->left[s->depth++] = (*at)->inode->target;
	*at = (*at)->inode->target.ptr[0] == '/' ? root : dir;
	return 0;
}

int world_walk_at(const struct world *w, struct node *from, struct str path, bool follow_last,
		  struct world_place *ret)
{
	struct node *at = path.len && path.ptr[0] == '/' ? tree_root(w->tree) : from;
	struct steps s = { .left = { path }, .depth = 1 };
	struct world_place place = { .name = STR("") };
	struct str name;
	int end = 0;

	*ret = place;
	if (!path.len || path.len >= LIMIT_PATH_MAX)
		return WORLD_ABSENT;
	if (at == tree_root(w->tree))
		place.slash = true;
	while (!end && steps_next(&s, &name))
		end = step(w, &s, name, follow_last, &at, &place);
	if (end < 0) {
		ret->outside = place.outside;
		return -end;
	}
	place.node = at;
	place.outside |= at && world_is_outside(at);
	*ret = place;
	return 0;
}

int world_walk(const struct shell *sh, struct str path, bool follow_last, struct world_place *ret)
{
	const struct world *w = shell_world(sh);
	struct world_place folder;

	if (path.len && path.ptr[0] == '/')
		return world_walk_at(w, tree_root(w->tree), path, follow_last, ret);
	*ret = (struct world_place){ .name = STR("") };
	if (!path.len)
		return WORLD_ABSENT;
	if (world_walk_at(w, tree_root(w->tree), shell_folder(sh), true, &folder) || !folder.node ||
	    folder.node->inode->kind != NODE_DIRECTORY)
		return WORLD_ABSENT;
	return world_walk_at(w, folder.node, path, follow_last, ret);
}

struct str world_node_path(const struct world *w, const struct node *node)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	buf_add_char(&path, '/');
	tree_path(node, &path);
	return arena_str(w->arena, buf_str(&path));
}

struct inode world_new_inode(const struct world *w, const struct node *dir, enum node_kind kind,
			     uint16_t mode)
{
	struct inode inode = { .kind = kind, .mode = mode, .mtime = w->epoch };

	inode.content = content_empty;
	inode.target = STR("");
	if (dir->inode->mode & 02000) {
		inode.gid = dir->inode->gid;
		if (kind == NODE_DIRECTORY)
			inode.mode |= 02000;
	}
	return inode;
}
