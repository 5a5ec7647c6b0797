/* What the writer of EROFS made, the reader, written apart from it, takes for the same. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "format/erofs/erofs.h"
#include "format/erofs/erofs_read.h"
#include "tools/tree_text.h"
#include "unit/format/window_fixture.h"

#define EPOCH 1700000000

static void write_image(const struct tree *t, struct buf *to)
{
	struct erofs_options o = { .uuid = { 9, 8, 7 }, .label = STR("root"), .epoch = EPOCH };
	CLEANUP_EROFS_PLAN struct erofs_plan *plan = NULL;
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	cr_assert_eq(erofs_plan(t, &o, &plan, &err), 0, "%s", err.message);
	cr_assert_eq(erofs_write(plan, NULL, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(to->len, erofs_size(plan));
}

/* True with the digest of what is in the image, false if it is refused. */
static bool read_image(const struct window *w, int64_t epoch, struct digest *ret,
		       char **ret_message)
{
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(w);
	CLEANUP_TREE struct tree *t = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct erofs_facts facts;

	if (erofs_read(w, files, &facts, &t, &err) < 0) {
		cr_assert_neq(err.code, ERR_NONE);
		if (ret_message)
			*ret_message = TAKE_PTR(err.message);
		return false;
	}
	cr_assert_eq(facts.size, w->size);
	*ret = tree_digest(t, epoch);
	return true;
}

static void assert_same(const struct tree *t, const char *what)
{
	CLEANUP_BUF struct buf image = BUF_INIT(64u << 20);
	CLEANUP_FREE char *message = NULL;
	struct digest expected = tree_digest(t, EPOCH), got;
	struct window w;

	write_image(t, &image);
	w = window_of(buf_bytes(&image));
	cr_assert(read_image(&w, EPOCH, &got, &message), "%s: %s", what, message);
	cr_assert(digest_equal(&got, &expected), "%s", what);
	close(w.fd);
}

Test(erofs_tree, random_trees_come_back_as_they_were, .timeout = 120)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, (unsigned)(seed * 11));
		char what[32];

		snprintf(what, sizeof(what), "seed %llu", (unsigned long long)seed);
		assert_same(t, what);
	}
}

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

Test(erofs_tree, sizes_around_blocks_long_names_and_links_come_back)
{
	CLEANUP_TREE struct tree *t = parse(
		"zeros /a 0644 0 0 0 4095\nzeros /b 0644 0 0 0 4096\nzeros /c 0644 0 0 0 4097\n"
		"zeros /d 0600 70000 4294967294 1700000000 1000000\nfile /e 04755 1 2 3 x\n"
		"file /{255:n} 0644 0 0 0 y\nsymlink /s 0 0 0 {60:s}\nsymlink /t 0 0 0 {4095:t}\n"
		"char /u 0600 0 0 0 4095 1048575\nblock /v 0600 0 0 0 8 255\nfifo /w 0600 5 5 7\n"
		"link /x /e\nlink /y /e\nxattr /e security.capability %01%00\n"
		"xattr /a user.x {3000:v}\nxattr / user.root r\ndir /z 01777 0 0");

	assert_same(t, "a tree of edges");
}

Test(erofs_tree, a_folder_of_many_names_comes_back, .timeout = 120)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct error err = ERR_INIT;

	for (unsigned i = 0; i < 20000; i++) {
		char path[32];

		snprintf(path, sizeof(path), "many/%u", i * 2654435761u);
		cr_assert_eq(tree_write_file(t, str_of(path), (struct bytes){ NULL, 0 }, 0644, 0,
					     NULL, &err),
			     0);
	}
	assert_same(t, "20000 names");
}

/*
 * The file system has one checksum, over its superblock: dm-verity sees to the rest. But no
 * flip may pass that nobody can see in the tree, except in nanoseconds, which no tree has.
 */
Test(erofs_tree, a_flipped_bit_is_refused_or_seen_in_the_tree, .timeout = 300)
{
	CLEANUP_TREE struct tree *t = tree_random(7, 40);
	CLEANUP_BUF struct buf image = BUF_INIT(64u << 20);
	struct digest expected, got;
	unsigned silent = 0;
	struct window w;

	write_image(t, &image);
	w = window_of(buf_bytes(&image));
	cr_assert(read_image(&w, INT64_MAX, &expected, NULL));
	for (size_t at = 0; at < image.len; at += at < 40960 ? 1 : 61) {
		window_set(&w, at, (uint8_t)(image.ptr[at] ^ 1u << at * 3 % 8));
		silent += read_image(&w, INT64_MAX, &got, NULL) && digest_equal(&got, &expected);
		window_set(&w, at, image.ptr[at]);
	}
	cr_assert_leq(silent, 4 * tree_inode_count(t));
	close(w.fd);
}
