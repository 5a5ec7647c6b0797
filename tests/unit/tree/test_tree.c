#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/buf.h"
#include "io/workers.h"
#include "tree/reader.h"
#include "tree/tree.h"

static const struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0755 };
static const struct inode file = { .kind = NODE_FILE, .mode = 0644, .mtime = 7 };

static struct node *write_text(struct tree *t, const char *path, const char *text, cause_id cause)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct node *node = NULL;

	cr_assert_eq(tree_write_file(t, str_of(path), str_bytes(str_of(text)), 0644, cause,
				     &node, &err), 0, "%s", err.message);
	return node;
}

static const char *path_of(const struct node *node)
{
	static struct buf buf = BUF_INIT(10000);

	buf_reset(&buf);
	tree_path(node, &buf);
	return buf_cstr(&buf);
}

static void expect_paths(const struct tree *t, struct node *top, const char *const *paths)
{
	struct tree_iter it = tree_iter(t, top);

	for (; *paths; paths++) {
		struct node *node = tree_next(&it);

		cr_assert(node, "end where '%s' is due", *paths);
		cr_assert_str_eq(path_of(node), *paths);
	}
	cr_assert_null(tree_next(&it));
	cr_assert_null(tree_next(&it));
}

Test(tree, a_new_tree_holds_its_root_only)
{
	CLEANUP_TREE struct tree *t = tree_new();

	cr_assert_eq(tree_node_count(t), 1);
	cr_assert_eq(tree_root(t)->inode->mode, 0755);
	cr_assert_eq(tree_find(t, STR("/")), tree_root(t));
	cr_assert_eq(tree_find(t, STR("")), tree_root(t));
	expect_paths(t, tree_root(t), (const char *[]){ "", NULL });
}

Test(tree, iteration_is_depth_first_by_component)
{
	CLEANUP_TREE struct tree *t = tree_new();

	write_text(t, "a-b", "", 0);
	write_text(t, "b", "", 0);
	write_text(t, "a/z", "", 0);
	write_text(t, "a/b/c", "", 0);
	write_text(t, "a.txt", "", 0);
	/* As whole paths "a-b" and "a.txt" would sort before "a/b". */
	expect_paths(t, tree_root(t), (const char *[]){ "", "a", "a/b", "a/b/c", "a/z", "a-b",
							"a.txt", "b", NULL });
	expect_paths(t, tree_find(t, STR("a")),
		     (const char *[]){ "a", "a/b", "a/b/c", "a/z", NULL });
	expect_paths(t, tree_find(t, STR("a/z")), (const char *[]){ "a/z", NULL });
}

Test(tree, a_skipped_folder_is_passed_over)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct tree_iter it;

	write_text(t, "a/b/c", "", 0);
	write_text(t, "d", "", 0);
	it = tree_iter(t, tree_root(t));
	for (struct node *n; (n = tree_next(&it));) {
		cr_assert_str_neq(path_of(n), "a/b");
		if (str_equal_cstr(n->name, "a"))
			tree_skip(&it);
	}
}

Test(tree, a_replaced_name_leaves_its_hard_links_alone)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *a = write_text(t, "a", "one", 1), *b;

	b = tree_link(t, tree_root(t), STR("b"), a, 2);
	cr_assert_eq(a->inode, b->inode);
	cr_assert_eq(a->inode->links, 2);
	cr_assert_eq(write_text(t, "a", "two", 3), a);
	cr_assert_neq(a->inode, b->inode);
	cr_assert_eq(b->inode->links, 1);
	cr_assert_eq(b->inode->content.size, 3);
	cr_assert(memcmp(b->inode->content.data, "one", 3) == 0);
}

Test(tree, a_name_may_be_linked_onto_itself)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *a = write_text(t, "a", "one", 1);

	cr_assert_eq(tree_link(t, tree_root(t), STR("a"), a, 2), a);
	cr_assert_eq(a->inode->links, 1);
	cr_assert_eq(a->inode->content.size, 3);
}

Test(tree, a_folder_over_a_folder_keeps_children_and_takes_attributes)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct inode private = folder;
	struct inode *before;

	write_text(t, "a/b", "", 0);
	before = tree_find(t, STR("a"))->inode;
	private.mode = 0700;
	tree_put(t, tree_root(t), STR("a"), &private, 5);
	cr_assert_eq(tree_find(t, STR("a"))->inode, before);
	cr_assert_eq(before->mode, 0700);
	cr_assert_eq(before->links, 1);
	cr_assert_eq(before->cause[CAUSE_OWNER], 5);
	cr_assert(tree_find(t, STR("a/b")));
}

