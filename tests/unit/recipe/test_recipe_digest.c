#include <criterion/criterion.h>

#include "unit/recipe/recipe_fixture.h"

#define BASE RECIPE_HEAD RECIPE_SOURCES

static struct workspace w;

static void setup(void)
{
	w = workspace_new();
}

static void teardown(void)
{
	workspace_free(&w);
}

TestSuite(recipe_digest, .init = setup, .fini = teardown);

/* Bit 0: the digest differs, bit 1: the resolution's does. */
static unsigned differ(const char *a, const char *b)
{
	CLEANUP_RECIPE struct recipe *r = workspace_recipe(&w, a), *s = workspace_recipe(&w, b);

	return (unsigned)!digest_equal(&r->digest, &s->digest) |
	       (unsigned)!digest_equal(&r->resolution_digest, &s->resolution_digest) << 1;
}

#define NOTHING 0u
#define DIGEST 1u
#define BOTH 3u

Test(recipe_digest, layout_comments_and_order_of_sets_do_not_count)
{
	cr_assert_eq(differ(BASE RECIPE_TARGETS "packages: [a1, b1]\n",
			    "# c\n" RECIPE_TARGETS BASE "packages:\n- b1\n- \"a1\"\n"), NOTHING);
}

Test(recipe_digest, defaults_that_are_spelled_out_do_not_count)
{
	cr_assert_eq(differ(BASE RECIPE_TARGETS,
			    BASE "recommends: false\nessential: true\nversion: \"0\"\nfiles: []\n"
			    "targets:\n  container: {type: oci, layers: 12, labels: {}}\n"), NOTHING);
}

Test(recipe_digest, what_decides_packages_is_in_both)
{
	static const char *const changes[] = { "packages: [nginx]\n", "recommends: true\n",
		"essential: false\n" };

	for (size_t i = 0; i < 3; i++) {
		char text[500];

		snprintf(text, sizeof(text), BASE RECIPE_TARGETS "%s", changes[i]);
		cr_assert_eq(differ(BASE RECIPE_TARGETS, text), BOTH, "%s", changes[i]);
	}
	cr_assert_eq(differ(BASE RECIPE_TARGETS,
			    RECIPE_HEAD "sources:\n  debian: {suites: [sid], keyring: k}\n"
			    RECIPE_TARGETS), BOTH);
	cr_assert_eq(differ(BASE RECIPE_TARGETS, "ingot: 1\nname: web\narchitectures: [arm64]\n"
			    RECIPE_SOURCES RECIPE_TARGETS), BOTH);
	cr_assert_eq(differ(BASE RECIPE_TARGETS,
			    BASE "targets:\n  container: {type: oci, packages: [x1]}\n"), BOTH);
	cr_assert_eq(differ(BASE RECIPE_TARGETS,
			    BASE "targets:\n  container: {type: oci, without: [x1]}\n"), BOTH);
}

Test(recipe_digest, everything_else_is_in_the_digest_alone)
{
	static const char *const changes[] = { "version: \"1\"\n", "hostname: x\n",
		"timezone: Etc/UTC\n", "locale: C.UTF-8\n", "exclude: [/x]\n", "epoch: 20260901T000000Z\n",
		"files: [{path: /a, content: x}]\n", "users: [{name: app}]\n",
		"groups: [{name: app}]\n", "services: [{name: app}]\n", "debconf: {a/b: c}\n" };

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		char text[500];

		snprintf(text, sizeof(text), BASE RECIPE_TARGETS "%s", changes[i]);
		cr_assert_eq(differ(BASE RECIPE_TARGETS, text), DIGEST, "%s", changes[i]);
	}
	cr_assert_eq(differ(BASE RECIPE_TARGETS,
			    BASE "targets:\n  container: {type: oci, cmd: []}\n"), DIGEST);
	cr_assert_eq(differ(BASE RECIPE_TARGETS, BASE "targets:\n  other: {type: oci}\n"), DIGEST);
}

/* The lock says of a package which targets have it: then their names count. */
Test(recipe_digest, names_of_targets_decide_packages_once_one_has_its_own)
{
	cr_assert_eq(differ(BASE "targets:\n  a: {type: oci, without: [x1]}\n",
			    BASE "targets:\n  a: {type: oci, without: [x1]}\n  b: {type: oci}\n"),
		     BOTH);
}
