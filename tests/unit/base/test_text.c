#include <criterion/criterion.h>

#include "base/text.h"

Test(text, sizes_have_three_digits)
{
	char text[TEXT_SIZE_MAX];

	cr_assert_str_eq(text_size(17, text), "17 B");
	cr_assert_str_eq(text_size(1023, text), "1023 B");
	cr_assert_str_eq(text_size(1536, text), "1.5 KiB");
	cr_assert_str_eq(text_size(150u << 20, text), "150 MiB");
}

Test(text, times_are_utc_and_round_trip)
{
	char text[TEXT_TIME_MAX];
	int64_t t = 0;

	cr_assert(text_parse_rfc1123(STR("Sat, 05 Sep 2026 09:14:50 UTC"), &t));
	cr_assert_str_eq(text_time(t, text), "2026-09-05T09:14:50Z");
	cr_assert(text_parse_time(STR("20260905T091450Z"), &t));
	cr_assert_str_eq(text_time(t, text), "2026-09-05T09:14:50Z");
	cr_assert_str_eq(text_time(951782400, text), "2000-02-29T00:00:00Z");
	cr_assert_not(text_parse_rfc1123(STR("yesterday"), &t));
}

Test(text, suggestions_are_near_and_never_far)
{
	const char *const words[] = { "packages", "sources", "files", "users" };

	cr_assert_str_eq(text_suggest(STR("pakcages"), words, 4), "packages");
	cr_assert_str_eq(text_suggest(STR("file"), words, 4), "files");
	cr_assert_null(text_suggest(STR("kubernetes"), words, 4));
}

Test(text, terminal_escapes_are_defused)
{
	struct buf out = BUF_INIT(1000);

	text_add_safe(&out, STR("a\x1b]0;x\x07 \xc3\xa9 \xe2\x80\xae \xff"));
	cr_assert_str_eq(buf_cstr(&out), "a\\x1b]0;x\\x07 \xc3\xa9 \\xe2\\x80\\xae \\xff");
	buf_release(&out);
}
