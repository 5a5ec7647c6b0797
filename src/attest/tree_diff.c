#include "attest/tree_diff.h"

#include <stdlib.h>

#include "attest/database_diff.h"
#include "attest/database_records.h"
#include "attest/tree_owners.h"
#include "base/buf.h"
#include "base/mem.h"

struct work {
	const struct tree_diff_side *a, *b;
	struct str *owners_a, *owners_b; /* by serial of the node */
	struct arena *arena;
	struct tree_diff d;
	size_t paths_capacity, databases_capacity;
};

static bool same_xattrs(const struct inode *a, const struct inode *b)
{
	if (a->n_xattrs != b->n_xattrs)
		return false;
	for (uint32_t i = 0; i < a->n_xattrs; i++)
		if (!str_equal(a->xattrs[i].name, b->xattrs[i].name) ||
		    !bytes_equal(a->xattrs[i].value, b->xattrs[i].value))
			return false;
	return true;
}

static bool same_content(const struct inode *a, const struct inode *b)
{
	switch (a->kind) {
	case NODE_FILE:
		return a->content.size == b->content.size &&
		       digest_equal(&a->content.digest, &b->content.digest);
	case NODE_SYMLINK:
		return str_equal(a->target, b->target);
	case NODE_CHAR:
	case NODE_BLOCK:
		return a->major == b->major && a->minor == b->minor;
	default:
		return true;
	}
}

/* A link's mode means nothing to anybody. */
static unsigned attributes_diff(const struct inode *a, const struct inode *b)
{
	unsigned what = 0;

	if (a->mode != b->mode && a->kind != NODE_SYMLINK)
		what |= TREE_DIFF_MODE;
	if (a->uid != b->uid || a->gid != b->gid)
		what |= TREE_DIFF_OWNER;
	if (!same_xattrs(a, b))
		what |= TREE_DIFF_XATTRS;
	return what;
}

static unsigned inode_diff(const struct inode *a, const struct inode *b)
{
	unsigned what;

	if (a->kind != b->kind)
		return TREE_DIFF_KIND;
	what = attributes_diff(a, b);
	if (!same_content(a, b))
		what |= TREE_DIFF_CONTENT;
	if (a->mtime != b->mtime && a->kind != NODE_DIRECTORY)
		what |= TREE_DIFF_MTIME;
	return what;
}

