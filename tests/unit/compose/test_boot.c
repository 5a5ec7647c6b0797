/* What boots a disk, of packages that a test makes up. */
#include "compose/boot.h"

#include "base/cleanup.h"
#include "base/endian.h"
#include "compose/boot_private.h"
#include "compose_world.h"

#define V "6.12.1+deb13-amd64"
#define MODULES "usr/lib/modules/" V "/"

static struct scene w;
static struct tree *root;
static struct boot_parts parts;
static size_t first_boot_package;

static void begin(void)
{
	scene_init(&w);
	scene_must_compose(&w); /* fills in w.in */
	w.target.type = TARGET_DISK;
	w.target.root_type = ROOT_EXT4;
	w.in.architecture = STR("amd64");
	w.in.target = &w.target;
	root = tree_new();
	parts = (struct boot_parts){ .initrd = NULL };
	first_boot_package = w.n_packages;
}

static void end(void)
{
	tree_free(parts.initrd);
	tree_free(root);
	scene_release(&w);
}

TestSuite(boot, .init = begin, .fini = end);

static void put(const char *path, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(
		tree_write_file(root, str_of(path), str_bytes(str_of(text)), 0644, 0, NULL, &err),
		0);
}

static void add_root(const char *dep, const char *softdep, const char *alias, const char *builtin)
{
	put("boot/vmlinuz-" V, "kernel");
	put("usr/lib/os-release", "ID=debian\n");
	cr_assert_eq(tree_write_symlink(root, STR("etc/os-release"), STR("../usr/lib/os-release"),
					0, NULL, &w.err),
		     0);
	put(MODULES "modules.dep", dep);
	put(MODULES "modules.softdep", softdep);
	put(MODULES "modules.alias", alias);
	put(MODULES "modules.builtin", builtin);
}

static void module(const char *name)
{
	CLEANUP_BUF struct buf path = BUF_INIT(4096);

	buf_printf(&path, MODULES "kernel/%s.ko", name);
	put(buf_cstr(&path), name);
}

static void add_boot_packages(void)
{
	pack_file(&w, scene_package(&w, "busybox-static", "1", "busybox"), "usr/bin/busybox",
		  /* 64 bytes of an ELF header without segments: a static program */
		  "", 0755);
	pack_file(&w, scene_package(&w, "systemd-boot-efi", "257", "systemd"),
		  "usr/lib/systemd/boot/efi/linuxx64.efi.stub", "stub", 0644);
}

/* An ELF file of one segment with its dynamic section and names; @to has 1024 bytes. */
static struct bytes make_elf(uint8_t *to, const char *interpreter, const char *const *needed)
{
	size_t text = 512, dynamic = 256, at = text + 1;

	memset(to, 0, 1024);
	memcpy(to, "\177ELF\2\1\1", 7);
	put_le16(to + 16, 3);
	put_le16(to + 18, 62);
	put_le64(to + 32, 64);
	put_le16(to + 54, 56);
	put_le16(to + 56, 3);
	put_le32(to + 64, 1); /* PT_LOAD: all, at address 0x1000 */
	put_le64(to + 64 + 16, 0x1000);
	put_le64(to + 64 + 32, 1024);
	put_le32(to + 120, 2); /* PT_DYNAMIC */
	put_le64(to + 120 + 8, dynamic);
	put_le64(to + 120 + 32, 256);
	put_le64(to + dynamic, 5); /* DT_STRTAB */
	put_le64(to + dynamic + 8, 0x1000 + text);
	for (size_t i = 1; *needed; i++, needed++) {
		put_le64(to + dynamic + 16 * i, 1); /* DT_NEEDED */
		put_le64(to + dynamic + 16 * i + 8, at - text);
		memcpy(to + at, *needed, strlen(*needed));
		at += strlen(*needed) + 1;
	}
	put_le32(to + 176, interpreter ? 3 : 0); /* PT_INTERP */
	put_le64(to + 176 + 8, at);
	put_le64(to + 176 + 32, 64);
	if (interpreter)
		memcpy(to + at, interpreter, strlen(interpreter));
	return (struct bytes){ to, 1024 };
}

static void put_elf(struct pack *p, const char *path, const char *interpreter,
		    const char *const *needed)
{
	uint8_t *bytes = arena_alloc(&w.arena, 1024);
	struct pack_member *m = pack_file(&w, p, path, "", 0755);

	m->content = content_of_bytes(make_elf(bytes, interpreter, needed));
}

static const char *const nothing[] = { NULL };

static void add_real_packages(void)
{
	put_elf(scene_package(&w, "busybox-static", "1", "busybox"), "usr/bin/busybox", NULL,
		nothing);
	pack_file(&w, scene_package(&w, "systemd-boot-efi", "257", "systemd"),
		  "usr/lib/systemd/boot/efi/linuxx64.efi.stub", "stub", 0644);
}

