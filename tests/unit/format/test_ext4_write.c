#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/ext4/ext4.h"
#include "format/ext4/ext4_read.h"
#include "tools/golden.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000
#define BLOCK EXT4_BLOCK_SIZE
#define GROUP (32768ull * BLOCK)
#define MIB (1024ull * 1024)

static struct ext4_options usual(void)
{
	return (struct ext4_options){
		.uuid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
		.hash_seed = { 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36 },
		.label = STR("root"),
		.epoch = EPOCH,
	};
}

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static struct ext4_plan *plan(const struct tree *t, const struct ext4_options *o)
{
	struct error err = ERR_INIT;
	struct ext4_plan *p = NULL;

	cr_assert_eq(ext4_plan(t, o, &p, &err), 0, "%s", err.message);
	return p;
}

/* The image as a file in memory, so that zeros take none. */
static int write_image(const struct tree *t, const struct ext4_options *o, struct ext4_numbers *ret)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *p = plan(t, o);
	struct error err = ERR_INIT;
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct sink *out = sink_to_fd(fd, "image");

	*ret = ext4_numbers(p);
	cr_assert_eq(ext4_write(p, NULL, out, &err), 0, "%s", err.message);
	cr_assert_eq(out->offset, ret->size);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(lseek(fd, 0, SEEK_END), (off_t)ret->size);
	return fd;
}

static struct digest digest_of_file(int fd)
{
	CLEANUP_SOURCE struct source *in = source_of_fd(fd, 0, UINT64_MAX, "image");
	struct error err = ERR_INIT;
	struct digest digest;
	struct sink *out = hash_sink(NULL, &digest);

	cr_assert_eq(source_copy(in, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	return digest;
}

/* The reader, which was written apart, finds the tree, and nothing wrong. */
static void assert_reads_back(int fd, const struct tree *t, const struct ext4_options *o,
			      const struct ext4_numbers *n)
{
	struct window in = { .fd = fd, .name = "image", .size = n->size };
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(&in);
	CLEANUP_TREE struct tree *again = NULL;
	struct error err = ERR_INIT;
	struct ext4_facts facts;
	struct digest a, b;

	cr_assert_eq(ext4_read(&in, files, &facts, &again, &err), 0, "%s", err.message);
	cr_assert_eq(facts.blocks, n->blocks);
	cr_assert_eq(facts.free_blocks, n->free_blocks);
	cr_assert_eq(facts.inodes, n->inodes);
	cr_assert_eq(facts.free_inodes, n->free_inodes);
	cr_assert_eq(facts.groups, n->groups);
	cr_assert_eq(facts.has_journal, o->journal);
	cr_assert(facts.is_clean);
	cr_assert_eq(memcmp(facts.uuid, o->uuid, 16), 0);
	cr_assert_str_eq(facts.label, "root");
	a = tree_digest(t, o->epoch);
	b = tree_digest(again, o->epoch);
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
}

static struct ext4_options options_of_case(const char *name)
{
	struct ext4_options o = usual();

	if (!strcmp(name, "times"))
		o.epoch = 7000000000;
	if (!strcmp(name, "journal") || !strcmp(name, "grow"))
		o.journal = true;
	if (!strcmp(name, "journal"))
		o.free = 20 * MIB;
	if (!strcmp(name, "grow"))
		o.grow_to = 100ull << 30;
	if (!strcmp(name, "fixed"))
		o.size = 300 * MIB + 1234;
	return o;
}

static struct digest digest_of(const char *name, const struct golden_case *c)
{
	struct ext4_options o = options_of_case(name);
	struct ext4_numbers n;
	CLEANUP_CLOSE int fd = write_image(c->tree, &o, &n);

	assert_reads_back(fd, c->tree, &o, &n);
	return digest_of_file(fd);
}

Test(ext4_write, golden_cases_keep_their_bytes_and_are_read_back)
{
	cr_assert_geq(golden_run("ext4", EXT4_WRITER_VERSION, digest_of), 11);
}

Test(ext4_write, random_trees_are_read_back_and_written_twice_the_same)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 300);
		struct ext4_options o = usual();
		struct ext4_numbers n;
		CLEANUP_CLOSE int one = -1, two = -1;
		struct digest a, b;

