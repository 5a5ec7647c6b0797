/* Random expressions over random texts: our engine against libc's, fixed seed. */
#include <criterion/criterion.h>
#include <locale.h>
#include <regex.h>
#include <stdio.h>

#include "base/buf.h"
#include "shell/regex.h"

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static void add_expression(struct buf *b, bool extended, unsigned depth)
{
	unsigned n = 1 + random_below(3);

	for (unsigned i = 0; i < n; i++) {
		bool group = false;

		switch (random_below(depth > 2 ? 5 : 7)) {
		case 0:
			buf_add_char(b, '.');
			break;
		case 1:
			buf_add_cstr(b, random_below(2) ? "[ab]" : "[^a]");
			break;
		case 5:
		case 6:
			group = true;
			buf_add_cstr(b, extended ? "(" : "\\(");
			add_expression(b, extended, depth + 1);
			if (random_below(2)) {
				buf_add_cstr(b, extended ? "|" : "\\|");
				add_expression(b, extended, depth + 1);
			}
			buf_add_cstr(b, extended ? ")" : "\\)");
			break;
		default:
			buf_add_char(b, (char)('a' + random_below(3)));
			break;
		}
		switch (random_below(group ? 12 : 8)) {
		case 0:
			buf_add_char(b, '*');
			break;
		case 1:
			buf_add_cstr(b, extended ? "?" : "\\?");
			break;
		case 2:
			buf_add_cstr(b, extended ? "+" : "\\+");
			break;
		default:
			break;
		}
	}
}

static const char *texts[] = { "",     "a",	 "ab",	    "abc",  "cab",
			       "abab", "aabbcc", "bcabcab", "aaab", "cbacbabcab" };

static unsigned compare(const char *pattern, bool extended, unsigned n_groups_checked)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	const char *reason = NULL;
	regex_t libc;
	unsigned bad = 0;
	struct regex *ours =
		regex_compile(&arena, str_of(pattern), extended ? REGEX_EXTENDED : 0, &reason);

	if (regcomp(&libc, pattern, extended ? REG_EXTENDED : 0) != 0)
		return 0;
	cr_assert(ours, "%s: %s", pattern, reason);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct regex_span spans[REGEX_SPANS];
		regmatch_t theirs[REGEX_SPANS];
		bool found = regexec(&libc, texts[i], REGEX_SPANS, theirs, 0) == 0;
		enum regex_answer answer =
			regex_search(ours, str_of(texts[i]), 0, spans, REGEX_SPANS);
		bool same = answer == (found ? REGEX_MATCH : REGEX_NO_MATCH);

		for (unsigned g = 0; same && found && g < n_groups_checked && g <= libc.re_nsub;
		     g++)
			same = spans[g].from == (size_t)theirs[g].rm_so &&
			       spans[g].to == (size_t)theirs[g].rm_eo;
		bad += !same;
		if (!same && getenv("REGEX_VERBOSE")) {
			printf("%s on '%s':", pattern, texts[i]);
			for (unsigned g = 0; g <= libc.re_nsub; g++)
				printf(" (%zd,%zd)/(%d,%d)", answer ? (ssize_t)spans[g].from : -1,
				       answer ? (ssize_t)spans[g].to : -1, theirs[g].rm_so,
				       theirs[g].rm_eo);
			printf("\n");
		}
	}
	regfree(&libc);
	return bad;
}

Test(regex, finds_the_same_match_as_libc)
{
	unsigned bad = 0, bad_groups = 0;

	setlocale(LC_ALL, "C.UTF-8");
	state = 42;
	for (unsigned i = 0; i < 3000; i++) {
		struct buf b CLEANUP_BUF = BUF_INIT(1 << 20);
		bool extended = random_below(2);

		add_expression(&b, extended, 0);
		bad += compare(buf_cstr(&b), extended, 1);
		bad_groups += compare(buf_cstr(&b), extended, REGEX_SPANS);
	}
	cr_log_info("groups differ in %u of 30000", bad_groups);
	cr_expect_eq(bad, 0, "%u matches differ", bad);
	cr_expect_lt(bad_groups, 100, "groups of %u matches differ", bad_groups);
}
