#include <stdio.h>

#include "cli/app.h"
#include "cli/progress.h"
#include "cli/why_image.h"
#include "pipeline/effects_show.h"
#include "pipeline/locking.h"
#include "pipeline/why.h"

int cmd_why(struct app *app, int argc, char **argv, struct error *err);

static int choose(struct app *app, const struct recipe *r, const struct lock *l,
		  const struct recipe_target **ret_target, const struct lock_architecture **ret_a,
		  struct error *err)
{
	const char *target = app_value(app, "target"), *arch = app_value(app, "arch");

	*ret_target = target ? NULL : &r->targets[0];
	for (size_t i = 0; target && i < r->n_targets; i++)
		if (str_equal_cstr(r->targets[i].name, target))
			*ret_target = &r->targets[i];
	if (!*ret_target)
		return err_set(err, ERR_USAGE, "the recipe has no target '%s'", target);
	*ret_a = lock_architecture(l, arch ? str_of(arch) : l->architectures[0].name);
	if (!*ret_a)
		return err_set(err, ERR_USAGE, "the lock has no architecture '%s'", arch);
	return 0;
}

static void print_step(const struct why_step *s, bool last)
{
	const struct lock_package *p = s->package;

	printf(STR_FMT " " STR_FMT, STR_ARG(p->name), STR_ARG(p->version));
	if (!last)
		printf(", needed by ");
	else if (str_equal(p->why, STR("recipe")))
		printf(", which the recipe asks for\n");
	else if (str_equal(p->why, STR("boot")))
		printf(", which boots the disks\n");
	else if (str_has_prefix(p->why, STR("rule ")))
		printf(", by the rule '" STR_FMT "'\n", (int)p->why.len - 5, p->why.ptr + 5);
	else
		printf(", because it is " STR_FMT "\n", STR_ARG(p->why));
}

static int explain_package(struct app *app, const struct recipe *r,
			   const struct lock_architecture *a, const char *name, struct error *err)
{
	struct arena *arena = &app->arena;
	struct json *top = json_object(arena), *chain = json_array(arena);
	struct why_step *steps;
	size_t n = why_package(a, str_of(name), arena, &steps);

	if (n == 0) {
		(void)err_set(err, ERR_USAGE,
			      "the lock of '" STR_FMT "' has no package '%s' for " STR_FMT,
			      STR_ARG(r->name), name, STR_ARG(a->name));
		return err_hint(err, "a path starts with '/': 'ingot why " STR_FMT " /etc/passwd'",
				STR_ARG(r->name));
	}
	for (size_t i = 0; i < n; i++) {
		struct json *row = json_object(arena);

		if (!app->json)
			print_step(&steps[i], i + 1 == n);
		json_set(row, "name", json_str(arena, steps[i].package->name));
		json_set(row, "version", json_str(arena, steps[i].package->version));
		json_set(row, "why", json_str(arena, steps[i].package->why));
		json_add(chain, row);
	}
	json_set(top, "chain", chain);
	if (app->json)
		app_print_json(app, "why-package", top);
	return 0;
}

static void print_effects(const struct effect_row *rows, size_t n)
{
	struct str script = { NULL, 0 };

	for (size_t i = 0; i < n; i++) {
		if (!script.ptr || !str_equal(script, rows[i].script)) {
			script = rows[i].script;
			app_print_str(script);
			putchar('\n');
		}
		printf("  %-10s ", rows[i].kind);
		app_print_str(rows[i].shown);
		if (rows[i].causes.len) {
			printf("  <- ");
			app_print_str(rows[i].causes);
		}
		putchar('\n');
	}
}

static void print_effects_json(struct app *app, const struct effect_row *rows, size_t n)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *list = json_array(a);

	for (size_t i = 0; i < n; i++) {
		struct json *row = json_object(a);

		json_set(row, "script", json_str(a, rows[i].script));
		json_set(row, "operation", json_text(a, rows[i].kind));
		json_set(row, "subject", json_str(a, rows[i].subject));
		json_set(row, "details", json_str(a, rows[i].details));
		json_set(row, "causes", json_str(a, rows[i].causes));
		json_add(list, row);
	}
	json_set(top, "effects", list);
	app_print_json(app, "why-effects", top);
}

static int explain_effects(struct app *app, const struct recipe *r, const struct lock *l,
			   const struct recipe_target *target, const struct lock_architecture *a,
			   const char *name, struct error *err)
{
	struct effect_row *rows;
	struct bytes object;
	size_t n;

	if (!lock_package(a, str_of(name)))
		return err_set(err, ERR_USAGE,
			       "the lock of '" STR_FMT "' has no package '%s' for " STR_FMT,
			       STR_ARG(r->name), name, STR_ARG(a->name));
	while (effects_obtain(&app->context, r, l, target, a->name, &app->arena, &object, err) < 0)
		if (!app_may_retry(app, err))
			return -1;
	progress_pause(app->progress);
	if (effects_rows(object, str_of(name), &app->arena, &rows, &n, err) < 0)
		return -1;
	if (app->json)
		print_effects_json(app, rows, n);
	else if (n)
		print_effects(rows, n);
	else
		printf("the scripts of '%s' change nothing\n", name);
	return 0;
}

static int find_path(struct app *app, const struct recipe *r, const struct lock *l,
		     const struct recipe_target *target, const struct lock_architecture *a,
		     const char *path, struct why_path *w, struct error *err)
{
	int result;

	do
		result = why_path(&app->context, r, l, target, a->name, str_of(path), &app->arena,
				  w, err);
	while (result < 0 && app_may_retry(app, err));
	return result;
}

int cmd_why(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_LOCK struct lock *l = NULL;
	const struct lock_architecture *a;
	const struct recipe_target *target;
	struct why_path w;
	int result;

	(void)argc;
	if (why_is_image(argv[0]))
		return why_image(app, argv[0], argv[1], err);
	if (app_recipe(app, argv[0], &r, err) < 0 || lock_load(&app->context, r, &l, err) < 0 ||
	    choose(app, r, l, &target, &a, err) < 0)
		return -1;
	if (app_flag(app, "effects"))
		return explain_effects(app, r, l, target, a, argv[1], err);
	if (argv[1][0] != '/')
		return explain_package(app, r, a, argv[1], err);
	result = find_path(app, r, l, target, a, argv[1], &w, err);
	/* What the first target does not have another may: a kernel is in disks only. */
	for (size_t i = 1; result == WHY_ABSENT && !app_value(app, "target") && i < r->n_targets;
	     i++)
		result = find_path(app, r, l, &r->targets[i], a, argv[1], &w, err);
	progress_pause(app->progress);
	if (result == WHY_ABSENT && !app_value(app, "target") && r->n_targets > 1)
		return err_set(err, ERR_USAGE, "no target of '" STR_FMT "' has a path '%s'",
			       STR_ARG(r->name), argv[1]);
	if (result == WHY_ABSENT)
		return err_set(err, ERR_USAGE, "target '" STR_FMT "' has no path '%s'",
			       STR_ARG(target->name), argv[1]);
	if (result < 0)
		return -1;
	if (app->json)
		show_why_path_json(app, &w);
	else
		show_why_path(&w);
	return 0;
}
