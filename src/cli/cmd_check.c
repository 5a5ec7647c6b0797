#include <stdio.h>

#include "cli/app.h"
#include "cli/progress.h"
#include "pipeline/inputs.h"
#include "pipeline/locking.h"
#include "pipeline/refusals.h"

int cmd_check(struct app *app, int argc, char **argv, struct error *err);

static void print_coverage(const struct recipe *r, const struct script_check *k)
{
	printf("%.*s: scripts: %zu evaluated, %zu by catalogue, %zu answered, %zu refused\n",
	       STR_ARG(r->path), k->coverage.evaluated, k->coverage.catalogue,
	       k->coverage.answered, k->n_refused);
}

/* All scripts of all targets; what is refused is the error. */
static int check_all_scripts(struct app *app, const struct recipe *r, struct json *row,
			     struct error *err)
{
	struct script_check k = { 0 };
	struct arena *a = &app->arena;
	int result = check_scripts(&app->context, r, &k, err);

	progress_pause(app->progress);
	if (result < 0 && err->code != ERR_SCRIPT)
		return -1;
	if (!app->json)
		print_coverage(r, &k);
	json_set(row, "scripts_evaluated", json_int(a, (int64_t)k.coverage.evaluated));
	json_set(row, "scripts_by_catalogue", json_int(a, (int64_t)k.coverage.catalogue));
	json_set(row, "scripts_answered", json_int(a, (int64_t)k.coverage.answered));
	json_set(row, "refused", json_int(a, (int64_t)k.n_refused));
	return result;
}

/* Schema and rules, then that every file it names is there and allowed. */
static int check(struct app *app, const char *name, struct json *list, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	struct arena *a = &app->arena;
	struct json *row = json_object(a);
	struct inputs in;

	if (app_recipe(app, name, &r, err) < 0 || answers_check(r, err) < 0 ||
	    inputs_scan(&app->context, r, a, &in, err) < 0)
		return -1;
	if (!app->json)
		printf("%.*s: ok, %zu package%s asked for, %zu target%s, %zu local file%s\n",
		       STR_ARG(r->path), r->n_packages, r->n_packages == 1 ? "" : "s", r->n_targets,
		       r->n_targets == 1 ? "" : "s", in.n, in.n == 1 ? "" : "s");
	json_set(row, "recipe", json_str(a, r->path));
	json_set(row, "name", json_str(a, r->name));
	json_set(row, "version", json_str(a, r->version));
	json_set(row, "targets", json_int(a, (int64_t)r->n_targets));
	json_add(list, row);
	return app_flag(app, "scripts") ? check_all_scripts(app, r, row, err) : 0;
}

int cmd_check(struct app *app, int argc, char **argv, struct error *err)
{
	struct json *top = json_object(&app->arena), *list = json_array(&app->arena);

	if (argc == 0 && check(app, NULL, list, err) < 0)
		return -1;
	for (int i = 0; i < argc; i++)
		if (check(app, argv[i], list, err) < 0)
			return -1;
	json_set(top, "recipes", list);
	if (app->json)
		app_print_json(app, "check", top);
	return 0;
}
