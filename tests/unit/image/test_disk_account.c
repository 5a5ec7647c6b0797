#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/disk_account.h"
#include "tools/small_disk.h"
#include "tools/tree_text.h"

#define MIB (1ull << 20)

#define FILES                                                                                      \
	"dir / 755 0 0\n"                                                                          \
	"dir boot 755 0 0\n"                                                                       \
	"file boot/vmlinuz-6.12.1-test 644 0 0 1600000000 a%20kernel%20of%20this%20very%20root\n"  \
	"dir etc 755 0 0\n"                                                                        \
	"file etc/os-release 644 0 0 1600000000 ID=test%0a\n"                                      \
	"file etc/empty 600 0 0 1800000000 \n"                                                     \
	"dir usr 755 0 0\n"                                                                        \
	"file usr/tool 755 0 0 1600000000 {90000:word}\n"                                          \
	"xattr usr/tool user.note %01%02\n"                                                        \
	"link usr/same usr/tool\n"                                                                 \
	"symlink bin 0 0 1600000000 usr\n"                                                         \
	"symlink long 0 0 1600000000 "                                                             \
	"0123456789012345678901234567890123456789012345678901234567890123456789\n"                 \
	"zeros hole 600 33 33 1600000000 300000\n"
/* Across a copy of the superblock, which lies 128 MiB into ext4. */
#define LARGE FILES "zeros large 600 0 0 1600000000 170000001\n"

struct shape {
	const char *name, *tree;
	struct recipe_target target;
};

static const struct shape shapes[] = {
	{ "ext4", FILES, { .root_type = ROOT_EXT4 } },
	{ "ext4 that grows", FILES, { .root_type = ROOT_EXT4, .root_grow = true } },
	{ "ext4 of a size", FILES, { .root_type = ROOT_EXT4, .root_size = 24 * MIB } },
	{ "ext4 of a size that grows", FILES,
	  { .root_type = ROOT_EXT4, .root_size = 200 * MIB, .root_grow = true } },
	/* A last group that can't hold what it costs. */
	{ "ext4 with a stub of a group", FILES,
	  { .root_type = ROOT_EXT4, .root_size = 128 * MIB + 8192 } },
	{ "ext4 with a lost+found of its own", FILES "dir lost+found 755 0 0\n",
	  { .root_type = ROOT_EXT4 } },
	{ "ext4 with a large file", LARGE, { .root_type = ROOT_EXT4, .root_grow = true } },
	{ "erofs", FILES, { .root_type = ROOT_EROFS } },
	{ "erofs in lz4", FILES, { .root_type = ROOT_EROFS, .root_compression = ROOT_LZ4 } },
	{ "erofs with verity", FILES, { .root_type = ROOT_EROFS, .root_verity = true } },
};

#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static int write_disk(const struct shape *shape)
{
	CLEANUP_TREE struct tree *tree = NULL;
	int fd = memfd_create("disk", MFD_CLOEXEC);
	struct error err = ERR_INIT;

	cr_assert_eq(tree_text_parse(str_of(shape->tree), &tree, NULL, &err), 0, "%s", err.message);
	tree_freeze(tree);
	cr_assert_eq(small_disk_write(tree, &shape->target, sink_to_fd(fd, "disk"), &err), 0,
		     "%s: %s", shape->name, err.message);
	return fd;
}

/* All that verify does without a signature. */
static int account(int fd, struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = NULL;

	if (disk_read(fd, "disk", &d, err) < 0 || disk_account_esp(d, fd, "disk", err) < 0 ||
	    disk_account_uki(d, "disk", err) < 0 || disk_account_root(d, fd, "disk", err) < 0)
		return -1;
	return disk_account_ids(d, "disk", err);
}

Test(disk_account, every_shape_of_a_disk_is_accounted_for)
{
	for (size_t i = 0; i < N_SHAPES; i++) {
		CLEANUP_CLOSE int fd = write_disk(&shapes[i]);
		struct error err = ERR_INIT;

		cr_assert_eq(account(fd, &err), 0, "%s: %s", shapes[i].name, err.message);
	}
}

/* Whether a change of one bit at @at is found; it is taken back. */
static bool is_found(int fd, uint64_t at)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	uint8_t was, now;
	bool found;

	cr_assert_eq(pread(fd, &was, 1, (off_t)at), 1);
	now = was ^ 4;
	cr_assert_eq(pwrite(fd, &now, 1, (off_t)at), 1);
	found = account(fd, &err) < 0;
	cr_assert_eq(pwrite(fd, &was, 1, (off_t)at), 1);
	return found;
}

static uint64_t partition_start(int fd, unsigned i)
{
	uint8_t lba[8];
	uint64_t n = 0;

	cr_assert_eq(pread(fd, lba, 8, 1024 + 128 * (off_t)i + 32), 8);
	for (int k = 7; k >= 0; k--)
		n = n << 8 | lba[k];
	return n * 512;
}

/* Contents, ends of blocks, tables, bitmaps, the journal, free space: anywhere. */
Test(disk_account, a_changed_byte_of_a_root_without_verity_is_found_wherever_it_is)
{
	static const size_t which[] = { 2, 7, 8 };

	for (size_t s = 0; s < 3; s++) {
		CLEANUP_CLOSE int fd = write_disk(&shapes[which[s]]);
		uint64_t start = partition_start(fd, 1), at = start, n = 0;
		uint64_t end = (uint64_t)lseek(fd, 0, SEEK_END) - 2 * MIB;

		/* Steps that are no multiple of anything. */
		for (; at < end && n < 120; n++, at += n < 60 ? 1237 : (end - start) / 61 + 7)
			cr_expect(is_found(fd, at), "%s: byte %llu", shapes[which[s]].name,
				  (unsigned long long)(at - start));
	}
}

Test(disk_account, what_nobody_else_has_a_digest_of)
{
	CLEANUP_CLOSE int fd = write_disk(&shapes[2]);
	uint64_t root = partition_start(fd, 1);
	uint8_t block[4096];
	size_t n = 0;

	/* Each byte of the superblock's block: boot sector, reserved words, what lies behind. */
	for (uint64_t i = 0; i < sizeof(block); i += 7, n++)
		cr_expect(is_found(fd, root + i), "byte %llu of block 0", (unsigned long long)i);
	/* Free space and what lies behind the file system. */
	cr_expect(is_found(fd, root + 24 * MIB - 1));
	cr_expect(is_found(fd, root + 20 * MIB));
}
