/* systemctl disable, mask, unmask, is-enabled: links that are there. */
#include "base/buf.h"
#include "debian/units.h"

#define NAMES_MAX 256u

struct marked {
	struct str names[NAMES_MAX];
	size_t n;
};

static bool mark(struct marked *m, struct str name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_equal(m->names[i], name))
			return true;
	if (m->n == NAMES_MAX)
		return false;
	m->names[m->n++] = name;
	return true;
}

static bool is_marked(const struct marked *m, struct str name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_equal(m->names[i], name))
			return true;
	return false;
}

/* The names asked for, as aliases mean them, and what they name in Also=. */
static int collect(const struct unit_root *r, struct marked *m, struct error *err)
{
	for (size_t i = 0; i < m->n; i++) {
		struct unit_file u;
		struct str word;
		int o = unit_load(r, m->names[i], true, &u, err);

		if (o < 0 || o == UNIT_NOT_MODELLED || o == UNIT_BAD_NAME)
			return o;
		if (o > 0)
			continue;
		if (!mark(m, u.name) || u.install.foreign)
			return UNIT_NOT_MODELLED;
		for (size_t k = 0; k < u.install.list[INSTALL_ALSO].n; k++)
			if (!unit_expand(r->files.arena, u.install.list[INSTALL_ALSO].words[k],
					 u.name, u.install.default_instance, &word) ||
			    !mark(m, word))
				return UNIT_NOT_MODELLED;
	}
	return 0;
}

/* What a link leads to, by name: links on the way are followed, the end may be missing. */
static struct str destination(const struct unit_root *r, struct node *link)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct node *to;

	tree_path(link, &path);
	to = tree_resolve(r->files.tree, buf_str(&path), true);
	return to ? to->name : path_last(link->inode->target);
}

static void remove_link(const struct unit_root *r, struct node *n, struct node *top)
{
	const char *q = r->systemd >= 255 ? "'" : "\"";
	struct node *parent = n->parent;
	struct node *const *children;
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);

	tree_path(n, &path);
	if (r->messages)
		buf_printf(r->messages, "Removed %s/%s%s.\n", q, buf_cstr(&path), q);
	tree_remove(r->files.tree, n, r->files.cause);
	while (parent != top && parent->parent && !tree_children(parent, &children)) {
		struct node *above = parent->parent;

		tree_remove(r->files.tree, parent, r->files.cause);
		parent = above;
	}
}

/* One walk; what it removes is marked by name, which may ask for another walk. */
static size_t remove_marked(const struct unit_root *r, struct marked *m)
{
	struct node *top = files_find(&r->files, str_of(unit_config_folder(r)), true), *n;
	struct node *found[NAMES_MAX];
	struct tree_iter it;
	size_t count = 0;

	if (!top || top->inode->kind != NODE_DIRECTORY)
		return 0;
	for (it = tree_iter(r->files.tree, top); (n = tree_next(&it)) && count < NAMES_MAX;)
		if (n->inode->kind == NODE_SYMLINK &&
		    (is_marked(m, n->name) || is_marked(m, destination(r, n))))
			found[count++] = n;
	for (size_t i = 0; i < count; i++)
		remove_link(r, found[i], top);
	return count;
}

int unit_disable(const struct unit_root *r, const struct str *names, size_t n, size_t *ret_removed,
		 struct error *err)
{
	struct marked m = { .n = 0 };
	size_t removed = 0, once;
	int o;

	for (size_t i = 0; i < n; i++)
		if (!mark(&m, names[i]))
			return UNIT_NOT_MODELLED;
	o = collect(r, &m, err);
	if (o)
		return o;
	do {
		once = remove_marked(r, &m);
		removed += once;
	} while (once == NAMES_MAX);
	*ret_removed = removed;
	return 0;
}

static struct str config_path(const struct unit_root *r, struct str name)
{
	return str_of(
		arena_printf(r->files.arena, "%s/" STR_FMT, unit_config_folder(r), STR_ARG(name)));
}

int unit_mask(const struct unit_root *r, struct str name, bool force)
{
	struct unit_link link = { config_path(r, name), STR("/dev/null"), true };
	struct unit_links one = { .links = &link, .n = 1 };

	return unit_links_make(r, &one, force);
}

void unit_unmask(const struct unit_root *r, struct str name)
{
	struct node *n = files_find(&r->files, config_path(r, name), false);
	struct node *top = files_find(&r->files, str_of(unit_config_folder(r)), true);

	if (n && n->inode->kind == NODE_SYMLINK && str_equal_cstr(n->inode->target, "/dev/null"))
		remove_link(r, n, top);
}
