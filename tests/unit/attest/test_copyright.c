#include "attest/copyright.h"
#include "attest/sbom.h"
#include "attest/spdx_licences.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define FORMAT "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"

static struct copyright read(struct arena *arena, const char *text)
{
	struct copyright c;

	copyright_read(str_bytes(str_of(text)), arena, &c);
	return c;
}

static void expect(const char *text, const char *wanted)
{
	struct arena arena = ARENA_INIT;
	struct copyright c = read(&arena, text);

	cr_expect(str_equal_cstr(c.licence, wanted), "%s\ngives " STR_FMT ", not %s", text,
		  STR_ARG(c.licence), wanted);
	arena_release(&arena);
}

/* One Files paragraph with that first line. */
static void expect_line(const char *line, const char *wanted)
{
	struct arena arena = ARENA_INIT;

	expect(arena_printf(&arena, FORMAT "Files: *\nCopyright: x\nLicense: %s\n", line), wanted);
	arena_release(&arena);
}

Test(copyright, names_of_debian_become_ids_of_spdx)
{
	expect_line("Expat", "MIT");
	expect_line("GPL-2+", "GPL-2.0-or-later");
	expect_line("gpl-2", "GPL-2.0-only");
	expect_line("GPLv3+", "GPL-3.0-or-later");
	expect_line("LGPL-2.1-or-later", "LGPL-2.1-or-later");
	expect_line("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later");
	expect_line("BSD-3-clause", "BSD-3-Clause");
	expect_line("BSD 3-clause", "BSD-3-Clause");
	expect_line("Apache-2", "Apache-2.0");
	expect_line("Artistic", "Artistic-1.0-Perl");
	expect_line("CC0", "CC0-1.0");
	expect_line("MPL-1.1+", "MPL-1.1+");
	expect_line("zlib", "Zlib");
}

Test(copyright, operators_bind_as_dep5_says)
{
	expect_line("GPL-1+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl");
	expect_line("Expat or ISC and Zlib", "MIT OR (ISC AND Zlib)");
	expect_line("Expat or ISC, and Zlib", "(MIT OR ISC) AND Zlib");
	expect_line("Expat, ISC and Zlib", "MIT AND ISC AND Zlib");
	expect_line("(Expat OR ISC) AND Zlib", "(MIT OR ISC) AND Zlib");
	expect_line("Expat | ISC", "MIT OR ISC");
	expect_line("Expat or MIT", "MIT");
	expect_line("GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2");
	expect_line("GPL-2 WITH Linux-syscall-note", "GPL-2.0-only WITH Linux-syscall-note");
}

Test(copyright, what_the_list_does_not_have_is_a_reference)
{
	struct arena arena = ARENA_INIT;
	const char *const lines[] = { "public-domain",
				      "GPL",
				      "BSD",
				      "GPL-2.1",
				      "GPL-2+ with OpenSSL exception",
				      "Expat, ISC or Zlib",
				      "Expat and",
				      "or",
				      "(Expat",
				      "Expat)",
				      "",
				      ",",
				      "Expat ISC",
				      "((((((((((Expat))))))))))" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct copyright c = read(
			&arena, arena_printf(&arena, FORMAT "Files: *\nLicense: %s\n the text\n",
					     lines[i]));

		cr_expect(c.n_texts == 1 && str_equal(c.licence, c.texts[0].id) &&
				  str_has_prefix(c.licence, STR("LicenseRef-")),
			  "%s gives " STR_FMT, lines[i], STR_ARG(c.licence));
		cr_expect(c.n_texts == 1 && str_equal_cstr(c.texts[0].text, "the text"));
	}
	arena_release(&arena);
}

