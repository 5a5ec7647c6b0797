#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/error.h"
#include "tree/tree.h"

static struct tree *sample(void)
{
	static const char *const links[][2] = {
		{ "bin", "usr/bin" },	    { "abs", "/usr/bin" },   { "loop", "loop2" },
		{ "loop2", "/loop" },	    { "usr/up", "../etc" },  { "out", "../../../etc" },
		{ "tofile", "etc/passwd" }, { "slashed", "etc/passwd/" },
		{ "etc/again", "passwd" },  { "dirslash", "usr/bin/" }, { "dangling", "nowhere" },
		{ "self", "." },	    { "rootlink", "/" },
	};
	CLEANUP_ERR struct error err = ERR_INIT;
	struct tree *t = tree_new();

	cr_assert_eq(tree_write_file(t, STR("usr/bin/sh"), BYTES_OF(""), 0755, 0, NULL, &err), 0);
	cr_assert_eq(tree_write_file(t, STR("etc/passwd"), BYTES_OF(""), 0644, 0, NULL, &err), 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		cr_assert_eq(tree_write_symlink(t, str_of(links[i][0]), str_of(links[i][1]), 0,
						NULL, &err), 0);
	return t;
}

static const char *text_of(const struct node *node, struct buf *buf)
{
	buf_reset(buf);
	buf_add_char(buf, '/');
	if (!node)
		return "(none)";
	tree_path(node, buf);
	return buf_cstr(buf);
}

Test(tree_resolve, walks_as_a_kernel_would)
{
	static const struct {
		const char *path;
		const char *followed, *not_followed;
	} cases[] = {
		{ "", "/", "/" },
		{ "/", "/", "/" },
		{ "..", "/", "/" },
		{ "/../../etc", "/etc", "/etc" },
		{ "bin/sh", "/usr/bin/sh", "/usr/bin/sh" },
		{ "//bin//sh", "/usr/bin/sh", "/usr/bin/sh" },
		{ "bin", "/usr/bin", "/bin" },
		{ "bin/", "/usr/bin", "/usr/bin" },
		{ "bin/.", "/usr/bin", "/usr/bin" },
		{ "bin/..", "/usr", "/usr" },
		{ "abs/../bin/sh", "/usr/bin/sh", "/usr/bin/sh" },
		{ "usr/up/passwd", "/etc/passwd", "/etc/passwd" },
		{ "usr/up/again", "/etc/passwd", "/etc/again" },
		{ "out", "/etc", "/out" },
		{ "out/passwd", "/etc/passwd", "/etc/passwd" },
		{ "loop", "(none)", "/loop" },
		{ "loop/x", "(none)", "(none)" },
		{ "tofile", "/etc/passwd", "/tofile" },
		{ "tofile/", "(none)", "(none)" },
		{ "tofile/x", "(none)", "(none)" },
		{ "slashed", "(none)", "/slashed" },
		{ "dirslash", "/usr/bin", "/dirslash" },
		{ "etc/passwd/", "(none)", "(none)" },
		{ "etc/passwd/.", "(none)", "(none)" },
		{ "etc/passwd/..", "(none)", "(none)" },
		{ "dangling", "(none)", "/dangling" },
		{ "nowhere", "(none)", "(none)" },
		{ "self/self/self/etc", "/etc", "/etc" },
		{ "rootlink/rootlink/bin/sh", "/usr/bin/sh", "/usr/bin/sh" },
	};
	CLEANUP_TREE struct tree *t = sample();
	CLEANUP_BUF struct buf buf = BUF_INIT(1000);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str path = str_of(cases[i].path);

		cr_assert_str_eq(text_of(tree_resolve(t, path, true), &buf), cases[i].followed,
				 "%s", cases[i].path);
		cr_assert_str_eq(text_of(tree_resolve(t, path, false), &buf),
				 cases[i].not_followed, "%s", cases[i].path);
	}
}

Test(tree_resolve, follows_forty_links_and_no_more)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	char name[8], target[8];

	cr_assert_eq(tree_write_file(t, STR("l0"), BYTES_OF(""), 0644, 0, NULL, &err), 0);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		cr_assert_eq(tree_write_symlink(t, str_of(name), str_of(target), 0, NULL, &err), 0);
	}
	cr_assert_eq(tree_resolve(t, STR("l40"), true), tree_find(t, STR("l0")));
	cr_assert_null(tree_resolve(t, STR("l41"), true));
}

Test(tree_resolve, the_parent_is_found_for_names_that_are_not_there_yet)
{
	CLEANUP_TREE struct tree *t = sample();
	struct str name = STR("");

	cr_assert_eq(tree_resolve_parent(t, STR("/bin/new"), &name), tree_find(t, STR("usr/bin")));
	cr_assert(str_equal_cstr(name, "new"));
	cr_assert_eq(tree_resolve_parent(t, STR("top//"), &name), tree_root(t));
	cr_assert(str_equal_cstr(name, "top"));
	cr_assert_eq(tree_resolve_parent(t, STR("usr/up"), &name), tree_find(t, STR("usr")));
	cr_assert_null(tree_resolve_parent(t, STR("nowhere/x"), &name));
	cr_assert_null(tree_resolve_parent(t, STR("etc/passwd/x"), &name));
	cr_assert_null(tree_resolve_parent(t, STR("/"), &name));
	cr_assert_null(tree_resolve_parent(t, STR(""), &name));
	cr_assert_null(tree_resolve_parent(t, STR("usr/.."), &name));
}
