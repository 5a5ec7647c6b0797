/*
 * fs_read_tool [-q] ext4|erofs IMAGE: reads and checks a file system, and prints what is in
 * it (fs_rows.h). With -q only the digest of the tree.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "format/erofs/erofs_read.h"
#include "format/ext4/ext4_read.h"
#include "fs_rows.h"

static int read_ext4(const struct window *in, struct block_files *files, struct tree **ret,
		     struct error *err)
{
	struct ext4_facts facts;

	return ext4_read(in, files, &facts, ret, err);
}

static int read_erofs(const struct window *in, struct block_files *files, struct tree **ret,
		      struct error *err)
{
	struct erofs_facts facts;

	return erofs_read(in, files, &facts, ret, err);
}

static const struct format {
	const char *name;
	int (*read)(const struct window *in, struct block_files *files, struct tree **ret,
		    struct error *err);
} formats[] = { { "ext4", read_ext4 }, { "erofs", read_erofs } };

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

static int read_image(const struct format *format, const char *path, bool quiet,
		      struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct window in = { fd, path, 0, 0 };
	CLEANUP_BLOCK_FILES struct block_files *files = NULL;
	CLEANUP_TREE struct tree *t = NULL;
	struct digest digest;
	char text[DIGEST_TEXT_MAX];

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	in.size = (uint64_t)st.st_size;
	files = block_files_new(&in);
	if (format->read(&in, files, &t, err) < 0)
		return -1;
	if (!quiet)
		return fs_rows_print(t, NULL, INT64_MAX, err);
	digest = tree_digest(t, INT64_MAX);
	puts(digest_format(&digest, text));
	return 0;
}

int main(int argc, char **argv)
{
	bool quiet = argc == 4 && strcmp(argv[1], "-q") == 0;
	const struct format *format = argc == 3 + quiet ? find_format(argv[1 + quiet]) : NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	if (!format) {
		fprintf(stderr, "usage: fs_read_tool [-q] ext4|erofs IMAGE\n");
		return 2;
	}
	if (read_image(format, argv[2 + quiet], quiet, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return 1;
}
