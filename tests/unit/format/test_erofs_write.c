#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/erofs/erofs_private.h"
#include "tools/golden.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000
#define BLOCK EROFS_BLOCK_SIZE

static const struct erofs_options options = {
	.uuid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	.label = { "root", 4 },
	.epoch = EPOCH,
};

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static struct erofs_plan *plan(const struct tree *t)
{
	struct error err = ERR_INIT;
	struct erofs_plan *p = NULL;

	cr_assert_eq(erofs_plan(t, &options, &p, &err), 0, "%s", err.message);
	return p;
}

static void write_tree(const struct tree *t, struct buf *to)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	cr_assert_eq(erofs_write(p, NULL, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(to->len, erofs_size(p));
}

Test(erofs_write, the_superblock_has_each_field_at_its_place)
{
	CLEANUP_TREE struct tree *t = parse("file /a 0644 0 0 0 x\nlink /b /a\ndir /d 0755 0 0");
	CLEANUP_BUF struct buf image = BUF_INIT(1u << 20);
	uint8_t expected[128] = { 0xe2, 0xe1, 0xf5, 0xe0 }, *sb;
	uint32_t checksum;

	write_tree(t, &image);
	sb = image.ptr + 1024;
	for (size_t i = 0; i < 1024; i++)
		cr_assert_eq(image.ptr[i], 0);
	checksum = get_le32(sb + 4);
	put_le32(sb + 4, 0);
	cr_assert_eq(checksum, crc32c_raw(~0u, (struct bytes){ sb, BLOCK - 1024 }));
	expected[8] = 3; /* a checksum, and times of modification */
	expected[12] = 12;
	put_le16(expected + 14, 36); /* right behind */
	put_le64(expected + 16, 3);
	put_le64(expected + 24, EPOCH);
	put_le32(expected + 36, (uint32_t)(image.len / BLOCK));
	for (uint8_t i = 0; i < 16; i++)
		expected[48 + i] = i + 1;
	memcpy(expected + 64, "root", 4);
	cr_assert(memcmp(sb, expected, sizeof(expected)) == 0);
}

static const struct erofs_item *item_of(const struct erofs_plan *p, const char *path)
{
	struct node *n = tree_find(p->tree, str_of(path));

	cr_assert_not_null(n, "%s", path);
	return &p->items[p->item_of[n->inode->serial]];
}

/* Marks @n units from @at on, and asserts that none was marked. */
static void claim(uint8_t *map, uint64_t size, uint64_t at, uint64_t n)
{
	for (uint64_t i = at; i < at + n; i++) {
		cr_assert_lt(i, size);
		cr_assert_eq(map[i], 0, "%llu", (unsigned long long)i);
		map[i] = 1;
	}
}

/* Of each plan: nothing lies on anything else, and no inode or tail crosses a block. */
static void assert_sound(const struct tree *t)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);
	uint64_t slots = p->blocks * EROFS_SLOTS;
	CLEANUP_FREE uint8_t *map = mem_alloc(slots);

	claim(map, slots, 0, 36);
	for (uint32_t i = 0; i < p->n_items; i++) {
		const struct erofs_item *item = &p->items[i];
		uint64_t size = erofs_meta_size(item);
		uint64_t at = item->nid % EROFS_SLOTS * EROFS_SLOT_SIZE;

		claim(map, slots, item->nid, (size + EROFS_SLOT_SIZE - 1) / EROFS_SLOT_SIZE);
		claim(map, slots, (uint64_t)item->first_block * EROFS_SLOTS,
		      erofs_data_blocks(item) * EROFS_SLOTS);
		cr_assert(at == 0 || at + size <= BLOCK);
		cr_assert(item->layout == EROFS_PLAIN || at + size <= BLOCK);
	}
}

static struct digest digest_of(const char *name, const struct golden_case *c)
{
	CLEANUP_BUF struct buf image = BUF_INIT(1u << 24);

	(void)name;
	assert_sound(c->tree);
	write_tree(c->tree, &image);
	return hash_bytes(buf_bytes(&image));
}

Test(erofs_write, golden_cases_keep_their_bytes)
{
	cr_assert_geq(golden_run("erofs", EROFS_WRITER_VERSION, digest_of), 9);
}

Test(erofs_write, nothing_lies_on_anything_else)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 1000);

		assert_sound(t);
	}
}

