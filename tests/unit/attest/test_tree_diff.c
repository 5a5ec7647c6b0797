#define _GNU_SOURCE
#include <criterion/criterion.h>

#include "attest/tree_diff.h"
#include "base/cleanup.h"
#include "tools/tree_text.h"

struct pair {
	struct tree *a, *b;
	struct arena arena;
	struct tree_diff d;
};

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static void compare(struct pair *p, const char *a, const char *b)
{
	struct tree_diff_side x, y;
	struct error err = ERR_INIT;

	*p = (struct pair){ .a = parse(a), .b = parse(b) };
	x = (struct tree_diff_side){ p->a, NULL };
	y = (struct tree_diff_side){ p->b, NULL };
	cr_assert_eq(tree_diff(&x, &y, &p->arena, &p->d, &err), 0, "%s", err.message);
}

static void release(struct pair *p)
{
	tree_free(p->a);
	tree_free(p->b);
	arena_release(&p->arena);
}

#define LISTS                                                                                      \
	"dir /usr 0755 0 0\ndir /usr/bin 0755 0 0\nsymlink /bin 0 0 0 usr/bin\n"                   \
	"dir /var 0755 0 0\ndir /var/lib 0755 0 0\ndir /var/lib/dpkg 0755 0 0\n"                   \
	"dir /var/lib/dpkg/info 0755 0 0\ndir /etc 0755 0 0\n"                                     \
	"file /var/lib/dpkg/info/tool:amd64.list 0644 0 0 0 /.%0a/bin%0a/bin/tool%0a\n"

static unsigned what_of(const struct pair *p, const char *path)
{
	for (size_t i = 0; i < p->d.n_paths; i++)
		if (str_equal_cstr(p->d.paths[i].path, path))
			return p->d.paths[i].what;
	return 0;
}

Test(tree_diff, each_attribute_that_differs_is_named_with_the_package_that_has_the_path)
{
	static const struct {
		const char *tool;
		unsigned what;
	} rows[] = {
		{ "file /usr/bin/tool 0755 0 0 5 x\n", 0 },
		{ "file /usr/bin/tool 0755 0 0 5 y\n", TREE_DIFF_CONTENT },
		{ "file /usr/bin/tool 4755 0 0 5 x\n", TREE_DIFF_MODE },
		{ "file /usr/bin/tool 0755 1 0 5 x\n", TREE_DIFF_OWNER },
		{ "file /usr/bin/tool 0755 0 1 6 x\n", TREE_DIFF_OWNER | TREE_DIFF_MTIME },
		{ "file /usr/bin/tool 0755 0 0 5 x\nxattr /usr/bin/tool user.a b\n",
		  TREE_DIFF_XATTRS },
		{ "symlink /usr/bin/tool 0 0 5 x\n", TREE_DIFF_KIND },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CLEANUP_FREE char *b = NULL;
		struct pair p;

		cr_assert_gt(asprintf(&b, "%s%s", LISTS, rows[i].tool), 0);
		compare(&p, LISTS "file /usr/bin/tool 0755 0 0 5 x\n", b);
		cr_assert_eq(what_of(&p, "usr/bin/tool"), rows[i].what, "%s", rows[i].tool);
		/* the link /bin, which the list names as a folder, and the tool */
		cr_assert_eq(p.d.packages.n_equal, rows[i].what ? 1 : 2);
		cr_assert_eq(p.d.packages.n_different, rows[i].what != 0);
		cr_assert_eq(tree_diff_differences(&p.d), rows[i].what != 0);
		if (rows[i].what)
			cr_assert(str_equal_cstr(p.d.paths[0].package, "tool"));
		release(&p);
	}
}

Test(tree_diff, what_only_one_has_is_told_and_is_no_difference)
{
	struct pair p;

	compare(&p, LISTS "file /usr/bin/a 0755 0 0 0 x\n",
		LISTS "file /usr/bin/tool 0755 0 0 0 x\nfile /z 0644 0 0 0 x\n");
	cr_assert_eq(tree_diff_differences(&p.d), 0);
	cr_assert_eq(p.d.packages.n_only_b, 1);
	cr_assert_eq(p.d.others.n_only_a, 1);
	cr_assert_eq(p.d.others.n_only_b, 1);
	cr_assert_eq(p.d.n_paths, 3);
	release(&p);
}