Test(copyright, all_paragraphs_count_and_each_licence_once)
{
	expect(FORMAT "Files: *\nLicense: Expat\n\nFiles: a\nLicense: Expat and ISC\n\n"
		      "Files: b\nLicense: GPL-2+ or ISC\n",
	       "MIT AND ISC AND (GPL-2.0-or-later OR ISC)");
	/* A licence that stands alone explains; the header's counts where no file has one. */
	expect(FORMAT "Files: *\nLicense: Expat\n\nLicense: GPL-3\n text\n", "MIT");
	expect("Format: http://dep.debian.net/deps/dep5\nLicense: Expat\n\nComment: x\n", "MIT");
}

Test(copyright, a_text_may_stand_alone)
{
	struct arena arena = ARENA_INIT;
	struct copyright c = read(&arena, FORMAT "Files: *\nLicense: Mine and Expat\n\n"
						 "License: mine\n first\n .\n  second\n");

	cr_assert_eq(c.n_texts, 1);
	cr_expect(str_equal_cstr(c.texts[0].name, "Mine"));
	cr_expect(str_equal_cstr(c.texts[0].text, "first\n\n second"));
	arena_release(&arena);
}

Test(copyright, one_name_with_two_texts_is_two_licences)
{
	struct arena arena = ARENA_INIT;
	struct copyright c =
		read(&arena, FORMAT "Files: a\nLicense: public-domain\n one text\n\n"
				    "Files: b\nLicense: public-domain\n another\n\n"
				    "Files: c\nLicense: public-domain\n one\n  text\n");

	cr_expect_eq(c.n_texts, 2);
	arena_release(&arena);
}

Test(copyright, what_is_no_dep5_has_no_licence)
{
	expect("", "");
	expect("This package was debianized by hand.\n\nLicense: Expat\n", "");
	expect("Files: *\nLicense: Expat\n", "");
	expect("Format: https://example.org/\n\nFiles: *\nLicense: Expat\n", "");
	expect(FORMAT "Files: *\nLicense: Expat\n\nand a stray line\n", "");
	expect(FORMAT "Files: *\nLicense: Expat\nLicense: ISC\n", "");
	expect(FORMAT "Files: *\nCopyright: x\n", "");
}

Test(copyright, comments_and_foreign_line_ends_are_read)
{
	expect("# a comment\r\nFormat: copyright-format/1.0\r\n\r\nFiles: *\r\n# more\r\n"
	       "License: Expat\r\n",
	       "MIT");
}

Test(copyright, wrong_bytes_come_out_as_utf8)
{
	struct arena arena = ARENA_INIT;
	struct copyright c = read(&arena, FORMAT "Files: *\nLicense: a\xff\n b\xfe\n");

	cr_assert_eq(c.n_texts, 1);
	cr_expect(str_equal_cstr(c.texts[0].name, "a\xef\xbf\xbd"));
	cr_expect(str_equal_cstr(c.texts[0].text, "b\xef\xbf\xbd"));
	arena_release(&arena);
}

Test(copyright, too_many_licences_are_none)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT(16u << 20);

	buf_add_cstr(&text, FORMAT);
	for (unsigned i = 0; i <= COPYRIGHT_TEXTS_MAX; i++)
		buf_printf(&text, "Files: f%u\nLicense: l%u\n\n", i, i);
	cr_expect_eq(read(&arena, buf_cstr(&text)).licence.len, 0);
	buf_release(&text);
	arena_release(&arena);
}

Test(spdx_licences, every_id_is_its_own_name)
{
	struct arena arena = ARENA_INIT;

	for (size_t i = 0; spdx_licence_ids[i]; i++) {
		struct str id = str_of(spdx_licence_ids[i]);

		cr_expect(str_equal(spdx_licence(id, &arena), id), "%s", spdx_licence_ids[i]);
		cr_expect(spdx_is_licence(id));
	}
	for (size_t i = 0; spdx_exception_ids[i]; i++)
		cr_expect(spdx_exception(str_of(spdx_exception_ids[i])).len);
	cr_expect(!spdx_is_licence(STR("mit")));
	arena_release(&arena);
}
