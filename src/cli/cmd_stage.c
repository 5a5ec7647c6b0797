#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "io/clock.h"
#include "pipeline/refs.h"

int cmd_stage(struct app *app, int argc, char **argv, struct error *err);

#define DAY 86400 /* seconds */

static void print_entry(void *context, const struct stage_entry *e)
{
	struct app *app = context;

	if (app->verbose)
		printf("%-8s %s %12llu\n", e->kind, e->name, (unsigned long long)e->size);
}

static int list(struct app *app, struct context *c, struct error *err)
{
	struct stage_usage u;
	char objects[TEXT_SIZE_MAX], results[TEXT_SIZE_MAX];
	struct json *o = json_object(&app->arena);

	if (stage_usage(c->stage, &u, err) < 0)
		return -1;
	if (app->json) {
		json_set(o, "path", json_text(&app->arena, stage_path(c->stage)));
		json_set(o, "objects", json_int(&app->arena, (int64_t)u.n_objects));
		json_set(o, "object_bytes", json_int(&app->arena, (int64_t)u.object_bytes));
		json_set(o, "results", json_int(&app->arena, (int64_t)u.n_results));
		json_set(o, "result_bytes", json_int(&app->arena, (int64_t)u.result_bytes));
		json_set(o, "quarantined", json_int(&app->arena, (int64_t)u.n_quarantined));
		app_print_json(app, "stage", o);
		return 0;
	}
	if (stage_list(c->stage, print_entry, app, err) < 0)
		return -1;
	printf("%s: %llu objects, %s; %llu results, %s; %llu in quarantine\n", stage_path(c->stage),
	       (unsigned long long)u.n_objects, text_size(u.object_bytes, objects),
	       (unsigned long long)u.n_results, text_size(u.result_bytes, results),
	       (unsigned long long)u.n_quarantined);
	return 0;
}

static int collect(struct app *app, struct context *c, struct error *err)
{
	const char *days = app_value(app, "grace");
	bool dry_run = app_flag(app, "dry-run");
	struct json *o = json_object(&app->arena);
	char removed[TEXT_SIZE_MAX], kept[TEXT_SIZE_MAX];
	struct stage_gc_report r;
	uint64_t grace = 30;
	size_t n_dropped = 0;

	if (days && (!str_parse_u64(str_of(days), &grace) || grace > 36500))
		return err_set(err, ERR_USAGE, "'%s' is no number of days", days);
	if (!dry_run && refs_drop_stale(c, &n_dropped, err) < 0)
		return -1;
	if (stage_gc(c->stage, clock_now(), (int64_t)grace * DAY, dry_run, &r, err) < 0)
		return -1;
	if (app->json) {
		json_set(o, "removed", json_int(&app->arena, (int64_t)r.n_removed));
		json_set(o, "bytes_removed", json_int(&app->arena, (int64_t)r.bytes_removed));
		json_set(o, "kept", json_int(&app->arena, (int64_t)r.n_kept));
		json_set(o, "bytes_kept", json_int(&app->arena, (int64_t)r.bytes_kept));
		json_set(o, "dry_run", json_bool(&app->arena, dry_run));
		app_print_json(app, "stage-gc", o);
		return 0;
	}
	printf("%s %llu files, %s; kept %llu, %s\n", dry_run ? "would remove" : "removed",
	       (unsigned long long)r.n_removed, text_size(r.bytes_removed, removed),
	       (unsigned long long)r.n_kept, text_size(r.bytes_kept, kept));
	return 0;
}

static void print_found(void *context, const char *what)
{
	struct app *app = context;

	progress_pause(app->progress);
	text_print_safe(stderr, what, strlen(what));
	fputc('\n', stderr);
}

/* Status 7 if something is bad and stays so, as for any wrong digest. */
static int check(struct app *app, struct context *c, struct error *err)
{
	bool repair = app_flag(app, "repair");
	struct json *o = json_object(&app->arena);
	struct stage_fsck_report r;
	char size[TEXT_SIZE_MAX];

	if (stage_fsck(c->stage, repair, print_found, app, &r, err) < 0)
		return -1;
	json_set(o, "checked", json_int(&app->arena, (int64_t)r.n_checked));
	json_set(o, "bytes_checked", json_int(&app->arena, (int64_t)r.bytes_checked));
	json_set(o, "bad", json_int(&app->arena, (int64_t)r.n_bad));
	json_set(o, "stray", json_int(&app->arena, (int64_t)r.n_stray));
	json_set(o, "missing", json_int(&app->arena, (int64_t)r.n_missing));
	if (app->json)
		app_print_json(app, "stage-fsck", o);
	else
		printf("checked %llu files, %s: %llu bad, %llu stray, %llu missing%s\n",
		       (unsigned long long)r.n_checked, text_size(r.bytes_checked, size),
		       (unsigned long long)r.n_bad, (unsigned long long)r.n_stray,
		       (unsigned long long)r.n_missing, repair ? ", repaired" : "");
	return r.n_bad && !repair ? 7 : 0;
}

static int explain(struct app *app, struct context *c, const char *key, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct json *o = json_object(&app->arena);
	int r;

	if (!key) {
		(void)err_set(err, ERR_USAGE, "'stage explain' takes a key");
		return err_hint(err, "'ingot stage ls -v' lists the results and their keys");
	}
	r = stage_explain(c->stage, str_of(key), &text, err);
	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT) {
		(void)err_set(err, ERR_USAGE, "the stage has no result '%s'", key);
		return err_hint(err, "'ingot stage ls -v' lists the results and their keys");
	}
	if (app->json) {
		json_set(o, "key", json_text(&app->arena, key));
		json_set(o, "inputs", json_text(&app->arena, buf_cstr(&text)));
		app_print_json(app, "stage-explain", o);
	} else {
		app_print_lines(buf_str(&text));
	}
	return 0;
}

int cmd_stage(struct app *app, int argc, char **argv, struct error *err)
{
	struct context *c;

	if (argc == 2 && strcmp(argv[0], "explain") != 0)
		return err_set(err, ERR_USAGE, "'stage %s' takes no argument", argv[0]);
	if (app_stage_context(app, &c, err) < 0 || context_need_stage(c, err) < 0)
		return -1;
	if (strcmp(argv[0], "ls") == 0)
		return list(app, c, err);
	if (strcmp(argv[0], "gc") == 0)
		return collect(app, c, err);
	if (strcmp(argv[0], "fsck") == 0)
		return check(app, c, err);
	if (strcmp(argv[0], "explain") == 0)
		return explain(app, c, argc > 1 ? argv[1] : NULL, err);
	(void)err_set(err, ERR_USAGE, "'stage' does not know '%s'", argv[0]);
	return err_hint(err, "it knows: ls, gc, fsck, explain");
}
