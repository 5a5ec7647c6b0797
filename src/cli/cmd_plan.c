#include <stdio.h>

#include "base/text.h"
#include "cli/app.h"
#include "pipeline/plan.h"

int cmd_plan(struct app *app, int argc, char **argv, struct error *err);

static const char *const fits[] = { "fits", "inputs differ", "stale" };

static struct json *output_json(struct arena *a, const struct plan_output *o)
{
	struct json *row = json_object(a);

	json_set(row, "file", json_str(a, o->file));
	json_set(row, "target", json_str(a, o->target));
	json_set(row, "architecture", json_str(a, o->architecture));
	json_set(row, "up_to_date", json_bool(a, o->up_to_date));
	json_set(row, "lacks_statements", json_bool(a, o->lacks_statements));
	json_set(row, "packages", json_int(a, (int64_t)o->n_packages));
	json_set(row, "to_fetch", json_int(a, (int64_t)o->n_to_fetch));
	json_set(row, "bytes_to_fetch", json_int(a, (int64_t)o->bytes_to_fetch));
	json_set(row, "to_decode", json_int(a, (int64_t)o->n_to_decode));
	return row;
}

static void print_json(struct app *app, const struct plan *p)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *outputs = json_array(a);

	for (size_t i = 0; i < p->n_outputs; i++)
		json_add(outputs, output_json(a, &p->outputs[i]));
	json_set(top, "lock", json_text(a, fits[p->fit]));
	json_set(top, "reasons", json_text(a, p->reasons));
	json_set(top, "outputs", outputs);
	app_print_json(app, "plan", top);
}

static void print_output(const struct plan_output *o)
{
	char size[TEXT_SIZE_MAX];

	if (o->up_to_date) {
		printf(STR_FMT ": up to date%s\n", STR_ARG(o->file),
		       o->lacks_statements ? ", but the statements beside it" : "");
		return;
	}
	printf(STR_FMT ": build from %zu packages, ", STR_ARG(o->file), o->n_packages);
	if (o->n_to_decode == 0)
		printf("all decoded\n");
	else
		printf("%zu to fetch (%s), %zu to decode\n", o->n_to_fetch,
		       text_size(o->bytes_to_fetch, size), o->n_to_decode);
}

int cmd_plan(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	struct build_options o = { 0 };
	struct plan p;

	if (app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0)
		return -1;
	o.targets = app_values(app, "target", &o.n_targets);
	o.architectures = app_values(app, "arch", &o.n_architectures);
	if (plan_make(&app->context, r, &o, &app->arena, &p, err) < 0)
		return -1;
	if (app->json) {
		print_json(app, &p);
		return 0;
	}
	printf("lock: %s\n", fits[p.fit]);
	if (p.reasons[0])
		app_print_lines(str_of(p.reasons));
	if (p.fit == LOCK_STALE)
		printf("build would refuse: run 'ingot lock " STR_FMT "' first\n",
		       STR_ARG(r->name));
	for (size_t i = 0; i < p.n_outputs; i++)
		print_output(&p.outputs[i]);
	return 0;
}
