#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/show_verify.h"
#include "cli/verify_rebuild.h"
#include "pipeline/verdict.h"

static const char *const says[] = {
	[VERDICT_AGREES] = "agrees",	   [VERDICT_DISSENTS] = "DISSENTS",
	[VERDICT_IS_OF_ELSE] = "other",	   [VERDICT_UNSIGNED] = "unknown",
	[VERDICT_MALFORMED] = "malformed",
};
static const char *const json_says[] = {
	[VERDICT_AGREES] = "agrees",	   [VERDICT_DISSENTS] = "dissents",
	[VERDICT_IS_OF_ELSE] = "other",	   [VERDICT_UNSIGNED] = "unknown",
	[VERDICT_MALFORMED] = "malformed",
};

static struct json *rows_json(const struct verdict_count *v, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < v->n; i++) {
		struct json *o = json_object(a);

		json_set(o, "file", json_text(a, arena_strdup(a, v->rows[i].file)));
		json_set(o, "says", json_text(a, json_says[v->rows[i].says]));
		json_set(o, "key_id", json_str(a, v->rows[i].key_id));
		json_set(o, "key", json_str(a, v->rows[i].key_path));
		json_set(o, "text", json_str(a, v->rows[i].text));
		json_add(list, o);
	}
	return list;
}

static void print_json(struct app *app, const struct verify_result *r, const char *path,
		       const struct verdict_count *v, unsigned threshold, bool reached)
{
	struct arena *a = &app->arena;
	struct json *o = show_verify_json(r, path, NULL, a), *t = json_object(a);

	json_set(t, "threshold", json_int(a, threshold));
	json_set(t, "reached", json_bool(a, reached));
	json_set(t, "agree", json_int(a, (int64_t)v->n_agree));
	json_set(t, "dissent", json_int(a, (int64_t)v->n_dissent));
	json_set(t, "keys", json_int(a, (int64_t)v->n_keys));
	json_set(t, "verdicts", rows_json(v, a));
	json_set(o, "rebuilders", t);
	app_print_json(app, "verify", o);
}

static void print_row(const struct verdict_row *row)
{
	printf("%-10s  ", says[row->says]);
	if (row->key_id.len) {
		printf("key %.16s", row->key_id.ptr);
		if (row->key_path.len) {
			fputs(" (", stdout);
			app_print_str(row->key_path);
			putchar(')');
		}
		fputs(": ", stdout);
	}
	app_print_str(row->text);
	if (row->says != VERDICT_AGREES || !row->key_id.len) {
		fputs(" (", stdout);
		app_print_str(row->file);
		putchar(')');
	}
	putchar('\n');
}

static void print_log(const struct verify_result *r)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (strcmp(r->checks[i].name, "log") == 0) {
			fputs("log         ", stdout);
			app_print_str(r->checks[i].text);
			putchar('\n');
		}
}

/* Who agrees is the question here: what 'ingot verify' tells is a line or two, or all with -v. */
static void print_text(const struct app *app, const struct verify_result *r, const char *path,
		       const struct verdict_count *v, unsigned threshold)
{
	char text[DIGEST_TEXT_MAX];

	if (app->verbose) {
		show_verify_checks(r, false);
	} else {
		printf("file        %s, sound from the outside in\n",
		       digest_format(&r->identity.digest[IDENTITY_FILE], text));
		print_log(r);
	}
	for (size_t i = 0; i < v->n; i++)
		print_row(&v->rows[i]);
	putchar('\n');
	app_print_str(str_of(path));
	printf(": %zu of %u rebuilders agree%s\n", v->n_agree, threshold,
	       v->n_dissent ? ", and somebody DISSENTS" : "");
}

static int read_threshold(struct app *app, unsigned *ret, struct error *err)
{
	const char *text = app_value(app, "threshold");
	uint64_t n = 0;

	if (!str_parse_u64(str_of(text), &n) || n < 1 || n > VERDICT_FILES_MAX)
		return err_set(err, ERR_USAGE, "'%s' is no number of rebuilders (1 or more)", text);
	*ret = (unsigned)n;
	return 0;
}

static int conclude(const struct verdict_count *v, unsigned threshold, bool allow_dissent,
		    const char *path, struct error *err)
{
	if (v->n_dissent && !allow_dissent) {
		(void)err_set(err, ERR_DIFFERS,
			      "%zu rebuilder%s that count%s say%s otherwise of '%s'", v->n_dissent,
			      v->n_dissent == 1 ? "" : "s", v->n_dissent == 1 ? "s" : "",
			      v->n_dissent == 1 ? "s" : "", path);
		return err_hint(err, "somebody was given another file or bundle, or a key is in "
				     "wrong hands: find out before you use it");
	}
	if (v->n_agree >= threshold)
		return 0;
	(void)err_set(err, ERR_UNVOUCHED,
		      "%zu of the %u rebuilders that are demanded say that '%s' is what its inputs "
		      "give",
		      v->n_agree, threshold, path);
	if (v->n)
		return err_hint(err, "the lines above say of each verdict why it counts or doesn't");
	return err_hint(err, "there is no verdict beside it, and --verdict names none. " VERDICT_HOW);
}

int verify_by_threshold(struct app *app, const char *path, const struct verify_options *o,
			struct error *err)
{
	CLEANUP_VERIFY struct verify_result r = { 0 };
	CLEANUP_VERDICTS struct verdict_count v = { 0 };
	struct verdict_options options = { .keys = o->keys, .n_keys = o->n_keys };

	options.files = app_files(app, "verdict", &options.n_files);
	if (read_threshold(app, &options.threshold, err) < 0)
		return -1;
	if (verify_run(&app->context, path, o, &r, err) < 0) {
		if (app->json && r.n_checks)
			app_print_json(app, "verify", show_verify_json(&r, path, err, &app->arena));
		else if (r.n_checks)
			show_verify_text(&r, path, err, app->quiet);
		return -1;
	}
	if (verdict_count(&app->context, path, &r.identity, &options, &v, err) < 0)
		return -1;
	(void)!conclude(&v, options.threshold, app_flag(app, "allow-dissent"), path, err);
	if (app->json) {
		print_json(app, &r, path, &v, options.threshold, err->code == ERR_NONE);
		return err->code ? -1 : 0;
	}
	print_text(app, &r, path, &v, options.threshold);
	return err->code ? -1 : 0;
}
