#include <criterion/criterion.h>

#include "base/hex.h"
#include "debian/catalogue.h"
#include "debian/effects.h"
#include "shell/shell.h"

static void check_digests(const struct catalogue_entry *e)
{
	struct str rest = str_of(e->digests), word;
	uint8_t bytes[DIGEST_SIZE];
	size_t n = 0;

	while (str_split(&rest, ' ', &word)) {
		if (!rest.ptr && !word.len)
			break;
		n += word.len != 0;
		cr_assert(!word.len || hex_parse(word, bytes, DIGEST_SIZE), "%s %s", e->package,
			  e->script);
	}
	cr_assert_gt(n, 0, "%s %s", e->package, e->script);
}

/* The operation that a line asks for, behind its conditions. */
static struct str operation_of(struct str line)
{
	struct str rest = line, word = STR("");

	while (str_split(&rest, ' ', &word) && str_equal_cstr(word, "when"))
		for (int i = 0; i < 2; i++)
			cr_assert(str_split(&rest, ' ', &word));
	return word;
}

static void check_operations(const struct catalogue_entry *e)
{
	struct str rest = str_of(e->operations), line;
	unsigned at = 0;
	const char *reason;

	if (str_has_prefix(rest, STR("#!"))) { /* the program in shell */
		cr_assert_eq(shell_parse_check(rest, &at, &reason), 0, "%s %s:%u", e->package,
			     e->script, at);
		return;
	}
	while (str_split(&rest, '\n', &line)) {
		struct str operation = operation_of(line);

		if (line.len)
			cr_assert(str_equal_cstr(operation, "only") ||
					  str_equal_cstr(operation, "line") || effect_find(operation),
				  "%s %s: %.*s", e->package, e->script, STR_ARG(line));
	}
}

Test(catalogue, every_entry_has_digests_and_operations_that_exist)
{
	size_t n;
	const struct catalogue_entry *all = catalogue_all(&n);

	cr_assert_gt(n, 0);
	for (size_t i = 0; i < n; i++) {
		check_digests(&all[i]);
		check_operations(&all[i]);
	}
}

Test(catalogue, no_script_has_two_entries)
{
	size_t n;
	const struct catalogue_entry *all = catalogue_all(&n);

	for (size_t i = 0; i < n; i++) {
		struct str rest = str_of(all[i].digests), word;

		while (str_split(&rest, ' ', &word)) {
			struct digest d;

			if (!digest_parse_hex(word, &d))
				continue;
			cr_assert_eq(catalogue_find(str_of(all[i].package),
						    str_of(all[i].script), &d), &all[i]);
		}
	}
}

Test(catalogue, another_text_of_a_known_script_is_not_known)
{
	const struct digest zero = { { 0 } };

	cr_assert_null(catalogue_find(STR("libc6"), STR("preinst"), &zero));
	cr_assert(catalogue_knows(STR("libc6"), STR("preinst")));
}
