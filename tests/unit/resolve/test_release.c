#include <criterion/criterion.h>

#include "resolve/archive.h"

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD   "Origin: Debian\nSuite: stable\nCodename: trixie\n" \
	       "Date: Sat, 05 Sep 2026 09:14:50 UTC\n"
#define FILES  "SHA256:\n " DIGEST " 17 main/binary-amd64/Packages.xz\n"

static int parse(const char *text, struct arena *arena, struct release *r, struct error *err)
{
	return release_parse(str_bytes(str_of(text)), "InRelease", arena, r, err);
}

Test(release, fields_and_files_are_read)
{
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	const struct release_file *f;
	struct release r;

	cr_assert_eq(parse(HEAD "Acquire-By-Hash: yes\nMD5Sum:\n nonsense\n" FILES
			   " " DIGEST "  0  main/binary-amd64/Packages\n",
			   &arena, &r, &err), 0);
	cr_assert(str_equal_cstr(r.codename, "trixie"));
	cr_assert(r.by_hash);
	cr_assert_eq(r.valid_until, 0);
	cr_assert_eq(r.n_files, 2);
	f = release_find(&r, STR("main/binary-amd64/Packages.xz"));
	cr_assert_not_null(f);
	cr_assert_eq(f->size, 17);
	cr_assert_null(release_find(&r, STR("main/binary-arm64/Packages.xz")));
	arena_release(&arena);
}

Test(release, malformed_ones_are_refused_with_the_line)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "", "has no field 'Date'" },
		{ HEAD, "has no field 'SHA256'" },
		{ FILES, "has no field 'Date'" },
		{ "Date: yesterday\n" FILES, "line 1: 'Date' is not a time" },
		{ HEAD "Date: Sat, 05 Sep 2026 09:14:50 UTC\n" FILES, "stands twice" },
		{ HEAD FILES "sha256:\n", "stands twice" },
		{ HEAD "no colon\n" FILES, "line 5: no 'Field: value'" },
		{ " leading\n" HEAD FILES, "line 1: a continuation line without a field" },
		{ HEAD FILES "\nOrigin: other\n", "one stanza only" },
		{ HEAD "SHA256:\n " DIGEST " 17\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " -1 a\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " 99999999999999999999 a\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n abc 17 a\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " 1 ../a\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " 1 /a\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " 1 a//b\n", "not 'digest size path'" },
		{ HEAD "SHA256:\n " DIGEST " 1 a b\n", "not 'digest size path'" },
		{ HEAD FILES " " DIGEST " 18 main/binary-amd64/Packages.xz\n", "listed twice" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena arena = ARENA_INIT;
		struct error err = ERR_INIT;
		struct release r;

		cr_assert_eq(parse(bad[i].text, &arena, &r, &err), -1, "%s", bad[i].text);
		cr_assert_eq(err.code, ERR_FORMAT);
		cr_assert_not_null(strstr(err.message, bad[i].message), "%s: %s", bad[i].text,
				   err.message);
		err_release(&err);
		arena_release(&arena);
	}
}

Test(release, a_nul_byte_is_refused)
{
	static const char text[] = HEAD "Label: a\0b\n" FILES;
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct release r;

	cr_assert_eq(release_parse((struct bytes){ (const uint8_t *)text, sizeof(text) - 1 }, "x",
				   &arena, &r, &err), -1);
	err_release(&err);
	arena_release(&arena);
}

static enum err_code check(const struct release *r, const char *suite, int64_t now, int64_t last)
{
	struct error err = ERR_INIT;
	enum err_code code;

	if (release_check(r, "InRelease", str_of(suite), now, last, &err) == 0)
		return ERR_NONE;
	code = err.code;
	err_release(&err);
	return code;
}

Test(release, suite_and_times_are_checked)
{
	struct release r = { .suite = STR("stable"), .codename = STR("trixie"), .date = 1000000 };

	cr_assert_eq(check(&r, "trixie", 1000000, 0), ERR_NONE);
	cr_assert_eq(check(&r, "stable", 1000000, 1000000), ERR_NONE);
	cr_assert_eq(check(&r, "sid", 1000000, 0), ERR_WRONG_ARCHIVE);
	cr_assert_eq(check(&r, "trixie", 1000000 - 86400, 0), ERR_NONE);
	cr_assert_eq(check(&r, "trixie", 1000000 - 86401, 0), ERR_EXPIRED);
	cr_assert_eq(check(&r, "trixie", 1000000, 1000001), ERR_ROLLBACK);
	r.valid_until = 1000100;
	cr_assert_eq(check(&r, "trixie", 1000100, 0), ERR_NONE);
	cr_assert_eq(check(&r, "trixie", 1000101, 0), ERR_EXPIRED);
}
