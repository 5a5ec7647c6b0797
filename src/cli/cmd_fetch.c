#include <stdio.h>

#include "base/text.h"
#include "cli/app.h"
#include "cli/bundle_option.h"
#include "cli/progress.h"
#include "pipeline/assemble.h"
#include "pipeline/locking.h"

int cmd_fetch(struct app *app, int argc, char **argv, struct error *err);

static bool wanted(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal_cstr(name, list[i]))
			return true;
	return n == 0;
}

static int check_names(const char *const *list, size_t n, const struct lock *l, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!lock_architecture(l, str_of(list[i])))
			return err_set(err, ERR_USAGE, "the lock has no architecture '%s'",
				       list[i]);
	return 0;
}

int cmd_fetch(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_LOCK struct lock *l = NULL;
	struct json *o = json_object(&app->arena);
	const char *const *only;
	uint64_t total = 0, bytes;
	char size[TEXT_SIZE_MAX];
	size_t n_only, n = 0;

	if (app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0 ||
	    lock_load(&app->context, r, &l, err) < 0 || bundle_option_import(app, err) < 0)
		return -1;
	only = app_values(app, "arch", &n_only);
	if (check_names(only, n_only, l, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n_architectures; i++) {
		if (!wanted(only, n_only, l->architectures[i].name))
			continue;
		if (package_set_fetch(&app->context, l, l->architectures[i].name, true, &bytes,
				      err) < 0)
			return -1;
		total += bytes;
		n += l->architectures[i].n_packages;
	}
	progress_pause(app->progress);
	json_set(o, "packages", json_int(&app->arena, (int64_t)n));
	json_set(o, "bytes_fetched", json_int(&app->arena, (int64_t)total));
	if (app->json)
		app_print_json(app, "fetch", o);
	else
		printf("%zu packages are in the stage, %s fetched now\n", n,
		       text_size(total, size));
	return 0;
}
