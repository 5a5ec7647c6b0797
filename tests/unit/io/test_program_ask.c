#include <criterion/criterion.h>
#include <signal.h>
#include <time.h>

#include "io/interrupt.h"
#include "io/program_ask.h"

static int ask(const char *command, struct bytes input, unsigned timeout, struct buf *to,
	       struct error *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	const struct program_question q = {
		.argv = argv,
		.input = input,
		.timeout = timeout,
		.answer_max = 1u << 20,
		.failure = ERR_KEY,
	};

	return program_ask(&q, to, err);
}

Test(program_ask, a_large_question_comes_back_whole)
{
	CLEANUP_BUF struct buf in = BUF_INIT(1u << 20), out = BUF_INIT(1u << 20);
	CLEANUP_ERR struct error err = ERR_INIT;

	for (uint32_t i = 0; i < 200000; i++)
		buf_printf(&in, "%u\n", i % 1000);
	cr_assert_eq(ask("cat", buf_bytes(&in), 60, &out, &err), 0, "%s", err.message);
	cr_assert(bytes_equal(buf_bytes(&in), buf_bytes(&out)));
}

Test(program_ask, who_does_not_listen_may_answer)
{
	CLEANUP_BUF struct buf in = BUF_INIT(1u << 20), out = BUF_INIT(1u << 20);
	CLEANUP_ERR struct error err = ERR_INIT;

	buf_add_zeros(&in, 1000000);
	cr_assert_eq(ask("exec <&-; echo x", buf_bytes(&in), 60, &out, &err), 0, "%s", err.message);
	cr_assert_str_eq(buf_cstr(&out), "x\n");
}

Test(program_ask, who_takes_too_long_is_ended)
{
	static const char *const commands[] = { "exec sleep 100", "exec >&-; exec sleep 100",
						"trap '' TERM; while :; do sleep 1; done" };

	for (int i = 0; i < 3; i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
		CLEANUP_ERR struct error err = ERR_INIT;
		time_t start = time(NULL);

		cr_assert_eq(ask(commands[i], (struct bytes){ 0 }, 1, &out, &err), -1);
		cr_assert(strstr(err.message, "for 1 seconds"), "%s", err.message);
		cr_assert_lt(time(NULL) - start, 10);
	}
}

Test(program_ask, an_interrupt_ends_it)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	CLEANUP_ERR struct error err = ERR_INIT;

	interrupt_set(SIGINT);
	cr_assert_eq(ask("exec sleep 100", (struct bytes){ 0 }, 0, &out, &err), -1);
	cr_assert_eq(err.code, ERR_INTERRUPTED);
	interrupt_set(0);
}
