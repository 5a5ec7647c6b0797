#include <criterion/criterion.h>

#include "resolve/sources.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD "Package: a\nVersion: 1\nDirectory: pool/a\n"
#define SUMS "Checksums-Sha256:\n " HEX " 5 a_1.dsc\n " HEX " 17 a_1.tar.xz\n"

static bool wants_a(void *context, struct str package, struct str version)
{
	(void)context;
	return str_equal_cstr(package, "a") && str_equal_cstr(version, "1");
}

static int parse(const char *text, struct arena *arena, struct source_list *ret, struct error *err)
{
	return sources_parse(str_bytes(str_of(text)), "Sources", wants_a, NULL, arena, ret, err);
}

Test(sources, the_wanted_package_is_read_with_its_files_and_no_other)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct source_list l = { 0 };

	cr_assert_eq(parse("Package: b\nVersion: 1\n\n" HEAD SUMS "\nPackage: a\nVersion: 2\n",
			   &arena, &l, &err),
		     0);
	cr_assert_eq(l.n, 1);
	cr_assert_eq(l.packages[0].n_files, 2);
	cr_assert(str_equal_cstr(l.packages[0].files[1].path, "pool/a/a_1.tar.xz"));
	cr_assert_eq(l.packages[0].files[1].size, 17);
}

Test(sources, a_last_stanza_without_a_blank_line_counts)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct source_list l = { 0 };

	cr_assert_eq(parse("", &arena, &l, &err), 0);
	cr_assert_eq(l.n, 0);
	cr_assert_eq(parse(SUMS HEAD, &arena, &l, &err), 0);
	cr_assert_eq(l.n, 1);
}

Test(sources, a_wanted_stanza_that_names_no_sound_files_is_refused)
{
	static const char *const bad[] = {
		HEAD,
		HEAD "Checksums-Sha256:\n",
		"Package: a\nVersion: 1\n" SUMS,
		"Package: a\nVersion: 1\nDirectory: ../x\n" SUMS,
		"Package: a\nVersion: 1\nDirectory: /x\n" SUMS,
		HEAD "Checksums-Sha256:\n " HEX " 5\n",
		HEAD "Checksums-Sha256:\n " HEX " x a\n",
		HEAD "Checksums-Sha256:\n abc 5 a\n",
		HEAD "Checksums-Sha256:\n " HEX " 5 ../a\n",
		HEAD "Checksums-Sha256:\n " HEX " 5 b/a\n",
		HEAD "Checksums-Sha256:\n " HEX " 5 a b\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_ERR struct error err = ERR_INIT;
		struct source_list l = { 0 };

		cr_assert_eq(parse(bad[i], &arena, &l, &err), -1, "%zu: %s", i, bad[i]);
		cr_assert_eq(err.code, ERR_FORMAT);
	}
}
