#include "tools/small_disk.h"

#include "image/disk.h"
#include "tools/tree_text.h"
#include "unit/format/pe_fixture.h"

#define INITRD "dir / 755 0 0\nfile init 755 0 0 0 #!/bin/sh%0a\n"

int small_disk_write(const struct tree *tree, const struct recipe_target *shape, struct sink *out,
		     struct error *err)
{
	CLEANUP_BUF struct buf stub = BUF_INIT(1u << 20);
	CLEANUP_TREE struct tree *initrd = NULL;
	CLEANUP_DISK struct disk *d = NULL;
	struct recipe_target target = *shape;
	struct boot_parts boot = {
		.kernel = content_of_bytes(str_bytes(STR(SMALL_DISK_KERNEL))),
		.kernel_version = STR("6.12.1-test"),
		.stub_name = STR("linuxx64.efi.stub"),
		.efi_name = STR("BOOTX64.EFI"),
		.os_release = content_of_bytes(str_bytes(STR(SMALL_DISK_OS_RELEASE))),
		.cmdline = STR("quiet"),
	};
	struct disk_input in = { .tree = tree,
				 .boot = &boot,
				 .target = &target,
				 .architecture = STR("amd64"),
				 .epoch = SMALL_DISK_EPOCH };

	target.name = STR("vm");
	target.type = TARGET_DISK;
	stub_make(&shape_13, &stub);
	boot.stub = content_of_bytes(buf_bytes(&stub));
	out->failed = tree_text_parse(STR(INITRD), &initrd, NULL, err) < 0;
	if (!out->failed)
		tree_freeze(initrd);
	boot.initrd = initrd;
	if (!out->failed && (disk_plan(&in, &d, err) < 0 || disk_write(d, out, NULL, err) < 0))
		out->failed = true;
	return sink_close(out, err);
}
