#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolve/archive.h"
#include "resolve/depend.h"

/* In rising order; dpkg agrees (second test). */
static const char *const rising[] = {
	"~~",	  "~~a",     "~",	  "0~rc1-1", "0",	 "0a",	    "0.0.1",
	"1~~",	  "1~~a",    "1~",	  "1~beta1~svn1245", "1~beta1", "1",  "1-0.1",
	"1-1",	  "1-1+b1",  "1-1+deb13u1", "1-1.1", "1-2",	 "1-10",    "1+1",
	"1+1-1",  "1.0a",    "1.0b",	  "1.0+",    "1.00.1",	 "1.2.3",   "1.2.3+dfsg",
	"1.2.3.", "1.2.10",  "2-1~bpo12+1", "2-1",   "2-1a",	 "2-1+",    "10",
	"20240203", "1:0",   "1:0.9-9",	  "1:1",     "2:0~",	 "2:0",	    "10:0",
};

#define N_RISING (sizeof(rising) / sizeof(rising[0]))

static int sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

Test(version, order_is_total_over_a_rising_list)
{
	for (size_t i = 0; i < N_RISING; i++)
		for (size_t k = 0; k < N_RISING; k++) {
			int want = i < k ? -1 : i > k;

			cr_assert_eq(sign(version_compare(str_of(rising[i]), str_of(rising[k]))),
				     want, "%s against %s", rising[i], rising[k]);
		}
}

Test(version, different_spellings_of_one_version_are_equal)
{
	static const char *const equal[][2] = {
		{ "1", "1-0" },	  { "1", "0:1" },     { "1-0", "1-" },  { "01", "1" },
		{ "1.0", "1.00" }, { "1.000-01", "1.0-1" }, { "000:1", "1" }, { "", "" },
		{ "a", "a-0" },	  { "1.", "1.0" },
	};

	for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
		cr_assert_eq(version_compare(str_of(equal[i][0]), str_of(equal[i][1])), 0, "%s %s",
			     equal[i][0], equal[i][1]);
		cr_assert_eq(version_compare(str_of(equal[i][1]), str_of(equal[i][0])), 0);
	}
}

Test(version, numbers_beyond_any_integer_are_compared)
{
	cr_assert_lt(version_compare(STR("99999999999999999999998"), STR("99999999999999999999999")), 0);
	cr_assert_lt(version_compare(STR("2"), STR("00000000000000000000000000000003")), 0);
}

/* A small generator with a fixed seed: the same versions on every machine. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

static void random_version(uint32_t *state, char text[16])
{
	static const char alphabet[] = "0001129.~+-ab";
	size_t n = 1 + next_random(state) % 8;

	text[0] = (char)('0' + next_random(state) % 3);
	for (size_t i = 1; i < n; i++)
		text[i] = alphabet[next_random(state) % (sizeof(alphabet) - 1)];
	if (text[n - 1] == '-')
		text[n - 1] = '1'; /* dpkg refuses an empty revision */
	text[n] = 0;
}

Test(version, dpkg_agrees_on_a_few_hundred_pairs)
{
	uint32_t state = 7;

	if (system("command -v dpkg > /dev/null 2>&1") != 0)
		cr_skip_test("no dpkg here");
	for (int i = 0; i < 300; i++) {
		char a[16], b[16], command[100];
		int order;

		random_version(&state, a);
		random_version(&state, b);
		order = version_compare(str_of(a), str_of(b));
		snprintf(command, sizeof(command), "dpkg --compare-versions '%s' %s '%s'", a,
			 order < 0 ? "lt" : order > 0 ? "gt" : "eq", b);
		cr_assert_eq(system(command), 0, "%s", command);
	}
}

Test(depend, atoms_are_read_in_every_spelling)
{
	struct depend_text r;

	cr_assert(depend_parse(STR(" libc6 (>= 2.38) "), &r));
	cr_assert(str_equal_cstr(r.name, "libc6") && r.op == OP_GE &&
		  str_equal_cstr(r.version, "2.38"));
	cr_assert(depend_parse(STR("perl:any(=5.36)"), &r));
	cr_assert(str_equal_cstr(r.name, "perl") && str_equal_cstr(r.qualifier, "any") &&
		  r.op == OP_EQ);
	cr_assert(depend_parse(STR("ab (< 1)"), &r) && r.op == OP_LE);
	cr_assert(depend_parse(STR("ab (> 1)"), &r) && r.op == OP_GE);
	cr_assert(depend_parse(STR("ab (<< 1)"), &r) && r.op == OP_LT);
	cr_assert(depend_parse(STR("ab"), &r) && r.op == OP_ANY && r.version.len == 0);
}

Test(depend, malformed_atoms_are_refused)
{
	static const char *const bad[] = {
		"", "A", "a b", "a (", "a ()", "a (1)", "a (>= )", "a (>= 1", "a (>= 1) x",
		"a (~ 1)", "a: (>= 1)", "a:x_y", "-a", "a [amd64]", "a (>= 1 2)", "a\n(b",
	};
	struct depend_text r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(depend_parse(str_of(bad[i]), &r), "'%s'", bad[i]);
}
