#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/image_file.h"
#include "cli/show.h"
#include "io/file.h"
#include "pipeline/locking.h"
#include "pipeline/output_hint.h"

int cmd_show(struct app *app, int argc, char **argv, struct error *err);

static void print_lock(struct app *app, const struct lock *l)
{
	if (app->json)
		app_print_json(app, "lock-contents", show_lock_json(l, &app->arena));
	else
		show_lock_text(l, app->verbose);
}

static int show_lock_file(struct app *app, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_LOCK struct lock *l = NULL;
	int r = file_load(AT_FDCWD, path, &text, err);

	if (r == FILE_ABSENT)
		return err_set(err, ERR_LOCK_MISSING, "there is no lock '%s'", path);
	if (r < 0 || lock_parse(buf_bytes(&text), path, &l, err) < 0)
		return -1;
	print_lock(app, l);
	return 0;
}

static int show_lock_of(struct app *app, const char *name, struct error *err)
{
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_LOCK struct lock *l = NULL;

	if (app_recipe(app, name, &r, err) < 0 || lock_load(&app->context, r, &l, err) < 0)
		return -1;
	print_lock(app, l);
	return 0;
}

static int show_image(struct app *app, const char *path, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;

	if (image_file_open_any(app, path, &f, err) < 0)
		return -1;
	if (f.disk)
		return show_disk(app, f.disk, err);
	if (f.tar)
		return show_tree(app, f.tar, err);
	if (app->json)
		app_print_json(app, "image", show_image_json(f.image, &app->arena));
	else
		show_image_text(f.image);
	return 0;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Locks and recipes by their names; any other file is an image. */
int cmd_show(struct app *app, int argc, char **argv, struct error *err)
{
	struct str name = str_of(argv[0]);

	(void)argc;
	if (str_has_suffix(name, STR(".lock")))
		return show_lock_file(app, argv[0], err);
	if (str_has_suffix(name, STR(".yaml")) ||
	    (!strchr(argv[0], '/') && strcmp(argv[0], "-") != 0 && !is_file(argv[0]) &&
	     !output_is_name(argv[0])))
		return show_lock_of(app, argv[0], err);
	return show_image(app, argv[0], err);
}
