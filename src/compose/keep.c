/*
 * `essential: false` (design 4): the tree was composed with the Essential set,
 * because scripts and accounts need it; now what belongs to packages outside
 * the declared closure goes, with the effects of their scripts, but for a
 * skeleton that every program may count on.
 */

#include "base/strtab.h"
#include "compose/work.h"

struct dropping {
	struct work *w;
	struct strtab dropped; /* names of packages that go */
	bool *kept_folders;    /* by serial: a kept package ships it, or the skeleton has it */
};

static const char *const skeleton[] = {
	"etc/group", "etc/gshadow", "etc/ld.so.conf", "etc/nsswitch.conf", "etc/os-release",
	"etc/passwd", "etc/shadow", "run/lock", "tmp", "usr/lib/os-release", "var/lock",
	"var/run", "var/tmp",
};

static bool is_dropped(const struct dropping *d, cause_id id)
{
	const struct cause *c = tree_cause(d->w->tree, id);
	uint32_t unused;

	if (c->kind != CAUSE_PACKAGE && c->kind != CAUSE_SCRIPT && c->kind != CAUSE_TRIGGER)
		return false;
	return strtab_find(&d->dropped, c->who, &unused);
}

static bool is_dropped_effect(const struct dropping *d, cause_id id)
{
	return tree_cause(d->w->tree, id)->kind != CAUSE_PACKAGE && is_dropped(d, id);
}

static bool is_skeleton(const struct dropping *d, const struct node *n)
{
	const struct node *root = tree_root(d->w->tree);

	if (n == root)
		return true;
	if (n->parent == root &&
	    (n->inode->kind == NODE_DIRECTORY || n->inode->kind == NODE_SYMLINK))
		return true;
	for (size_t i = 0; i < sizeof(skeleton) / sizeof(*skeleton); i++) {
		if (tree_find(d->w->tree, str_of(skeleton[i])) == n)
			return true;
	}
	return false;
}

/* What the top-level links (bin -> usr/bin) point to. */
static void mark_link_targets(struct dropping *d)
{
	struct node *const *children;
	size_t n = tree_children(tree_root(d->w->tree), &children);

	for (size_t i = 0; i < n; i++) {
		struct node *to = tree_resolve(d->w->tree, children[i]->name, true);

		if (to && to->inode->kind == NODE_DIRECTORY)
			d->kept_folders[to->serial] = true;
	}
}

/* A kept file that a script of a dropped package has changed is as shipped again. */
static void restore(struct dropping *d, const struct debian_package *p,
		    const struct pack_member *m, struct node *n)
{
	struct inode i = *n->inode;
	cause_id cause = tree_cause_intern(d->w->tree, (struct cause){ CAUSE_PACKAGE, p->name,
									STR("") });

	if (m->hard_link || m->kind != i.kind)
		return;
	if (is_dropped_effect(d, i.cause[CAUSE_OWNER])) {
		tree_set_owner(n, m->uid, m->gid, cause);
		tree_set_mode(n, m->mode, cause);
	}
	if (m->kind == NODE_FILE && is_dropped_effect(d, i.cause[CAUSE_CONTENT]))
		tree_set_content(n, &m->content, cause);
}

static void mark_package(struct dropping *d, const struct debian_package *p)
{
	for (size_t i = 0; i < p->pack->n_members; i++) {
		const struct pack_member *m = &p->pack->members[i];
		bool is_folder = m->kind == NODE_DIRECTORY && !m->hard_link;
		struct node *n = tree_resolve(d->w->tree, m->path, /* follow_last= */ is_folder);

		if (!n)
			continue;
		if (n->inode->kind == NODE_DIRECTORY)
			d->kept_folders[n->serial] = true;
		restore(d, p, m, n);
	}
}

static bool goes(const struct dropping *d, const struct node *n)
{
	struct node *const *children;

	if (is_skeleton(d, n))
		return false;
	if (n->inode->kind == NODE_DIRECTORY &&
	    (d->kept_folders[n->serial] || tree_children(n, &children) > 0))
		return false;
	return is_dropped(d, n->cause) || is_dropped(d, n->inode->cause[CAUSE_CONTENT]);
}

static void drop_nodes(struct dropping *d)
{
	struct tree *t = d->w->tree;
	size_t count = 0, max = tree_node_count(t);
	struct node **nodes = arena_array(d->w->arena, max, sizeof(*nodes)), *n;
	cause_id cause = work_rule(d->w, "essential: false");

	for (struct tree_iter it = tree_iter(t, tree_root(t)); (n = tree_next(&it));)
		nodes[count++] = n;
	/* From the end: what is below a folder is gone before the folder is asked. */
	while (count-- > 0) {
		if (goes(d, nodes[count]))
			tree_remove(t, nodes[count], cause);
	}
}

int compose_drop(struct work *w, struct error *err)
{
	const struct compose_input *in = w->in;
	struct dropping d = { .w = w, .dropped = STRTAB_INIT };

	(void)err;
	d.kept_folders = arena_array(w->arena, tree_serial_count(w->tree), sizeof(bool));
	for (size_t i = 0; i < in->n_packages; i++) {
		if (!in->packages[i].kept)
			(void)strtab_put(&d.dropped, in->packages[i].name, 0);
	}
	for (size_t i = 0; i < in->n_packages && d.dropped.n > 0; i++) {
		if (in->packages[i].kept)
			mark_package(&d, &in->packages[i]);
	}
	mark_link_targets(&d);
	if (d.dropped.n > 0)
		drop_nodes(&d);
	strtab_release(&d.dropped);
	return 0;
}