Test(erofs_write, the_order_in_which_a_tree_was_made_does_not_count)
{
	CLEANUP_TREE struct tree *a = parse("dir /d 0755 0 0\nfile /d/x 0644 0 0 0 1\n"
					    "file /d/y 0644 0 0 0 2\nfile /e 0644 0 0 0 3\n"
					    "link /f /e\nlink /a /e");
	CLEANUP_TREE struct tree *b = parse("file /gone 0644 0 0 0\nfile /a 0644 0 0 0 3\n"
					    "dir /d 0755 0 0\nfile /d/y 0644 0 0 0 2\n"
					    "file /d/x 0644 0 0 0 1\nlink /e /a\nlink /f /a");
	CLEANUP_BUF struct buf x = BUF_INIT(1u << 20), y = BUF_INIT(1u << 20);

	tree_remove(b, tree_find(b, STR("gone")), 0);
	write_tree(a, &x);
	write_tree(b, &y);
	cr_assert(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
}

Test(erofs_write, an_inode_has_32_bytes_where_they_can_say_it)
{
	CLEANUP_TREE struct tree *t = parse("file /small 0644 65535 65535 1700000000 x\n"
					    "file /later 0644 0 0 1800000000 x\n"
					    "file /old 0644 0 0 1699999999 x\n"
					    "file /uid 0644 65536 0 1700000000 x\n"
					    "file /gid 0644 0 65536 1700000000 x\n"
					    "dir /folder 0755 0 0");
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);

	cr_assert_not(item_of(p, "small")->extended);
	cr_assert_not(item_of(p, "later")->extended, "clamped to the epoch");
	cr_assert(item_of(p, "old")->extended);
	cr_assert(item_of(p, "uid")->extended);
	cr_assert(item_of(p, "gid")->extended);
	cr_assert(item_of(p, "folder")->extended);
}

static struct content big(uint64_t size)
{
	static const struct digest object;

	return (struct content){ .size = size, .where = CONTENT_OBJECT, .object = &object };
}

Test(erofs_write, files_of_4_gib_and_many_links_have_64_bytes)
{
	CLEANUP_TREE struct tree *t = parse("file /below 0644 0 0 1700000000 x\n"
					    "file /beyond 0644 0 0 1700000000 x\n"
					    "file /linked 0644 0 0 1700000000 x");
	struct content below = big(UINT32_MAX), beyond = big(1ull << 32);
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	char name[16];

	tree_set_content(tree_find(t, STR("below")), &below, 0);
	tree_set_content(tree_find(t, STR("beyond")), &beyond, 0);
	for (unsigned i = 0; i < 65535; i++) {
		snprintf(name, sizeof(name), "l%u", i);
		tree_link(t, tree_root(t), str_of(name), tree_find(t, STR("linked")), 0);
	}
	p = plan(t);
	cr_assert_not(item_of(p, "below")->extended);
	cr_assert(item_of(p, "beyond")->extended);
	cr_assert_eq(item_of(p, "linked")->links, 65536);
	cr_assert(item_of(p, "linked")->extended);
}

Test(erofs_write, a_tail_lies_behind_its_inode_if_the_block_holds_both)
{
	CLEANUP_TREE struct tree *t = parse("file /4064 0644 0 0 1700000000 {4064:a}\n"
					    "file /4065 0644 0 0 1700000000 {4065:b}\n"
					    "file /4096 0644 0 0 1700000000 {4096:c}\n"
					    "file /4097 0644 0 0 1700000000 {4097:d}\n"
					    "file /empty 0644 0 0 1700000000");
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);

	cr_assert_eq(erofs_tail_size(item_of(p, "4064")), 4064);
	cr_assert_eq(erofs_tail_size(item_of(p, "4065")), 0);
	cr_assert_eq(erofs_data_blocks(item_of(p, "4065")), 1);
	cr_assert_eq(erofs_tail_size(item_of(p, "4096")), 0);
	cr_assert_eq(erofs_data_blocks(item_of(p, "4096")), 1);
	cr_assert_eq(erofs_tail_size(item_of(p, "4097")), 1);
	cr_assert_eq(erofs_data_blocks(item_of(p, "4097")), 1);
	cr_assert_eq(erofs_data_blocks(item_of(p, "empty")), 0);
}

