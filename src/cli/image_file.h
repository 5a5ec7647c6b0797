#pragma once

/* cli/image_file.h - the image file that a command was given. */

#include "cli/app.h"
#include "image/oci_read.h"

struct image_file {
	int fd;
	struct oci_image image;
};

#define IMAGE_FILE_INIT { .fd = -1 }

/* Opens, reads and verifies. @deep: every layer's content too. */
int image_file_open(struct app *app, const char *path, bool deep, struct image_file *ret,
		    struct error *err) MUST_CHECK;
void image_file_release(struct image_file *f);
#define CLEANUP_IMAGE_FILE CLEANUP(image_file_release)

/* Its tree; contents come through the stage (ret: app->context). Owned, tree_free(). */
int image_file_tree(struct app *app, const char *path, const struct image_file *f,
		    struct tree **ret, struct context **ret_context,
		    struct error *err) MUST_CHECK;
