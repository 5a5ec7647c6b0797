#pragma once

/* cli/image_file.h - the image file that a command was given. */

#include "cli/app.h"
#include "image/oci_read.h"

struct image_file {
	int fd;
	struct oci_image *image;
	struct oci_tree *tree; /* NULL until image_file_tree() */
};

#define IMAGE_FILE_INIT                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Opens, reads and verifies every byte. */
int image_file_open(struct app *app, const char *path, struct image_file *ret,
		    struct error *err) MUST_CHECK;
void image_file_release(struct image_file *f);
#define CLEANUP_IMAGE_FILE CLEANUP(image_file_release)

/* Its tree, borrowed from @f; contents come through the stage of *ret_context. */
int image_file_tree(struct app *app, const char *path, struct image_file *f,
		    const struct tree **ret, struct context **ret_context,
		    struct error *err) MUST_CHECK;
