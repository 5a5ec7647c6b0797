#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "io/library.h"

struct functions {
	__typeof__(cos) *cos;
	__typeof__(fabs) *fabs;
};

static struct library mathematics(const char *soname, const char *const *names,
				  struct functions *to)
{
	return (struct library){
		.soname = soname, .needed_to = "count", .names = names, .n = 2, .functions = to
	};
}

Test(library, gives_the_functions_in_their_order)
{
	static const char *const names[] = { "cos", "fabs" };
	struct functions f = { 0 };
	struct library l = mathematics("libm.so.6", names, &f);
	struct error err = ERR_INIT;

	cr_assert_eq(library_load(&l, &err), 0);
	cr_assert(f.cos(0) > 0.9);
	cr_assert(f.fabs(-3) > 2.9);
	cr_assert_eq(library_load(&l, &err), 0, "a second time costs nothing");
}

Test(library, that_is_not_there_is_named_with_what_it_is_for)
{
	static const char *const names[] = { "cos", "fabs" };
	struct functions f = { 0 };
	struct library l = mathematics("libnowhere.so.7", names, &f);
	struct error err = ERR_INIT;

	cr_assert_eq(library_load(&l, &err), -1);
	cr_assert_eq(err.code, ERR_NO_PROGRAM);
	cr_assert(strstr(err.message, "libnowhere.so.7 is needed to count"));
	cr_assert(err.hint);
	err_release(&err);
}

Test(library, that_lacks_a_function_is_refused_each_time)
{
	static const char *const names[] = { "cos", "no_such_function" };
	struct functions f = { 0 };
	struct library l = mathematics("libm.so.6", names, &f);

	for (int i = 0; i < 2; i++) {
		struct error err = ERR_INIT;

		cr_assert_eq(library_load(&l, &err), -1);
		cr_assert_eq(err.code, ERR_NO_PROGRAM);
		cr_assert(strstr(err.message, "no_such_function"), "%s", err.message);
		err_release(&err);
	}
}
