#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/bundle_option.h"
#include "cli/passphrase.h"
#include "cli/progress.h"
#include "cli/signer_option.h"
#include "cli/timings.h"
#include "pipeline/statements.h"
#include "pipeline/build.h"

int cmd_build(struct app *app, int argc, char **argv, struct error *err);

static void image_json(struct arena *a, const struct build_output *o, struct json *row)
{
	char text[DIGEST_TEXT_MAX];

	json_set(row, "image_id", json_text(a, digest_format(&o->image_id, text)));
	json_set(row, "manifest", json_text(a, digest_format(&o->manifest, text)));
	json_set(row, "layers", json_int(a, o->n_layers));
	json_set(row, "layers_reused", json_int(a, o->n_layers_reused));
}

static void disk_json(struct arena *a, const struct build_output *o, struct json *row)
{
	struct json *partitions = json_array(a);
	char hex[DIGEST_HEX_MAX], id[GUID_TEXT_MAX];

	for (size_t i = 0; i < BUILD_PARTITIONS && o->partitions[i].size; i++) {
		struct json *p = json_object(a);

		json_set(p, "name", json_text(a, build_partition_names[i]));
		json_set(p, "id", json_text(a, guid_format(&o->partitions[i].id, id)));
		json_set(p, "offset", json_int(a, (int64_t)o->partitions[i].offset));
		json_set(p, "size", json_int(a, (int64_t)o->partitions[i].size));
		json_add(partitions, p);
	}
	json_set(row, "format", json_str(a, o->format));
	json_set(row, "disk_size", json_int(a, (int64_t)o->disk_size));
	json_set(row, "root_used", json_int(a, (int64_t)o->root_used));
	json_set(row, "root_free", json_int(a, (int64_t)o->root_free));
	json_set(row, "partitions", partitions);
	json_set(row, "uki_authenticode", json_text(a, digest_hex(&o->authenticode, hex)));
	json_set(row, "signed", json_bool(a, o->is_signed));
	if (o->has_verity)
		json_set(row, "root_hash", json_text(a, digest_hex(&o->root_hash, hex)));
}

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
	(o->format.len ? disk_json : image_json)(a, o, row);
	json_set(row, "up_to_date", json_bool(a, o->up_to_date));
	json_set(row, "microseconds", json_int(a, (int64_t)(o->nanoseconds / 1000)));
	return row;
}

#define TIMINGS (6 + TIMINGS_LAPS)

static void list_timings(const struct build_timings *t, struct timing to[TIMINGS])
{
	*to++ = (struct timing){ "lock", "lock", t->lock };
	*to++ = (struct timing){ "fetch, decode", "fetch_and_decode", t->fetch_and_decode };
	*to++ = (struct timing){ "compose", "compose", t->compose };
	timings_of_laps(t->lap, to);
	to += TIMINGS_LAPS;
	*to++ = (struct timing){ "write", "write", t->write };
	*to++ = (struct timing){ "statements", "statements", t->statements };
	*to++ = (struct timing){ "total", "total", t->total };
}

static struct json *statements_json(struct app *app, const struct build_statements *s)
{
	struct arena *a = &app->arena;
	struct json *row = json_object(a), *files = json_array(a);

	for (int i = 0; i < STATEMENT_FILES; i++)
		json_add(files, json_text(a, arena_printf(a, "%s/" STR_FMT "%s",
							  app->context.outputs_path,
							  STR_ARG(s->stem), statement_endings[i])));
	json_set(row, "stem", json_str(a, s->stem));
	json_set(row, "files", files);
	return json_set(row, "up_to_date", json_bool(a, s->up_to_date));
}

/* "STEM.{spdx,cdx,causes,inputs}.json, .intoto.jsonl" */
static void print_statements(const struct build_statements *s)
{
	printf("  beside    " STR_FMT ".{spdx,cdx,causes,inputs}.json, .intoto.jsonl%s\n",
	       STR_ARG(s->stem), s->up_to_date ? ", up to date" : "");
}

static struct json *at_start_json(struct arena *a, const struct debian_first_boot *b)
{
	struct json *o = json_object(a);