/* All names of a folder as they lie on disk, each followed by a blank. */
static char *names_of(const struct buf *image, const struct erofs_item *item)
{
	CLEANUP_BUF struct buf names = BUF_INIT(1u << 20), content = BUF_INIT(1u << 20);
	uint64_t in_blocks = erofs_data_blocks(item) * BLOCK, at;

	buf_add(&content, image->ptr + (uint64_t)item->first_block * BLOCK, in_blocks);
	at = item->nid * EROFS_SLOT_SIZE + erofs_inode_size(item) + item->xattr_size;
	buf_add(&content, image->ptr + at, erofs_tail_size(item));
	for (uint64_t block = 0; block < item->size; block += BLOCK) {
		const uint8_t *d = content.ptr + block;
		uint64_t size = item->size - block < BLOCK ? item->size - block : BLOCK;
		unsigned n = get_le16(d + 8) / 12u;

		for (unsigned i = 0; i < n; i++) {
			unsigned from = get_le16(d + 12 * i + 8);
			uint64_t to = i + 1 < n ? get_le16(d + 12 * (i + 1) + 8) : size;

			buf_add(&names, d + from, strnlen((const char *)d + from, to - from));
			buf_add_char(&names, ' ');
		}
	}
	return buf_take(&names);
}

Test(erofs_write, dots_stand_among_the_names_in_order_of_bytes)
{
	CLEANUP_TREE struct tree *t = parse(
		"dir /d 0755 0 0\nfile /d/a 0644 0 0 0\nfile /d/+ 0644 0 0 0\n"
		"file /d/.- 0644 0 0 0\nfile /d/... 0644 0 0 0\nfile /d/.x 0644 0 0 0\n"
		"dir /e 0755 0 0\nfile /e/- 0644 0 0 0\ndir /f 0755 0 0");
	CLEANUP_BUF struct buf image = BUF_INIT(1u << 20);
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);
	CLEANUP_FREE char *d = NULL, *e = NULL, *f = NULL;

	write_tree(t, &image);
	d = names_of(&image, item_of(p, "d"));
	e = names_of(&image, item_of(p, "e"));
	f = names_of(&image, item_of(p, "f"));
	cr_assert_str_eq(d, "+ . .- .. ... .x a ");
	cr_assert_str_eq(e, "- . .. ");
	cr_assert_str_eq(f, ". .. ");
}

Test(erofs_write, names_go_over_as_many_blocks_as_they_need)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_BUF struct buf image = BUF_INIT(1u << 20), expected = BUF_INIT(1u << 20);
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	CLEANUP_FREE char *got = NULL;
	struct inode file = { .kind = NODE_FILE, .mode = 0644 };
	char name[300];

	buf_add_cstr(&expected, ". .. ");
	for (unsigned i = 100; i < 999; i++) {
		snprintf(name, sizeof(name), "%u", i);
		memset(name + 3, 'x', i % 253);
		name[3 + i % 253] = 0;
		tree_put(t, tree_root(t), str_of(name), &file, 0);
		buf_printf(&expected, "%s ", name);
	}
	p = plan(t);
	write_tree(t, &image);
	got = names_of(&image, &p->items[0]);
	cr_assert_str_eq(got, buf_cstr(&expected));
	assert_sound(t);
}

/* A sink that counts what comes as holes. */
struct counting {
	struct sink sink;
	uint64_t holes;
};

static int count_write(struct sink *s, struct bytes data, struct error *err)
{
	(void)s, (void)data, (void)err;
	return 0;
}

static int count_hole(struct sink *s, uint64_t len, struct error *err)
{
	(void)err;
	((struct counting *)s)->holes += len;
	return 0;
}

static int count_close(struct sink *s, struct error *err)
{
	(void)s, (void)err;
	return 0;
}

Test(erofs_write, blocks_of_zeros_are_holes)
{
	static const struct sink_ops ops = { count_write, count_hole, count_close };
	CLEANUP_TREE struct tree *t = parse(
		"zeros /zeros 0644 0 0 1700000000 1000000\n"
		"file /mixed 0644 0 0 1700000000 {4096:a}{8192:%00}{4095:%00}b{100:c}");
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);
	struct counting out = { .sink.ops = &ops };
	struct error err = ERR_INIT;

	cr_assert_eq(erofs_write(p, NULL, &out.sink, &err), 0);
	cr_assert_eq(out.holes, 1000000 / BLOCK * BLOCK + 2 * BLOCK);
	cr_assert_eq(out.sink.offset, erofs_size(p));
}