		o.journal = seed % 2;
		o.free = seed % 3 * MIB;
		o.grow_to = seed % 4 * 10 * GROUP;
		one = write_image(t, &o, &n);
		two = write_image(t, &o, &n);
		assert_reads_back(one, t, &o, &n);
		a = digest_of_file(one);
		b = digest_of_file(two);
		cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
	}
}

static uint64_t smallest(const struct tree *t, struct ext4_options o)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;

	o.size = 0;
	p = plan(t, &o);
	return ext4_numbers(p).size;
}

static bool fits(const struct tree *t, struct ext4_options o, uint64_t size)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	o.size = size;
	if (ext4_plan(t, &o, &p, &err) == 0)
		return true;
	cr_assert_eq(err.code, ERR_LIMIT);
	cr_assert_not_null(strstr(err.message, "blocks"), "%s", err.message);
	return false;
}

Test(ext4_write, the_smallest_size_fits_and_one_block_less_does_not)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 200);
		struct ext4_options o = usual();
		uint64_t size = smallest(t, o);

		cr_assert(fits(t, o, size));
		cr_assert_not(fits(t, o, size - BLOCK));
		cr_assert_not(fits(t, o, size - 1));
	}
}

/* Contents that nobody reads: plans don't. */
static struct tree *tree_of_size(uint64_t size)
{
	struct tree *t = tree_new();
	struct inode i = { .kind = NODE_FILE, .mode = 0644 };
	static const struct digest object;

	i.content = (struct content){ .size = size, .where = CONTENT_OBJECT, .object = &object };
	tree_put(t, tree_root(t), STR("file"), &i, 0);
	return t;
}

Test(ext4_write, every_size_from_the_smallest_on_fits)
{
	/* Around where a group begins, with a copy of the superblock and without, and
	 * where the journal grows. */
	static const uint64_t starts[] = { GROUP, 2 * GROUP, 3 * GROUP, 4 * GROUP, 8 * GROUP };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		for (int journal = 0; journal < 2; journal++) {
			CLEANUP_TREE struct tree *t = tree_of_size(starts[i] - 8 * MIB);
			struct ext4_options o = usual();
			uint64_t size;

			o.journal = journal;
			size = smallest(t, o);
			for (unsigned more = 0; more < 40 * MIB / BLOCK;
			     more += more < 3000 ? 1 : 99)
				cr_assert(fits(t, o, size + (uint64_t)more * BLOCK), "%zu %u", i,
					  more);
		}
	}
}

Test(ext4_write, what_is_asked_for_as_free_is_free)
{
	static const uint64_t free[] = { 1, 10 * MIB, 129 * MIB, 3 * 1024 * MIB };

	for (size_t i = 0; i < sizeof(free) / sizeof(*free); i++) {
		CLEANUP_TREE struct tree *t = tree_of_size(100 * MIB);
		struct ext4_options o = usual();
		CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
		struct ext4_numbers n;
		uint64_t kernel;

		o.free = free[i];
		p = plan(t, &o);
		n = ext4_numbers(p);
		/* The kernel keeps a fiftieth for itself, at most 4096 blocks. */
		kernel = n.blocks / 50 < 4096 ? n.blocks / 50 : 4096;
		cr_assert_geq((n.free_blocks - kernel) * BLOCK, free[i]);
		cr_assert_leq((n.free_blocks - kernel) * BLOCK, free[i] + BLOCK);
		cr_assert_geq(n.free_inodes, 1024);
		cr_assert_geq((uint64_t)n.free_inodes * 16384, free[i]);
	}
}

Test(ext4_write, only_what_is_asked_for_is_there)
{
	CLEANUP_TREE struct tree *t = parse("dir / 0755 0 0");
	struct ext4_options o = usual();
	CLEANUP_EXT4_PLAN struct ext4_plan *p = plan(t, &o);
	struct ext4_numbers n = ext4_numbers(p);

	/* Superblock, descriptors, two bitmaps, 16 inodes, two folders. */
	cr_assert_eq(n.blocks, 7);
	cr_assert_eq(n.free_blocks, 0);
	cr_assert_eq(n.inodes, 16);
	cr_assert_eq(n.free_inodes, 5);
	cr_assert_eq(n.journal_blocks, 0);
}

static void refuses(const char *text, enum err_code code, const char *says)
{
	CLEANUP_TREE struct tree *t = parse(text);
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ext4_options o = usual();

	cr_assert_eq(ext4_plan(t, &o, &p, &err), -1, "%s", text);
	cr_assert_eq(err.code, code, "%s", err.message);
	cr_assert_not_null(strstr(err.message, says), "%s", err.message);
}