	json_set(o, "package", json_str(a, b->package));
	json_set(o, "what", json_str(a, b->what));
	json_set(o, "text", json_str(a, b->text));
	json_set(o, "command", json_str(a, b->command));
	json_set(o, "path", json_str(a, b->path));
	return o;
}

static void print_at_start(struct app *app, const struct debian_first_boot *b)
{
	struct arena *a = &app->arena;
	char *how = arena_printf(a, "%s", "");

	if (b->command.len)
		how = arena_printf(a, ": if there is no " STR_FMT ", run " STR_FMT,
				   STR_ARG(b->path), STR_ARG(b->command));
	context_note(&app->context, "at start: " STR_FMT ": " STR_FMT "%s", STR_ARG(b->package),
		     STR_ARG(b->text), how);
}

static struct json *signing_json(struct app *app, const struct signing_result *s)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *files = json_array(a);
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < s->n_files; i++)
		json_add(files,
			 json_text(a, arena_printf(a, "%s/" STR_FMT, app->context.outputs_path,
						   STR_ARG(s->files[i]))));
	json_set(o, "files", files);
	json_set(o, "key_id", json_text(a, digest_hex(&s->key_id, hex)));
	return o;
}

static void print_json(struct app *app, const struct build_result *b,
		       const struct timing *timings)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *outputs = json_array(a);
	struct json *at_start = json_array(a), *statements = json_array(a);

	for (size_t i = 0; i < b->n_outputs; i++)
		json_add(outputs, output_json(app, &b->outputs[i]));
	for (size_t i = 0; i < b->n_at_start; i++)
		json_add(at_start, at_start_json(a, &b->at_start[i]));
	for (size_t i = 0; i < b->n_statements; i++)
		json_add(statements, statements_json(app, &b->statements[i]));
	json_set(top, "outputs", outputs);
	json_set(top, "statements", statements);
	json_set(top, "at_start", at_start);
	if (b->signing.n_files)
		json_set(top, "signing", signing_json(app, &b->signing));
	json_set(top, "relocked", json_bool(a, b->relocked));
	json_set(top, "bytes_fetched", json_int(a, (int64_t)b->bytes_fetched));
	json_set(top, "timings", timings_json(a, timings, TIMINGS));
	app_print_json(app, "build", top);
}

static void print_time(const struct build_output *o)
{
	uint64_t ms = o->nanoseconds / 1000000u;

	if (o->up_to_date)
		printf(", up to date\n");
	else
		printf(", %llu.%03llu s\n", (unsigned long long)(ms / 1000),
		       (unsigned long long)(ms % 1000));
}

static void print_image(const struct build_output *o)
{
	char text[DIGEST_TEXT_MAX], size[TEXT_SIZE_MAX];

	printf("  image id  %s\n", digest_format(&o->image_id, text));
	printf("  size      %s in %u layers", text_size(o->size, size), o->n_layers);
	if (!o->up_to_date)
		printf(", %u of them reused", o->n_layers_reused);
	print_time(o);
}

static void print_disk(const struct build_output *o)
{
	char size[TEXT_SIZE_MAX], used[TEXT_SIZE_MAX], space[TEXT_SIZE_MAX], hex[DIGEST_HEX_MAX];

	if (o->has_verity)
		printf("  root hash %s\n", digest_hex(&o->root_hash, hex));
	printf("  uki       sha256:%s, %s\n", digest_hex(&o->authenticode, hex),
	       o->is_signed ? "signed" : "not signed");
	printf("  size      %s; root %s used, %s free", text_size(o->size, size),
	       text_size(o->root_used, used), text_size(o->root_free, space));
	print_time(o);
}

static void print_output(struct app *app, const struct build_output *o)
{
	char text[DIGEST_TEXT_MAX];

	printf("%s/" STR_FMT "\n", app->context.outputs_path, STR_ARG(o->file));
	printf("  sha256    %s\n", digest_format(&o->digest, text) + 7);
	(o->format.len ? print_disk : print_image)(o);
}

