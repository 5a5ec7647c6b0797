#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "format/tar/tar.h"

struct tar_walk {
	const struct tree *tree;
	struct tar_tree_options options;
	struct tree_iter iter;
	uint8_t *included;      /* by serial; NULL: everything */
	struct strtab links;    /* inode to number of its first path */
	struct str *first_path; /* by that number; in the strtab's arena */
	size_t n_links, capacity;
	struct arena paths;
	struct buf path;
};

/* A node belongs to the archive if it is chosen, or a folder above a chosen one. */
static uint8_t *mark_included(const struct tree *t, const struct tar_tree_options *o)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	uint8_t *marks = mem_alloc(tree_serial_count(t) + 1);

	marks[tree_root(t)->serial] = 1;
	for (struct node *n; (n = tree_next(&it));) {
		if (!o->includes(o->context, n))
			continue;
		for (const struct node *up = n; up && !marks[up->serial]; up = up->parent)
			marks[up->serial] = 1;
	}
	return marks;
}

struct tar_walk *tar_walk_new(const struct tree *t, const struct tar_tree_options *o)
{
	struct tar_walk *w = mem_alloc(sizeof(*w));

	w->tree = t;
	w->options = *o;
	w->iter = tree_iter(t, tree_root(t));
	w->path = (struct buf)BUF_INIT(SIZE_MAX / 2);
	if (o->includes)
		w->included = mark_included(t, o);
	return w;
}

void tar_walk_free(struct tar_walk *w)
{
	if (!w)
		return;
	free(w->included);
	free(w->first_path);
	strtab_release(&w->links);
	arena_release(&w->paths);
	buf_release(&w->path);
	free(w);
}

/* True if another name of the inode came before: *ret is then its path. */
static bool is_later_link(struct tar_walk *w, const struct node *n, struct str *ret)
{
	const struct inode *inode = n->inode;
	struct str key = { (const char *)&inode->serial, sizeof(inode->serial) };
	uint32_t number;

	if (inode->kind == NODE_DIRECTORY || inode->links < 2)
		return false;
	number = strtab_intern(&w->links, key, NULL);
	if (number < w->n_links) {
		*ret = w->first_path[number];
		return true;
	}
	MEM_GROW(w->first_path, w->n_links, w->capacity);
	w->first_path[w->n_links++] = arena_str(&w->paths, buf_str(&w->path));
	return false;
}

static int check(const struct node *n, struct error *err)
{
	if (str_has_prefix(n->name, STR(".wh."))) {
		err_set(err, ERR_UNSUPPORTED, "a name starts with '.wh.'");
		return err_hint(err, "such a name would delete another file when the layer is "
				     "unpacked: rename or exclude it");
	}
	for (uint32_t i = 0; i < n->inode->n_xattrs; i++) {
		struct str name = n->inode->xattrs[i].name;

		if (str_has_prefix(name, STR("trusted.overlay.")) ||
		    str_has_prefix(name, STR("user.overlay.")))
			return err_set(err, ERR_UNSUPPORTED,
				       "an extended attribute of overlayfs ('" STR_FMT "')",
				       STR_ARG(name));
	}
	return 0;
}

static int64_t clamp(int64_t time, int64_t epoch)
{
	return time < 0 ? 0 : time > epoch ? epoch : time;
}

static void fill(struct tar_walk *w, const struct node *n, struct tar_member *m)
{
	const struct inode *inode = n->inode;
	bool device = inode->kind == NODE_CHAR || inode->kind == NODE_BLOCK;
	bool folder = inode->kind == NODE_DIRECTORY;

	*m = (struct tar_member){
		.path = buf_str(&w->path),
		.kind = inode->kind,
		/* Linux gives every link 0777 and lets nobody change it */
		.mode = inode->kind == NODE_SYMLINK ? 0777 : inode->mode & 07777,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime = folder ? w->options.folder_mtime
				: clamp(inode->mtime, w->options.epoch),
		.target = inode->kind == NODE_SYMLINK ? inode->target : STR(""),
		.major = device ? inode->major : 0,
		.minor = device ? inode->minor : 0,
		.xattrs = inode->xattrs,
		.n_xattrs = inode->n_xattrs,
	};
	if (is_later_link(w, n, &m->target)) {
		m->hard_link = true;
		m->major = m->minor = 0;
	} else if (inode->kind == NODE_FILE) {
		m->size = inode->content.size;
	}
}

int tar_walk_next(struct tar_walk *w, struct tar_member *ret,
		  const struct content **ret_content, struct error *err)
{
	struct node *n;

	while ((n = tree_next(&w->iter)) && w->included && !w->included[n->serial])
		tree_skip(&w->iter);
	if (!n)
		return 0;
	buf_reset(&w->path);
	tree_path(n, &w->path);
	if (check(n, err) < 0)
		return err_while(err, "writing '/%s'", buf_cstr(&w->path));
	fill(w, n, ret);
	if (ret_content)
		*ret_content = ret->kind == NODE_FILE && !ret->hard_link ? &n->inode->content
									 : NULL;
	return 1;
}
