#define _GNU_SOURCE
#include <criterion/criterion.h>

#include "attest/content_diff.h"
#include "attest/content_elf.h"
#include "attest/line_diff.h"
#include "base/cleanup.h"

struct made {
	struct arena arena;
	struct content_diff d;
};

static void compare(struct made *m, struct str a, struct str b)
{
	struct error err = ERR_INIT;

	*m = (struct made){ .arena = ARENA_INIT };
	cr_assert_eq(content_diff(str_bytes(a), str_bytes(b), &m->arena, &m->d, &err), 0, "%s",
		     err.message);
}

static void expect_text(const char *a, const char *b, const char *want)
{
	struct made m;

	compare(&m, str_of(a), str_of(b));
	cr_expect_eq(m.d.kind, CONTENT_DIFF_TEXT);
	cr_expect(str_equal_cstr(m.d.text, want), "%s", m.d.text.ptr);
	arena_release(&m.arena);
}

Test(content_diff, a_changed_line_is_told_with_three_lines_around_it)
{
	expect_text("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
		    "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

Test(content_diff, changes_that_are_far_apart_get_hunks_of_their_own)
{
	expect_text("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		    "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
	expect_text("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
		    "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}

Test(content_diff, a_missing_line_end_is_told)
{
	expect_text("a\nb\n", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n");
	expect_text("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

Test(content_diff, an_empty_file_is_an_empty_text)
{
	expect_text("", "a\n", "@@ -0,0 +1 @@\n+a\n");
	expect_text("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

Test(content_diff, text_can_not_drive_a_terminal_but_tabs_stay)
{
	expect_text("a\n", "\t\x1b[2J\xe2\x80\xae\n",
		    "@@ -1 +1 @@\n-a\n+\t\\x1b[2J\\xe2\\x80\\xae\n");
	expect_text("a\r\n", "a\n", "@@ -1 +1 @@\n-a\\x0d\n+a\n");
}

Test(content_diff, an_insertion_goes_down_as_far_as_it_can)
{
	expect_text("{\n}\n\n{\n}\n", "{\n}\n\n{\nx\n}\n\n{\n}\n",
		    "@@ -2,4 +2,8 @@\n }\n \n {\n+x\n+}\n+\n+{\n }\n");
}

Test(content_diff, of_a_long_line_the_part_that_changed_is_shown)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);
	struct made m;

	for (int i = 0; i < 20000; i++)
		buf_add_char(&a, (char)('a' + i % 26));
	buf_add_str(&b, buf_str(&a));
	b.ptr[10000] = '!';
	compare(&m, buf_str(&a), buf_str(&b));
	cr_expect_eq(m.d.kind, CONTENT_DIFF_TEXT);
	cr_expect_eq(m.d.n_lines_added, 1);
	cr_expect_lt(m.d.text.len, 1200);
	cr_expect(memmem(m.d.text.ptr, m.d.text.len, "+[9940 bytes] ", 14), "%s", m.d.text.ptr);
	cr_expect(memchr(m.d.text.ptr, '!', m.d.text.len));
	arena_release(&m.arena);
}

Test(content_diff, the_text_is_bounded_and_the_counts_are_whole)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1 << 22), b = BUF_INIT(1 << 22);
	struct made m;

	for (int i = 0; i < 40000; i++) {
		buf_printf(&a, "%d of the one\n", i);
		buf_printf(&b, "%d of the other\n", i);
	}
	compare(&m, buf_str(&a), buf_str(&b));
	cr_expect_eq(m.d.n_lines_added, 40000);
	cr_expect_eq(m.d.n_lines_removed, 40000);
	cr_expect(m.d.text_is_cut);
	cr_expect_leq(m.d.text.len, 64u << 10);
	cr_expect_eq(m.d.text.ptr[m.d.text.len - 1], '\n');
	arena_release(&m.arena);
}

Test(content_diff, texts_without_anything_in_common_take_no_quadratic_time)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1 << 24), b = BUF_INIT(1 << 24);
	uint32_t x = 1;
	struct made m;

	/* A few words in random order: each line of one is somewhere in the other. */
	for (int i = 0; i < 300000; i++) {
		x = x * 1664525u + 1013904223u;
		buf_printf(&a, "%u\n", x >> 24);
		x = x * 1664525u + 1013904223u;
		buf_printf(&b, "%u\n", x >> 24);
	}
	compare(&m, buf_str(&a), buf_str(&b));
	cr_expect_eq(m.d.kind, CONTENT_DIFF_TEXT);
	cr_expect_eq(m.d.n_lines_added, m.d.n_lines_removed);
	arena_release(&m.arena);
}

Test(content_diff, bytes_are_told_in_ranges_and_near_ones_are_joined)
{
	char a[4096] = { 0 }, b[4096] = { 0 };
	struct made m;

	b[10] = b[20] = b[100] = b[4095] = 1;
	compare(&m, (struct str){ a, sizeof(a) }, (struct str){ b, sizeof(b) });
	cr_expect_eq(m.d.kind, CONTENT_DIFF_BYTES);
	cr_expect_eq(m.d.n_differing, 4);
	cr_assert_eq(m.d.n_ranges, 3);
	cr_expect_eq(m.d.ranges[0].start, 10);
	cr_expect_eq(m.d.ranges[0].end, 21);
	cr_expect_eq(m.d.ranges[1].start, 100);
	cr_expect_eq(m.d.ranges[1].end, 101);
	cr_expect_eq(m.d.ranges[2].start, 4095);
	cr_expect_eq(m.d.ranges[2].end, 4096);
	arena_release(&m.arena);
}

Test(content_diff, only_the_first_ranges_are_told_but_all_are_counted)
{
	char a[100 * 100] = { 0 }, b[100 * 100] = { 0 };
	struct made m;

	for (int i = 0; i < 100; i++)
		b[100 * i] = 1;
	compare(&m, (struct str){ a, sizeof(a) }, (struct str){ b, sizeof(b) - 50 });
	cr_expect_eq(m.d.n_ranges, CONTENT_DIFF_RANGES);
	cr_expect_eq(m.d.n_ranges_all, 100);
	cr_expect_eq(m.d.ranges[7].start, 700);
	cr_expect_eq(m.d.ranges[7].end, 701);
	cr_expect_eq(m.d.size_b, sizeof(b) - 50);
	arena_release(&m.arena);
}

Test(content_diff, latin_1_is_text_and_random_bytes_are_not)
{
	struct made m;

	compare(&m, STR("Stra\xdf" "e nach M\xfcnchen\n"), STR("Stra\xdf" "e nach Bern, lang\n"));
	cr_expect_eq(m.d.kind, CONTENT_DIFF_TEXT);
	arena_release(&m.arena);
	compare(&m, STR("\x91\x02\xe4\x88\x01\xff\xfe\x10\n"), STR("\x91\x02\xe4\x81\x01\xff\n"));
	cr_expect_eq(m.d.kind, CONTENT_DIFF_BYTES);
	arena_release(&m.arena);
}

Test(content_diff, a_broken_elf_file_is_told_as_bytes)
{
	char a[256] = "\177ELF\2\1\1", b[256] = "\177ELF\2\1\1";
	struct made m;

	memset(a + 16, 0xff, 200);
	memset(b + 16, 0xfe, 200);
	compare(&m, (struct str){ a, sizeof(a) }, (struct str){ b, sizeof(b) });
	cr_expect_eq(m.d.kind, CONTENT_DIFF_BYTES);
	cr_expect_eq(m.d.n_differing, 200);
	arena_release(&m.arena);
}

Test(content_diff, what_the_elf_reader_answers_is_not_believed)
{
	static const char *const wrong[] = {
		"", "= 1", "= 1 2 3 x\n", "5 4 x\n= 1 0\n", "1 2\n", "a b c\n= 1 0\n", "1 2 x\n= 0 0\n",
		"1 2 x\n1 2 x\n1 2 x\n1 2 x\n1 2 x\n1 2 x\n1 2 x\n1 2 x\n1 2 x\n= 9 0\n",
	};
	struct arena arena = ARENA_INIT;
	struct content_diff d;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_not(content_elf_take(str_of(wrong[i]), &arena, &d), "%zu", i);
	cr_assert(content_elf_take(STR("1 2 \x1b[2J\n= 1 0\n\x1b]0;\n"), &arena, &d));
	cr_expect(str_equal_cstr(d.ranges[0].what, "\\x1b[2J"));
	cr_expect(str_equal_cstr(d.text, "\\x1b]0;\n"));
	arena_release(&arena);
}

#define CHANGELOG                                                                                  \
	"web (1.4-2+b1) unstable; urgency=low, binary-only=yes\n\n  * Rebuild\n\n -- A <a>  Mon\n\n" \
	"web (1.4-2) unstable; urgency=low\n\n  * Two (2)\n\n -- A <a>  Mon\n\n"                   \
	"web (1.4-1) unstable; urgency=low\n\n  * One\n\n -- A <a>  Mon\n\n"                       \
	"web (1.3-9) unstable; urgency=low\n\n  * Old\n\n -- A <a>  Mon\n"

static void expect_between(const char *old, const char *new, const char *first, const char *last)
{
	struct str s = changelog_between(STR(CHANGELOG), str_of(old), str_of(new));

	cr_assert(str_has_prefix(s, str_of(first)), "%s %s: " STR_FMT, old, new, STR_ARG(s));
	cr_assert(memmem(s.ptr, s.len, last, strlen(last)));
	cr_assert(str_has_prefix((struct str){ s.ptr + s.len, strlen(s.ptr + s.len) }, STR("web (")),
		     "%s %s: " STR_FMT, old, new, STR_ARG(s));
}

Test(changelog_between, the_versions_above_the_old_up_to_the_new_are_told)
{
	expect_between("1.3-9", "1.4-1", "web (1.4-1)", "One");
	expect_between("1.3-9", "1.4-2", "web (1.4-2)", "One");
	expect_between("1.4-1", "1.4-2", "web (1.4-2)", "Two (2)");
	expect_between("1.4-1", "1.4-2+b1", "web (1.4-2+b1)", "Two (2)");
	expect_between("1.4-2", "1.3-9", "web (1.4-2)", "One");
	/* Versions that have no entry. */
	expect_between("1.3-10", "9", "web (1.4-2+b1)", "One");
}

Test(changelog_between, a_version_that_is_not_there_is_no_text)
{
	cr_expect_eq(changelog_between(STR(CHANGELOG), STR("1.4-2+b1"), STR("2")).len, 0);
	cr_expect_eq(changelog_between(STR(CHANGELOG), STR("1.4-1"), STR("1.4-1")).len, 0);
	cr_expect_eq(changelog_between(STR(""), STR("1"), STR("2")).len, 0);
	cr_expect_eq(changelog_between(STR("(\n()\nx (\n"), STR("1"), STR("2")).len, 0);
}