static int boot(void)
{
	err_release(&w.err);
	return compose_boot(&w.in, root, w.packages + first_boot_package,
			    w.n_packages - first_boot_package, &w.arena, &parts, &w.err);
}

static void must_boot(void)
{
	cr_assert_eq(boot(), 0, "%s", w.err.message);
}

static void must_fail(enum err_code code, const char *words)
{
	cr_assert_eq(boot(), -1);
	cr_assert_eq(w.err.code, code);
	cr_assert(strstr(w.err.message, words), "%s", w.err.message);
}

static bool initrd_has(const char *path)
{
	return tree_find(parts.initrd, str_of(path)) != NULL;
}

static const char *init_text(void)
{
	const struct node *n = tree_find(parts.initrd, STR("init"));

	cr_assert_eq(n->inode->mode, 0755);
	return arena_strdup(&w.arena, (struct str){ (const char *)n->inode->content.data,
						    (size_t)n->inode->content.size });
}

/* Whether @a comes before @b in /init. */
static bool is_before(const char *a, const char *b)
{
	const char *text = init_text(), *x = strstr(text, a), *y = strstr(text, b);

	return x && y && x < y;
}

Test(boot, a_disk_without_a_kernel_says_what_to_add)
{
	must_fail(ERR_RECIPE_VALUE, "without a kernel");
	cr_assert(strstr(w.err.hint, "linux-image-cloud-amd64"));
}

Test(boot, two_kernels_are_named)
{
	put("boot/vmlinuz-6.1", "a");
	put("boot/vmlinuz-6.12", "b");
	must_fail(ERR_RECIPE_VALUE, "6.1, 6.12");
}

Test(boot, where_everything_is_built_in_there_is_no_initrd)
{
	add_root("", "", "", "kernel/fs/ext4/ext4.ko\nkernel/drivers/block/virtio_blk.ko\n");
	add_boot_packages();
	must_boot();
	cr_assert_null(parts.initrd);
	cr_assert(str_equal_cstr(parts.kernel_version, V));
	cr_assert(str_equal_cstr(parts.efi_name, "BOOTX64.EFI"));
	cr_assert_eq(parts.stub.size, 4);
	cr_assert_eq(parts.os_release.size, strlen("ID=debian\n"));
}

Test(boot, modules_come_after_what_they_depend_on)
{
	add_root("kernel/virtio_blk.ko:\n"
		 "kernel/ext4.ko: kernel/jbd2.ko kernel/crc16.ko\n"
		 "kernel/jbd2.ko: kernel/crc16.ko\nkernel/crc16.ko:\n",
		 "", "", "");
	module("virtio_blk");
	module("ext4");
	module("jbd2");
	module("crc16");
	add_real_packages();
	must_boot();
	cr_assert(is_before("\nkernel/crc16.ko\n", "\nkernel/jbd2.ko crc16.ko\n"));
	cr_assert(is_before("\nkernel/jbd2.ko crc16.ko\n", "\nkernel/ext4.ko jbd2.ko crc16.ko\n"));
	cr_assert(initrd_has(MODULES "kernel/ext4.ko"));
	cr_assert(initrd_has("usr/bin/busybox"));
	cr_assert(initrd_has("usr/bin/switch_root"));
}

Test(boot, softdeps_are_followed_by_name_and_by_alias)
{
	add_root("kernel/ext4.ko:\nkernel/crc32c-intel.ko:\nkernel/crc32c_generic.ko:\n"
		 "kernel/late.ko:\n",
		 "# comment\nsoftdep ext4 pre: crc32c post: late\n",
		 "alias crc32c crc32c_intel\nalias crc32c crc32c_generic\n", "");
	module("ext4");
	module("crc32c-intel");
	module("crc32c_generic");
	module("late");
	add_real_packages();
	must_boot();
	cr_assert(is_before("\nkernel/crc32c-intel.ko\n", "\nkernel/ext4.ko\n"));
	cr_assert(is_before("\nkernel/crc32c_generic.ko\n", "\nkernel/ext4.ko\n"));
	cr_assert(is_before("\nkernel/ext4.ko\n", "\nkernel/late.ko\n"));
}

Test(boot, modules_that_depend_on_each_other_end)
{
	add_root("kernel/ext4.ko: kernel/a.ko\nkernel/a.ko: kernel/ext4.ko\n",
		 "softdep a pre: ext4\nsoftdep ext4 pre: a\n", "", "");
	module("ext4");
	module("a");
	add_real_packages();
	must_boot();
	cr_assert(is_before("\nkernel/a.ko", "\nkernel/ext4.ko"));
}

Test(boot, a_kernel_that_cannot_read_the_root_is_an_error)
{
	add_root("", "", "", "kernel/fs/ext4/ext4.ko\n");
	add_boot_packages();
	w.target.root_type = ROOT_EROFS;
	must_fail(ERR_RECIPE_VALUE, "no 'erofs'");
}

