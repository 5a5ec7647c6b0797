#include "cli/image_file.h"
#include "cli/show_diff.h"
#include "pipeline/explain_files.h"

int cmd_diff(struct app *app, int argc, char **argv, struct error *err);

static int open_side(struct app *app, const char *path, struct image_file *f,
		     struct tree_diff_side *ret, struct error *err)
{
	if (image_file_open(app, path, f, err) < 0)
		return -1;
	return image_file_tree(app, path, f, &ret->tree, &ret->reader, err);
}

/* Of a container image and a disk: what both hold. */
static int diff_mixed(struct app *app, char **argv, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file a = IMAGE_FILE_INIT, b = IMAGE_FILE_INIT;
	struct tree_diff_side in_a = { 0 }, in_b = { 0 };
	struct tree_diff d = { 0 };

	if (open_side(app, argv[0], &a, &in_a, err) < 0 ||
	    open_side(app, argv[1], &b, &in_b, err) < 0 ||
	    tree_diff(&in_a, &in_b, &app->arena, &d, err) < 0)
		return -1;
	if (app_flag(app, "explain"))
		fputs("note: --explain is for two images or two disks: of an image and a disk what "
		      "both hold is compared\n",
		      stderr);
	if (app->json)
		app_print_json(app, "diff", show_diff_json(&d, &app->arena));
	else
		show_diff_text(&d, app->verbose);
	if (!tree_diff_differences(&d))
		return 0;
	return err_set(err, ERR_DIFFERS, "%zu paths and records that both have differ",
		       tree_diff_differences(&d));
}

static void print(struct app *app, const struct image_diff *d)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	if (app->json) {
		app_print_json(app, "file-diff", explain_json(d, &app->arena));
		return;
	}
	if (app->quiet && d->n_causes)
		explain_causes_text(d, &text);
	else
		explain_text(d, app->verbose, &text);
	fwrite(text.ptr, 1, text.len, stdout);
}

int cmd_diff(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_IMAGE_DIFF struct image_diff d = { 0 };
	const struct explain_options o = {
		.explain = app_flag(app, "explain"),
		.details = true,
		.causes_a = app_value(app, "causes-a"),
		.causes_b = app_value(app, "causes-b"),
	};
	struct context *c;

	(void)argc;
	if (explain_is_mixed(argv[0], argv[1]))
		return diff_mixed(app, argv, err);
	if (app_file_context(app, &c, err) < 0 ||
	    explain_files(c, argv[0], argv[1], &o, &d, err) < 0)
		return -1;
	print(app, &d);
	if (d.identical || d.equal)
		return 0;
	return err_set(err, ERR_DIFFERS, "'%s' and '%s' differ in %zu thing%s", argv[0], argv[1],
		       image_diff_findings(&d), image_diff_findings(&d) == 1 ? "" : "s");
}
