#include "cli/image_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/disk_foreign.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/bundle.h"
#include "pipeline/identify_hint.h"
#include "pipeline/output_hint.h"

static int read_tree(struct app *app, const char *path, bool allowed, struct image_file *f,
		     struct error *err)
{
	struct context *c;

	if (!allowed)
		return tree_file_refuse(path, err);
	return app_file_context(app, &c, err) < 0 ? -1
						  : tree_file_read(c, f->fd, path, &f->tar, err);
}

static int read_image(struct app *app, const char *path, bool trees, struct image_file *f,
		      struct error *err)
{
	if (disk_is_one(f->fd)) {
		if (disk_read_any(f->fd, path, &f->disk, err) < 0)
			return err_while(err, "reading the disk '%s'", path);
		return 0;
	}
	if (tree_file_is_one(f->fd, path))
		return read_tree(app, path, trees, f, err);
	if (oci_artifact_is_one(f->fd, STR(BUNDLE_TYPE))) {
		(void)err_set(err, ERR_UNSUPPORTED, "'%s' is a bundle of inputs, not an image",
			      path);
		return err_hint(err, "'ingot init --bundle %s DIR' unpacks its recipe", path);
	}
	if (identify_is_other(f->fd, path, err))
		return -1;
	if (oci_read(f->fd, path, workers_default(), &f->image, err) < 0)
		return err_while(err, "reading the image '%s'", path);
	return 0;
}

static int open_file(struct app *app, const char *path, bool trees, struct image_file *ret,
		     struct error *err)
{
	struct image_file f = IMAGE_FILE_INIT;
	const char *named = path;
	struct context *c;
	int r;

	if (!trees || strcmp(path, "-") != 0) {
		r = file_open_regular(AT_FDCWD, path, false, &f.fd, err);
	} else {
		path = "standard input";
		r = app_file_context(app, &c, err) < 0
			    ? -1
			    : tree_file_spool(c, STDIN_FILENO, path, &f.fd, err);
	}
	if (r < 0 || read_image(app, path, trees, &f, err) < 0) {
		image_file_release(&f);
		return output_hint(named, err);
	}
	*ret = f;
	return 0;
}

int image_file_open(struct app *app, const char *path, struct image_file *ret, struct error *err)
{
	return open_file(app, path, false, ret, err);
}

int image_file_open_any(struct app *app, const char *path, struct image_file *ret,
			struct error *err)
{
	return open_file(app, path, true, ret, err);
}

void image_file_release(struct image_file *f)
{
	tree_file_close(f->tar);
	oci_tree_free(f->tree);
	oci_image_free(f->image);
	disk_image_free(f->disk);
	if (f->fd >= 0)
		close(f->fd);
	*f = (struct image_file)IMAGE_FILE_INIT;
}

/* A disk's files are read where they lie; layers are unpacked into the stage. */
int image_file_tree(struct app *app, const char *path, struct image_file *f,
		    const struct tree **ret, const struct content_reader **ret_reader,
		    struct error *err)
{
	struct context *c;

	if (f->disk) {
		*ret = f->disk->tree;
		*ret_reader = block_files_reader(f->disk->files);
		return 0;
	}
	if (f->tar) {
		*ret = f->tar->tar->tree;
		*ret_reader = &f->tar->tar->reader;
		return 0;
	}
	if (app_file_context(app, &c, err) < 0 || context_need_stage(c, err) < 0)
		return -1;
	if (!f->tree && oci_read_tree(c->stage, f->fd, f->image, &f->tree, err) < 0)
		return err_while(err, "reading the image '%s'", path);
	*ret = oci_tree(f->tree);
	*ret_reader = stage_reader(c->stage);
	return 0;
}
