#include "pipeline/assemble.h"
#include "pipeline/why.h"

size_t why_package(const struct lock_architecture *a, struct str name, struct arena *arena,
		   struct why_step **ret)
{
	const struct lock_package *p = lock_package(a, name);
	size_t n = 0;

	*ret = arena_array(arena, a->n_packages, sizeof(**ret));
	/* `why` is a shortest chain, so it can't turn in a circle; a damaged lock might. */
	while (p && n < a->n_packages) {
		(*ret)[n++].package = p;
		p = lock_package(a, p->why);
	}
	return n;
}

static struct str cause_text(const struct tree *t, cause_id id, struct arena *arena)
{
	static const char *const kinds[] = {
		[CAUSE_UNKNOWN] = "unknown",  [CAUSE_PACKAGE] = "package",
		[CAUSE_SCRIPT] = "script of", [CAUSE_TRIGGER] = "trigger of",
		[CAUSE_RECIPE] = "recipe",    [CAUSE_RULE] = "rule",
	};
	const struct cause *c = tree_cause(t, id);

	return str_of(arena_printf(arena, "%s " STR_FMT "%s" STR_FMT, kinds[c->kind],
				   STR_ARG(c->who),
				   !c->what.len			      ? ""
				   : c->kind == CAUSE_RECIPE ? ":"
							     : ": ",
				   STR_ARG(c->what)));
}

static void add_cause(struct why_path *w, const char *aspect, const struct tree *t, cause_id id,
		      struct arena *arena)
{
	w->causes[w->n_causes].aspect = aspect;
	w->causes[w->n_causes++].cause = cause_text(t, id, arena);
}

/* The package whose archive ships the path, if the path is still its. */
static struct str shipped_by(const struct tree *t, const struct node *node)
{
	const struct cause *c = tree_cause(t, node->cause);

	return c->kind == CAUSE_PACKAGE ? c->who : (struct str){ "", 0 };
}

static void describe(const struct tree *t, const struct node *node, struct arena *arena,
		     struct why_path *ret)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	const struct inode *i = node->inode;

	tree_path(node, &path);
	ret->path = arena_str(arena, buf_str(&path));
	ret->kind = i->kind;
	ret->mode = i->mode;
	ret->uid = i->uid;
	ret->gid = i->gid;
	ret->size = i->kind == NODE_FILE ? i->content.size : 0;
	ret->target = i->kind == NODE_SYMLINK ? arena_str(arena, i->target) : (struct str){ "", 0 };
	ret->removed = node->removed;
	ret->package = arena_str(arena, shipped_by(t, node));
	add_cause(ret, node->removed ? "removed by" : "exists by", t, node->cause, arena);
	if (node->removed)
		return;
	if (i->kind == NODE_FILE || i->kind == NODE_SYMLINK)
		add_cause(ret, "content by", t, i->cause[CAUSE_CONTENT], arena);
	add_cause(ret, "owner, mode by", t, i->cause[CAUSE_OWNER], arena);
	if (i->n_xattrs)
		add_cause(ret, "xattrs by", t, i->cause[CAUSE_XATTRS], arena);
}

int why_path(struct context *c, const struct recipe *r, const struct lock *l,
	     const struct recipe_target *target, struct str architecture, struct str path,
	     struct arena *arena, struct why_path *ret, struct error *err)
{
	CLEANUP_PACKAGE_SET struct package_set set = { 0 };
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	const struct node *node;
	struct inputs in;

	*ret = (struct why_path){ 0 };
	if (inputs_scan(c, r, arena, &in, err) < 0 ||
	    package_set_open(c, l, architecture, &set, err) < 0 ||
	    assembly_make(c, r, target, l, &set, &in, &a, err) < 0)
		return -1;
	node = tree_resolve(a.output.tree, path, false);
	if (!node)
		node = tree_find_removed(a.output.tree, path);
	if (!node)
		return WHY_ABSENT;
	describe(a.output.tree, node, arena, ret);
	return 0;
}
