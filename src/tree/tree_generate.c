#include "tree/tree_private.h"

static int folder_in(struct tree *t, struct node *dir, struct str name, struct str path,
		     cause_id cause, struct node **ret, struct error *err)
{
	const struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0755 };
	struct node *at;

	if (str_equal_cstr(name, ".") || str_equal_cstr(name, "..")) {
		*ret = resolve_at(t, dir, name, true);
		return 0;
	}
	if (!tree_is_name(name))
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' in path '" STR_FMT "' is no name",
			       STR_ARG(name), STR_ARG(path));
	at = tree_child(t, dir, name);
	if (!at)
		at = tree_put(t, dir, name, &folder, cause);
	else if (at->inode->kind == NODE_SYMLINK)
		at = resolve_at(t, dir, name, true);
	if (!at)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' in path '" STR_FMT
			       "' is a link that leads nowhere", STR_ARG(name), STR_ARG(path));
	if (at->inode->kind != NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' in path '" STR_FMT
			       "' is not a folder", STR_ARG(name), STR_ARG(path));
	*ret = at;
	return 0;
}

int tree_make_folders(struct tree *t, struct str path, cause_id cause, struct node **ret,
		      struct error *err)
{
	struct node *dir = t->root;
	struct str left = path, name;

	while (tree_path_next(&left, &name))
		if (folder_in(t, dir, name, path, cause, &dir, err) < 0)
			return -1;
	*ret = dir;
	return 0;
}

/* The folder that @path's last component goes into, made if missing. */
static int parent_of(struct tree *t, struct str path, cause_id cause, struct node **ret_dir,
		     struct str *ret_name, struct error *err)
{
	struct str left = path, parent = { path.ptr, 0 }, name = { path.ptr, 0 };
	struct node *old;

	while (tree_path_next(&left, &name))
		parent.len = (size_t)(name.ptr - path.ptr);
	if (!tree_is_name(name))
		return err_set(err, ERR_FORMAT, "path '" STR_FMT "' does not end in a name",
			       STR_ARG(path));
	if (tree_make_folders(t, parent, cause, ret_dir, err) < 0)
		return -1;
	old = tree_child(t, *ret_dir, name);
	if (old && old->inode->kind == NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is a folder already",
			       STR_ARG(path));
	*ret_name = name;
	return 0;
}

int tree_write_file(struct tree *t, struct str path, struct bytes data, uint16_t mode,
		    cause_id cause, struct node **ret, struct error *err)
{
	struct inode file = { .kind = NODE_FILE, .mode = mode };
	struct node *dir, *node;
	struct str name;

	if (parent_of(t, path, cause, &dir, &name, err) < 0)
		return -1;
	file.content = content_of_bytes(arena_bytes(&t->arena, data));
	node = tree_put(t, dir, name, &file, cause);
	if (ret)
		*ret = node;
	return 0;
}

int tree_write_symlink(struct tree *t, struct str path, struct str target, cause_id cause,
		       struct node **ret, struct error *err)
{
	struct inode link = { .kind = NODE_SYMLINK, .mode = 0777, .target = target };
	struct node *dir, *node;
	struct str name;

	if (parent_of(t, path, cause, &dir, &name, err) < 0)
		return -1;
	node = tree_put(t, dir, name, &link, cause);
	if (ret)
		*ret = node;
	return 0;
}
