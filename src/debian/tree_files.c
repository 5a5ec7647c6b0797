#include "debian/tree_files.h"

#include "base/buf.h"

struct str path_last(struct str path)
{
	size_t at = path.len;

	while (at && path.ptr[at - 1] != '/')
		at--;
	return (struct str){ path.ptr + at, path.len - at };
}

struct str path_parent(struct str path)
{
	size_t at = path.len;

	while (at && path.ptr[at - 1] != '/')
		at--;
	return (struct str){ path.ptr, at ? at - 1 : 0 };
}

struct node *files_find(const struct tree_files *f, struct str path, bool follow)
{
	return tree_resolve(f->tree, path, follow);
}

int files_read(const struct tree_files *f, struct str path, struct str *ret, struct error *err)
{
	struct node *n = tree_resolve(f->tree, path, true);
	CLEANUP_BUF struct buf text = BUF_INIT(FILES_READ_MAX);

	if (!n || n->inode->kind != NODE_FILE)
		return FILES_ABSENT;
	if (content_load(f->reader, &n->inode->content, &text, err) < 0)
		return err_while(err, "reading '" STR_FMT "' of the image", STR_ARG(path));
	*ret = arena_str(f->arena, buf_str(&text));
	return 0;
}

bool files_is_executable(const struct tree_files *f, const char *path)
{
	const struct node *n = tree_resolve(f->tree, str_of(path), true);

	return n && n->inode->kind == NODE_FILE && (n->inode->mode & 0111);
}

bool files_is_regular(const struct tree_files *f, struct str path)
{
	const struct node *n = tree_resolve(f->tree, path, true);

	return n && n->inode->kind == NODE_FILE;
}

bool files_is_link(const struct tree_files *f, struct str path)
{
	const struct node *n = tree_resolve(f->tree, path, false);

	return n && n->inode->kind == NODE_SYMLINK;
}

struct node *files_folder(const struct tree_files *f, struct str path)
{
	struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0755, .mtime = f->epoch };
	struct str name, made = { path.ptr, 0 };
	struct node *n = tree_root(f->tree);
	struct str rest = path;

	while (str_split(&rest, '/', &name)) {
		struct node *next, *parent;

		if (!name.len)
			continue;
		made.len = (size_t)(name.ptr + name.len - path.ptr);
		next = tree_resolve(f->tree, made, true);
		if (!next) {
			parent = tree_resolve_parent(f->tree, made, &name);
			if (!parent || parent->inode->kind != NODE_DIRECTORY ||
			    !tree_is_name(name) || tree_child(f->tree, parent, name))
				return NULL; /* a dangling link stands there */
			next = tree_put(f->tree, parent, name, &folder, f->cause);
		}
		if (next->inode->kind != NODE_DIRECTORY)
			return NULL;
		n = next;
	}
	return n;
}

struct node *files_put(const struct tree_files *f, struct str path, struct inode attributes)
{
	struct str name;
	struct node *parent;

	if (!files_folder(f, path_parent(path)))
		return NULL;
	parent = tree_resolve_parent(f->tree, path, &name);
	if (!parent || !tree_is_name(name))
		return NULL;
	attributes.mtime = f->epoch;
	return tree_put(f->tree, parent, arena_str(f->arena, name), &attributes, f->cause);
}

struct node *files_link(const struct tree_files *f, struct str path, struct str target)
{
	return files_put(f, path,
			 (struct inode){ .kind = NODE_SYMLINK,
					 .mode = 0777,
					 .target = arena_str(f->arena, target) });
}

struct node *files_write(const struct tree_files *f, struct str path, struct str text,
			 uint16_t mode)
{
	struct bytes data = arena_bytes(f->arena, str_bytes(text));

	return files_put(f, path,
			 (struct inode){ .kind = NODE_FILE,
					 .mode = mode,
					 .content = content_of_bytes(data) });
}

bool files_remove_empty(const struct tree_files *f, struct str path)
{
	struct node *n = tree_resolve(f->tree, path, false);
	struct node *const *children;

	if (!n || n->inode->kind != NODE_DIRECTORY || !n->parent || tree_children(n, &children))
		return false;
	tree_remove(f->tree, n, f->cause);
	return true;
}
