/*
 * LINK -> /etc/alternatives/NAME -> PATH. New links are made beside their places under
 * a temporary name first and moved there when the state has been written: what is left
 * over after a failure in between is what the program leaves.
 */
#include "debian/alternatives.h"

#define TEMPORARY ".dpkg-tmp"

struct str alternative_path(const struct alternatives *x, struct str dir, struct str name)
{
	return str_of(arena_printf(x->d->arena, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(name)));
}

static struct str temporary(const struct alternatives *x, struct str path)
{
	return str_of(arena_printf(x->d->arena, STR_FMT TEMPORARY, STR_ARG(path)));
}

enum alternative_kind alternative_classify(const struct alternatives *x, struct str path)
{
	const struct node *node = tree_resolve(x->d->tree, path, false);

	if (!node)
		return ALTERNATIVE_MISSING;
	return node->inode->kind == NODE_SYMLINK ? ALTERNATIVE_SYMLINK : ALTERNATIVE_OTHER;
}

bool alternative_is_missing(const struct alternatives *x, struct str path)
{
	return !tree_resolve(x->d->tree, path, true);
}

struct str alternative_readlink(const struct alternatives *x, struct str path)
{
	const struct node *node = tree_resolve(x->d->tree, path, false);

	if (!node || node->inode->kind != NODE_SYMLINK)
		return (struct str){ NULL, 0 };
	return node->inode->target;
}

int alternative_unlink(const struct alternatives *x, struct str path)
{
	struct node *node = tree_resolve(x->d->tree, path, false);

	if (!node)
		return 0;
	if (node->inode->kind == NODE_DIRECTORY)
		return alternatives_fail(x, "cannot remove '" STR_FMT "': Is a directory",
					 STR_ARG(path));
	tree_remove(x->d->tree, node, x->cause);
	return 0;
}

static int no_folder(const struct alternatives *x, const char *what, struct str path)
{
	return alternatives_fail(x, "cannot %s '" STR_FMT "': No such file or directory", what,
				 STR_ARG(path));
}

int alternative_move(const struct alternatives *x, struct str from, struct str to)
{
	struct node *node = tree_resolve(x->d->tree, from, false), *dir, *there;
	struct str name = STR("");

	dir = tree_resolve_parent(x->d->tree, to, &name);
	if (!node || !dir || dir->inode->kind != NODE_DIRECTORY || !tree_is_name(name))
		return no_folder(x, "rename to", to);
	there = tree_child(x->d->tree, dir, name);
	if (there && there->inode->kind == NODE_DIRECTORY)
		return alternatives_fail(x, "unable to install '" STR_FMT "': Is a directory",
					 STR_ARG(to));
	if (there != node)
		(void)tree_move(x->d->tree, node, dir, name, x->cause);
	return 0;
}

static int make_link(const struct alternatives *x, struct str target, struct str path)
{
	struct inode link = {
		.kind = NODE_SYMLINK,
		.mode = 0777,
		.mtime = x->d->options->epoch,
		.target = target,
	};
	struct str name = STR("");
	struct node *dir;
	int r = alternative_unlink(x, path);

	if (r)
		return r;
	dir = tree_resolve_parent(x->d->tree, path, &name);
	if (!dir || dir->inode->kind != NODE_DIRECTORY || !tree_is_name(name))
		return no_folder(x, "create symbolic link", path);
	(void)tree_put(x->d->tree, dir, name, &link, x->cause);
	return 0;
}

/* What is moved into place at the end. */
struct pending {
	struct str from, to; /* from.ptr NULL: @to is removed */
	struct str like;     /* ptr not NULL: takes the time of this file, if it is there */
};
struct pending_list {
	struct pending *list;
	size_t n, capacity;
};

static void add_pending(const struct alternatives *x, struct pending_list *l, struct pending p)
{
	ARENA_GROW(x->d->arena, l->list, l->n, l->capacity);
	l->list[l->n++] = p;
}

static bool needs_update(const struct alternatives *x, struct str link, struct str target)
{
	if (x->force)
		return true;
	switch (alternative_classify(x, link)) {
	case ALTERNATIVE_SYMLINK:
		return !str_equal(alternative_readlink(x, link), target);
	case ALTERNATIVE_OTHER:
		buf_printf(x->err,
			   "update-alternatives: warning: not replacing " STR_FMT " with a link\n",
			   STR_ARG(link));
		return false;
	case ALTERNATIVE_MISSING:
		break;
	}
	return true;
}

