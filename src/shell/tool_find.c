#include "shell/find.h"
#include "shell/tool_files.h"

#define DEPTH_MAX 400 /* deeper: a loop of links */

static int visit(struct find *f, struct find_node *e, struct node *node, struct str path,
		 uint64_t depth, struct error *err);

/* Whether a real system has there what a tree has not. */
static bool is_machine(const struct node *node)
{
	return world_is_outside(node) ||
	       (node->parent && !node->parent->parent &&
		(str_equal_cstr(node->name, "proc") || str_equal_cstr(node->name, "sys") ||
		 str_equal_cstr(node->name, "dev")));
}

static int visit_children(struct find *f, struct find_node *e, struct node *dir, struct str path,
			  uint64_t depth, struct error *err)
{
	struct node **list;
	size_t n;

	if (is_machine(dir))
		return shell_refuse(f->c, err, "what is in " STR_FMT, STR_ARG(path));
	n = file_children(f->c, dir, &list);
	for (size_t i = 0; i < n && !f->quit; i++) {
		struct str below = file_join(f->c, path, list[i]->name);
		struct node *node = list[i], *target;
		int result;

		if (node->removed || node->parent != dir) {
			result = shell_refuse(f->c, err, STR_FMT " went away meanwhile",
					      STR_ARG(below));
			if (result < 0)
				return -1;
			continue;
		}
		target = NULL;
		if (f->follow == 'L' && node_is(node, NODE_SYMLINK)) {
			struct world_place at;

			if (world_walk(f->c->shell, below, true, &at) == WORLD_LOOP) {
				f->status = file_failed(f->c, "", below, WORLD_LOOP);
				continue;
			}
			target = at.node;
		}
		result = visit(f, e, target ? target : node, below, depth + 1, err);
		if (result)
			return result;
	}
	return 0;
}

static int test(struct find *f, struct find_node *e, struct node *node, struct str path,
		uint64_t depth, struct error *err)
{
	f->path = path;
	f->node = node;
	f->depth = depth;
	f->prune = false;
	if (depth < f->min_depth || depth > f->max_depth)
		return 0;
	return find_test(f, e, err) < 0 ? -1 : 0;
}

static int visit(struct find *f, struct find_node *e, struct node *node, struct str path,
		 uint64_t depth, struct error *err)
{
	bool folder = node_is(node, NODE_DIRECTORY);

	if (depth > DEPTH_MAX)
		return shell_refuse(f->c, err, "folders that deep, or a loop of links");
	if (!f->depth_first) {
		if (test(f, e, node, path, depth, err))
			return -1;
		if (f->quit || f->prune || !folder || depth >= f->max_depth)
			return 0;
		if (node->removed) {
			f->status = file_failed(f->c, "", path, WORLD_ABSENT);
			return 0;
		}
	}
	if (folder && depth < f->max_depth) {
		int result = visit_children(f, e, node, path, depth, err);

		if (result || f->quit)
			return result;
	}
	return f->depth_first ? test(f, e, node, path, depth, err) : 0;
}

static bool begins_expression(struct str word)
{
	return (word.len > 1 && word.ptr[0] == '-') || str_equal_cstr(word, "!") ||
	       str_equal_cstr(word, "(") || str_equal_cstr(word, ")") || str_equal_cstr(word, ",");
}

static int visit_start(struct find *f, struct find_node *e, struct str path, struct error *err)
{
	struct world_place at;
	int outcome = world_walk(f->c->shell, path, f->follow != 'P', &at), result;

	if (f->follow != 'P' && !outcome && !at.node)
		outcome = world_walk(f->c->shell, path, false, &at);
	if (at.outside)
		return shell_refuse(f->c, err, "what is in " STR_FMT, STR_ARG(path));
	if (outcome || !at.node) {
		f->status = file_failed(f->c, "", path, outcome ? outcome : WORLD_ABSENT);
		return 0;
	}
	f->start = path;
	result = visit(f, e, at.node, path, 0, err);
	if (result > 0)
		f->status = result;
	return result < 0 ? -1 : 0;
}

int tool_find(struct shell_call *c, struct error *err)
{
	struct find f = { .c = c, .follow = 'P', .max_depth = UINT64_MAX };
	struct find_node *e;
	size_t at = 1, first;
	int status = 0, result;

	for (; at < c->argc && c->argv[at].len == 2 && c->argv[at].ptr[0] == '-' &&
	       memchr("HLP", c->argv[at].ptr[1], 3);
	     at++)
		f.follow = c->argv[at].ptr[1];
	first = at;
	while (at < c->argc && !begins_expression(c->argv[at]))
		at++;
	result = find_parse(&f, at, &e, &status, err);
	if (result)
		return result < 0 ? -1 : status;
	if (first == at && visit_start(&f, e, STR("."), err) < 0)
		return -1;
	for (; first < at && !f.quit; first++)
		if (visit_start(&f, e, c->argv[first], err) < 0)
			return -1;
	return find_finish(&f, err) < 0 ? -1 : f.status;
}
