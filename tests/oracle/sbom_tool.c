/*
 * What SBOMs are made of, for tests/oracle/sbom.sh.
 *
 *   sbom_tool system ROOT spdx|cyclonedx   of dpkg's database below ROOT
 *   sbom_tool odd spdx|cyclonedx           of invented packages with odd names and texts
 *   sbom_tool licences FILE...             "FILE<tab>EXPRESSION" for copyright files
 *   sbom_tool ids                          all ids of licences, then of exceptions
 *   sbom_tool purl NAME VERSION ARCH DISTRIBUTION
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/copyright.h"
#include "attest/spdx_licences.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/sbom_input.h"

static void must(int r, const struct error *err)
{
	if (r >= 0)
		return;
	err_print(err, stderr);
	exit(1);
}

static int write_out(const struct sbom *s, const char *format)
{
	struct buf text = BUF_INIT(SIZE_MAX / 8);
	struct error err = ERR_INIT;

	must(str_equal_cstr(STR("spdx"), format) ? sbom_write_spdx(s, &text, &err)
						 : sbom_write_cyclonedx(s, &text, &err),
	     &err);
	fwrite(text.ptr, 1, text.len, stdout);
	buf_release(&text);
	return 0;
}

static void take_file(struct tree *t, const char *root, struct str path)
{
	struct buf text = BUF_INIT(256u << 20);
	struct error err = ERR_INIT;
	char *full = arena_printf(tree_arena(t), "%s/" STR_FMT, root, STR_ARG(path));
	int r = file_load(AT_FDCWD, full, &text, &err);

	must(r, &err);
	if (r == 0)
		must(tree_write_file(t, path, buf_bytes(&text), 0644, 0, NULL, &err), &err);
	buf_release(&text);
}

/* The names are asked of the database itself: what is missing there is not looked for. */
static int of_system(const char *root, const char *format)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct sbom s;

	take_file(t, root, STR("var/lib/dpkg/status"));
	take_file(t, root, STR("etc/os-release"));
	take_file(t, root, STR("etc/debian_version"));
	must(sbom_of_tree(t, NULL, &arena, &s, &err), &err);
	for (size_t i = 0; i < s.n_packages; i++)
		take_file(t, root,
			  str_of(arena_printf(&arena, "usr/share/doc/" STR_FMT "/copyright",
					      STR_ARG(s.packages[i].name))));
	must(sbom_of_tree(t, NULL, &arena, &s, &err), &err);
	s.name = STR("system");
	s.version = STR("1");
	s.architecture = STR("amd64");
	return write_out(&s, format);
}

static const char odd_copyright[] =
	"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
	"\nFiles: *\nCopyright: nobody\nLicense: GPL-2+ or Expat, and \"odd\" \xff\x1b[31m(name\n"
	"\nFiles: a\nCopyright: nobody\nLicense: GPL-3+ with Bison exception or MPL-1.1+\n"
	"\nFiles: b\nCopyright: nobody\nLicense: \xc3\xa4\xc3\xb6\xc3\xbc\n text \xfe of it\n"
	"\nFiles: c\nCopyright: nobody\nLicense:\n no name\n";

static int odd(const char *format)
{
	struct sbom_package packages[] = {
		{ .name = STR("a+b"),
		  .version = STR("1:2~3+4-5"),
		  .architecture = STR("amd64"),
		  .source = STR("A\"\\<>&"),
		  .source_version = STR("1:2~3+4"),
		  .has_digest = true,
		  .size = UINT64_MAX,
		  .supplier = STR("J\xc3\xb6rg <j@example.org>"),
		  .homepage = STR("https://example.org/?a=b&c=\"d\""),
		  .summary = STR("\x01\x7f\xff"),
		  .depends = STR("a+c | a-b (>> 99) | virtual (= 2), nothing, a+b, a-b"),
		  .copyright = { (const uint8_t *)odd_copyright, sizeof(odd_copyright) - 1 } },
		{ .name = STR("a+b"),
		  .version = STR("1"),
		  .architecture = STR("i386"),
		  .source = STR("a+b"),
		  .source_version = STR("1"),
		  .supplier = STR("<>"),
		  .depends = STR("virtual (>= 2)") },
		{ .name = STR("a-b"),
		  .version = STR("1"),
		  .architecture = STR("all"),
		  .source = STR("a"),
		  .source_version = STR("b-1"),
		  .origin = STR("Somebody"),
		  .provides = STR("virtual (= 2), other"),
		  .boot_only = true,
		  .asked = true },
	};
	struct sbom_file files[] = {
		{ .path = STR("recipes/a b\xff.conf"), .kind = STR("file"), .size = 1 },
		{ .path = STR("tool-1.tar.gz"), .kind = STR("archive") },
	};
	struct sbom s = {
		.name = STR("odd \"name\""),
		.version = STR("1 \xe2\x80\xa8 2"),
		.target = STR("disk"),
		.architecture = STR("amd64"),
		.is_disk = true,
		.supplier = STR("Example (Ltd) <x@example.org>"),
		.distribution = STR("debian-13"),
		.os_name = STR("Debian \xf0\x9f\x92\xa9"),
		.has_recipe = true,
		.recipe_path = STR("recipes/odd.yaml"),
		.epoch = 0,
		.tool_version = STR("0 beta"),
		.packages = packages,
		.n_packages = sizeof(packages) / sizeof(*packages),
		.files = files,
		.n_files = sizeof(files) / sizeof(*files),
	};

	return write_out(&s, format);
}

static int licences(char **paths)
{
	for (; *paths; paths++) {
		struct buf text = BUF_INIT(64u << 20);
		struct arena arena = ARENA_INIT;
		struct error err = ERR_INIT;
		struct str licence;

		must(file_load(AT_FDCWD, *paths, &text, &err), &err);
		licence = copyright_licence(buf_bytes(&text), &arena);
		printf("%s\t" STR_FMT "\n", *paths, STR_ARG(licence));
		buf_release(&text);
		arena_release(&arena);
	}
	return 0;
}

static int ids(void)
{
	for (size_t i = 0; spdx_licence_ids[i]; i++)
		printf("licence %s\n", spdx_licence_ids[i]);
	for (size_t i = 0; spdx_exception_ids[i]; i++)
		printf("exception %s\n", spdx_exception_ids[i]);
	return 0;
}

static int purl(char **a)
{
	struct buf text = BUF_INIT(1u << 20);

	sbom_purl(str_of(a[0]), str_of(a[1]), str_of(a[2]), str_of(a[3]), &text);
	puts(buf_cstr(&text));
	buf_release(&text);
	return 0;
}

int main(int argc, char **argv)
{
	struct str command = str_of(argc > 1 ? argv[1] : "");

	if (str_equal_cstr(command, "system") && argc == 4)
		return of_system(argv[2], argv[3]);
	if (str_equal_cstr(command, "odd") && argc == 3)
		return odd(argv[2]);
	if (str_equal_cstr(command, "licences"))
		return licences(argv + 2);
	if (str_equal_cstr(command, "ids"))
		return ids();
	if (str_equal_cstr(command, "purl") && argc == 6)
		return purl(argv + 2);
	fprintf(stderr, "usage: see the source\n");
	return 2;
}
