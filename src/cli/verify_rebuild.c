#include "cli/verify_rebuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/show_verify.h"
#include "cli/signer_option.h"
#include "pipeline/explain_files.h"
#include "pipeline/rebuild.h"
#include "pipeline/verdict.h"

static const char *const words[] = {
	[REBUILD_NONE] = "none",
	[REBUILD_IDENTICAL] = "identical",
	[REBUILD_SAME_CONTENT] = "same-content",
	[REBUILD_DIFFERENT] = "different",
};

static int read_options(struct app *app, struct rebuild_options *o, struct error *err)
{
	const char *scratch = app_environment("TMPDIR");

	o->bundle = app_value(app, "bundle");
	o->target = app_value(app, "target");
	o->architecture = app_value(app, "arch");
	o->keyring = app_value(app, "keyring");
	o->scratch = scratch && *scratch ? scratch : "/tmp";
	if (!o->bundle) {
		(void)err_set(err, ERR_USAGE, "--rebuild needs the inputs: --bundle FILE");
		return err_hint(err, "whoever built it makes one by 'ingot bundle RECIPE -o FILE'");
	}
	return 0;
}

static struct json *rebuilt_json(const struct rebuild_result *r, struct arena *a)
{
	struct json *o = json_object(a);
	char text[DIGEST_TEXT_MAX];

	for (size_t role = 0; role < IDENTITY_ROLE_COUNT; role++)
		if (r->rebuilt.has[role])
			json_set(o, identity_role_names[role],
				 json_text(a, digest_format(&r->rebuilt.digest[role], text)));
	return o;
}

static void print_json(struct app *app, const struct rebuild_result *r, const char *path,
		       const char *verdict, const struct error *failure)
{
	struct arena *a = &app->arena;
	struct json *o = show_verify_json(&r->verify, path, failure, a), *b = json_object(a);
	char text[DIGEST_TEXT_MAX];

	json_set(b, "verdict", json_text(a, words[r->verdict]));
	json_set(b, "passed", json_bool(a, r->passed));
	json_set(b, "target", json_str(a, r->target));
	json_set(b, "architecture", json_str(a, r->architecture));
	json_set(b, "format", json_str(a, r->format));
	json_set(b, "recipe", json_str(a, r->recipe));
	json_set(b, "recipe_digest", json_text(a, digest_format(&r->recipe_digest, text)));
	json_set(b, "lock", json_text(a, digest_format(&r->lock, text)));
	json_set(b, "bundle", json_text(a, digest_format(&r->bundle, text)));
	json_set(b, "digests", rebuilt_json(r, a));
	json_set(b, "microseconds", json_int(a, (int64_t)(r->nanoseconds / 1000)));
	if (r->has_diff)
		json_set(b, "differences", explain_json(&r->diff, a));
	if (verdict)
		json_set(b, "statement", json_text(a, verdict));
	json_set(o, "rebuild", b);
	app_print_json(app, "verify", o);
}

static void print_diff(struct app *app, const struct rebuild_result *r)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	if (!r->has_diff)
		return;
	puts("\nwhat differs (A: built again, B: the file):");
	if (app->quiet && r->diff.n_causes)
		explain_causes_text(&r->diff, &text);
	else
		explain_text(&r->diff, app->verbose, &text);
	fwrite(text.ptr, 1, text.len, stdout);
}

static void print_text(struct app *app, const struct rebuild_result *r, const char *path,
		       const char *verdict)
{
	uint64_t ms = r->nanoseconds / 1000000;

	show_verify_checks(&r->verify, app->quiet);
	print_diff(app, r);
	if (!app->quiet)
		putchar('\n');
	app_print_str(str_of(path));
	printf(" is %swhat its inputs give%s: target " STR_FMT ", " STR_FMT ", ",
	       r->verdict == REBUILD_DIFFERENT ? "NOT " : "",
	       r->passed || r->verdict == REBUILD_DIFFERENT
		       ? ""
		       : ", but they are NOT what they should be",
	       STR_ARG(r->target), STR_ARG(r->architecture));
	printf("in %llu.%03llu s\n", (unsigned long long)(ms / 1000),
	       (unsigned long long)(ms % 1000));
	if (r->verify.n_signers)
		printf("vouched for by %zu key%s\n", r->verify.n_signers,
		       r->verify.n_signers == 1 ? "" : "s");
	if (verdict) {
		fputs("signed verdict: ", stdout);
		app_print_str(str_of(verdict));
		putchar('\n');
	}
}

