/* Every change of a tree is told to whoever watches it, before it happens. */
#include <assert.h>

#include "tree/tree_private.h"

void tree_watch(struct tree *t, const struct tree_watch *w)
{
	children_make(t, t->root); /* where watch_attributes() finds the tree */
	t->watch = w;
}

void watch_name(struct tree *t, struct node *dir, struct str name)
{
	if (t->watch)
		t->watch->name(t->watch->context, dir, name, tree_child(t, dir, name));
}

static void tell_below(struct tree *t, struct node *top, bool were_there)
{
	struct tree_iter it = tree_iter(t, top);
	struct node *n;

	if (!t->watch || top->inode->kind != NODE_DIRECTORY)
		return;
	while ((n = tree_next(&it)))
		if (n != top)
			t->watch->name(t->watch->context, n->parent, n->name,
				       were_there ? n : NULL);
}

void watch_below(struct tree *t, struct node *top)
{
	tell_below(t, top, true);
}

void watch_came(struct tree *t, struct node *top)
{
	tell_below(t, top, false);
}

void watch_attributes(struct node *node)
{
	const struct node *root = node;
	struct tree *t;

	while (root->parent)
		root = root->parent;
	t = root->children ? root->children->tree : NULL;
	if (t && t->watch)
		t->watch->attributes(t->watch->context, node);
}
