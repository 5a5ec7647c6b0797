#include <criterion/criterion.h>

#include "io/sink_sparse.h"

#define BLOCK SPARSE_BLOCK_SIZE

/* A sink that keeps what comes, and counts what comes as holes. */
struct counting {
	struct sink sink;
	struct buf bytes;
	uint64_t holes, n_holes;
};

static int count_write(struct sink *s, struct bytes data, struct error *err)
{
	(void)err;
	buf_add(&((struct counting *)s)->bytes, data.ptr, data.len);
	return 0;
}

static int count_hole(struct sink *s, uint64_t len, struct error *err)
{
	struct counting *c = (struct counting *)s;

	(void)err;
	buf_add_zeros(&c->bytes, len);
	c->holes += len;
	c->n_holes++;
	return 0;
}

static int count_close(struct sink *s, struct error *err)
{
	(void)s, (void)err;
	return 0;
}

static const struct sink_ops counting_ops = { count_write, count_hole, count_close };

/* @data in pieces of @piece bytes. */
static struct counting pass(struct bytes data, size_t piece)
{
	struct counting c = { .sink.ops = &counting_ops, .bytes = BUF_INIT(1u << 20) };
	struct error err = ERR_INIT;
	struct sink *s = sparse_sink(&c.sink);

	for (size_t i = 0; i < data.len; i += piece) {
		size_t n = data.len - i < piece ? data.len - i : piece;

		cr_assert_eq(sink_write(s, (struct bytes){ data.ptr + i, n }, &err), 0);
	}
	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert(bytes_equal(buf_bytes(&c.bytes), data));
	return c;
}

Test(sink_sparse, whole_blocks_of_zeros_are_holes_whatever_the_pieces)
{
	uint8_t data[12 * BLOCK + 100] = { 0 };
	static const size_t pieces[] = {
		1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5, 1u << 20
	};

	data[2 * BLOCK] = 1;	 /* the first byte of a block */
	data[6 * BLOCK - 1] = 1; /* the last one */
	data[12 * BLOCK + 50] = 1;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct counting c = pass(BYTES_OF(data), pieces[i]);

		cr_expect_eq(c.holes, 10 * BLOCK, "%zu", pieces[i]);
		cr_expect_eq(c.n_holes, 3, "%zu", pieces[i]);
		buf_release(&c.bytes);
	}
}

Test(sink_sparse, a_part_of_a_block_at_the_end_is_written)
{
	uint8_t zeros[BLOCK + 10] = { 0 };
	struct counting c = pass(BYTES_OF(zeros), 100);

	cr_assert_eq(c.holes, BLOCK);
	buf_release(&c.bytes);
	c = pass((struct bytes){ zeros, 10 }, 100);
	cr_assert_eq(c.holes, 0);
	buf_release(&c.bytes);
	c = pass((struct bytes){ zeros, 0 }, 100);
	cr_assert_eq(c.sink.offset, 0);
	buf_release(&c.bytes);
}

Test(sink_sparse, a_failure_below_fails_it)
{
	CLEANUP_BUF struct buf part = BUF_INIT(BLOCK);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(&part), *s = sparse_sink(out);
	uint8_t block[BLOCK] = { 1 };

	cr_assert_eq(sink_write(s, BYTES_OF(block), &err), 0);
	cr_assert_eq(sink_write(s, BYTES_OF(block), &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	cr_assert_eq(sink_close(s, &err), -1);
	cr_assert_eq(sink_close(out, &err), -1);
}
