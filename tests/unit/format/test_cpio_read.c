#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/cpio/cpio.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000

static void write_archive(const struct tree *t, struct buf *to)
{
	struct cpio_options o = { .epoch = EPOCH };
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	cr_assert_eq(cpio_write_tree(t, &o, NULL, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
}

/* The format has no xattrs, and no root. */
static struct tree *random_tree(uint64_t seed, unsigned n)
{
	struct tree *t = tree_random(seed, n);
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *node; (node = tree_next(&it));)
		while (node->inode->n_xattrs)
			tree_set_xattr(t, node, node->inode->xattrs[0].name,
				       (struct bytes){ NULL, 0 }, 0);
	return t;
}

/* What the archive must hold: times are clamped. */
static struct digest clamped(struct tree *t)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));)
		if (n->inode->mtime > EPOCH || n->inode->mtime < 0)
			tree_set_mtime(n, n->inode->mtime < 0 ? 0 : EPOCH);
	return tree_digest(t, INT64_MAX);
}

static bool read_archive(struct bytes data, struct digest *ret, struct error *err)
{
	CLEANUP_TREE struct tree *t = NULL;

	if (cpio_read(data, &t, err) < 0)
		return false;
	*ret = tree_digest(t, INT64_MAX);
	return true;
}

Test(cpio_read, random_trees_come_back_as_they_were)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		CLEANUP_TREE struct tree *t = random_tree(seed, (unsigned)(7 * seed));
		CLEANUP_BUF struct buf archive = BUF_INIT(64u << 20);
		struct digest expected = clamped(t), got;
		struct error err = ERR_INIT;

		write_archive(t, &archive);
		cr_assert(read_archive(buf_bytes(&archive), &got, &err), "%s", err.message);
		cr_assert(digest_equal(&got, &expected), "seed %llu", (unsigned long long)seed);
	}
}

Test(cpio_read, a_flipped_bit_is_refused_or_seen_in_the_tree, .timeout = 120)
{
	CLEANUP_TREE struct tree *t = random_tree(5, 60);
	CLEANUP_BUF struct buf archive = BUF_INIT(64u << 20);
	struct digest expected = clamped(t), got;

	write_archive(t, &archive);
	for (size_t at = 0; at < archive.len; at += at < 20000 ? 1 : 7) {
		CLEANUP_ERR struct error err = ERR_INIT;
		uint8_t bit = (uint8_t)(1u << at * 5 % 8);

		archive.ptr[at] ^= bit;
		cr_assert_not(read_archive(buf_bytes(&archive), &got, &err) &&
				      digest_equal(&got, &expected),
			      "byte %zu", at);
		archive.ptr[at] ^= bit;
	}
}

Test(cpio_read, an_archive_that_was_cut_or_goes_on_is_refused)
{
	CLEANUP_TREE struct tree *t = random_tree(9, 20);
	CLEANUP_BUF struct buf archive = BUF_INIT(64u << 20);
	struct digest got;

	write_archive(t, &archive);
	for (size_t len = 0; len < archive.len; len += 3) {
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_not(read_archive((struct bytes){ archive.ptr, len }, &got, &err));
	}
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP_ERR struct error err = ERR_INIT;

		buf_add_zeros(&archive, 512);
		cr_assert_not(read_archive(buf_bytes(&archive), &got, &err));
	}
}
