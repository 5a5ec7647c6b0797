/*
 * Random operations against a model that is too simple to be wrong: a list of
 * full paths, each with a kind and the number of an inode.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tree/tree.h"

#define MODEL_MAX 600
#define OPERATIONS 4000

struct entry {
	char path[128];
	bool is_folder;
	unsigned inode, stamp;
};

struct model {
	struct entry entries[MODEL_MAX];
	size_t n;
	unsigned n_inodes;
};

static uint64_t state;

static unsigned below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static struct entry *model_find(struct model *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->entries[i].path, path) == 0)
			return &m->entries[i];
	return NULL;
}

static bool is_under(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static bool has_children(struct model *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (is_under(m->entries[i].path, path) && strcmp(m->entries[i].path, path))
			return true;
	return false;
}

static void model_drop(struct model *m, const char *top)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!is_under(m->entries[i].path, top))
			m->entries[n++] = m->entries[i];
	m->n = n;
}

static void random_name(char *name)
{
	static const char *const names[] = { "a", "b", "a-b", "a.", "ab", "b0", "zz", "A", "\xff" };

	strcpy(name, names[below(sizeof(names) / sizeof(*names))]);
}

/* A folder of the model: its path, "" for the root. */
static const char *random_folder(struct model *m)
{
	for (int i = 0; i < 20 && m->n; i++) {
		const struct entry *e = &m->entries[below((unsigned)m->n)];

		if (e->is_folder && strlen(e->path) < 60)
			return e->path;
	}
	return "";
}

static void join(char *to, const char *folder, const char *name)
{
	sprintf(to, "%s%s%s", folder, *folder ? "/" : "", name);
}

static void put(struct tree *t, struct model *m, const char *folder, const char *name)
{
	struct inode inode = { .kind = below(3) ? NODE_FILE : NODE_DIRECTORY, .mode = 0644 };
	struct entry *old;
	char path[128];

	join(path, folder, name);
	old = model_find(m, path);
	if (old && old->is_folder && inode.kind == NODE_FILE && has_children(m, path))
		return;
	inode.uid = below(1000);
	tree_put(t, tree_find(t, str_of(folder)), str_of(name), &inode, 0);
	if (!old) {
		old = &m->entries[m->n++];
		strcpy(old->path, path);
	}
	old->is_folder = inode.kind == NODE_DIRECTORY;
	old->inode = m->n_inodes++;
	old->stamp = inode.uid;
}

static void link_one(struct tree *t, struct model *m, const char *folder, const char *name)
{
	struct entry *from = &m->entries[below((unsigned)m->n)], copy;
	char path[128];

	join(path, folder, name);
	if (from->is_folder || strcmp(from->path, path) == 0 || has_children(m, path))
		return;
	copy = *from;
	tree_link(t, tree_find(t, str_of(folder)), str_of(name), tree_find(t, str_of(from->path)),
		  0);
	model_drop(m, path);
	strcpy(copy.path, path);
	m->entries[m->n++] = copy;
}

/* A name with all that is below it. */
static void move(struct tree *t, struct model *m, const char *folder, const char *name)
{
	char path[128], top[128], rest[128];
	struct node *moved;
	size_t n;

	strcpy(top, m->entries[below((unsigned)m->n)].path);
	join(path, folder, name);
	if (is_under(folder, top) || strcmp(path, top) == 0 || has_children(m, path))
		return;
	n = strlen(top);
	for (size_t i = 0; i < m->n; i++)
		if (is_under(m->entries[i].path, top) &&
		    strlen(m->entries[i].path) - n + strlen(path) > 100)
			return;
	moved = tree_move(t, tree_find(t, str_of(top)), tree_find(t, str_of(folder)), str_of(name),
			  0);
	cr_assert_eq(moved, tree_find(t, str_of(path)));
	cr_assert(tree_find_removed(t, str_of(top))->removed);
	model_drop(m, path);
	for (size_t i = 0; i < m->n; i++) {
		if (!is_under(m->entries[i].path, top))
			continue;
		strcpy(rest, m->entries[i].path + n);
		strcpy(m->entries[i].path, path);
		strcat(m->entries[i].path, rest);
	}
}

