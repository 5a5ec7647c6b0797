/* C: a file or a whole folder, where nothing or an empty folder is yet; C+ also into one. */
#include "debian/tmpfiles.h"

#define DEPTH_MAX 64u

static struct node *copy_node(struct tmpfiles *t, const struct tmp_item *i, struct node *from,
			      struct node *dir, struct str name, unsigned depth)
{
	struct node *there = tree_child(t->d->tree, dir, name);
	struct inode a = *from->inode;
	struct node *const *children;
	struct node *made;
	size_t n;

	if (depth == DEPTH_MAX)
		return NULL;
	if (there && from->inode->kind != NODE_DIRECTORY)
		return there;
	a.uid = i->has_uid ? i->uid : a.uid;
	a.gid = i->has_gid ? i->gid : a.gid;
	made = there ? there
		     : tree_put(t->d->tree, dir, arena_str(t->d->arena, name), &a, t->files.cause);
	if (from->inode->kind != NODE_DIRECTORY || made->inode->kind != NODE_DIRECTORY)
		return made;
	n = tree_children(from, &children);
	for (size_t k = 0; k < n; k++)
		if (!copy_node(t, i, children[k], made, children[k]->name, depth + 1))
			return NULL;
	return made;
}

int tmpfiles_copy(struct tmpfiles *t, const struct tmp_item *i)
{
	struct node *from = tree_resolve(t->d->tree, i->argument, true);
	struct node *there = tree_resolve(t->d->tree, i->path, false), *dir;
	struct node *const *children;
	struct str name;

	if (!from)
		return 0; /* no source: the program says so and goes on */
	if (there && !i->plus &&
	    (there->inode->kind != NODE_DIRECTORY || tree_children(there, &children)))
		return tmpfiles_adjust(t, i, there);
	if (!files_folder(&t->files, path_parent(i->path)))
		return 0;
	dir = tree_resolve_parent(t->d->tree, i->path, &name);
	if (!dir || !tree_is_name(name))
		return 0;
	there = copy_node(t, i, from, dir, name, 0);
	if (!there) {
		t->failed = true;
		return 0;
	}
	return tmpfiles_adjust(t, i, there);
}
