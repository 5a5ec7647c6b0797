#include "cli/image_file.h"
#include "cli/show_diff.h"

int cmd_diff(struct app *app, int argc, char **argv, struct error *err);

static int open_side(struct app *app, const char *path, struct image_file *f,
		     struct tree_diff_side *ret, struct error *err)
{
	if (image_file_open(app, path, f, err) < 0)
		return -1;
	return image_file_tree(app, path, f, &ret->tree, &ret->reader, err);
}

int cmd_diff(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file a = IMAGE_FILE_INIT, b = IMAGE_FILE_INIT;
	struct tree_diff_side in_a = { 0 }, in_b = { 0 };
	struct tree_diff d = { 0 };

	(void)argc;
	if (open_side(app, argv[0], &a, &in_a, err) < 0 ||
	    open_side(app, argv[1], &b, &in_b, err) < 0 ||
	    tree_diff(&in_a, &in_b, &app->arena, &d, err) < 0)
		return -1;
	if (app->json)
		app_print_json(app, "diff", show_diff_json(&d, &app->arena));
	else
		show_diff_text(&d, app->verbose);
	if (!tree_diff_differences(&d))
		return 0;
	return err_set(err, ERR_DIFFERS, "%zu paths and records that both have differ",
		       tree_diff_differences(&d));
}