/* The first image and the first disk that can be started here. */
static void print_next(struct app *app, const struct build_result *b)
{
	bool said_image = false, said_disk = false;

	for (size_t i = 0; i < b->n_outputs; i++) {
		const struct build_output *o = &b->outputs[i];
		bool *said = o->format.len ? &said_disk : &said_image;

		if (*said || (o->format.len && !str_equal(o->format, STR("raw")) &&
			      !str_equal(o->format, STR("qcow2"))))
			continue;
		fprintf(stderr, "next: %s %s/" STR_FMT "\n",
			o->format.len ? "ingot run" : "podman load -i", app->context.outputs_path,
			STR_ARG(o->file));
		*said = true;
	}
}

static void print_signing(const struct signing_result *s)
{
	char hex[DIGEST_HEX_MAX];

	if (s->n_files)
		printf("signed %zu files by key %s\n", s->n_files, digest_hex(&s->key_id, hex));
}

static bool is_last(const struct build_result *b, size_t i, struct str stem)
{
	return str_equal(statement_stem(b->outputs[i].file), stem) &&
	       (i + 1 == b->n_outputs ||
		!str_equal(statement_stem(b->outputs[i + 1].file), stem));
}

static void print_result(struct app *app, const struct build_result *b,
			 const struct timing *timings)
{
	for (size_t i = 0, k = 0; i < b->n_outputs; i++) {
		print_output(app, &b->outputs[i]);
		/* below the last output of its target */
		if (k < b->n_statements && is_last(b, i, b->statements[k].stem))
			print_statements(&b->statements[k++]);
	}
	print_signing(&b->signing);
	fflush(stdout);
	for (size_t i = 0; i < b->n_at_start; i++)
		print_at_start(app, &b->at_start[i]);
	if (app_flag(app, "timings"))
		timings_print(timings, TIMINGS);
	if (!app->quiet)
		print_next(app, b);
}

/* The key could not be opened: perhaps with what the person at the terminal knows. */
static bool may_ask(struct app *app, struct secure_boot_options *o, struct error *err)
{
	CLEANUP_FREE char *answer = NULL;

	if (err->code != ERR_PASSPHRASE || !o->key || o->passphrase || !isatty(STDIN_FILENO))
		return false;
	progress_pause(app->progress);
	answer = passphrase_ask(arena_printf(&app->arena, "passphrase of %s: ", o->key));
	if (!answer)
		return false;
	o->passphrase = arena_strdup(&app->arena, str_of(answer));
	err_release(err);
	return true;
}

/* The key is opened first: what is wrong with it must not be found after the work. */
static int run(struct app *app, int argc, char **argv, struct signer *signer,
	       struct public_key **key, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_BUILD struct build_result b = { 0 };
	struct build_options o = { 0 };
	struct timing timings[TIMINGS];
	const char *ci = getenv("CI");
	int result;

	if (signer_option(app, "sign-key", signer, key, err) < 0 ||
	    app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0 ||
	    bundle_option_import(app, err) < 0)
		return -1;
	o.targets = app_values(app, "target", &o.n_targets);
	o.architectures = app_values(app, "arch", &o.n_architectures);
	o.secure_boot = (struct secure_boot_options){
		.key = app_value(app, "secure-boot-key"),
		.certificate = app_value(app, "secure-boot-cert"),
		.passphrase = getenv("INGOT_SECURE_BOOT_PASSPHRASE"),
	};
	o.signer = *key ? signer : NULL;
	o.locked = *key || app_flag(app, "locked") || (ci && strcmp(ci, "true") == 0);
	do {
		build_release(&b);
		result = build_run(&app->context, r, &o, &b, err);
	} while (result < 0 && (app_may_retry(app, err) || may_ask(app, &o.secure_boot, err)));
	progress_pause(app->progress);
	list_timings(&b.timings, timings);
	if (app->json && result == 0)
		print_json(app, &b, timings);
	else if (!app->json)
		print_result(app, &b, timings);
	return result;
}

int cmd_build(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_SIGNER struct signer signer = { 0 };
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;

	return run(app, argc, argv, &signer, &key, err);
}
