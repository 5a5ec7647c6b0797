/*
 * Any bytes as a Packages file and as a Release file; and what was read is solved:
 * any archive gives an answer that holds, or a message, but never a defect.
 */

#include <stdlib.h>

#include "resolve/solve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void solve_for(const struct package_list *list, bool recommends)
{
	struct solve_request request = { .name = list->packages[0].name, .why = STR("recipe"),
					 .target = STR("") };
	struct solve_input in = {
		.architecture = STR("amd64"),
		.packages = list->packages, .n_packages = list->n,
		.requests = &request, .n_requests = 1,
		.recommends = recommends, .essential = true,
	};
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct solve_choice *choices;
	size_t n;

	if (solve(&in, &arena, &choices, &n, &err) < 0 && err.code == ERR_BUG)
		abort();
	err_release(&err);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct package_list list = { 0 };
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct release release;

	if (packages_parse((struct bytes){ data, size }, "Packages", 0, &list, &err) == 0 && list.n) {
		solve_for(&list, false);
		solve_for(&list, true);
	}
	err_release(&err);
	if (release_parse((struct bytes){ data, size }, "Release", &arena, &release, &err) == 0)
		for (size_t i = 0; i < release.n_files; i++)
			if (release_find(&release, release.files[i].path) != &release.files[i])
				abort();
	err_release(&err);
	package_list_release(&list);
	arena_release(&arena);
	return 0;
}
