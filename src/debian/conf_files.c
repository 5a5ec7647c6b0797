#include "debian/conf_files.h"

#include <stdlib.h>

struct conf_list {
	struct conf_file *list;
	size_t n, capacity;
};

static bool is_known(const struct conf_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_equal(l->list[i].name, name))
			return true;
	return false;
}

static bool counts(const struct tree *t, const struct node *node, struct str path)
{
	const struct node *file = tree_resolve(t, path, true);

	if (node->inode->kind == NODE_SYMLINK && str_equal_cstr(node->inode->target, "/dev/null"))
		return true;
	return file && file->inode->kind == NODE_FILE;
}

static void add_folder(struct debian *d, const char *folder, struct str suffix,
		       struct conf_list *to)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct node *dir = tree_resolve(d->tree, str_of(folder), true);
	struct node *const *child;
	size_t n, before = to->n;

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return;
	n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		struct str name = child[i]->name;
		struct conf_list known = { .list = to->list, .n = before };

		buf_reset(&path);
		buf_add_char(&path, '/');
		tree_path(child[i], &path);
		if (!str_has_suffix(name, suffix) || *name.ptr == '.' || is_known(&known, name) ||
		    !counts(d->tree, child[i], buf_str(&path)))
			continue;
		ARENA_GROW(d->arena, to->list, to->n, to->capacity);
		to->list[to->n++] = (struct conf_file){
			.name = name,
			.path = arena_str(d->arena, buf_str(&path)),
		};
	}
}

static int by_name(const void *x, const void *y)
{
	const struct conf_file *a = x, *b = y;

	return str_compare(a->name, b->name);
}

void conf_files_list(struct debian *d, const char *const *folders, size_t n, struct str suffix,
		     struct conf_file **ret, size_t *ret_n)
{
	struct conf_list found = { 0 };

	for (size_t i = 0; i < n; i++)
		add_folder(d, folders[i], suffix, &found);
	if (found.n)
		qsort(found.list, found.n, sizeof(*found.list), by_name);
	*ret = found.list;
	*ret_n = found.n;
}