Test(tree_diff, records_that_both_have_must_be_equal)
{
	struct pair p;
	struct tree_diff_database *d;

	compare(&p,
		"dir /etc 0755 0 0\n"
		"file /etc/passwd 0644 0 0 0 root:*:0:0::/:%0aapp:x:990:990::/:%0a\n"
		"file /etc/group 0644 0 0 0 root:x:0:%0asudo:x:27:%0a\n",
		"dir /etc 0755 0 0\n"
		"file /etc/passwd 0644 0 0 0 app:x:991:990::/:%0aroot:x:0:0::/:%0anew:x:5:5::/:%0a\n"
		"file /etc/group 0644 0 0 0 root:x:0:%0asudo:x:27:app,new%0a\n");
	cr_assert_eq(p.d.n_databases, 2);
	d = &p.d.databases[0];
	cr_assert(str_equal_cstr(d->path, "etc/group"));
	cr_assert_eq(d->counts.n_equal, 2);
	cr_assert_eq(d->counts.n_different, 0);
	cr_assert_eq(d->counts.n_only_b, 2); /* members */
	d = &p.d.databases[1];
	cr_assert_eq(d->counts.n_equal, 1); /* root: what stands for the password is no matter */
	cr_assert_eq(d->counts.n_different, 1);
	cr_assert(str_equal_cstr(d->differing[0].key, "app"));
	cr_assert_eq(d->counts.n_only_b, 1);
	cr_assert_eq(tree_diff_differences(&p.d), 1);
	release(&p);
}

Test(tree_diff, of_a_database_the_file_itself_must_have_equal_attributes)
{
	struct pair p;

	compare(&p, "dir /etc 0755 0 0\nfile /etc/shadow 0640 0 42 0 root:*:1::::::%0a\n",
		"dir /etc 0755 0 0\nfile /etc/shadow 0644 0 42 9 root:*:1::::::%0a\n");
	cr_assert_eq(what_of(&p, "etc/shadow"), TREE_DIFF_MODE);
	cr_assert_eq(tree_diff_differences(&p.d), 1);
	release(&p);
}

Test(tree_diff, packages_are_compared_by_their_stanzas)
{
	struct pair p;

	compare(&p,
		LISTS "file /var/lib/dpkg/status 0644 0 0 0 Package:%20a%0aVersion:%201%0a%0a"
		      "Package:%20b%0aVersion:%201%0a%0a\n",
		LISTS "file /var/lib/dpkg/status 0644 0 0 0 Package:%20a%0aVersion:%201%0a%0a"
		      "Package:%20b%0aVersion:%202%0a%0aPackage:%20c%0a%0a\n");
	cr_assert_eq(p.d.databases[0].counts.n_equal, 1);
	cr_assert_eq(p.d.databases[0].counts.n_different, 1);
	cr_assert_eq(p.d.databases[0].counts.n_only_b, 1);
	release(&p);
}

Test(tree_diff, links_of_no_package_may_name_one_place_by_two_names)
{
	struct pair p;

	compare(&p, LISTS "file /usr/bin/tool 0755 0 0 0 x\nsymlink /etc/t 0 0 0 /bin/tool\n",
		LISTS "file /usr/bin/tool 0755 0 0 0 x\nsymlink /etc/t 0 0 0 /usr/bin/tool\n");
	cr_assert_eq(tree_diff_differences(&p.d), 0);
	release(&p);
	compare(&p, LISTS "symlink /etc/t 0 0 0 /bin/tool\n",
		LISTS "symlink /etc/t 0 0 0 /usr/bin/tool\n");
	cr_assert_eq(tree_diff_differences(&p.d), 1, "a link to nothing is what it says");
	release(&p);
}

Test(tree_diff, what_a_runtime_mounts_over_is_told_and_no_difference)
{
	struct pair p;

	compare(&p, "dir /etc 0755 0 0\nfile /etc/hosts 0644 0 0 0\n",
		"dir /etc 0755 0 0\nfile /etc/hosts 0644 0 0 0 x\n");
	cr_assert_eq(p.d.machine.n_different, 1);
	cr_assert_eq(tree_diff_differences(&p.d), 0);
	release(&p);
}

Test(tree_diff, random_trees_equal_themselves)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		CLEANUP_TREE struct tree *a = tree_random(seed, 300), *b = tree_random(seed, 300);
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		struct tree_diff_side x = { a, NULL }, y = { b, NULL };
		struct error err = ERR_INIT;
		struct tree_diff d;

		cr_assert_eq(tree_diff(&x, &y, &arena, &d, &err), 0);
		cr_assert_eq(d.n_paths, 0);
		cr_assert_eq(d.others.n_equal, tree_node_count(a));
	}
}
