#include <criterion/criterion.h>

#include "base/buf.h"
#include "recipe/gitignore.h"
#include "unit/recipe/recipe_fixture.h"

static bool match(const char *pattern, const char *path)
{
	return gitignore_match(str_of(pattern), str_of(path));
}

/* Each of these was compared with `git check-ignore` of git 2.39. */
Test(gitignore, wildcards_stay_within_a_component)
{
	cr_assert(match("*.pyc", "main.pyc") && !match("*.pyc", "main.py"));
	cr_assert(match("a*/c", "ab/c") && !match("a*c", "a/c"));
	cr_assert(match("a?c", "abc") && !match("a?c", "a/c") && !match("a?c", "ac"));
	cr_assert(match("[a-c]x", "bx") && !match("[a-c]x", "dx") && match("[!a-c]x", "dx"));
	cr_assert(match("[]]", "]") && match("[a-]", "-") && !match("[!a]", "/"));
	cr_assert(match("\\*", "*") && !match("\\*", "x") && !match("[", "[") && !match("[a", "[a"));
	cr_assert(match("a**c", "abbc") && !match("a**c", "a/c"));
	cr_assert(match("*", "x") && match("**", "a/b/c"));
}

Test(gitignore, double_stars_cross_folders)
{
	cr_assert(match("**/x", "x") && match("**/x", "a/x") && match("**/x", "a/b/x"));
	cr_assert(!match("**/x", "ax"));
	cr_assert(match("a/**", "a/b") && match("a/**", "a/b/c") && !match("a/**", "a"));
	cr_assert(match("a/**/b", "a/b") && match("a/**/b", "a/x/b") && match("a/**/b", "a/x/y/b"));
	cr_assert(!match("a/**/b", "ab") && !match("a/**/b", "a/xb"));
	cr_assert(match("**/a/**/b", "x/a/y/b"));
}

Test(gitignore, hostile_patterns_take_no_time, .timeout = 5)
{
	char pattern[2001], path[4001];

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	memset(path, 'a', 4000);
	pattern[2000] = 0;
	path[3999] = 'b';
	path[4000] = 0;
	cr_assert_not(match(pattern, path));
}

static bool ignored(struct gitignore *g, const char *path, bool is_directory)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct gitignore_rule rule;
	int r = gitignore_check(g, str_of(path), is_directory, &rule, &err);

	cr_assert_geq(r, 0, "%s", err.message);
	return r == GITIGNORE_IGNORED;
}

Test(gitignore, the_nearest_file_and_the_last_line_decide)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_GITIGNORE struct gitignore *g = gitignore_new(w.fd);

	workspace_write(&w, "recipes/../.gitignore", "# c\n*.log\n/build/\n!keep.log\nsub/x\n\\#y\nz \n");
	workspace_write(&w, "recipes/.gitignore", "!b.log\n/a\n*.tmp/\r\n");
	cr_assert(ignored(g, "a.log", false) && ignored(g, "recipes/c/a.log", false));
	cr_assert(!ignored(g, "keep.log", false) && !ignored(g, "recipes/b.log", false));
	cr_assert(ignored(g, "b.log", false));
	cr_assert(ignored(g, "build", true) && !ignored(g, "build", false));
	cr_assert(!ignored(g, "recipes/build", true));
	cr_assert(ignored(g, "sub/x", false) && !ignored(g, "recipes/sub/x", false));
	cr_assert(ignored(g, "recipes/a", false) && !ignored(g, "recipes/c/a", false));
	cr_assert(ignored(g, "recipes/c.tmp", true) && !ignored(g, "recipes/c.tmp", false));
	cr_assert(ignored(g, "#y", false) && ignored(g, "z", false));
	cr_assert(ignored(g, "recipes/.git", true));
}

Test(gitignore, the_rule_that_ignores_is_named)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_GITIGNORE struct gitignore *g = gitignore_new(w.fd);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct gitignore_rule rule;

	workspace_write(&w, "recipes/.gitignore", "\n*.o\n");
	cr_assert_eq(gitignore_check(g, STR("recipes/a.o"), false, &rule, &err), GITIGNORE_IGNORED);
	cr_assert(str_equal_cstr(rule.file, "recipes/.gitignore"));
	cr_assert_eq(rule.line, 2);
	cr_assert(str_equal_cstr(rule.pattern, "*.o"));
}
