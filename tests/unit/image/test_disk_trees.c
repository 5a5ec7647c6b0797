/* Whatever a tree holds: its disk is read, its tree is the same, every byte is accounted for. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/disk_account.h"
#include "tools/small_disk.h"
#include "tools/tree_text.h"

#define ROOT "dir / 755 0 0\n"
#define COMMON                                                                                     \
	ROOT "dir etc 755 0 0\n"                                                                   \
	     "file etc/os-release 644 0 0 1600000000 ID=test%0a\n"                                 \
	     "dir usr 755 0 0\n"                                                                   \
	     "file usr/tool 755 0 0 1600000000 {9000:word}\n"
#define NAME_255 "{255:n}"
#define ID_MAX "4294967294 4294967294"

struct example {
	const char *name, *tree;
};

static const struct example cases[] = {
	{ "nothing", ROOT },
	{ "a folder that is sorted before all others", ROOT "dir a 755 0 0\n" },
	{ "a root of somebody's", "dir / 1777 1000 100\nfile x 644 0 0 0 x\n" },
	{ "a root that nobody may enter", "dir / 0 0 0\n" },
	{ "a root with attributes",
	  COMMON "xattr / user.a 1\nxattr / security.selinux label%00\n" },
	{ "a root with one large attribute", COMMON "xattr / user.a {3000:x}\n" },

	{ "lost+found", COMMON "dir lost+found 755 0 0\n" },
	{ "lost+found alone", ROOT "dir lost+found 755 0 0\n" },
	{ "lost+found of somebody's", COMMON "dir lost+found 700 1000 1000\n" },
	{ "lost+found of a group's", COMMON "dir lost+found 700 0 1000\n" },
	{ "lost+found that is sticky", COMMON "dir lost+found 1700 0 0\n" },
	{ "lost+found with an attribute",
	  COMMON "dir lost+found 700 0 0\nxattr lost+found user.a 1\n" },
	{ "lost+found with a file",
	  COMMON "dir lost+found 700 0 0\nfile lost+found/x 600 0 0 0 x\n" },
	{ "lost+found with a folder", COMMON "dir lost+found 700 0 0\ndir lost+found/x 700 0 0\n" },
	{ "lost+found with a link to a file",
	  COMMON "dir lost+found 700 0 0\nlink lost+found/x usr/tool\n" },
	{ "lost+found with a lost+found",
	  COMMON "dir lost+found 700 0 0\ndir lost+found/lost+found 700 0 0\n" },
	{ "lost+found of 700 elsewhere", COMMON "dir usr/lost+found 700 0 0\n" },

	{ "boot/efi", COMMON "dir boot 755 0 0\ndir boot/efi 700 0 0\nfile boot/efi/x 644 0 0 0 x\n"
			     "dir efi 755 0 0\n" },
	{ "a kernel that is the UKI's",
	  COMMON "dir boot 755 0 0\n"
		 "file boot/vmlinuz-6.12.1-test 644 0 0 0 a%20kernel%20of%20this%20very%20root\n" },
	{ "hard links across folders",
	  COMMON "dir a 755 0 0\ndir z 755 0 0\nlink a/first usr/tool\nlink z/last usr/tool\n"
		 "symlink usr/s 0 0 5 tool\nlink a/s usr/s\nfifo z/p 600 1 2 9\nlink a/p z/p\n" },
	{ "devices and pipes",
	  COMMON "dir dev 755 0 0\nchar dev/null 666 0 0 7 1 3\nblock dev/sda 660 0 6 7 8 0\n"
		 "char dev/old 600 0 0 7 255 255\nchar dev/new 600 0 0 7 4095 1048575\n"
		 "fifo dev/p 0 5 5 7\n" },
	{ "files with holes",
	  COMMON "zeros z1 644 0 0 5 1\nzeros z4095 644 0 0 5 4095\nzeros z4096 644 0 0 5 4096\n"
		 "zeros z4097 644 0 0 5 4097\nzeros z12m 644 0 0 5 12582912\n"
		 "file mixed 644 0 0 5 {5000:%00}{4000:x}{9000:%00}\n"
		 "file tail 644 0 0 5 x{8191:%00}\n" },
	{ "sizes around a block",
	  COMMON "file f4095 644 0 0 5 {4095:x}\nfile f4096 644 0 0 5 {4096:x}\n"
		 "file f4097 644 0 0 5 {4097:x}\nfile f8192 644 0 0 5 {8192:y}\n" },
	{ "names of 255 bytes",
	  COMMON "dir " NAME_255 " 755 0 0\nfile " NAME_255 "/" NAME_255 " 644 0 0 5 x\n"
		 "symlink {254:n} 0 0 5 " NAME_255 "\n" },
	{ "names that are no text",
	  COMMON "file %ff%fe%01 644 0 0 5 x\nfile %0a 644 0 0 5 x\nfile %20 644 0 0 5 x\n"
		 "file -- 644 0 0 5 x\nfile ... 644 0 0 5 x\nfile %5c%27%22 644 0 0 5 x\n" },
	{ "large ids",
	  COMMON "dir d 755 " ID_MAX "\nfile f 644 " ID_MAX " 5 x\nsymlink s " ID_MAX " 5 f\n"
		 "file g 644 65535 65536 5 x\n" },
	{ "all bits of a mode", COMMON "dir d 7777 0 0\nfile f 7777 0 0 5 x\nfile o 0 0 0 5\n" },
	{ "times", COMMON "file f0 644 0 0 0 x\nfile f1 644 0 0 1700000000 x\n"
			  "file f2 644 0 0 1700000001 x\nfile f3 644 0 0 4102444800 x\n" },
	{ "empty files with attributes",
	  COMMON "file e 644 0 0 5\nxattr e user.a\nfile e2 644 0 0 5\nxattr e2 user.a %00\n"
		 "xattr e2 security.capability %01%00%00%02%20%00%00%00%00%00%00%00%00%00%00%00"
		 "%00%00%00%00\n" },
	{ "attributes of links, pipes and devices",
	  COMMON "symlink s 0 0 5 x\nxattr s security.selinux a\nfifo p 600 0 0 5\n"
		 "xattr p trusted.x b\nchar c 600 0 0 5 1 3\nxattr c trusted.x b\n" },
	{ "the same attributes on many",
	  COMMON "file a 644 0 0 5 a\nxattr a user.same {200:v}\nfile b 644 0 0 5 b\n"
		 "xattr b user.same {200:v}\ndir c 755 0 0\nxattr c user.same {200:v}\n" },
	{ "access lists", COMMON
	  "file a 640 0 0 5 a\n"
	  "xattr a system.posix_acl_access %02%00%00%00%01%00%06%00%ff%ff%ff%ff%02%00%04%00"
	  "%e8%03%00%00%04%00%04%00%ff%ff%ff%ff%10%00%04%00%ff%ff%ff%ff%20%00%00%00%ff%ff%ff%ff\n" },
	{ "long links",
	  COMMON "symlink s59 0 0 5 {59:t}\nsymlink s60 0 0 5 {60:t}\nsymlink s61 0 0 5 {61:t}\n"
		 "symlink s4000 0 0 5 {4000:t}\nsymlink s4095 0 0 5 {4095:t}\n" },
	{ "deep folders",
	  COMMON "dir d 755 0 0\ndir d/d 755 0 0\ndir d/d/d 755 0 0\ndir d/d/d/d 700 1 1\n"
		 "dir d/d/d/d/d 755 0 0\nfile d/d/d/d/d/f 644 0 0 5 x\n" },
};

/* e2fsck asks for a folder. */
static const struct example not_on_ext4[] = {
	{ "a file lost+found", COMMON "file lost+found 644 0 0 0 x\n" },
	{ "a link lost+found", COMMON "symlink lost+found 0 0 0 usr\n" },
	{ "a fifo lost+found", COMMON "fifo lost+found 600 0 0 0\n" },
};

