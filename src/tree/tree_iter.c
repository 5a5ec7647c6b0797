#include "tree/tree.h"

#include "tree/tree_private.h"

struct tree_iter tree_iter(const struct tree *t, struct node *top)
{
	return (struct tree_iter){ .tree = t, .top = top->removed ? NULL : top };
}

void tree_skip(struct tree_iter *it)
{
	it->skip_children = true;
}

static struct node *first_child(const struct node *dir)
{
	struct node *const *list;

	return tree_children(dir, &list) ? list[0] : NULL;
}

static struct node *next_sibling(const struct node *node)
{
	struct node *const *list;
	size_t n = tree_children(node->parent, &list);

	return node->position + 1 < n ? list[node->position + 1] : NULL;
}

struct node *tree_next(struct tree_iter *it)
{
	struct node *node = it->last, *next = NULL;
	bool skip = it->skip_children;

	if (!it->top)
		return NULL;
	it->skip_children = false;
	if (!node)
		return it->last = it->top;
	if (!skip)
		next = first_child(node);
	for (; !next && node != it->top; node = node->parent)
		next = next_sibling(node);
	if (!next)
		it->top = NULL;
	return it->last = next;
}