/* With a key, somebody must vouch, too: an identical rebuild says what it is, not whose. */
static int conclude(const struct rebuild_result *r, const struct rebuild_options *o,
		    const char *path, bool signed_verdict, struct error *err)
{
	if (r->verdict == REBUILD_DIFFERENT) {
		(void)err_set(err, ERR_DIFFERS, "'%s' is not what '%s' gives", path, o->bundle);
		if (!r->is_other_lock)
			return -1;
		return err_hint(err, "the provenance beside the file names another lock than the "
				     "bundle's: one of the two is of another build. Ask who gave you "
				     "both%s", signed_verdict ? " before you give out the verdict" : "");
	}
	if (!r->passed)
		return err_set(err, r->failure,
			       "'%s' is what '%s' gives, but a check of the bundle "
			       "has failed",
			       path, o->bundle);
	if (!o->verify.n_keys || r->verify.vouched)
		return 0;
	(void)err_set(err, ERR_UNVOUCHED,
		      "'%s' is what '%s' gives, but no key that counts has signed it", path,
		      o->bundle);
	return err_hint(err, "--key is of who gives it out; without --key an identical rebuild is "
			     "enough");
}

/* A verdict that can't be written is better known before the work. */
static int check_place(const char *path, const char *output, struct error *err)
{
	const char *to = output ? output : path, *slash = strrchr(to, '/');
	CLEANUP_FREE char *folder =
		slash ? mem_str((struct str){ to, (size_t)(slash - to) + 1 }) : mem_strdup(".");

	if (access(folder, W_OK) == 0)
		return 0;
	(void)err_sys(err, errno, "the verdict can't be written to '%s'", folder);
	return err_hint(err, "-o FILE writes it elsewhere");
}

int verify_by_rebuild(struct app *app, const char *path, const struct verify_options *verify,
		      struct error *err)
{
	CLEANUP_REBUILD struct rebuild_result r = { 0 };
	CLEANUP_SIGNER struct signer signer = { 0 };
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	struct rebuild_options o = { .verify = *verify };
	const char *output = app_value(app, "output"), *verdict = NULL;

	if (read_options(app, &o, err) < 0 ||
	    signer_option(app, "sign-key", &signer, &key, err) < 0)
		return -1;
	if (output && !key)
		return err_set(err, ERR_USAGE,
			       "a verdict is written with --sign-key or --signer only");
	if (key && check_place(path, output, err) < 0)
		return -1;
	if (rebuild_run(&app->context, path, &o, &r, err) < 0) {
		progress_pause(app->progress);
		if (app->json && r.verify.n_checks)
			print_json(app, &r, path, NULL, err);
		else if (r.verify.n_checks)
			show_verify_text(&r.verify, path, err, app->quiet);
		return -1;
	}
	progress_pause(app->progress);
	if (key && verdict_save(&r, path, output, &signer, &app->arena, &verdict, err) < 0)
		verdict = NULL; /* what was found is told all the same */
	else
		(void)!conclude(&r, &o, path, key != NULL, err);
	if (app->json)
		print_json(app, &r, path, verdict, err->code ? err : NULL);
	else
		print_text(app, &r, path, verdict);
	if (!err->code && !key && !app->json && !app->quiet)
		fputs("next: with --sign-key KEY.pem the verdict is signed, for others to count\n",
		      stderr);
	return err->code ? -1 : 0;
}