Test(tree, removal_takes_what_is_below_and_leaves_tombstones)
{
	CLEANUP_TREE struct tree *t = tree_new();
	cause_id why = tree_cause_intern(t, (struct cause){ CAUSE_RULE, STR("exclude"), STR("") });
	struct node *c = write_text(t, "a/b/c", "x", 0), *gone;

	tree_link(t, tree_root(t), STR("other"), c, 0);
	tree_remove(t, tree_find(t, STR("a")), why);
	cr_assert_null(tree_find(t, STR("a")));
	cr_assert_null(tree_find(t, STR("a/b/c")));
	cr_assert_eq(tree_node_count(t), 2);
	gone = tree_find_removed(t, STR("/a/b/c"));
	cr_assert(gone && gone->removed);
	cr_assert_str_eq(tree_cause(t, gone->cause)->who.ptr, "exclude");
	cr_assert_eq(tree_find(t, STR("other"))->inode->links, 1);
	expect_paths(t, tree_root(t), (const char *[]){ "", "other", NULL });

	write_text(t, "a/b/c", "new", 0);
	expect_paths(t, tree_root(t), (const char *[]){ "", "a", "a/b", "a/b/c", "other", NULL });
	cr_assert_eq(tree_find(t, STR("a/b/c")), c);
}

Test(tree, moving_keeps_what_is_below_and_leaves_a_tombstone)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *a, *d;

	write_text(t, "a/b", "1", 0);
	write_text(t, "d/x", "2", 0);
	write_text(t, "d/b", "3", 0);
	a = tree_find(t, STR("a"));
	d = tree_find(t, STR("d"));
	cr_assert_eq(tree_move(t, a, d, STR("m"), 9), a);
	expect_paths(t, tree_root(t), (const char *[]){ "", "d", "d/b", "d/m", "d/m/b", "d/x", NULL });
	cr_assert(tree_find_removed(t, STR("a"))->removed);
	/* Over an existing name. */
	tree_move(t, tree_find(t, STR("d/m/b")), d, STR("x"), 9);
	cr_assert_eq(tree_find(t, STR("d/x"))->inode->content.data[0], '1');
	expect_paths(t, tree_root(t), (const char *[]){ "", "d", "d/b", "d/m", "d/x", NULL });
	cr_assert_eq(tree_node_count(t), 5);
	/* And back to where a tombstone is. */
	tree_move(t, tree_find(t, STR("d/m")), tree_root(t), STR("a"), 9);
	expect_paths(t, tree_root(t), (const char *[]){ "", "a", "d", "d/b", "d/x", NULL });
}

Test(tree, deep_trees_need_no_stack)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *at = tree_root(t);
	struct tree_iter it;
	unsigned n = 0;

	for (int i = 0; i < 200000; i++)
		at = tree_put(t, at, STR("d"), &folder, 0);
	for (it = tree_iter(t, tree_root(t)); tree_next(&it);)
		n++;
	cr_assert_eq(n, 200001);
	tree_remove(t, tree_find(t, STR("d")), 1);
	cr_assert_eq(tree_node_count(t), 1);
}

Test(tree, causes_are_recorded_where_they_belong)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct cause made_by = { CAUSE_PACKAGE, STR("nginx"), STR("") };
	cause_id p = tree_cause_intern(t, made_by), q;
	struct node *node = write_text(t, "a", "1", p);
	struct content content = content_of_bytes(BYTES_OF("two"));

	q = tree_cause_intern(t, (struct cause){ CAUSE_RECIPE, STR("recipes/web.yaml"), STR("3:1") });
	cr_assert_neq(p, q);
	cr_assert_eq(tree_cause_intern(t, made_by), p);
	cr_assert_eq(tree_cause_count(t), 3);
	cr_assert_eq(tree_cause(t, 77)->kind, CAUSE_UNKNOWN);
	tree_set_mode(node, 0600, q);
	cr_assert_eq(node->inode->cause[CAUSE_OWNER], q);
	cr_assert_eq(node->inode->cause[CAUSE_CONTENT], p);
	tree_set_content(node, &content, q);
	cr_assert_eq(node->inode->cause[CAUSE_CONTENT], q);
	tree_set_xattr(t, node, STR("user.b"), BYTES_OF("1"), q);
	tree_set_xattr(t, node, STR("user.a"), BYTES_OF("2"), p);
	cr_assert_eq(node->inode->cause[CAUSE_XATTRS], p);
	cr_assert_eq(node->inode->n_xattrs, 2);
	cr_assert_str_eq(node->inode->xattrs[0].name.ptr, "user.a");
	tree_set_xattr(t, node, STR("user.a"), (struct bytes){ 0 }, p);
	cr_assert_eq(node->inode->n_xattrs, 1);
	cr_assert_str_eq(node->inode->xattrs[0].name.ptr, "user.b");
	cr_assert_eq(node->cause, p);
}

Test(tree, names_are_checked)
{
	char longest[257];

	memset(longest, 'a', sizeof(longest));
	cr_assert(tree_is_name((struct str){ longest, 255 }));
	cr_assert_not(tree_is_name((struct str){ longest, 256 }));
	cr_assert_not(tree_is_name(STR("")));
	cr_assert_not(tree_is_name(STR(".")));
	cr_assert_not(tree_is_name(STR("..")));
	cr_assert(tree_is_name(STR("...")));
	cr_assert(tree_is_name(STR(".a")));
	cr_assert_not(tree_is_name(STR("a/b")));
	cr_assert_not(tree_is_name(STR("a\0b")));
}

