#include <criterion/criterion.h>

#include "debian/glob.h"

static bool match(const char *pattern, const char *path)
{
	return glob_match(str_of(pattern), str_of(path));
}

Test(glob, one_star_stays_in_its_component)
{
	cr_assert(match("/a/*", "/a/b"));
	cr_assert(match("/a/*", "/a/"));
	cr_assert_not(match("/a/*", "/a/b/c"));
	cr_assert(match("/*/c", "/b/c"));
	cr_assert(match("/a/*b*c", "/a/xbybzc"));
	cr_assert_not(match("/a/*b", "/a/b/b"));
	cr_assert_not(match("/a/*", "/a"));
}

Test(glob, two_stars_cross_components)
{
	cr_assert(match("/a/**", "/a/b/c"));
	cr_assert_not(match("/a/**", "/a"));
	cr_assert(match("/**/c", "/a/b/c"));
	cr_assert(match("**", "/a/b"));
	cr_assert(match("/a/**/d/*.x", "/a/b/c/d/e.x"));
	cr_assert_not(match("/a/**/d/*.x", "/a/b/c/d/e/f.x"));
	cr_assert(match("/a/**/d/*.x", "/a/d/d/d/f.x"));
}

Test(glob, a_question_mark_and_a_class_match_one_byte_but_no_slash)
{
	cr_assert(match("/a?c", "/abc"));
	cr_assert_not(match("/a?c", "/a/c"));
	cr_assert(match("/[a-c]x", "/bx"));
	cr_assert_not(match("/[a-c]x", "/dx"));
	cr_assert(match("/[!a-c]x", "/dx"));
	cr_assert_not(match("/a[!b]c", "/a/c"));
	cr_assert(match("/[]x]", "/]"));
	cr_assert(match("/[", "/["));
	cr_assert(match("/\\*", "/*"));
	cr_assert_not(match("/\\*", "/a"));
}

Test(glob, many_stars_take_no_exponential_time)
{
	char path[4000];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert_not(match("*a*a*a*a*a*a*a*a*a*a*a*a*b", path));
	cr_assert_not(match("**a**a**a**a**a**a**a**a**b", path));
}

Test(glob, the_last_match_decides)
{
	const struct str patterns[] = { STR("/doc/**"), STR("!/doc/*/copyright"),
					STR("/doc/secret/**") };
	const struct glob_list l = { patterns, 3 };

	cr_assert(glob_excludes(&l, STR("/doc/a/changelog"), false));
	cr_assert_not(glob_excludes(&l, STR("/doc/a/copyright"), false));
	cr_assert(glob_excludes(&l, STR("/doc/secret/copyright"), false));
	cr_assert_not(glob_excludes(&l, STR("/bin/sh"), false));
}

Test(glob, folders_stay_where_something_below_may_come_back)
{
	const struct str patterns[] = { STR("/doc/**"), STR("!/doc/*/copyright"), STR("/man/**") };
	const struct glob_list l = { patterns, 3 };

	cr_assert_not(glob_excludes(&l, STR("/doc/a"), true));
	cr_assert(glob_excludes(&l, STR("/man/man1"), true));
}

Test(glob, lines_for_dpkg_have_its_one_star)
{
	const struct str patterns[] = { STR("/doc/**"), STR("!/doc/*/c"), STR("/a?[!b]/[x]/") };
	const struct glob_list l = { patterns, 3 };
	CLEANUP_BUF struct buf text = BUF_INIT(1000);

	glob_dpkg_lines(&l, &text);
	glob_dpkg_line(STR("/a*b"), true, &text);
	cr_assert_str_eq(buf_cstr(&text), "path-exclude=/doc/*\npath-include=/doc/*/c\n"
					  "path-exclude=/a[!/][!b/]/[x]\npath-exclude=/a\\*b\n");
	cr_assert_not(glob_excludes(&l, STR("/doc/a/b/c"), false) ==
		      glob_dpkg_excludes(&l, STR("/doc/a/b/c"), false));
}
