#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "cli/timings.h"
#include "io/clock.h"
#include "pipeline/lockdiff.h"
#include "pipeline/locking.h"

int cmd_lock(struct app *app, int argc, char **argv, struct error *err);

enum diff_format { DIFF_NONE, DIFF_TEXT, DIFF_JSON, DIFF_MARKDOWN };

static int parse_format(struct app *app, enum diff_format *ret, struct error *err)
{
	const char *name = app_value(app, "format");

	*ret = DIFF_NONE;
	if (!app_flag(app, "diff"))
		return name ? err_set(err, ERR_USAGE, "--format goes with --diff") : 0;
	if (!name)
		*ret = app->json ? DIFF_JSON : DIFF_TEXT;
	else if (strcmp(name, "text") == 0)
		*ret = DIFF_TEXT;
	else if (strcmp(name, "json") == 0)
		*ret = DIFF_JSON;
	else if (strcmp(name, "markdown") == 0)
		*ret = DIFF_MARKDOWN;
	else
		return err_set(err, ERR_USAGE, "'%s' is no format: text, json or markdown", name);
	return 0;
}

#define TIMINGS (TIMINGS_LAPS + 1)

static void list_timings(const struct app *app, uint64_t start, struct timing to[TIMINGS])
{
	timings_of_laps(app->context.stopwatch.nanoseconds, to);
	to[TIMINGS_LAPS] = (struct timing){ "total", "total", clock_nanoseconds() - start };
}

static void print_json(struct app *app, const struct recipe *r, const struct locking *l,
		       const struct lockdiff *d, const struct timing *timings)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a);

	json_set(o, "recipe", json_str(a, r->path));
	json_set(o, "changed", json_bool(a, l->changed));
	json_set(o, "resolved", json_bool(a, l->resolved));
	json_set(o, "diff", lockdiff_json(d, a));
	json_set(o, "timings", timings_json(a, timings, TIMINGS));
	app_print_json(app, "lock", o);
}

static void print_diff(const struct lockdiff *d, enum diff_format format, struct app *app)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);

	if (format == DIFF_JSON) {
		app_print_json(app, "lock-diff", lockdiff_json(d, &app->arena));
		return;
	}
	if (format == DIFF_TEXT)
		lockdiff_text(d, &text);
	else
		lockdiff_markdown(d, &text);
	if (text.len)
		fwrite(text.ptr, 1, text.len, stdout);
	else if (!app->quiet)
		fputs("note: no package and no effect of a script changes\n", stderr);
}

static void print_summary(const struct recipe *r, const struct locking *l, const struct lockdiff *d,
			  bool dry_run)
{
	size_t n = 0;

	if (!l->changed) {
		printf("%.*s: the lock is up to date\n", STR_ARG(r->path));
		return;
	}
	for (size_t i = 0; i < l->lock->n_architectures; i++)
		n += l->lock->architectures[i].n_packages;
	printf("%.*s: %s, %zu package%s for %zu architecture%s", STR_ARG(r->path),
	       dry_run	? "would change"
	       : l->old ? "lock updated"
			: "locked",
	       n, n == 1 ? "" : "s", l->lock->n_architectures,
	       l->lock->n_architectures == 1 ? "" : "s");
	if (l->old)
		printf(", %zu changed", d->n_packages);
	putchar('\n');
	if (l->old && d->n_effects)
		printf("the effects of scripts changed: --diff shows how, before the lock is "
		       "written with --dry-run\n");
}

static int check(struct app *app, const struct recipe *r, struct error *err)
{
	CLEANUP_BUF struct buf reasons = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_LOCK struct lock *l = NULL;
	struct json *o = json_object(&app->arena);
	struct inputs in;
	enum lock_fit fit;

	if (lock_load(&app->context, r, &l, err) < 0 ||
	    inputs_scan(&app->context, r, &app->arena, &in, err) < 0)
		return -1;
	fit = lock_fit(l, r, &in, &reasons);
	if (app->json) {
		json_set(o, "recipe", json_str(&app->arena, r->path));
		json_set(o, "fits", json_bool(&app->arena, fit == LOCK_FITS));
		json_set(o, "reasons", json_text(&app->arena, buf_cstr(&reasons)));
		app_print_json(app, "lock-check", o);
	} else if (fit == LOCK_FITS) {
		printf("%.*s: the lock fits\n", STR_ARG(r->path));
	} else {
		printf("%.*s: the lock is stale\n%s", STR_ARG(r->path), buf_cstr(&reasons));
	}
	return fit == LOCK_FITS ? 0 : 4;
}

/* A bare --update moves every pin, also beside an --update=PKG. */
static void collect_updates(struct app *app, struct locking_options *o)
{
	for (size_t i = 0; i < app->n_given; i++)
		o->update |=
			strcmp(app->given[i].option->name, "update") == 0 && !app->given[i].value;
	o->update_packages = app_values(app, "update", &o->n_update_packages);
	o->accepted_keys = app_values(app, "accept-key", &o->n_accepted_keys);
	o->dry_run = app_flag(app, "dry-run");
	o->reslice = app_flag(app, "reslice");
	o->renumber = app_flag(app, "renumber");
}

/* Until the lock is right, or the failure stands. Says where the time went either way. */
static int lock(struct app *app, const struct recipe *r, const struct locking_options *o,
		struct locking *ret, struct timing timings[TIMINGS], struct error *err)
{
	uint64_t start = clock_nanoseconds();
	int result;

	while ((result = locking_run(&app->context, r, o, ret, err)) < 0)
		if (!app_may_retry(app, err))
			break;
	progress_pause(app->progress);
	list_timings(app, start, timings);
	if (app_flag(app, "timings") && !app->json)
		timings_print(timings, TIMINGS);
	return result;
}

int cmd_lock(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_LOCKING struct locking l = { 0 };
	struct locking_options o = { 0 };
	struct timing timings[TIMINGS];
	enum diff_format format;
	struct lockdiff d;

	if (parse_format(app, &format, err) < 0 ||
	    app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0)
		return -1;
	if (app_flag(app, "check"))
		return check(app, r, err);
	collect_updates(app, &o);
	if (lock(app, r, &o, &l, timings, err) < 0)
		return -1;
	if (lockdiff_make(&app->context, l.old, l.lock, &app->arena, &d, err) < 0)
		return -1;
	if (format != DIFF_NONE)
		print_diff(&d, format, app);
	else if (app->json)
		print_json(app, r, &l, &d, timings);
	else
		print_summary(r, &l, &d, o.dry_run);
	return o.dry_run && l.changed ? 4 : 0;
}
