#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tree/tree_private.h"

int tree_path_compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		uint8_t x = (uint8_t)a.ptr[i], y = (uint8_t)b.ptr[i];

		if (x == y)
			continue;
		/* A folder's children come before its longer-named neighbours. */
		if (x == '/' || y == '/')
			return x == '/' ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* A name that another node took over is not found by its path any more. */
static bool can_be_found(const struct tree *t, const struct node *node)
{
	for (; node->parent; node = node->parent)
		if (index_find(t, node->parent->serial, node->name) != node)
			return false;
	return true;
}

struct found {
	struct node *node;
	struct str path;
};

static int by_path(const void *a, const void *b)
{
	return tree_path_compare(((const struct found *)a)->path, ((const struct found *)b)->path);
}

size_t tree_tombstones(const struct tree *t, struct arena *arena, struct node ***ret)
{
	struct buf path = BUF_INIT(SIZE_MAX / 2);
	struct arena paths = ARENA_INIT;
	struct found *list = NULL;
	size_t n = 0, capacity = 0;

	for (uint32_t i = 0; i < t->n_serials; i++) {
		struct node *node = node_at(t, i);

		if (!node->removed || !can_be_found(t, node))
			continue;
		buf_reset(&path);
		tree_path(node, &path);
		MEM_GROW(list, n, capacity);
		list[n++] = (struct found){ node, arena_str(&paths, buf_str(&path)) };
	}
	if (n)
		qsort(list, n, sizeof(*list), by_path);
	*ret = arena_array(arena, n, sizeof(**ret));
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = list[i].node;
	free(list);
	buf_release(&path);
	arena_release(&paths);
	return n;
}
