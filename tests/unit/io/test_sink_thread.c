#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/buf.h"
#include "io/interrupt.h"
#include "io/sink_thread.h"

/* Writes runs of bytes and holes of many lengths; *plain gets the same, byte by byte. */
static void write_much(struct sink *s, struct buf *plain, struct error *err)
{
	uint32_t state = 7;
	uint8_t *data = malloc(3u << 20);

	for (unsigned i = 0; i < 60; i++) {
		size_t n = (size_t)(state = state * 1664525u + 1013904223u) %
			   (i % 5 ? 9000u : 3u << 20);

		memset(data, (int)(i + 1), n);
		cr_assert_eq(sink_write(s, (struct bytes){ data, n }, err), 0);
		buf_add(plain, data, n);
		n = (state >> 8) % (i % 3 ? 5000u : 70000u);
		cr_assert_eq(sink_hole(s, n, err), 0);
		buf_add_zeros(plain, n);
	}
	free(data);
}

Test(sink_thread, order_and_bytes_are_those_that_were_written)
{
	struct error err = ERR_INIT;
	struct buf got = BUF_INIT(1u << 30), plain = BUF_INIT(1u << 30);
	struct sink *next = sink_to_buf(&got), *s = sink_in_thread(next);

	write_much(s, &plain, &err);
	cr_assert_eq(s->offset, plain.len);
	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert_eq(sink_close(next, &err), 0);
	cr_assert(bytes_equal(buf_bytes(&got), buf_bytes(&plain)));
	buf_release(&got);
	buf_release(&plain);
}

Test(sink_thread, nothing_written_is_nothing)
{
	struct error err = ERR_INIT;
	struct sink *next = sink_to_nothing(), *s = sink_in_thread(next);

	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert_eq(next->offset, 0);
	cr_assert_eq(sink_close(next, &err), 0);
}

Test(sink_thread, a_failure_behind_it_is_told_once)
{
	struct error err = ERR_INIT, second = ERR_INIT;
	struct buf small = BUF_INIT(1000000);
	struct sink *next = sink_to_buf(&small), *s = sink_in_thread(next);
	static uint8_t data[300000];
	int r = 0;

	for (unsigned i = 0; i < 100 && r == 0; i++)
		r = sink_write(s, BYTES_OF(data), &err);
	cr_assert_eq(r, -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	cr_assert_eq(sink_close(s, &second), -1);
	cr_assert_eq(second.code, ERR_NONE);
	cr_assert_eq(sink_close(next, &second), -1);
	err_release(&err);
	err_release(&second);
	buf_release(&small);
}

Test(sink_thread, a_failure_of_the_last_bytes_is_told_at_close)
{
	struct error err = ERR_INIT, second = ERR_INIT;
	struct buf small = BUF_INIT(10);
	struct sink *next = sink_to_buf(&small), *s = sink_in_thread(next);

	cr_assert_eq(sink_write(s, str_bytes(STR("more than ten bytes")), &err), 0);
	cr_assert_eq(sink_close(s, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	cr_assert_eq(sink_close(next, &second), -1);
	err_release(&err);
	err_release(&second);
	buf_release(&small);
}

Test(sink_thread, an_interrupt_ends_it)
{
	struct error err = ERR_INIT;
	struct sink *next = sink_to_nothing(), *s = sink_in_thread(next);

	interrupt_set(2);
	cr_assert_eq(sink_hole(s, 1ull << 40, &err), 0);
	cr_assert_eq(sink_close(s, &err), -1);
	cr_assert_eq(err.code, ERR_INTERRUPTED);
	interrupt_set(0);
	err_release(&err);
	(void)!sink_close(next, &err);
	err_release(&err);
}
