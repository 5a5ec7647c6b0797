#include <criterion/criterion.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "debian/certificates.h"
#include "io/source.h"

static struct str load(struct arena *arena, const char *path)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	CLEANUP_SOURCE struct source *source = NULL;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "no %s", path);
	source = source_of_fd(fd, 0, UINT64_MAX, path);
	cr_assert_eq(source_read_all(source, &text, &err), 0, "%s", err.message);
	return arena_str(arena, buf_str(&text));
}

/* Names that `openssl x509 -hash` gave for the files in certificates/. */
Test(certificate, subjects_have_the_names_that_openssl_gives_them)
{
	static const struct {
		const char *file;
		uint32_t hash;
	} cases[] = {
		{ "mixed", 0xff94b3f6 },
		{ "plain", 0x4ebc5ce1 },
		{ "bmp", 0x47cac29d },
	};
	CLEANUP_ARENA struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = arena_printf(&arena, "%s/unit/debian/certificates/%s.pem", TEST_DATA,
					  cases[i].file);
		struct bytes der;
		uint32_t hash = 0;

		cr_assert(certificate_from_pem(load(&arena, path), &arena, &der));
		cr_assert(certificate_subject_hash(der, &hash));
		cr_assert_eq(hash, cases[i].hash, "%s is %08x", cases[i].file, hash);
	}
}

Test(certificate, a_file_with_two_certificates_has_no_name)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	char *path = arena_printf(&arena, "%s/unit/debian/certificates/plain.pem", TEST_DATA);
	struct str one = load(&arena, path);
	char *two = arena_printf(&arena, STR_FMT STR_FMT, STR_ARG(one), STR_ARG(one));
	struct bytes der;

	cr_assert_not(certificate_from_pem(str_of(two), &arena, &der));
}

Test(certificate, every_truncation_is_refused_without_harm)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	char *path = arena_printf(&arena, "%s/unit/debian/certificates/mixed.pem", TEST_DATA);
	struct bytes der;
	uint32_t hash;

	cr_assert(certificate_from_pem(load(&arena, path), &arena, &der));
	for (size_t n = 0; n < der.len; n++) {
		struct bytes part = arena_bytes(&arena, (struct bytes){ der.ptr, n });

		cr_assert_not(certificate_subject_hash(part, &hash));
	}
	cr_assert_not(certificate_from_pem(STR("no certificate"), &arena, &der));
}