Test(tree, generators_go_through_links_in_parents)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	struct node *node;

	cr_assert_eq(tree_write_symlink(t, STR("/lib"), STR("usr/lib"), 0, NULL, &err), 0);
	cr_assert_lt(tree_write_file(t, STR("lib/x"), BYTES_OF("1"), 0644, 0, NULL, &err), 0);
	cr_assert_eq(err.code, ERR_FORMAT);
	err_release(&err);
	cr_assert_eq(tree_make_folders(t, STR("/usr/lib/"), 0, &node, &err), 0);
	cr_assert_eq(tree_write_file(t, STR("lib/x"), BYTES_OF("1"), 0644, 0, &node, &err), 0);
	cr_assert_str_eq(path_of(node), "usr/lib/x");
	cr_assert_lt(tree_make_folders(t, STR("lib/x/y"), 0, &node, &err), 0);
	cr_assert_str_eq(err.message, "'x' in path 'lib/x/y' is not a folder");
	err_release(&err);
	cr_assert_lt(tree_write_file(t, STR("usr/lib"), BYTES_OF("1"), 0644, 0, &node, &err), 0);
	cr_assert_str_eq(err.message, "'usr/lib' is a folder already");
	err_release(&err);
	cr_assert_lt(tree_write_file(t, STR("usr/.."), BYTES_OF("1"), 0644, 0, &node, &err), 0);
}

static struct digest digest_of(void (*change)(struct tree *t))
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *f;

	write_text(t, "a/f", "content", 1);
	f = tree_put(t, tree_root(t), STR("g"), &file, 2);
	tree_link(t, tree_root(t), STR("h"), f, 3);
	if (change)
		change(t);
	return tree_digest(t, 1000);
}

static void change_cause(struct tree *t)
{
	tree_find(t, STR("g"))->cause = 77;
	tree_find(t, STR("a"))->inode->mtime = 99;
	tree_find(t, STR("a/f"))->inode->mtime = -5;
	tree_remove(t, write_text(t, "gone", "", 3), 4);
}

static void change_mode(struct tree *t) { tree_set_mode(tree_find(t, STR("g")), 0600, 0); }
static void change_owner(struct tree *t) { tree_set_owner(tree_find(t, STR("g")), 0, 1, 0); }
static void change_time(struct tree *t) { tree_set_mtime(tree_find(t, STR("g")), 8); }
static void change_content(struct tree *t) { write_text(t, "a/f", "Content", 0); }
static void change_name(struct tree *t)
{
	tree_move(t, tree_find(t, STR("g")), tree_root(t), STR("g2"), 0);
}
static void change_links(struct tree *t) { tree_put(t, tree_root(t), STR("h"), &file, 0); }
static void change_xattr(struct tree *t)
{
	tree_set_xattr(t, tree_find(t, STR("g")), STR("user.x"), BYTES_OF("1"), 0);
}

Test(tree, the_digest_sees_everything_but_causes_and_folder_times)
{
	void (*const seen[])(struct tree *t) = { change_mode, change_owner, change_time,
						 change_content, change_name, change_links,
						 change_xattr };
	struct digest d = digest_of(NULL), e = digest_of(change_cause);
	char text[DIGEST_TEXT_MAX];

	cr_assert(digest_equal(&d, &e));
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		e = digest_of(seen[i]);
		cr_assert_not(digest_equal(&d, &e), "change %zu", i);
	}
	/* Of the text in docs/formats/tree.md; TREE_DIGEST_VERSION goes up with it. */
	cr_assert_str_eq(digest_format(&d, text), 
			 "sha256:1e964ece6919ae478c1aab53f3797aa6cda80402a2a20a797100aa9a33570944");
}

static int count_all(void *context, size_t i, struct error *err)
{
	const struct tree *t = context;
	struct tree_iter it = tree_iter(t, tree_root(t));
	uint32_t n = 0;

	(void)i;
	while (tree_next(&it))
		n++;
	return n == tree_node_count(t) ? 0 : err_set(err, ERR_BUG, "%u nodes", n);
}

Test(tree, a_frozen_tree_may_be_read_by_several_threads)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	char path[32];

	for (int i = 5000; i; i--) {
		snprintf(path, sizeof(path), "d%d/f%d", i * 7 % 50, i);
		write_text(t, path, "", 0);
		if (i % 3 == 0)
			tree_remove(t, tree_find(t, str_of(path)), 1);
	}
	tree_freeze(t);
	cr_assert_eq(workers_run(8, 8, count_all, t, &err), 0, "%s", err.message);
}

Test(tree, contents_in_memory_need_no_reader)
{
	CLEANUP_BUF struct buf buf = BUF_INIT(5);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct content five = content_of_bytes((struct bytes){ (const uint8_t *)"12345", 5 });
	struct content empty = content_of_bytes((struct bytes){ 0 });

	cr_assert_eq(empty.where, CONTENT_EMPTY);
	cr_assert_eq(content_load(NULL, &empty, &buf, &err), 0);
	cr_assert_eq(content_load(NULL, &five, &buf, &err), 0);
	cr_assert_str_eq(buf_cstr(&buf), "12345");
	cr_assert_lt(content_load(NULL, &five, &buf, &err), 0);
	cr_assert_eq(err.code, ERR_LIMIT);
}
