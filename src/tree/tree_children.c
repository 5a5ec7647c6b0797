/*
 * The names of one folder. Archives come nearly in order, so a name that
 * sorts after the last one costs nothing; others wait unsorted at the end and
 * are merged when somebody looks.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tree/tree_private.h"

void children_release(struct tree *t)
{
	for (struct node_children *c = t->all_children; c; c = c->older)
		free(c->list);
}

static void append(struct node_children *c, struct node *node)
{
	bool in_order = c->n_sorted == c->n &&
			(!c->n || str_compare(c->list[c->n - 1]->name, node->name) < 0);

	MEM_GROW(c->list, c->n, c->capacity);
	node->position = c->n;
	node->listed = true;
	c->list[c->n++] = node;
	if (in_order)
		c->n_sorted = c->n;
}

void children_make(struct tree *t, struct node *dir)
{
	if (dir->children)
		return;
	dir->children = arena_alloc(&t->arena, sizeof(*dir->children));
	dir->children->older = t->all_children;
	dir->children->tree = t;
	t->all_children = dir->children;
}

void children_add(struct tree *t, struct node *dir, struct node *node)
{
	children_make(t, dir);
	if (!node->listed) /* one that was removed may still be there */
		append(dir->children, node);
}

void children_drop(struct node *dir, struct node *node)
{
	struct node_children *c = dir->children;
	uint32_t i = 0;

	children_settle(c);
	if (!node->listed)
		return; /* it was a tombstone: settling has dropped it */
	i = node->position;
	assert(i < c->n && c->list[i] == node);
	memmove(&c->list[i], &c->list[i + 1], (c->n - i - 1) * sizeof(*c->list));
	c->n_sorted = --c->n;
	node->listed = false;
	for (; i < c->n; i++)
		c->list[i]->position = i;
}

static int compare(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return str_compare((*x)->name, (*y)->name);
}

static void drop_removed(struct node_children *c)
{
	uint32_t n = 0, n_sorted = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (c->list[i]->removed) {
			c->list[i]->listed = false;
			continue;
		}
		c->list[n++] = c->list[i];
		if (i < c->n_sorted)
			n_sorted = n;
	}
	c->n = n;
	c->n_sorted = n_sorted;
	c->has_removed = false;
}

static void merge_tail(struct node_children *c)
{
	uint32_t n_tail = c->n - c->n_sorted, a = c->n_sorted, b = n_tail, to = c->n;
	struct node **tail = mem_array(n_tail, sizeof(*tail));

	memcpy(tail, c->list + c->n_sorted, n_tail * sizeof(*tail));
	qsort(tail, n_tail, sizeof(*tail), compare); /* names differ: the order is total */
	while (b)
		c->list[--to] = a && compare(&c->list[a - 1], &tail[b - 1]) > 0 ?
					c->list[--a] :
					tail[--b];
	free(tail);
	c->n_sorted = c->n;
}

void children_settle(struct node_children *c)
{
	if (!c->has_removed && c->n_sorted == c->n)
		return;
	if (c->has_removed)
		drop_removed(c);
	if (c->n_sorted < c->n)
		merge_tail(c);
	for (uint32_t i = 0; i < c->n; i++)
		c->list[i]->position = i;
}

size_t tree_children(const struct node *dir, struct node *const **ret)
{
	*ret = NULL;
	if (!dir->children || dir->inode->kind != NODE_DIRECTORY)
		return 0;
	children_settle(dir->children);
	*ret = dir->children->list;
	return dir->children->n;
}
