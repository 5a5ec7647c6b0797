#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unit/recipe/recipe_fixture.h"

/* The canonical form of what stands in @text, loaded again, is itself. */
static void check_fixed_point(const struct workspace *w, const char *text)
{
	CLEANUP_RECIPE struct recipe *r = workspace_recipe(w, text), *s = NULL;
	CLEANUP_FREE char *first = recipe_text(r), *second = NULL;

	workspace_write(w, "recipes/again.yaml", first);
	s = workspace_load(w, "recipes/again.yaml");
	second = recipe_text(s);
	cr_assert_str_eq(first, second);
	cr_assert(digest_equal(&r->digest, &s->digest));
	cr_assert(digest_equal(&r->resolution_digest, &s->resolution_digest));
}

Test(recipe_format, the_canonical_form_reads_back_as_itself)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	static const char *const more[] = {
		"", "version: 1.10\n", "packages: [\"a1(>=1)\", \"a1 ( <<  2 )\", b1]\n",
		"epoch: \"2026-09-01T00:00:00Z\"\n", "debconf: {a/b: \"\", a/c: \"no\", a/d: \"a: b\"}\n",
		"files:\n  - path: /x\n    content: |\n      a\n       b\n\n    mode: \"0644\"\n",
		"files: [{path: /x, symlink: \" \"}, {path: /y, content: \"\\x1b\\t\\u202e\\n\"}]\n",
		"users: [{name: a, uid: 1, authorized_keys: [\"ssh-rsa A # x\"], groups: [z, y]}]\n",
		"exclude: [\"!/a\", /b, \"/c d/*\"]\n",
		("scripts: [{package: f1, script: preinst, do: skip, reason: \"yes\", sha256: \""
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]\n"),
	};

	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		char text[1000];

		snprintf(text, sizeof(text), RECIPE_HEAD RECIPE_SOURCES RECIPE_TARGETS "%s", more[i]);
		check_fixed_point(&w, text);
	}
	check_fixed_point(&w, RECIPE_HEAD RECIPE_SOURCES
			  "targets:\n  a: {type: oci, cmd: [], entrypoint: [\"\", \"-\", \"no\", \"1\"],"
			  " env: [\"A=\", \"B= x\"], ports: [1, 2/udp], labels: {a/b.c-d: \"\\n\"}}\n"
			  "  b: {type: disk, formats: [raw], root: {type: ext4}, cmdline: [a=b]}\n");
}

Test(recipe_format, includes_leave_no_trace)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;
	CLEANUP_FREE char *text = NULL;

	workspace_write(&w, "recipes/base/f", "x");
	workspace_write(&w, "recipes/base/b.yaml",
			"ingot: 1\nfiles: [{path: /f, from: f}]\npackages: [a1, b1]\n");
	check_fixed_point(&w, RECIPE_HEAD RECIPE_SOURCES RECIPE_TARGETS
			  "include: [base/b.yaml]\npackages: [-a1]\n");
	r = workspace_load(&w, "recipes/web.yaml");
	text = recipe_text(r);
	cr_assert(!strstr(text, "include") && !strstr(text, "a1") && strstr(text, "base/f"));
}

/* The recipes of this repository, too. */
Test(recipe_format, our_recipes_are_right_and_read_back)
{
	CLEANUP_CLOSE int root = open(TEST_DATA "/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const char *const names[] = { "recipes/nginx.yaml", "recipes/python.yaml",
					     "recipes/distroless.yaml" };

	for (size_t i = 0; i < 3; i++) {
		struct workspace w = { .fd = root };
		CLEANUP_RECIPE struct recipe *r = workspace_load(&w, names[i]);
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(recipe_check_files(root, r, &err), 0, "%s", err.message);
	}
}