Test(ext4_write, what_ext4_can_not_hold_is_refused_by_name)
{
	refuses("file /a 0644 0 0 0 x\nxattr /a overlay.x 1", ERR_UNSUPPORTED, "overlay.x");
	refuses("file /a 0644 0 0 0 x\nxattr /a system.x 1", ERR_UNSUPPORTED, "system.x");
	refuses("file /a 0644 0 0 0 x\nxattr /a user. 1", ERR_UNSUPPORTED, "user.");
	refuses("file /a 0644 0 0 0 x\nxattr /a user.x {4100:v}", ERR_LIMIT, "4120");
	refuses("file /a 0644 0 0 0 x\nxattr /a system.posix_acl_access %02%00%00%00%01",
		ERR_FORMAT, "access control list");
	refuses("symlink /a 0 0 0 {4096:v}", ERR_UNSUPPORTED, "4096");
	refuses("symlink /a 0 0 0 ", ERR_UNSUPPORTED, "without a target");
	refuses("char /a 0644 0 0 0 4096 0", ERR_LIMIT, "4096:0");
	refuses("file /lost+found 0644 0 0 0 x", ERR_UNSUPPORTED, "lost+found");
}

Test(ext4_write, a_file_of_more_than_16_tib_is_refused)
{
	CLEANUP_TREE struct tree *t = tree_of_size((16ull << 40) + 1);
	struct ext4_options o = usual();
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(ext4_plan(t, &o, &p, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
}

Test(ext4_write, a_large_file_system_is_planned_without_haste)
{
	CLEANUP_TREE struct tree *t = tree_of_size(4ull << 40);
	struct ext4_options o = usual();
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;

	o.size = 15ull << 40;
	o.journal = true;
	p = plan(t, &o);
	cr_assert_eq(ext4_numbers(p).groups, (15u << 20) / 128);
	cr_assert_geq(ext4_numbers(p).free_inodes, 1000000);
}

static int open_short(const struct content_reader *reader, const struct content *content,
		      struct source **ret, struct error *err)
{
	static uint8_t bytes[20000];

	(void)reader, (void)content, (void)err;
	*ret = source_of_bytes(BYTES_OF(bytes));
	return 0;
}

Test(ext4_write, a_content_of_another_length_is_an_error)
{
	static const uint64_t sizes[] = { 1, 19999, 20001, 24576, 5 * MIB };
	const struct content_reader reader = { .open = open_short };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		CLEANUP_TREE struct tree *t = tree_of_size(sizes[i]);
		struct ext4_options o = usual();
		CLEANUP_EXT4_PLAN struct ext4_plan *p = plan(t, &o);
		CLEANUP_ERR struct error err = ERR_INIT, second = ERR_INIT;
		struct sink *out = sink_to_nothing();

		cr_assert_eq(ext4_write(p, &reader, out, &err), -1);
		cr_assert_eq(err.code, ERR_DIGEST);
		cr_assert_not_null(strstr(err.context[0], "/file"));
		cr_assert_eq(sink_close(out, &second), 0);
	}
}

/* Fails after so many bytes. */
struct short_sink {
	struct sink sink;
	uint64_t left;
};

static int short_write(struct sink *s, struct bytes data, struct error *err)
{
	uint64_t *left = &((struct short_sink *)s)->left;

	if (data.len > *left)
		return err_sys(err, 28, "cannot write");
	*left -= data.len;
	return 0;
}

static int short_close(struct sink *s, struct error *err)
{
	(void)s, (void)err;
	return 0;
}

Test(ext4_write, a_sink_that_fails_anywhere_ends_the_writing_with_its_error)
{
	static const struct sink_ops ops = { .write = short_write, .close = short_close };
	CLEANUP_TREE struct tree *t = tree_random(5, 50);
	struct ext4_options o = usual();
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;

	o.journal = true;
	p = plan(t, &o);
	for (uint64_t left = 0; left < ext4_numbers(p).size; left += 333 * 1024) {
		struct short_sink out = { .sink = { .ops = &ops }, .left = left };
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(ext4_write(p, NULL, &out.sink, &err), -1);
		cr_assert_eq(err.sys, 28);
	}
}
