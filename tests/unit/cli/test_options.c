#include <criterion/criterion.h>

#include "cli/app.h"

#define PARSE(...)                                                                   \
	char *words[] = { (char *)"ingot", __VA_ARGS__, NULL };                      \
	int argc = (int)(sizeof(words) / sizeof(*words)) - 1, left = 0;              \
	struct app app = { 0 };                                                      \
	CLEANUP_ERR struct error err = ERR_INIT;                                     \
	char **rest = NULL;                                                          \
	int result = app_parse(&app, argc, words, &left, &rest, &err)

#define W(text) (char *)(text)

Test(options, may_stand_before_and_behind_the_command_and_its_arguments)
{
	PARSE(W("-C"), W("/tmp"), W("build"), W("web"), W("--arch=amd64"), W("-j4"));

	cr_assert_eq(result, 0);
	cr_assert_str_eq(app.command->name, "build");
	cr_assert_eq(left, 1);
	cr_assert_str_eq(rest[0], "web");
	cr_assert_str_eq(app_value(&app, "directory"), "/tmp");
	cr_assert_str_eq(app_value(&app, "arch"), "amd64");
	cr_assert_str_eq(app_value(&app, "jobs"), "4");
	app_release(&app);
}

Test(options, lists_come_by_comma_or_by_repetition)
{
	PARSE(W("build"), W("-a"), W("amd64,arm64"), W("--arch"), W("i386"));
	size_t n;
	const char *const *list;

	cr_assert_eq(result, 0);
	list = app_values(&app, "arch", &n);
	cr_assert_eq(n, 3);
	cr_assert_str_eq(list[2], "i386");
	app_release(&app);
}

Test(options, an_optional_value_never_eats_the_next_argument)
{
	PARSE(W("lock"), W("--update"), W("web"));

	cr_assert_eq(result, 0);
	cr_assert_eq(left, 1);
	cr_assert_str_eq(rest[0], "web");
	cr_assert_null(app_value(&app, "update"));
	cr_assert(app_flag(&app, "update"));
	app_release(&app);
}

Test(options, a_typo_gets_a_suggestion)
{
	PARSE(W("build"), W("--lokced"));

	cr_assert_eq(result, -1);
	cr_assert_eq(err.code, ERR_USAGE);
	cr_assert_str_eq(err.hint, "did you mean '--locked'?");
	app_release(&app);
}

Test(options, a_missing_value_is_refused)
{
	PARSE(W("build"), W("--arch"));

	cr_assert_eq(result, -1);
	cr_assert_eq(err.code, ERR_USAGE);
	app_release(&app);
}

Test(options, a_value_that_nobody_wants_is_refused)
{
	PARSE(W("build"), W("--locked=yes"));

	cr_assert_eq(result, -1);
	cr_assert_eq(err.code, ERR_USAGE);
	app_release(&app);
}

Test(options, an_unknown_command_gets_a_suggestion)
{
	PARSE(W("biuld"));

	cr_assert_eq(result, -1);
	cr_assert_str_eq(err.hint, "did you mean 'build'?");
	app_release(&app);
}

Test(options, too_many_arguments_are_refused_with_the_usage)
{
	PARSE(W("build"), W("a"), W("b"));

	cr_assert_eq(result, -1);
	cr_assert_str_eq(err.hint, "usage: ingot build [RECIPE]");
	app_release(&app);
}

Test(options, behind_two_dashes_everything_is_an_argument)
{
	PARSE(W("build"), W("--"), W("--strange"));

	cr_assert_eq(result, 0);
	cr_assert_eq(left, 1);
	cr_assert_str_eq(rest[0], "--strange");
	app_release(&app);
}
