/*
 * fs_tool FORMAT OUT TREE [OPTION=VALUE...]: writes a tree with ingot's own writer.
 *   erofs label= epoch= folder_mtime= lz4=1
 *   ext4  size= free= grow_to= (bytes) journal=1 label= epoch= folder_mtime=
 *   rows  epoch=: nothing is written, the tree goes to standard output (fs_rows.h)
 * TREE: see fs_trees.h. What was planned goes to standard output. Status 1: refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "format/erofs/erofs.h"
#include "format/ext4/ext4.h"
#include "fs_rows.h"
#include "fs_trees.h"

static int refused(const struct error *err)
{
	err_print(err, stderr);
	return 1;
}

/* Closes @out, and passes on whether all went well. */
static int finish(int status, struct sink *out, struct error *err)
{
	if (sink_close(out, err) < 0 || status < 0)
		return refused(err);
	return 0;
}

/* NAME=VALUE's value among @options, or NULL. */
static const char *option(char **options, const char *name)
{
	size_t n = strlen(name);

	for (; *options; options++)
		if (!strncmp(*options, name, n) && (*options)[n] == '=')
			return *options + n + 1;
	return NULL;
}

static uint64_t number(char **options, const char *name, uint64_t otherwise)
{
	const char *value = option(options, name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

static int write_ext4(const struct fs_tree *f, int fd, char **options)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *plan = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	const char *label = option(options, "label");
	struct ext4_options o = {
		.uuid = "0123456789abcde",
		.hash_seed = "fedcba987654321",
		.label = str_of(label ? label : "root"),
		.epoch = (int64_t)number(options, "epoch", 1700000000),
		.folder_mtime = (int64_t)number(options, "folder_mtime", 0),
		.size = number(options, "size", 0),
		.free = number(options, "free", 0),
		.journal = number(options, "journal", 0),
		.grow_to = number(options, "grow_to", 0),
	};
	struct ext4_numbers n;
	struct sink *out;

	if (ext4_plan(f->tree, &o, &plan, &err) < 0)
		return refused(&err);
	n = ext4_numbers(plan);
	printf("size %llu blocks %llu free %llu journal %llu inodes %u free %u groups %u\n",
	       (unsigned long long)n.size, (unsigned long long)n.blocks,
	       (unsigned long long)n.free_blocks, (unsigned long long)n.journal_blocks, n.inodes,
	       n.free_inodes, n.groups);
	out = sink_to_fd(fd, "the image");
	return finish(ext4_write(plan, &f->reader, out, &err), out, &err);
}

static int write_erofs(const struct fs_tree *f, int fd, char **options)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *plan = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	const char *label = option(options, "label");
	struct erofs_options o = {
		.uuid = "0123456789abcde",
		.label = str_of(label ? label : "root"),
		.epoch = (int64_t)number(options, "epoch", 1700000000),
		.folder_mtime = (int64_t)number(options, "folder_mtime", 0),
		.compression = number(options, "lz4", 0) ? EROFS_LZ4 : EROFS_UNCOMPRESSED,
		.reader = &f->reader,
	};
	struct sink *out;

	if (erofs_plan(f->tree, &o, &plan, &err) < 0)
		return refused(&err);
	printf("size %llu\n", (unsigned long long)erofs_size(plan));
	out = sink_to_fd(fd, "the image");
	return finish(erofs_write(plan, &f->reader, out, &err), out, &err);
}

static int write_rows(const struct fs_tree *f, int fd, char **options)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	int64_t epoch = (int64_t)number(options, "epoch", 1700000000);

	(void)fd;
	return fs_rows_print(f->tree, &f->reader, epoch, &err) < 0 ? refused(&err) : 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*write)(const struct fs_tree *f, int fd, char **options);
	} formats[] = { { "erofs", write_erofs }, { "ext4", write_ext4 }, { "rows", write_rows } };
	struct fs_tree f;
	int fd;

	for (size_t i = 0; argc >= 4 && i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, argv[1]))
			continue;
		f = fs_tree_make(argv[3]);
		fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0) {
			perror(argv[2]);
			return 2;
		}
		return formats[i].write(&f, fd, argv + 4);
	}
	fprintf(stderr, "usage: fs_tool FORMAT OUT TREE [OPTION=VALUE...]\n");
	return 2;
}