/* OCI runtimes and docker mount over these: in a container they are place holders. */
static bool is_of_machine(struct str path)
{
	static const char *const names[] = { "etc/hostname", "etc/hosts", "etc/resolv.conf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal_cstr(path, names[i]))
			return true;
	return false;
}

/*
 * Whether two links lead to the same place, each in its own tree: systemctl writes
 * /usr/lib where deb-systemd-helper writes /lib, which is a link to it.
 */
static bool lead_to_same(const struct work *w, const struct node *a, const struct node *b)
{
	CLEANUP_BUF struct buf to_a = BUF_INIT(1u << 20), to_b = BUF_INIT(1u << 20);
	const struct node *x, *y;

	if (a->inode->kind != NODE_SYMLINK || !str_has_prefix(a->inode->target, STR("/")) ||
	    !str_has_prefix(b->inode->target, STR("/")))
		return false;
	x = tree_resolve(w->a->tree, a->inode->target, false);
	y = tree_resolve(w->b->tree, b->inode->target, false);
	if (!x || !y)
		return false;
	tree_path(x, &to_a);
	tree_path(y, &to_b);
	return str_equal(buf_str(&to_a), buf_str(&to_b));
}

static void add_path(struct work *w, struct str path, struct str package, unsigned what,
		     const struct inode *a, const struct inode *b)
{
	bool of_machine = !package.len && is_of_machine(path);
	struct tree_diff_counts *c = of_machine	   ? &w->d.machine
				     : package.len ? &w->d.packages
						   : &w->d.others;

	c->n_equal += a && b && !what;
	c->n_different += a && b && what;
	c->n_only_a += !b;
	c->n_only_b += !a;
	if (a && b && !what)
		return;
	ARENA_GROW(w->arena, w->d.paths, w->d.n_paths, w->paths_capacity);
	w->d.paths[w->d.n_paths++] = (struct tree_diff_path){
		arena_str(w->arena, path), package, what, of_machine, a, b
	};
}

/* Of a database the file's own attributes must be equal, but not its bytes and time. */
static int add_database(struct work *w, struct str path, const struct node *a, const struct node *b,
			struct error *err)
{
	struct tree_diff_database row;

	if (database_diff(w->a, a, w->b, b, arena_str(w->arena, path), w->arena, &row, err) < 0)
		return -1;
	ARENA_GROW(w->arena, w->d.databases, w->d.n_databases, w->databases_capacity);
	w->d.databases[w->d.n_databases++] = row;
	add_path(w, path, STR(""), attributes_diff(a->inode, b->inode), a->inode, b->inode);
	return 0;
}

static int add_both(struct work *w, struct str path, const struct node *a, const struct node *b,
		    struct error *err)
{
	struct str package = w->owners_a[a->serial];
	unsigned what;

	if (!package.len)
		package = w->owners_b[b->serial];
	if (a->inode->kind == NODE_FILE && b->inode->kind == NODE_FILE && database_is_one(path))
		return add_database(w, path, a, b, err);
	what = inode_diff(a->inode, b->inode);
	if (what & TREE_DIFF_CONTENT && !package.len && lead_to_same(w, a, b))
		what &= ~(unsigned)TREE_DIFF_CONTENT;
	add_path(w, path, package, what, a->inode, b->inode);
	return 0;
}

static struct str path_of(const struct node *n, struct buf *buf)
{
	buf_reset(buf);
	tree_path(n, buf);
	return buf_str(buf);
}

static int compare_all(struct work *w, struct error *err)
{
	CLEANUP_BUF struct buf path_a = BUF_INIT(1u << 20), path_b = BUF_INIT(1u << 20);
	struct tree_iter in_a = tree_iter(w->a->tree, tree_root(w->a->tree));
	struct tree_iter in_b = tree_iter(w->b->tree, tree_root(w->b->tree));
	struct node *a = tree_next(&in_a), *b = tree_next(&in_b);

	while (a || b) {
		struct str x = a ? path_of(a, &path_a) : STR("");
		struct str y = b ? path_of(b, &path_b) : STR("");
		int order = !a ? 1 : !b ? -1 : tree_path_compare(x, y);

		if (order < 0)
			add_path(w, x, w->owners_a[a->serial], 0, a->inode, NULL);
		else if (order > 0)
			add_path(w, y, w->owners_b[b->serial], 0, NULL, b->inode);
		else if (add_both(w, x, a, b, err) < 0)
			return -1;
		if (order <= 0)
			a = tree_next(&in_a);
		if (order >= 0)
			b = tree_next(&in_b);
	}
	return 0;
}

static int find_owners(struct work *w, struct error *err)
{
	const struct tree *a = w->a->tree, *b = w->b->tree;

	w->owners_a = arena_array(w->arena, tree_serial_count(a), sizeof(*w->owners_a));
	w->owners_b = arena_array(w->arena, tree_serial_count(b), sizeof(*w->owners_b));
	if (tree_owners_add(w->a, a, w->arena, w->owners_a, err) < 0 ||
	    tree_owners_add(w->b, a, w->arena, w->owners_a, err) < 0 ||
	    tree_owners_add(w->a, b, w->arena, w->owners_b, err) < 0)
		return -1;
	return tree_owners_add(w->b, b, w->arena, w->owners_b, err);
}

int tree_diff(const struct tree_diff_side *a, const struct tree_diff_side *b, struct arena *arena,
	      struct tree_diff *ret, struct error *err)
{
	struct work w = { .a = a, .b = b, .arena = arena };

	tree_freeze(a->tree);
	tree_freeze(b->tree);
	if (find_owners(&w, err) < 0 || compare_all(&w, err) < 0)
		return -1;
	*ret = w.d;
	return 0;
}

size_t tree_diff_differences(const struct tree_diff *d)
{
	size_t n = d->packages.n_different + d->others.n_different;

	for (size_t i = 0; i < d->n_databases; i++)
		n += d->databases[i].counts.n_different;
	return n;
}
