/*
 * Order, as the program has it: lines of one path together, where the first of them
 * stood, but the lines of folders above it before; lines with patterns after all others.
 */
#include "debian/tmpfiles.h"

#include <stdlib.h>

#include "base/limits.h"
#include "debian/glob.h"

#define MATCHES_MAX 65536u

static bool is_above(struct str folder, struct str path)
{
	return path.len > folder.len && str_has_prefix(path, folder) &&
	       (folder.len == 1 || path.ptr[folder.len] == '/');
}

/* As the program's enum sorts the lines of one path. */
static int rank(char type)
{
	static const char order[] = "fFdDvqQpLcbCwexXrRzZmtThHaA";

	return (int)(strchr(order, type) - order);
}

struct running {
	struct tmpfiles *t;
	bool *done; /* by line */
	const char **reason;
	struct error *err;
};

/* The line of @path with the lowest rank that is not done, or t->n. */
static size_t next_of_path(const struct running *r, struct str path, bool pattern)
{
	size_t best = r->t->n;

	for (size_t i = 0; i < r->t->n; i++) {
		const struct tmp_item *it = &r->t->items[i];

		if (r->done[i] || !str_equal(it->path, path) || tmp_is_pattern(it->type) != pattern)
			continue;
		if (best == r->t->n || rank(it->type) < rank(r->t->items[best].type))
			best = i;
	}
	return best;
}

/* Matching paths, sorted by the order of the tree. */
struct matches {
	struct node **nodes;
	size_t n, capacity;
};

static bool is_wild(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (strchr("*?[", name.ptr[i]))
			return true;
	return false;
}

static void match_below(struct tmpfiles *t, struct node *dir, struct str rest, struct matches *m)
{
	struct str name = STR("");
	struct node *const *children;
	size_t n;

	while (rest.len && *rest.ptr == '/')
		rest = (struct str){ rest.ptr + 1, rest.len - 1 };
	name = (struct str){ rest.ptr, str_find_char(rest, '/') };
	rest = (struct str){ rest.ptr + name.len, rest.len - name.len };
	if (!dir || dir->inode->kind != NODE_DIRECTORY || !name.len)
		return;
	n = tree_children(dir, &children);
	for (size_t i = 0; i < n && m->n < MATCHES_MAX; i++) {
		struct node *c = children[i];

		if (is_wild(name) ? (*c->name.ptr == '.' && *name.ptr != '.') ||
					    !glob_match(name, c->name)
				  : !str_equal(name, c->name))
			continue;
		if (!rest.len) {
			ARENA_GROW(t->d->arena, m->nodes, m->n, m->capacity);
			m->nodes[m->n++] = c;
		} else {
			CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);

			tree_path(c, &path); /* a link to a folder counts as one */
			match_below(t, tree_resolve(t->d->tree, buf_str(&path), true), rest, m);
		}
	}
}

static int run_pattern(struct running *r, const struct tmp_item *i)
{
	struct tmpfiles *t = r->t;
	struct matches m = { .n = 0 };

	if (str_find_char(i->path, '{') < i->path.len) {
		*r->reason = "a pattern with braces";
		return 1;
	}
	match_below(t, tree_root(t->d->tree), i->path, &m);
	for (size_t k = 0; k < m.n; k++) {
		CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
		struct tmp_item one = *i;
		int status;

		buf_add_char(&path, '/');
		tree_path(m.nodes[k], &path);
		one.path = arena_str(t->d->arena, buf_str(&path));
		status = tmpfiles_make(t, &one, r->reason, r->err);
		if (status)
			return status;
	}
	return 0;
}

static int run_path(struct running *r, struct str path, bool pattern)
{
	for (;;) {
		size_t i = next_of_path(r, path, pattern);
		int status;

		if (i == r->t->n)
			return 0;
		r->done[i] = true;
		status = pattern ? run_pattern(r, &r->t->items[i])
				 : tmpfiles_make(r->t, &r->t->items[i], r->reason, r->err);
		if (status)
			return status;
	}
}

/* The lines of the folders above @path, the highest first. */
static int run_above(struct running *r, struct str path, bool pattern)
{
	for (size_t end = 1; end < path.len; end++) {
		struct str above = { path.ptr, end };
		int status;

		if (path.ptr[end] != '/' || !is_above(above, path))
			continue;
		status = run_path(r, above, pattern);
		if (status)
			return status;
	}
	return 0;
}

int tmpfiles_run(struct tmpfiles *t, const char **ret_reason, struct error *err)
{
	struct running r = { t, arena_array(t->d->arena, t->n + 1, sizeof(bool)), ret_reason, err };

	for (int pattern = 0; pattern < 2; pattern++)
		for (size_t i = 0; i < t->n; i++) {
			int status = 0;

			if (r.done[i] || tmp_is_pattern(t->items[i].type) != (pattern == 1))
				continue;
			status = run_above(&r, t->items[i].path, pattern == 1);
			if (!status)
				status = run_path(&r, t->items[i].path, pattern == 1);
			if (status)
				return status;
		}
	return 0;
}