static int prepare_link(const struct alternatives *x, struct str target, struct str path,
			struct pending_list *l)
{
	struct pending p = { .from = temporary(x, path), .to = path };
	int r = make_link(x, target, p.from);

	if (alternative_is_missing(x, path))
		p.like = target;
	add_pending(x, l, p);
	return r;
}

static int prepare_one(const struct alternatives *x, struct str name, struct str link,
		       struct str file, struct pending_list *l, struct error *err)
{
	struct str middle = alternative_path(x, x->links, name);
	struct node *folder;
	int r = 0;

	if (alternative_is_missing(x, x->links) &&
	    tree_make_folders(x->d->tree, x->links, x->cause, &folder, err) < 0)
		return -1;
	r = prepare_link(x, file, middle, l);
	if (r || !needs_update(x, link, middle))
		return r;
	return prepare_link(x, middle, link, l);
}

static bool can_remove(const struct alternatives *x, struct str link)
{
	return x->force || alternative_classify(x, link) != ALTERNATIVE_OTHER;
}

static void drop_slave(const struct alternatives *x, const struct alternative *a,
		       const struct alternative_link *slave, struct str file,
		       struct pending_list *l)
{
	if (file.len)
		buf_printf(x->err,
			   "update-alternatives: warning: skip creation of " STR_FMT
			   " because associated file " STR_FMT " (of link group " STR_FMT
			   ") does not exist\n",
			   STR_ARG(slave->link), STR_ARG(file), STR_ARG(a->name));
	if (can_remove(x, slave->link))
		add_pending(x, l, (struct pending){ .to = slave->link });
	else
		buf_printf(x->err,
			   "update-alternatives: warning: not removing " STR_FMT
			   " since it is not a symbolic link\n",
			   STR_ARG(slave->link));
	add_pending(x, l, (struct pending){ .to = alternative_path(x, x->links, slave->name) });
}

/* The state is written between making and moving, as the program does. */
static int commit(const struct alternatives *x, const struct pending_list *l)
{
	int r = 0;

	for (size_t i = 0; i < l->n && !r; i++) {
		const struct pending *p = &l->list[i];
		struct node *like, *node;

		r = p->from.ptr ? alternative_move(x, p->from, p->to)
				: alternative_unlink(x, p->to);
		if (r || !p->like.ptr)
			continue;
		like = tree_resolve(x->d->tree, p->like, false);
		node = tree_resolve(x->d->tree, p->to, false);
		if (like && node)
			tree_set_mtime(node, like->inode->mtime);
	}
	return r;
}

int alternative_place(const struct alternatives *x, struct alternative *a,
		      const struct alternative_choice *choice, struct error *err)
{
	struct pending_list l = { 0 };
	int r = 0;

	if (choice)
		r = prepare_one(x, a->name, a->link, choice->path, &l, err);
	for (size_t i = 0; choice && i < a->n_slaves && !r; i++) {
		struct str file = alternative_file(choice, a->slaves[i].name);

		if (file.len && !alternative_is_missing(x, file))
			r = prepare_one(x, a->slaves[i].name, a->slaves[i].link, file, &l, err);
		else
			drop_slave(x, a, &a->slaves[i], file, &l);
	}
	if (!r && a->modified)
		r = alternatives_save(x, a, err);
	return r ? r : commit(x, &l);
}

static int take_link(const struct alternatives *x, struct str name, struct str link)
{
	struct str middle = alternative_path(x, x->links, name);
	int r = alternative_unlink(x, temporary(x, link));

	if (!r && can_remove(x, link))
		r = alternative_unlink(x, link);
	if (!r)
		r = alternative_unlink(x, temporary(x, middle));
	return r ? r : alternative_unlink(x, middle);
}

int alternative_take_away(const struct alternatives *x, const struct alternative *a)
{
	struct str state = alternative_path(x, x->state, a->name);
	int r = take_link(x, a->name, a->link);

	for (size_t i = 0; i < a->n_slaves && !r; i++)
		r = take_link(x, a->slaves[i].name, a->slaves[i].link);
	if (!r && alternative_is_missing(x, state))
		return no_folder(x, "remove", state);
	return r ? r : alternative_unlink(x, state);
}
