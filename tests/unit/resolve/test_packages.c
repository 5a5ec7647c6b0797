#include <criterion/criterion.h>

#include "base/buf.h"
#include "resolve/archive.h"

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define REST   "Architecture: amd64\nFilename: pool/a.deb\nSize: 17\nSHA256: " DIGEST "\n"
#define WHOLE  "Package: a\nVersion: 1\n" REST

static int parse(const char *text, struct package_list *l, struct error *err)
{
	return packages_parse(str_bytes(str_of(text)), "Packages", 3, l, err);
}

Test(packages, a_stanza_is_read)
{
	struct package_list l = { 0 };
	struct error err = ERR_INIT;
	const struct package *p;

	cr_assert_eq(parse("\n\nPackage: nginx-common\nSource: nginx (1.2-3)\nVersion: 1.2-3+b1\n"
			   "Depends: a,\n b (>= 1)\nEssential: yes\nInstalled-Size: 99\n"
			   "X-Unknown: x\n more\n" REST "\n\n" WHOLE, &l, &err), 0);
	cr_assert_eq(l.n, 2);
	p = &l.packages[0];
	cr_assert(str_equal_cstr(p->name, "nginx-common"));
	cr_assert(str_equal_cstr(p->source, "nginx"));
	cr_assert(str_equal_cstr(p->source_version, "1.2-3"));
	cr_assert(str_equal_cstr(p->depends, "a,\n b (>= 1)"));
	cr_assert(p->essential);
	cr_assert_eq(p->size, 17);
	cr_assert_eq(p->installed_size, 99);
	cr_assert_eq(p->origin, 3);
	cr_assert(str_equal_cstr(l.packages[1].source, "a"));
	cr_assert(str_equal_cstr(l.packages[1].source_version, "1"));
	cr_assert_not(l.packages[1].essential);
	package_list_release(&l);
}

Test(packages, line_ends_and_empty_texts_are_tolerated)
{
	struct package_list l = { 0 };
	struct error err = ERR_INIT;

	cr_assert_eq(parse("", &l, &err), 0);
	cr_assert_eq(parse("\n\n", &l, &err), 0);
	cr_assert_eq(l.n, 0);
	cr_assert_eq(parse("Package: a\r\nVersion: 1\r\nArchitecture: all\r\nFilename: p/a\r\n"
			   "Size: 1\r\nSHA256: " DIGEST "\r\n\r\n" WHOLE, &l, &err), 0);
	cr_assert_eq(l.n, 2);
	cr_assert(str_equal_cstr(l.packages[0].name, "a"));
	package_list_release(&l);
}

Test(packages, malformed_stanzas_are_refused_and_nothing_is_kept)
{
	static const char *const bad[] = {
		"Version: 1\n" REST,
		"Package: a\n" REST,
		"Package: a\nVersion: 1\nFilename: p\nSize: 1\nSHA256: " DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nSize: 1\nSHA256: " DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: p\nSHA256: " DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: p\nSize: 1\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: p\nSize: x\nSHA256: "
		DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: ../p\nSize: 1\nSHA256: "
		DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: /p\nSize: 1\nSHA256: "
		DIGEST "\n",
		"Package: a\nVersion: 1\nArchitecture: amd64\nFilename: p\nSize: 1\nSHA256: abc\n",
		"Package: A\nVersion: 1\n" REST,
		"Package: a/b\nVersion: 1\n" REST,
		"Package: a\nVersion: 1 2\n" REST,
		"Package: a\nVersion: 1\nSource: B\n" REST,
		"Package: a\nVersion: 1\nPackage: b\n" REST,
		"Package: a\nVersion: 1\nInstalled-Size: many\n" REST,
		"Package: a\nVersion: 1\nSize: 99999999999999999999999\n",
		"Package a\n" REST,
		" Package: a\n" REST,
		": a\n" REST,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(10000);
		struct package_list l = { 0 };
		struct error err = ERR_INIT;

		buf_add_cstr(&text, WHOLE "\n");
		buf_add_cstr(&text, bad[i]);
		cr_assert_eq(parse(buf_cstr(&text), &l, &err), -1, "%s", bad[i]);
		cr_assert_eq(err.code, ERR_FORMAT);
		cr_assert_not_null(strstr(err.message, "line "), "%s", err.message);
		cr_assert_eq(l.n, 0);
		err_release(&err);
		package_list_release(&l);
	}
}

Test(packages, a_package_above_the_size_limit_is_refused)
{
	struct package_list l = { 0 };
	struct error err = ERR_INIT;

	cr_assert_eq(parse("Package: a\nVersion: 1\nArchitecture: amd64\nFilename: p\n"
			   "Size: 99999999999999\nSHA256: " DIGEST "\n", &l, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	err_release(&err);
	package_list_release(&l);
}
