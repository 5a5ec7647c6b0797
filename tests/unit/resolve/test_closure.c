/* The last check must notice what a defect of the solver would do. */

#include <criterion/criterion.h>

#include "resolve/closure.h"

#define FIELDS "Version: 1\nArchitecture: amd64\nFilename: p\nSize: 1\n" \
	       "SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\n"

struct fixture {
	struct package_list list;
	struct universe u;
	struct arena arena;
	struct atom want;
	uint32_t *members;
	size_t n;
};

/* Members in order: a, b, b (older), c, d. The request is for a. */
static void open_fixture(struct fixture *f)
{
	static const char text[] =
		"Package: a\nDepends: b | c\n" FIELDS
		"Package: b\nConflicts: d\n" FIELDS
		"Package: b\nVersion: 0\nArchitecture: amd64\nFilename: p\nSize: 1\n"
		"SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856\n\n"
		"Package: c\n" FIELDS
		"Package: d\n" FIELDS;
	struct error err = ERR_INIT;
	struct atom all[4] = { 0 };
	static const char *const names[] = { "a", "b", "c", "d" };

	*f = (struct fixture){ 0 };
	cr_assert_eq(packages_parse(str_bytes(str_of(text)), "x", 0, &f->list, &err), 0);
	cr_assert_eq(universe_init(&f->u, STR("amd64"), f->list.packages, f->list.n, false, &err),
		     0);
	for (size_t i = 0; i < 4; i++)
		all[i].name = universe_name(&f->u, str_of(names[i]));
	f->want = all[0];
	cr_assert_eq(closure_load(&f->u, all, 4, &f->arena, &f->members, &f->n, &err), 0);
	cr_assert_eq(f->n, 5);
}

static bool holds(struct fixture *f, const char *marks, const char **why)
{
	bool chosen[5];

	for (size_t i = 0; i < 5; i++)
		chosen[i] = marks[i] == 'x';
	return closure_holds(&f->u, &f->want, 1, chosen, &f->arena, why);
}

static void close_fixture(struct fixture *f)
{
	universe_release(&f->u);
	package_list_release(&f->list);
	arena_release(&f->arena);
}

Test(closure, sets_that_hold_are_accepted)
{
	struct fixture f;

	open_fixture(&f);
	cr_assert(holds(&f, "xx...", NULL));
	cr_assert(holds(&f, "x.x..", NULL));
	cr_assert(holds(&f, "x..x.", NULL));
	cr_assert(holds(&f, "xx.x.", NULL));
	cr_assert(holds(&f, "x..xx", NULL));
	close_fixture(&f);
}

Test(closure, sets_that_do_not_hold_are_named)
{
	static const struct {
		const char *marks, *why;
	} bad[] = {
		{ ".....", "nothing meets the request for 'a'" },
		{ ".x...", "nothing meets the request for 'a'" },
		{ "x....", "'a' lacks 'b | c'" },
		{ "x...x", "'a' lacks 'b | c'" },
		{ "xx..x", "'b' conflicts with 'd'" },
		{ "xxx..", "'b' stands twice" },
	};
	struct fixture f;

	open_fixture(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		cr_assert_not(holds(&f, bad[i].marks, &why), "%s", bad[i].marks);
		cr_assert_str_eq(why, bad[i].why);
	}
	close_fixture(&f);
}
