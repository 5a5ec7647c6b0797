#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/bundle.h"

int cmd_bundle(struct app *app, int argc, char **argv, struct error *err);

struct written {
	struct bundle_result result;
	struct digest digest;
	uint64_t size;
};

/* Closes @file in any case. */
static int write_to(struct app *app, const struct recipe *r, const struct bundle_options *o,
		    struct sink *file, struct written *ret, struct error *err)
{
	struct sink *hashed = hash_sink(file, &ret->digest);
	int result = bundle_write(&app->context, r, o, hashed, &ret->result, err);

	ret->size = hashed->offset;
	hashed->failed |= result < 0;
	if (sink_close(hashed, err) < 0)
		result = -1;
	file->failed |= result < 0;
	return sink_close(file, err) < 0 ? -1 : result;
}

static int to_file(struct app *app, const struct recipe *r, const struct bundle_options *o,
		   const char *path, struct written *ret, struct error *err)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_INIT;
	CLEANUP_CLOSE int dirfd = -1;
	const char *name;

	if (file_open_parent(path, &dirfd, &name, err) < 0 ||
	    file_draft_open(&draft, dirfd, name, 0666, err) < 0 ||
	    write_to(app, r, o, sink_to_synced_fd(draft.fd, path), ret, err) < 0)
		return -1;
	return file_draft_publish(&draft, err);
}

static void print_json(struct app *app, const char *path, const struct written *w)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *kinds = json_object(a);
	char text[DIGEST_TEXT_MAX];

	for (size_t k = BUNDLE_RECIPE; k < BUNDLE_KIND_COUNT; k++)
		json_set(kinds, bundle_kind_names[k], json_int(a, (int64_t)w->result.n_of_kind[k]));
	json_set(o, "file", json_text(a, path));
	json_set(o, "sha256", json_text(a, digest_format(&w->digest, text) + 7));
	json_set(o, "size", json_int(a, (int64_t)w->size));
	json_set(o, "manifest", json_text(a, digest_format(&w->result.manifest, text)));
	json_set(o, "files", json_int(a, (int64_t)w->result.n_files));
	json_set(o, "kinds", kinds);
	json_set(o, "evidence", json_bool(a, w->result.has_evidence));
	app_print_json(app, "bundle", o);
}

static void print_text(const char *path, const struct written *w, bool quiet)
{
	char text[DIGEST_TEXT_MAX], size[TEXT_SIZE_MAX];
	const size_t *n = w->result.n_of_kind;

	printf("%s\n  sha256    %s\n", path, digest_format(&w->digest, text) + 7);
	printf("  manifest  %s\n", digest_format(&w->result.manifest, text));
	printf("  size      %s in %zu files: %zu packages, %zu of evidence",
	       text_size(w->size, size), w->result.n_files, n[BUNDLE_PACKAGE], n[BUNDLE_EVIDENCE]);
	if (n[BUNDLE_SOURCE])
		printf(", %zu of sources", n[BUNDLE_SOURCE]);
	printf("\n");
	if (!w->result.has_evidence)
		printf("  evidence  not complete\n");
	if (!quiet)
		fprintf(stderr,
			"next: whoever has it and the image rebuilds: 'ingot verify IMAGE "
			"--rebuild --bundle %s'\n",
			path);
}

int cmd_bundle(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	const char *path = app_value(app, "output");
	struct bundle_options o = { .sources = app_flag(app, "sources") };
	struct written w = { 0 };
	int result;

	if (!path) {
		(void)err_set(err, ERR_USAGE, "where shall the bundle go?");
		return err_hint(err, "name a file with -o; '-' is standard output");
	}
	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE, "a bundle is not for a terminal");
	if (strcmp(path, "-") == 0 && app->json)
		return err_set(err, ERR_USAGE,
			       "--json needs -o FILE: the bundle goes to standard "
			       "output");
	if ((strcmp(path, "-") != 0 && file_check_place(path, err) < 0) ||
	    app_recipe(app, argc ? argv[0] : NULL, &r, err) < 0)
		return -1;
	o.architectures = app_values(app, "arch", &o.n_architectures);
	if (strcmp(path, "-") == 0)
		return write_to(app, r, &o, sink_to_fd(STDOUT_FILENO, "standard output"), &w, err);
	do
		result = to_file(app, r, &o, path, &w, err);
	while (result < 0 && app_may_retry(app, err));
	progress_pause(app->progress);
	if (result < 0)
		return -1;
	if (app->json)
		print_json(app, path, &w);
	else
		print_text(path, &w, app->quiet);
	return 0;
}
