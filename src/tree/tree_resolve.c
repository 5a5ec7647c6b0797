/*
 * Paths as a kernel chrooted into the tree walks them (path_resolution(7)).
 * What is still to walk is a stack of texts: a link pushes its target, so
 * nothing is joined and depth is bounded by LIMIT_SYMLINK_HOPS.
 */
#include "base/limits.h"
#include "tree/tree_private.h"

bool tree_path_next(struct str *path, struct str *ret)
{
	size_t start = 0, end;

	while (start < path->len && path->ptr[start] == '/')
		start++;
	if (start == path->len)
		return false;
	for (end = start; end < path->len && path->ptr[end] != '/';)
		end++;
	*ret = (struct str){ path->ptr + start, end - start };
	*path = (struct str){ path->ptr + end, path->len - end };
	return true;
}

struct walk {
	struct str left[LIMIT_SYMLINK_HOPS + 1];
	unsigned depth; /* left[depth - 1] is walked now */
	unsigned hops;
};

static bool walk_next(struct walk *w, struct str *ret)
{
	for (; w->depth; w->depth--)
		if (tree_path_next(&w->left[w->depth - 1], ret))
			return true;
	return false;
}

/* A slash after the last component asks for a folder: it counts as more. */
static bool is_last(const struct walk *w)
{
	for (unsigned i = 0; i < w->depth; i++)
		if (w->left[i].len)
			return false;
	return true;
}

static bool follow(struct walk *w, struct str target)
{
	if (w->hops++ == LIMIT_SYMLINK_HOPS || !target.len)
		return false;
	w->left[w->depth++] = target;
	return true;
}

static const struct node *step(const struct tree *t, const struct node *dir, struct str name)
{
	if (str_equal_cstr(name, "."))
		return dir;
	if (str_equal_cstr(name, ".."))
		return dir->parent ? dir->parent : dir;
	return tree_child(t, dir, name);
}

struct node *resolve_at(const struct tree *t, const struct node *from, struct str path,
			bool follow_last)
{
	const struct node *at = path.len && path.ptr[0] == '/' ? t->root : from;
	struct walk w = { .left = { path }, .depth = 1 };
	struct str name;

	while (walk_next(&w, &name)) {
		const struct node *dir = at;

		at = step(t, dir, name);
		if (!at)
			return NULL;
		if (at->inode->kind == NODE_SYMLINK && (follow_last || !is_last(&w))) {
			if (!follow(&w, at->inode->target))
				return NULL;
			at = at->inode->target.ptr[0] == '/' ? t->root : dir;
		} else if (at->inode->kind != NODE_DIRECTORY && !is_last(&w)) {
			return NULL;
		}
	}
	return node_at(t, at->serial); /* const for this walk, not for who asked */
}

struct node *tree_resolve(const struct tree *t, struct str path, bool follow_last)
{
	return resolve_at(t, t->root, path, follow_last);
}

struct node *tree_resolve_parent(const struct tree *t, struct str path, struct str *ret_name)
{
	struct str parent = path;
	struct node *dir;
	struct str name;

	while (parent.len && parent.ptr[parent.len - 1] == '/')
		parent.len--;
	name.ptr = parent.ptr + parent.len;
	name.len = 0;
	while (parent.len && parent.ptr[parent.len - 1] != '/') {
		parent.len--;
		name.ptr--;
		name.len++;
	}
	if (!tree_is_name(name))
		return NULL;
	dir = tree_resolve(t, parent, true);
	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return NULL;
	*ret_name = name;
	return dir;
}
