#include <criterion/criterion.h>

#include "recipe/recipe_package.h"

static void accepts(const char *text, const char *name, enum relation relation,
		    const char *version)
{
	struct recipe_package p;
	const char *wrong = package_parse(str_of(text), &p);

	cr_assert_null(wrong, "%s: %s", text, wrong);
	cr_assert(str_equal_cstr(p.name, name) && str_equal_cstr(p.version, version) &&
		  p.relation == relation, "%s", text);
}

Test(recipe_package, names_and_all_five_relations_are_read)
{
	accepts("nginx", "nginx", REL_ANY, "");
	accepts("g++", "g++", REL_ANY, "");
	accepts("0ad", "0ad", REL_ANY, "");
	accepts("libc6.1-dev", "libc6.1-dev", REL_ANY, "");
	accepts("a1 (<< 1)", "a1", REL_LT, "1");
	accepts("a1 (<= 1)", "a1", REL_LE, "1");
	accepts("a1 (= 1:2.3~rc1-4+b1)", "a1", REL_EQ, "1:2.3~rc1-4+b1");
	accepts("a1 (>= 1)", "a1", REL_GE, "1");
	accepts("a1(>>1)", "a1", REL_GT, "1");
	accepts("a1  (  >>   1  )", "a1", REL_GT, "1");
}

Test(recipe_package, anything_else_is_refused_with_advice)
{
	static const char *const wrong[] = { "", "a", "Nginx", "-nginx", "nginx=1", "nginx>=1",
		"a1:arm64", "a1 | b1", "a1, b1", "a1 b1", "a1 (1)", "a1 (> 1)", "a1 (< 1)",
		"a1 (== 1)", "a1 (!= 1)", "a1 (>= )", "a1 (>= v1)", "a1 (>= 1", "a1 (>= 1) x",
		"a1 ()", "a1 (>= :1)", "a1 (>= 1:)", "a1 (>= x:1)", "a1 (>= 1_2)", "(>= 1)", "a1/sid",
		"a1 (>= 1)(<< 2)", ".a", "+a" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct recipe_package p;

		cr_assert_not_null(package_parse(str_of(wrong[i]), &p), "%s", wrong[i]);
	}
}
