#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "pipeline/build.h"

int cmd_build(struct app *app, int argc, char **argv, struct error *err);

static struct json *output_json(struct app *app, const struct build_output *o)
{
	struct arena *a = &app->arena;
	struct json *row = json_object(a);
	char text[DIGEST_TEXT_MAX];

	json_set(row, "file",
		 json_text(a, arena_printf(a, "%s/" STR_FMT, app->context.outputs_path,
					   STR_ARG(o->file))));
	json_set(row, "target", json_str(a, o->target));
	json_set(row, "architecture", json_str(a, o->architecture));
	json_set(row, "sha256", json_text(a, digest_format(&o->digest, text) + 7));
	json_set(row, "size", json_int(a, (int64_t)o->size));
	json_set(row, "image_id", json_text(a, digest_format(&o->image_id, text)));
	json_set(row, "manifest", json_text(a, digest_format(&o->manifest, text)));
	json_set(row, "layers", json_int(a, o->n_layers));
	json_set(row, "layers_reused", json_int(a, o->n_layers_reused));
	json_set(row, "up_to_date", json_bool(a, o->up_to_date));
	json_set(row, "microseconds", json_int(a, (int64_t)(o->nanoseconds / 1000)));
	return row;
}

static struct json *timings_json(struct arena *a, const struct build_timings *t)
{
	struct json *o = json_object(a);

	json_set(o, "lock", json_int(a, (int64_t)(t->lock / 1000)));
	json_set(o, "fetch_and_decode", json_int(a, (int64_t)(t->fetch_and_decode / 1000)));
	json_set(o, "compose", json_int(a, (int64_t)(t->compose / 1000)));
	json_set(o, "write", json_int(a, (int64_t)(t->write / 1000)));
	json_set(o, "total", json_int(a, (int64_t)(t->total / 1000)));
	return o;
}

static void print_json(struct app *app, const struct build_result *b)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *outputs = json_array(a);
	struct json *notes = json_array(a);

	for (size_t i = 0; i < b->n_outputs; i++)
		json_add(outputs, output_json(app, &b->outputs[i]));
	for (size_t i = 0; i < b->n_notes; i++)
		json_add(notes, json_str(a, b->notes[i]));
	json_set(top, "outputs", outputs);
	json_set(top, "at_start", notes);
	json_set(top, "relocked", json_bool(a, b->relocked));
	json_set(top, "bytes_fetched", json_int(a, (int64_t)b->bytes_fetched));
	json_set(top, "timings", timings_json(a, &b->timings));
	app_print_json(app, "build", top);
}

static void print_output(struct app *app, const struct build_output *o)
{
	char text[DIGEST_TEXT_MAX], size[TEXT_SIZE_MAX];
	uint64_t ms = o->nanoseconds / 1000000u;

	printf("%s/" STR_FMT "\n", app->context.outputs_path, STR_ARG(o->file));
	printf("  sha256    %s\n", digest_format(&o->digest, text) + 7);
	printf("  image id  %s\n", digest_format(&o->image_id, text));
	printf("  size      %s in %u layers", text_size(o->size, size), o->n_layers);
	if (o->up_to_date)
		printf(", up to date\n");
	else
		printf(", %u of them reused, %llu.%03llu s\n", o->n_layers_reused,
		       (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
}

static void print_timings(const struct build_timings *t)
{
	static const char *const names[] = { "lock", "fetch, decode", "compose", "write", "total" };
	const uint64_t values[] = { t->lock, t->fetch_and_decode, t->compose, t->write, t->total };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		fprintf(stderr, "  %-14s %7llu.%llu ms\n", names[i],
			(unsigned long long)(values[i] / 1000000u),
			(unsigned long long)(values[i] / 100000u % 10));
}

static void print_result(struct app *app, const struct build_result *b)
{
	for (size_t i = 0; i < b->n_outputs; i++)
		print_output(app, &b->outputs[i]);
	fflush(stdout);
	for (size_t i = 0; i < b->n_notes; i++)
		context_note(&app->context, "at start: " STR_FMT, STR_ARG(b->notes[i]));
	if (app_flag(app, "timings"))
		print_timings(&b->timings);
	if (b->n_outputs && !app->quiet)
		fprintf(stderr, "next: podman load -i %s/" STR_FMT "\n", app->context.outputs_path,
			STR_ARG(b->outputs[0].file));
}

int cmd_build(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_BUILD struct build_result b = { 0 };
	struct build_options o = { 0 };
	const char *ci = getenv("CI");
	int result;

	if (app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0)
		return -1;
	o.targets = app_values(app, "target", &o.n_targets);
	o.architectures = app_values(app, "arch", &o.n_architectures);
	o.locked = app_flag(app, "locked") || (ci && strcmp(ci, "true") == 0);
	do {
		build_release(&b);
		result = build_run(&app->context, r, &o, &b, err);
	} while (result < 0 && app_may_retry(app, err));
	progress_pause(app->progress);
	if (app->json && result == 0)
		print_json(app, &b);
	else if (!app->json)
		print_result(app, &b);
	return result;
}
