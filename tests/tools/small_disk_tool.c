/*
 * small_disk_tool ext4|erofs > DISK - a disk that nothing could start, of a few files: for
 * tests that read disks many times. EROFS has verity.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/disk.h"
#include "tools/tree_text.h"
#include "unit/format/pe_fixture.h"

#define ROOT                                                                                       \
	"dir / 755 0 0\n"                                                                          \
	"dir etc 755 0 0\n"                                                                        \
	"file etc/os-release 644 0 0 1600000000 ID=test%0a\n"                                      \
	"dir usr 755 0 0\n"                                                                        \
	"file usr/tool 755 0 0 1600000000 {90000:word}\n"                                          \
	"symlink bin 0 0 1600000000 usr\n"
#define INITRD "dir / 755 0 0\nfile init 755 0 0 0 #!/bin/sh%0a\n"

static int make(enum root_type type, struct error *err)
{
	struct tree *root = NULL, *initrd = NULL;
	CLEANUP_BUF struct buf stub = BUF_INIT(1u << 20);
	CLEANUP_DISK struct disk *d = NULL;
	struct recipe_target target = { .name = STR("vm"),
					.type = TARGET_DISK,
					.root_type = type,
					.root_size = 24u << 20,
					.root_verity = type == ROOT_EROFS };
	struct boot_parts boot = { .kernel = content_of_bytes(str_bytes(STR("a kernel"))),
				   .kernel_version = STR("6.12.1-test"),
				   .stub_name = STR("linuxx64.efi.stub"),
				   .efi_name = STR("BOOTX64.EFI"),
				   .os_release = content_of_bytes(str_bytes(STR("ID=test\n"))),
				   .cmdline = STR("quiet") };
	struct disk_input in = { .boot = &boot, .target = &target, .architecture = STR("amd64"),
				 .epoch = 1700000000 };
	struct sink *out;
	int r;

	if (tree_text_parse(str_of(ROOT), &root, NULL, err) < 0 ||
	    tree_text_parse(str_of(INITRD), &initrd, NULL, err) < 0)
		return -1;
	tree_freeze(root);
	tree_freeze(initrd);
	stub_make(&shape_13, &stub);
	boot.stub = content_of_bytes(buf_bytes(&stub));
	boot.initrd = initrd;
	in.tree = root;
	out = sink_to_fd(STDOUT_FILENO, "the disk");
	if (disk_plan(&in, &d, err) < 0 || disk_write(d, out, NULL, err) < 0)
		out->failed = true;
	r = sink_close(out, err);
	tree_free(root);
	tree_free(initrd);
	return r;
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
