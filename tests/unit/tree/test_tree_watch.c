#include <criterion/criterion.h>

#include "base/buf.h"
#include "tree/tree.h"

struct heard {
	struct buf text;
};

static void hear_name(void *context, struct node *dir, struct str name, struct node *node)
{
	struct heard *h = context;

	buf_add_str(&h->text, node ? STR("-") : STR("+"));
	tree_path(dir, &h->text);
	buf_printf(&h->text, "/" STR_FMT " ", STR_ARG(name));
}

static void hear_attributes(void *context, struct node *node)
{
	struct heard *h = context;

	buf_add_str(&h->text, STR("="));
	tree_path(node, &h->text);
	buf_add_str(&h->text, STR(" "));
}

Test(tree_watch, every_change_is_heard_before_it_happens)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct heard h = { BUF_INIT(4096) };
	const struct tree_watch w = { &h, hear_name, hear_attributes };
	const struct inode file = { .kind = NODE_FILE }, dir = { .kind = NODE_DIRECTORY };
	struct node *a, *f;

	tree_watch(t, &w);
	tree_set_mode(tree_root(t), 0700, 0);
	a = tree_put(t, tree_root(t), STR("a"), &dir, 0);
	f = tree_put(t, a, STR("f"), &file, 0);
	tree_put(t, a, STR("f"), &file, 0);
	tree_put(t, tree_root(t), STR("a"), &dir, 0);
	tree_link(t, a, STR("g"), f, 0);
	tree_set_owner(f, 1, 2, 0);
	tree_set_mtime(f, 3);
	tree_set_content(f, &content_empty, 0);
	tree_set_xattr(t, f, STR("user.x"), str_bytes(STR("y")), 0);
	tree_move(t, a, tree_root(t), STR("b"), 0);
	tree_remove(t, a, 0);
	cr_assert_str_eq(buf_cstr(&h.text),
			 "= +/a +a/f -a/f =a +a/g =a/f =a/f =a/f =a/f "
			 "-/a -a/f -a/g +/b +b/f +b/g -/b -b/f -b/g ");
	tree_watch(t, NULL);
	tree_set_mode(tree_root(t), 0755, 0);
	buf_release(&h.text);
}
