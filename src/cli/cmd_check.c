#include <stdio.h>

#include "cli/app.h"
#include "pipeline/inputs.h"

int cmd_check(struct app *app, int argc, char **argv, struct error *err);

/* Schema and rules, then that every file it names is there and allowed. */
static int check(struct app *app, const char *name, struct json *list, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	struct arena *a = &app->arena;
	struct json *row = json_object(a);
	struct inputs in;

	if (app_recipe(app, name, &r, err) < 0 || inputs_scan(&app->context, r, a, &in, err) < 0)
		return -1;
	if (!app->json)
		printf("%.*s: ok, %zu package%s asked for, %zu target%s, %zu file%s\n",
		       STR_ARG(r->path), r->n_packages, r->n_packages == 1 ? "" : "s", r->n_targets,
		       r->n_targets == 1 ? "" : "s", in.n, in.n == 1 ? "" : "s");
	json_set(row, "recipe", json_str(a, r->path));
	json_set(row, "name", json_str(a, r->name));
	json_set(row, "version", json_str(a, r->version));
	json_set(row, "targets", json_int(a, (int64_t)r->n_targets));
	json_add(list, row);
	return 0;
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
