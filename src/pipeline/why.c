#include "attest/tree_owners.h"
#include "base/buf.h"
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

static struct str cause_text(const struct cause *c, struct arena *arena)
{
	static const char *const kinds[] = {
		[CAUSE_UNKNOWN] = "unknown",  [CAUSE_PACKAGE] = "package",
		[CAUSE_SCRIPT] = "script of", [CAUSE_TRIGGER] = "trigger of",
		[CAUSE_RECIPE] = "recipe",    [CAUSE_RULE] = "rule",
	};

	return str_of(arena_printf(arena, "%s " STR_FMT "%s" STR_FMT, kinds[c->kind],
				   STR_ARG(c->who),
				   !c->what.len		     ? ""
				   : c->kind == CAUSE_RECIPE ? ":"
							     : ": ",
				   STR_ARG(c->what)));
}

static void add_cause(struct why_path *w, const char *aspect, const struct cause *cause,
		      struct arena *arena)
{
	w->causes[w->n_causes].aspect = aspect;
	w->causes[w->n_causes++].cause = cause_text(cause, arena);
}

/* All that a node says of itself. */
static void describe(const struct node *node, struct arena *arena, struct why_path *ret)
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
	ret->has_xattrs = i->n_xattrs;
}

static void explain(const struct causes_path *p, struct arena *arena, struct why_path *ret)
{
	/* The package whose archive ships the path, if the path is still its. */
	ret->package =
		p->existence->kind == CAUSE_PACKAGE ? arena_str(arena, p->existence->who) : STR("");
	add_cause(ret, p->removed ? "removed by" : "exists by", p->existence, arena);
	if (p->removed)
		return;
	if (ret->kind == NODE_FILE || ret->kind == NODE_SYMLINK)
		add_cause(ret, "content by", p->content, arena);
	add_cause(ret, "owner, mode by", p->owner, arena);
	if (ret->has_xattrs)
		add_cause(ret, "xattrs by", p->xattrs, arena);
}

static struct causes_path causes_of(const struct tree *t, const struct node *node)
{
	const cause_id *of = node->inode->cause;

	return (struct causes_path){
		.removed = node->removed,
		.existence = tree_cause(t, node->cause),
		.content = tree_cause(t, of[CAUSE_CONTENT]),
		.owner = tree_cause(t, of[CAUSE_OWNER]),
		.xattrs = tree_cause(t, of[CAUSE_XATTRS]),
	};
}

int why_path(struct context *c, const struct recipe *r, const struct lock *l,
	     const struct recipe_target *target, struct str architecture, struct str path,
	     struct arena *arena, struct why_path *ret, struct error *err)
{
	CLEANUP_PACKAGE_SET struct package_set set = { 0 };
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	struct causes_path causes;
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
	causes = causes_of(a.output.tree, node);
	describe(node, arena, ret);
	explain(&causes, arena, ret);
	return 0;
}

/* Which package lists it; nothing more is known without causes. */
static int ask_dpkg(const struct tree *tree, const struct content_reader *reader,
		    const struct node *node, struct arena *arena, struct why_path *ret,
		    struct error *err)
{
	struct str *owners = arena_array(arena, tree_serial_count(tree), sizeof(*owners));
	const struct tree_diff_side side = { .tree = tree, .reader = reader };
	struct cause cause = { .kind = CAUSE_PACKAGE, .what = STR("") };

	if (tree_owners_add(&side, tree, arena, owners, err) < 0)
		return -1;
	ret->package = owners[node->serial];
	cause.who = ret->package;
	if (ret->package.len)
		add_cause(ret, "listed by", &cause, arena);
	return 0;
}

int why_image_path(const struct tree *tree, const struct content_reader *reader,
		   const struct causes *causes, struct str path, struct arena *arena,
		   struct why_path *ret, struct error *err)
{
	const struct node *node = tree_resolve(tree, path, false);
	const struct causes_path *p;

	*ret = (struct why_path){ 0 };
	if (node)
		describe(node, arena, ret);
	if (!causes)
		return node ? ask_dpkg(tree, reader, node, arena, ret, err) : WHY_ABSENT;
	if (!node) {
		while (str_has_prefix(path, STR("/")))
			path = (struct str){ path.ptr + 1, path.len - 1 };
		ret->path = arena_str(arena, path);
		ret->removed = true;
	}
	p = causes_path(causes, ret->path);
	if (p && p->removed == ret->removed)
		explain(p, arena, ret);
	return node || p ? 0 : WHY_ABSENT;
}