static int compare_paths(const void *a, const void *b)
{
	const uint8_t *x = (const uint8_t *)((const struct entry *)a)->path;
	const uint8_t *y = (const uint8_t *)((const struct entry *)b)->path;

	for (; *x && *x == *y; x++)
		y++;
	if (*x == '/' || *y == '/') /* a slash ends a component: it sorts first */
		return (*x == 0 ? 0 : *x == '/' ? 1 : 999) - (*y == 0 ? 0 : *y == '/' ? 1 : 999);
	return *x - *y;
}

static void check(const struct tree *t, struct model *m)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1000);
	struct tree_iter it = tree_iter(t, tree_root(t));
	struct node *nodes[MODEL_MAX];

	qsort(m->entries, m->n, sizeof(*m->entries), compare_paths);
	cr_assert_eq(tree_node_count(t), m->n + 1);
	cr_assert_eq(tree_next(&it), tree_root(t));
	for (size_t i = 0; i < m->n; i++) {
		const struct entry *e = &m->entries[i];
		unsigned links = 0;

		nodes[i] = tree_next(&it);
		cr_assert(nodes[i]);
		buf_reset(&path);
		tree_path(nodes[i], &path);
		cr_assert_str_eq(buf_cstr(&path), e->path);
		cr_assert_eq(nodes[i]->inode->kind == NODE_DIRECTORY, e->is_folder);
		cr_assert_eq(nodes[i]->inode->uid, e->stamp);
		cr_assert_eq(tree_find(t, str_of(e->path)), nodes[i]);
		for (size_t k = 0; k < m->n; k++)
			links += m->entries[k].inode == e->inode;
		cr_assert_eq(nodes[i]->inode->links, links);
		for (size_t k = 0; k < i; k++)
			cr_assert_eq(nodes[i]->inode == nodes[k]->inode,
				     m->entries[i].inode == m->entries[k].inode);
	}
	cr_assert_null(tree_next(&it));
}

Test(tree_model, random_operations_agree_with_a_list_of_paths)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		CLEANUP_TREE struct tree *t = tree_new();
		struct model *m = mem_alloc(sizeof(*m));

		state = seed * 7919;
		for (int i = 0; i < OPERATIONS; i++) {
			char folder[128], name[8];
			unsigned what = below(20);

			strcpy(folder, random_folder(m));
			random_name(name);
			if (what < 10 && m->n < MODEL_MAX - 1)
				put(t, m, folder, name);
			else if (what < 13 && m->n && m->n < MODEL_MAX - 1)
				link_one(t, m, folder, name);
			else if (what < 16 && m->n)
				move(t, m, folder, name);
			else if (m->n && m->n > below(200)) {
				char path[128];

				strcpy(path, m->entries[below((unsigned)m->n)].path);
				tree_remove(t, tree_find(t, str_of(path)), 1);
				model_drop(m, path);
			}
			if (below(60) == 0)
				check(t, m);
		}
		check(t, m);
		free(m);
	}
}

static struct digest build_shuffled(unsigned n, unsigned seed)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	unsigned *order = mem_array(n, sizeof(*order));

	state = seed;
	for (unsigned i = 0; i < n; i++) {
		unsigned k = below(i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (unsigned i = 0; i < n; i++) {
		char path[64];
		unsigned k = seed ? order[i] : i;

		snprintf(path, sizeof(path), "d%u/e%u/f%u", k % 7, k % 11, k);
		cr_assert_eq(tree_write_file(t, str_of(path), str_bytes(str_of(path)), 0644, 0,
					     NULL, &err), 0);
		if (k % 50 == 0) { /* looking in between must not matter */
			struct tree_iter it = tree_iter(t, tree_root(t));

			while (tree_next(&it))
				;
		}
	}
	free(order);
	return tree_digest(t, 0);
}

Test(tree_model, any_order_of_insertion_gives_the_same_digest)
{
	struct digest first = build_shuffled(2000, 0);

	for (unsigned seed = 1; seed < 6; seed++) {
		struct digest d = build_shuffled(2000, seed);

		cr_assert(digest_equal(&first, &d), "seed %u", seed);
	}
}
