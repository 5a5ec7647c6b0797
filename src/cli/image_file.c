#include "cli/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/workers.h"

int image_file_open(struct app *app, const char *path, struct image_file *ret, struct error *err)
{
	struct stat st;
	int fd = -1;

	(void)app;
	if (file_open(AT_FDCWD, path, false, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_USAGE, "'%s' is no file", path);
	}
	if (oci_read(fd, path, workers_default(), &ret->image, err) < 0) {
		close(fd);
		return err_while(err, "reading the image '%s'", path);
	}
	ret->fd = fd;
	return 0;
}

void image_file_release(struct image_file *f)
{
	oci_tree_free(f->tree);
	oci_image_free(f->image);
	if (f->fd >= 0)
		close(f->fd);
	*f = (struct image_file)IMAGE_FILE_INIT;
}

int image_file_tree(struct app *app, const char *path, struct image_file *f,
		    const struct tree **ret, struct context **ret_context, struct error *err)
{
	struct context *c;

	if (app_stage_context(app, &c, err) < 0 || context_need_stage(c, err) < 0)
		return -1;
	if (oci_read_tree(c->stage, f->fd, f->image, &f->tree, err) < 0)
		return err_while(err, "reading the image '%s'", path);
	*ret = oci_tree(f->tree);
	*ret_context = c;
	return 0;
}