Test(boot, a_module_that_is_listed_but_absent_is_an_error)
{
	add_root("kernel/ext4.ko:\n", "", "", "");
	add_real_packages();
	must_fail(ERR_RECIPE_VALUE, "kernel/ext4.ko");
}

Test(boot, names_of_modules_that_a_shell_would_read_are_refused)
{
	add_root("kernel/$(x)/ext4.ko:\n", "", "", "");
	add_real_packages();
	must_fail(ERR_FORMAT, "$(x)");
}

Test(boot, a_checked_root_brings_veritysetup_its_loader_and_all_libraries)
{
	static const char *const needs_a[] = { "liba.so.1", NULL };
	static const char *const needs_b[] = { "libb.so.2", "liba.so.1", NULL };
	struct pack *p;

	add_root("", "", "", "kernel/erofs.ko\nkernel/overlay.ko\nkernel/dm-verity.ko\n");
	w.target.root_type = ROOT_EROFS;
	w.target.root_verity = true;
	add_real_packages();
	p = scene_package(&w, "cryptsetup-bin", "2", "cryptsetup");
	put_elf(p, "sbin/veritysetup", "/lib64/ld-linux-x86-64.so.2", needs_a);
	must_fail(ERR_RECIPE_VALUE, "ld-linux-x86-64.so.2");

	p = scene_package(&w, "libc6", "2", "glibc");
	put_elf(p, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", NULL, nothing);
	pack_link(&w, p, "lib64/ld-linux-x86-64.so.2",
		  "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
	put_elf(p, "usr/lib/x86_64-linux-gnu/liba.so.1.2.3", NULL, needs_b);
	pack_link(&w, p, "usr/lib/x86_64-linux-gnu/liba.so.1", "liba.so.1.2.3");
	must_fail(ERR_RECIPE_VALUE, "libb.so.2");

	put_elf(scene_package(&w, "libb", "2", "b"), "lib/x86_64-linux-gnu/libb.so.2", NULL,
		nothing);
	must_boot();
	cr_assert(initrd_has("usr/sbin/veritysetup"));
	cr_assert(initrd_has("usr/lib64/ld-linux-x86-64.so.2"));
	cr_assert(initrd_has("usr/lib/x86_64-linux-gnu/liba.so.1"));
	cr_assert(initrd_has("usr/lib/x86_64-linux-gnu/libb.so.2"));
	cr_assert(strstr(init_text(), "--panic-on-corruption"));
}

Test(boot, the_command_line_is_the_recipes_and_the_rules)
{
	static const struct str words[] = { { "console=ttyS0", 13 }, { "quiet", 5 } };

	add_root("", "", "", "kernel/fs/ext4/ext4.ko\n");
	add_boot_packages();
	w.target.cmdline = words;
	w.target.n_cmdline = 2;
	must_boot();
	cr_assert(str_equal_cstr(parts.cmdline, "console=ttyS0 quiet systemd.gpt_auto=no"));
}

Test(boot, a_recipe_cannot_say_where_the_root_is)
{
	static const struct str words[] = { { "root=/dev/sda1", 14 } };

	add_root("", "", "", "kernel/fs/ext4/ext4.ko\n");
	add_boot_packages();
	w.target.cmdline = words;
	w.target.n_cmdline = 1;
	must_fail(ERR_RECIPE_VALUE, "root=/dev/sda1");
}

Test(boot, without_the_stub_the_error_names_its_package)
{
	add_root("", "", "", "kernel/fs/ext4/ext4.ko\n");
	must_fail(ERR_RECIPE_VALUE, "systemd-boot-efi");
}

Test(boot, an_architecture_without_uefi_is_refused)
{
	w.in.architecture = STR("s390x");
	must_fail(ERR_UNSUPPORTED, "s390x");
}

Test(boot, elf_files_that_lie_are_refused_and_read_nowhere_else)
{
	static const char *const needed[] = { "liba.so.1", "libb.so.1", NULL };
	uint8_t file[1024];
	struct elf_needs needs;

	for (size_t i = 0; i < sizeof(file); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			CLEANUP_ERR struct error err = ERR_INIT;
			uint8_t *exact;

			(void)make_elf(file, "/lib/ld.so", needed);
			file[i] = (uint8_t)(file[i] ^ 1u << bit);
			exact = arena_alloc(&w.arena, sizeof(file));
			memcpy(exact, file, sizeof(file));
			(void)!elf_needs_read((struct bytes){ exact, sizeof(file) }, "x", &w.arena,
					      &needs, &err);
		}
	}
	for (size_t n = 0; n < sizeof(file); n++) {
		CLEANUP_ERR struct error err = ERR_INIT;

		(void)make_elf(file, "/lib/ld.so", needed);
		(void)!elf_needs_read((struct bytes){ file, n }, "x", &w.arena, &needs, &err);
	}
}