/* The error of a plan: its code; message and where are asserted. */
static enum err_code refused(const struct tree *t, const char *message, const char *where)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct erofs_plan *p = NULL;

	cr_assert_eq(erofs_plan(t, &options, &p, &err), -1);
	cr_assert_null(p);
	cr_assert_str_eq(err.message, message);
	cr_assert_eq(err.n_context, where ? 1 : 0);
	if (where)
		cr_assert_str_eq(err.context[0], where);
	return err.code;
}

Test(erofs_write, what_erofs_cannot_hold_is_refused_before_a_byte_is_written)
{
	CLEANUP_TREE struct tree *a = parse("dir /d 0755 0 0\nxattr /d system.foo x");
	CLEANUP_TREE struct tree *b = parse("dir /d 0755 0 0\nxattr /d user. x");
	CLEANUP_TREE struct tree *c = parse("dir /d 0755 0 0\nxattr /d user.x {65536:v}");
	CLEANUP_TREE struct tree *d = parse("symlink /l 0 0 0 {4096:t}");
	CLEANUP_TREE struct tree *e = parse("char /c 0600 0 0 0 4096 0");
	CLEANUP_TREE struct tree *f = parse("block /c 0600 0 0 0 1 1048576");
	CLEANUP_TREE struct tree *g = parse("file /f 0644 0 0 0 x");
	CLEANUP_TREE struct tree *h = parse("file /f 0644 0 4294967295 0 x");
	struct content beyond = big((16ull << 40) + 1);

	tree_set_content(tree_find(g, STR("f")), &beyond, 0);
	cr_expect_eq(refused(a, "EROFS has no extended attribute 'system.foo'", "placing '/d'"),
		     ERR_UNSUPPORTED);
	cr_expect_eq(refused(b, "EROFS has no extended attribute 'user.'", "placing '/d'"),
		     ERR_UNSUPPORTED);
	cr_expect_eq(refused(c, "the extended attribute 'user.x' has 65536 bytes, EROFS holds 65535",
			     "placing '/d'"), ERR_LIMIT);
	cr_expect_eq(refused(d, "a link's target of 4096 bytes, 4095 are allowed", "placing '/l'"),
		     ERR_UNSUPPORTED);
	cr_expect_eq(refused(e, "device 4096:0, Linux has up to 4095:1048575", "placing '/c'"),
		     ERR_LIMIT);
	cr_expect_eq(refused(f, "device 1:1048576, Linux has up to 4095:1048575", "placing '/c'"),
		     ERR_LIMIT);
	cr_expect_eq(refused(g, "a file of 17592186044417 bytes, 17592186044416 are allowed",
			     "placing '/f'"), ERR_LIMIT);
	cr_expect_eq(refused(h, "owner 0:4294967295, Linux has up to 4294967294", "placing '/f'"),
		     ERR_LIMIT);
}

Test(erofs_write, more_blocks_than_32_bits_can_count_are_refused)
{
	CLEANUP_TREE struct tree *t = parse("file /a 0644 0 0 0 x\nfile /b 0644 0 0 0 x");
	struct content half = big(8ull << 40), rest = big((8ull << 40) - (4ull << 12));
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;

	tree_set_content(tree_find(t, STR("a")), &half, 0);
	tree_set_content(tree_find(t, STR("b")), &half, 0);
	cr_assert_eq(refused(t, "the file system would have 4294967298 blocks or more, EROFS has "
			     "up to 4294967294", NULL), ERR_LIMIT);
	tree_set_content(tree_find(t, STR("b")), &rest, 0);
	p = plan(t);
	cr_assert_eq(p->blocks, UINT32_MAX - 1);
}

