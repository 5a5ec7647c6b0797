#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "resolve/stanza_sieve.h"

static bool is_b(const void *context, struct str package)
{
	(void)context;
	return str_equal(package, STR("b"));
}

/* What is kept of @text, which comes in pieces of @step bytes. */
static void expect(const char *text, size_t step, const char *want)
{
	CLEANUP_BUF struct buf piece = BUF_INIT(1000), kept = BUF_INIT(1000);
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += step) {
		buf_add(&piece, text + i, step < len - i ? step : len - i);
		stanza_sieve(&piece, false, is_b, NULL, &kept);
	}
	stanza_sieve(&piece, true, is_b, NULL, &kept);
	cr_assert_str_eq(buf_cstr(&kept), want, "in pieces of %zu: '%s'", step, buf_cstr(&kept));
	cr_assert_eq(piece.len, 0);
}

static void expect_any(const char *text, const char *want)
{
	for (size_t step = 1; step <= strlen(text); step++)
		expect(text, step, want);
}

Test(stanza_sieve, what_is_wanted_is_kept_however_the_text_is_cut)
{
	expect_any("Package: a\nX: 1\n\nPackage: b\nX: 2\n\nPackage: c\nX: 3\n",
		   "Package: b\nX: 2\n\n");
	expect_any("Package: b\nX: 1\n\nPackage: a\n\nPackage: b\nX: 2\n\n",
		   "Package: b\nX: 1\n\nPackage: b\nX: 2\n\n");
}

Test(stanza_sieve, a_last_stanza_needs_no_end)
{
	expect_any("Package: a\n\nPackage: b\nX: 2\n", "Package: b\nX: 2\n");
	expect_any("Package: a\n\nPackage: b\nX: 2", "Package: b\nX: 2");
	expect_any("Package: a\n\nPackage: b", "Package: b");
	expect_any("Package: b\n\nPackage: a", "Package: b\n\n");
}

Test(stanza_sieve, what_begins_otherwise_is_for_the_parser)
{
	expect_any("X: 1\nPackage: a\n\nPackage: a\n\n", "X: 1\nPackage: a\n\n");
	expect_any("package: a\n\n", "package: a\n\n");
	expect_any(" Package: a\n\n", " Package: a\n\n");
	expect_any("\n\nPackage: a\n\n", "\n\n"); /* empty stanzas */
	expect_any("\nPackage: a\n\n", "\nPackage: a\n\n");
}

Test(stanza_sieve, a_name_is_wanted_whole)
{
	expect_any("Package: bb\n\nPackage: \n\nPackage: b \n\nPackage:  b\n\n", "");
}

Test(stanza_sieve, a_stanza_that_speaks_of_another_is_not_it)
{
	expect_any("Package: a\nDepends: b\nDescription: c\n Package: b\n\n", "");
}

Test(stanza_sieve, nothing_gives_nothing)
{
	CLEANUP_BUF struct buf text = BUF_INIT(10), kept = BUF_INIT(10);

	stanza_sieve(&text, true, is_b, NULL, &kept);
	cr_assert_eq(kept.len, 0);
}