static const struct {
	const char *name;
	struct recipe_target target;
} shapes[] = {
	{ "ext4", { .root_type = ROOT_EXT4 } },
	{ "ext4 of a size that grows",
	  { .root_type = ROOT_EXT4, .root_size = 48u << 20, .root_grow = true } },
	{ "erofs", { .root_type = ROOT_EROFS } },
	{ "erofs in lz4", { .root_type = ROOT_EROFS, .root_compression = ROOT_LZ4 } },
	{ "erofs with verity", { .root_type = ROOT_EROFS, .root_verity = true } },
	{ "erofs in lz4 with verity",
	  { .root_type = ROOT_EROFS, .root_compression = ROOT_LZ4, .root_verity = true } },
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* All that `verify` does without a signature. */
static int read_back(int fd, struct disk_image **ret, struct error *err)
{
	struct disk_image *d;

	if (disk_read(fd, "disk", ret, err) < 0)
		return -1;
	d = *ret;
	return disk_account_esp(d, fd, "disk", err) < 0 || disk_account_uki(d, "disk", err) < 0 ||
			       disk_account_root(d, fd, "disk", err) < 0 ||
			       disk_account_ids(d, "disk", err) < 0
		       ? -1
		       : 0;
}

static void try_shape(const char *name, const struct tree *tree, size_t shape, bool refused)
{
	CLEANUP_CLOSE int fd = memfd_create("disk", MFD_CLOEXEC);
	CLEANUP_DISK_IMAGE struct disk_image *d = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest want = tree_digest(tree, SMALL_DISK_EPOCH), got;
	int r = small_disk_write(tree, &shapes[shape].target, sink_to_fd(fd, "disk"), &err);

	cr_expect_eq(r, refused ? -1 : 0, "%s as %s: %s", name, shapes[shape].name, err.message);
	if (r < 0) {
		cr_expect(err.code == ERR_UNSUPPORTED || err.code == ERR_LIMIT, "%s", err.message);
		return;
	}
	r = read_back(fd, &d, &err);
	cr_expect_eq(r, 0, "%s as %s: %s", name, shapes[shape].name, err.message);
	if (r < 0)
		return;
	got = tree_digest(d->tree, INT64_MAX);
	cr_expect(digest_equal(&got, &want), "%s as %s: another tree", name, shapes[shape].name);
}

static void try_tree(const struct example *e, bool not_ext4)
{
	CLEANUP_TREE struct tree *tree = NULL;
	struct error err = ERR_INIT;

	cr_assert_eq(tree_text_parse(str_of(e->tree), &tree, NULL, &err), 0, "%s: %s", e->name,
		     err.message);
	tree_freeze(tree);
	for (size_t i = 0; i < COUNT(shapes); i++)
		try_shape(e->name, tree, i, not_ext4 && shapes[i].target.root_type == ROOT_EXT4);
}

Test(disk_trees, what_file_systems_treat_specially_is_accounted_for)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		try_tree(&cases[i], false);
	for (size_t i = 0; i < COUNT(not_on_ext4); i++)
		try_tree(&not_on_ext4[i], true);
}

/* Names, headers and values share a block, or what an inode has left: both edges. */
Test(disk_trees, attributes_of_any_size_are_accounted_for_or_refused)
{
	static const unsigned sizes[] = { 60,	92,   93,   96,	  100,	2000, 4016, 4020, 4024,
					  4028, 4036, 4037, 4041, 4044, 4048, 4064, 4072, 4096 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 12);
		CLEANUP_TREE struct tree *tree = NULL;
		struct error err = ERR_INIT;

		buf_printf(&text, "%sxattr usr/tool user.a {%u:v}\n", COMMON, sizes[i]);
		cr_assert_eq(tree_text_parse(buf_str(&text), &tree, NULL, &err), 0);
		tree_freeze(tree);
		for (size_t k = 0; k < COUNT(shapes); k++) {
			bool fits = shapes[k].target.root_type == ROOT_EROFS || sizes[i] <= 4040;

			try_shape(buf_cstr(&text) + strlen(COMMON), tree, k, !fits);
		}
	}
}