Test(erofs_write, a_label_has_at_most_16_bytes)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	struct erofs_options o = options;

	o.label = STR("0123456789abcdef");
	cr_assert_eq(erofs_plan(t, &o, &p, &err), 0);
	o.label = STR("0123456789abcdefg");
	erofs_plan_free(TAKE_PTR(p));
	cr_assert_eq(erofs_plan(t, &o, &p, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
}

/* A reader whose contents have another length than their handles say. */
static int lie(const struct content_reader *reader, const struct content *c, struct source **ret,
	       struct error *err)
{
	static const uint8_t bytes[1000001];

	(void)reader, (void)err;
	*ret = source_of_bytes((struct bytes){ bytes, c->offset });
	return 0;
}

Test(erofs_write, content_of_another_length_is_an_integrity_error)
{
	static const struct content_reader reader = { .open = lie };
	static const struct {
		uint64_t size, real;
	} cases[] = { { 5, 4 }, { 5, 6 }, { 4096, 4095 }, { 4096, 4097 }, { 5000, 4096 },
		      { 5000, 9000 }, { 8192, 100 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_TREE struct tree *t = parse("file /f 0644 0 0 0 x");
		struct content c = big(cases[i].size);
		CLEANUP_ERR struct error err = ERR_INIT;
		struct sink *out = sink_to_nothing();
		CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;

		c.offset = cases[i].real;
		tree_set_content(tree_find(t, STR("f")), &c, 0);
		p = plan(t);
		cr_assert_eq(erofs_write(p, &reader, out, &err), -1);
		cr_assert_eq(err.code, ERR_DIGEST);
		cr_assert_str_eq(err.context[0], "writing '/f'");
		cr_assert_eq(sink_close(out, &err), 0);
	}
}

Test(erofs_write, a_sink_that_fails_at_any_byte_fails_the_writer_once)
{
	CLEANUP_TREE struct tree *t = tree_random(3, 200);
	CLEANUP_BUF struct buf whole = BUF_INIT(1u << 24);
	CLEANUP_EROFS_PLAN struct erofs_plan *p = plan(t);

	write_tree(t, &whole);
	for (size_t room = 0; room < whole.len; room += 1000) {
		CLEANUP_BUF struct buf part = BUF_INIT(room);
		CLEANUP_ERR struct error err = ERR_INIT;
		struct sink *out = sink_to_buf(&part);

		cr_assert_eq(erofs_write(p, NULL, out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		cr_assert_eq(sink_close(out, &err), -1);
	}
}

static const char compressible[] = "file /words 0644 0 0 1700000000 {9000:some%20words%20}\n"
				   "zeros /zeros 0644 0 0 1700000000 1000001\n"
				   "file /short 0644 0 0 1700000000 {4096:a}\n"
				   "file /long 0644 0 0 1700000000 {4097:b}\n"
				   "file /blocks 0644 0 0 0 {81920:c}";

Test(erofs_write, files_that_shrink_are_compressed_if_asked_for)
{
	CLEANUP_TREE struct tree *t = parse(compressible);
	CLEANUP_BUF struct buf image = BUF_INIT(1u << 20);
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	struct erofs_options o = options;
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(&image);
	char text[DIGEST_HEX_MAX];
	struct digest digest;

	o.compression = EROFS_LZ4;
	cr_assert_eq(erofs_plan(t, &o, &p, &err), 0);
	cr_assert_eq(erofs_write(p, NULL, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(image.len, erofs_size(p));
	cr_assert_eq(get_le32(image.ptr + 1024 + 80), 1);
	cr_assert_eq(item_of(p, "short")->layout, EROFS_PLAIN);
	cr_assert_eq(item_of(p, "long")->clusters, 1);
	cr_assert_eq(item_of(p, "words")->layout, EROFS_COMPRESSED);
	cr_assert_eq(item_of(p, "zeros")->layout, EROFS_COMPRESSED);
	digest = hash_bytes(buf_bytes(&image));
	/* Golden: changed bytes need another EROFS_WRITER_VERSION or LZ4_ENCODER_VERSION. */
	cr_assert_str_eq(digest_hex(&digest, text),
			 "01b0c0d71bfc41a23312b482268c79f44d8cc122c27d47df1169eb8cbfb25d5f", "%s",
			 text);
}

Test(erofs_write, compressed_content_of_another_length_is_an_integrity_error)
{
	static const struct content_reader reader = { .open = lie };
	static const uint64_t real[] = { 0, 999999, 1000001, 131072 };

	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
		CLEANUP_TREE struct tree *t = parse("file /f 0644 0 0 0 x");
		struct content c = big(1000000);
		struct erofs_options o = options;
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;

		c.offset = real[i];
		tree_set_content(tree_find(t, STR("f")), &c, 0);
		o.compression = EROFS_LZ4;
		o.reader = &reader;
		cr_assert_eq(erofs_plan(t, &o, &p, &err), -1);
		cr_assert_eq(err.code, ERR_DIGEST);
	}
}
