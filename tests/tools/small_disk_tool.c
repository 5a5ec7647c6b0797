/*
 * small_disk_tool ext4|erofs > DISK - a disk that nothing could start, of a few files: for
 * tests that read disks many times. EROFS has verity.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/small_disk.h"
#include "tools/tree_text.h"

#define ROOT                                                                                       \
	"dir / 755 0 0\n"                                                                          \
	"dir etc 755 0 0\n"                                                                        \
	"file etc/os-release 644 0 0 1600000000 ID=test%0a\n"                                      \
	"dir usr 755 0 0\n"                                                                        \
	"file usr/tool 755 0 0 1600000000 {90000:word}\n"                                          \
	"symlink bin 0 0 1600000000 usr\n"

static int make(enum root_type type, struct error *err)
{
	CLEANUP_TREE struct tree *root = NULL;
	const struct recipe_target shape = { .root_type = type,
					     .root_size = 24u << 20,
					     .root_verity = type == ROOT_EROFS };

	if (tree_text_parse(STR(ROOT), &root, NULL, err) < 0)
		return -1;
	tree_freeze(root);
	return small_disk_write(root, &shape, sink_to_fd(STDOUT_FILENO, "the disk"), err);
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;

	if (argc != 2)
		return 2;
	if (make(strcmp(argv[1], "ext4") == 0 ? ROOT_EXT4 : ROOT_EROFS, &err) < 0) {
		err_print(&err, stderr);
		return 1;
	}
	return 0;
}
