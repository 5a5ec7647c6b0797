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
	bool *stays;           /* by serial: of the skeleton, or a folder of a kept package */
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

static void mark(struct dropping *d, const struct node *n)
{
	if (n)
		d->stays[n->serial] = true;
}

/* Top-level folders and links with what they point to (bin -> usr/bin), and the list. */
static void mark_skeleton(struct dropping *d)
{
	struct tree *t = d->w->tree;
	struct node *const *children;
	size_t n = tree_children(tree_root(t), &children);

	mark(d, tree_root(t));
	for (size_t i = 0; i < n; i++) {
		struct node *to = tree_resolve(t, children[i]->name, /* follow_last= */ true);

		if (children[i]->inode->kind == NODE_DIRECTORY ||
		    children[i]->inode->kind == NODE_SYMLINK)
			mark(d, children[i]);
		if (to && to->inode->kind == NODE_DIRECTORY)
			mark(d, to);
	}
	for (size_t i = 0; i < sizeof(skeleton) / sizeof(*skeleton); i++)
		mark(d, tree_find(t, str_of(skeleton[i])));
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
			mark(d, n);
		restore(d, p, m, n);
	}
}

static bool goes(const struct dropping *d, const struct node *n)
{
	struct node *const *children;

	if (d->stays[n->serial])
		return false;
	if (n->inode->kind == NODE_DIRECTORY && tree_children(n, &children) > 0)
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
	d.stays = arena_array(w->arena, tree_serial_count(w->tree), sizeof(bool));
	for (size_t i = 0; i < in->n_packages; i++) {
		if (!in->packages[i].kept)
			(void)strtab_put(&d.dropped, in->packages[i].name, 0);
	}
	for (size_t i = 0; i < in->n_packages && d.dropped.n > 0; i++) {
		if (in->packages[i].kept)
			mark_package(&d, &in->packages[i]);
	}
	mark_skeleton(&d);
	if (d.dropped.n > 0)
		drop_nodes(&d);
	strtab_release(&d.dropped);
	return 0;
}
