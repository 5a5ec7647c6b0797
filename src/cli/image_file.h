#pragma once

/*
 * cli/image_file.h - the image file that a command was given: a container image or a disk.
 *
 * Which of the two it is, its content says, not its name. Commands that are about files alone
 * take a tree (a tar of files), too.
 */

#include "cli/app.h"
#include "image/disk_read.h"
#include "image/oci_read.h"
#include "pipeline/tree_file.h"

struct image_file {
	int fd;
	struct oci_image *image; /* of these one */
	struct disk_image *disk;
	struct tree_file *tar;
	struct oci_tree *tree;   /* NULL until image_file_tree() */
};

#define IMAGE_FILE_INIT                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Opens, reads and verifies every byte. */
int image_file_open(struct app *app, const char *path, struct image_file *ret,
		    struct error *err) MUST_CHECK;
/* A tree, too; "-" is one on standard input. Otherwise a tree is ERR_UNSUPPORTED. */
int image_file_open_any(struct app *app, const char *path, struct image_file *ret,
			struct error *err) MUST_CHECK;
void image_file_release(struct image_file *f);
#define CLEANUP_IMAGE_FILE CLEANUP(image_file_release)

/* Its tree, and the way to what its files hold. Both borrowed from @f and @app. */
int image_file_tree(struct app *app, const char *path, struct image_file *f,
		    const struct tree **ret, const struct content_reader **ret_reader,
		    struct error *err) MUST_CHECK;
