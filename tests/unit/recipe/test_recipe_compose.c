#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "unit/recipe/recipe_fixture.h"

#define IS(str, text) cr_assert(str_equal_cstr(str, text), "'%.*s'", STR_ARG(str))
#define TOP(includes) RECIPE_HEAD RECIPE_SOURCES RECIPE_TARGETS "include: [" includes "]\n"

static void include_two(const struct workspace *w, const char *a, const char *b)
{
	CLEANUP_BUF struct buf text = BUF_INIT(10000);

	buf_printf(&text, "ingot: 1\n%s", a);
	workspace_write(w, "recipes/a.yaml", buf_cstr(&text));
	buf_reset(&text);
	buf_printf(&text, "ingot: 1\n%s", b);
	workspace_write(w, "recipes/b.yaml", buf_cstr(&text));
}

Test(recipe_compose, a_scalar_of_the_includer_wins_and_settles_disagreements)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "timezone: A\nhostname: same\n", "timezone: B\nhostname: same\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml") "timezone: C\n");
	IS(r->timezone, "C");
	IS(r->hostname, "same");
	cr_assert_str_eq(r->hostname_pos.file, "recipes/a.yaml");
	cr_assert_eq(r->n_read_files, 3);
	IS(r->read_files[2], "recipes/b.yaml");
	workspace_write(&w, "recipes/web.yaml", TOP("a.yaml, b.yaml"));
	workspace_refuses(&w, "recipes/web.yaml", ERR_RECIPE_INCLUDE, "disagree on 'timezone'");
}

Test(recipe_compose, a_value_list_of_the_includer_replaces)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "sources:\n  debian: {suites: [trixie, sid], keyring: x}\n"
			"targets:\n  container: {type: oci, cmd: [a, b], env: [X=1], layers: 3}\n", "");
	r = workspace_recipe(&w, RECIPE_HEAD "include: [a.yaml]\n"
			     "sources:\n  debian: {suites: [trixie]}\n"
			     "targets:\n  container: {cmd: [c], env: [Y=2]}\n  other: {type: oci}\n");
	cr_assert_eq(r->sources[0].n_suites, 1);
	IS(r->sources[0].keyring, "x");
	cr_assert_eq(r->n_targets, 2);
	cr_assert_eq(r->targets[0].n_cmd, 1);
	IS(r->targets[0].cmd[0], "c");
	cr_assert_eq(r->targets[0].n_env, 2);
	cr_assert_eq(r->targets[0].layers, 3);
}

Test(recipe_compose, sets_are_united_and_sorted)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "packages: [zsh, curl]\n", "packages: [curl, bash]\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml") "packages: [\"curl (>= 8)\", awk]\n");
	cr_assert_eq(r->n_packages, 5);
	IS(r->packages[0].name, "awk");
	IS(r->packages[1].name, "bash");
	IS(r->packages[2].name, "curl");
	cr_assert_eq(r->packages[3].relation, REL_GE);
	IS(r->packages[4].name, "zsh");
}

Test(recipe_compose, minus_drops_what_includes_ask_for_in_any_version)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "packages: [\"curl (>= 8)\", zsh]\n", "packages: [curl]\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml") "packages: [-curl, \"curl (= 7)\"]\n");
	cr_assert_eq(r->n_packages, 2);
	cr_assert_eq(r->packages[0].relation, REL_EQ);
	IS(r->packages[1].name, "zsh");
	workspace_write(&w, "recipes/web.yaml", TOP("b.yaml") "packages: [-zsh]\n");
	workspace_refuses(&w, "recipes/web.yaml", ERR_RECIPE_VALUE, "'zsh'");
}

Test(recipe_compose, what_an_include_drops_stays_dropped_only_there)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	workspace_write(&w, "recipes/base.yaml", "ingot: 1\npackages: [man-db, bash]\n");
	include_two(&w, "include: [base.yaml]\npackages: [-man-db]\n", "packages: [man-db]\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml"));
	cr_assert_eq(r->n_packages, 2);
	IS(r->packages[1].name, "man-db");
}

Test(recipe_compose, patterns_keep_their_order_and_the_last_mention_counts)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "exclude: [/x/**, \"!/x/a\"]\n", "");
	r = workspace_recipe(&w, TOP("a.yaml") "exclude: [/b, /x/**]\n");
	cr_assert_eq(r->n_exclude, 3);
	IS(r->exclude[0], "!/x/a");
	IS(r->exclude[1], "/b");
	IS(r->exclude[2], "/x/**");
}

Test(recipe_compose, a_keyed_entry_of_the_includer_replaces_the_whole_entry)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "files: [{path: /a, content: x, mode: \"0600\"}, {path: /b, content: b}]\n"
			"users: [{name: app, uid: 990, home: /srv}]\n",
		    "files: [{path: /a, content: y}]\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml") "files: [{path: /a, directory: true}]\n"
			     "users: [{name: app}]\n");
	cr_assert_eq(r->n_files, 2);
	cr_assert_eq(r->files[0].kind, RECIPE_FILE_DIRECTORY);
	cr_assert_eq(r->files[0].mode, RECIPE_MODE_DEFAULT);
	cr_assert_eq(r->users[0].uid, RECIPE_ID_AUTO);
	IS(r->users[0].home, "");
	workspace_write(&w, "recipes/web.yaml", TOP("a.yaml, b.yaml"));
	workspace_refuses(&w, "recipes/web.yaml", ERR_RECIPE_INCLUDE, "files: /a");
}

Test(recipe_compose, maps_are_composed_key_by_key)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	include_two(&w, "debconf: {p/a: one, p/b: two}\n", "debconf: {p/c: three}\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml") "debconf: {p/b: mine}\n");
	cr_assert_eq(r->n_debconf, 3);
	IS(r->debconf[0].value, "one");
	IS(r->debconf[1].value, "mine");
	cr_assert_str_eq(r->debconf[1].pos.file, "recipes/web.yaml");
	IS(r->debconf[2].value, "three");
}

Test(recipe_compose, paths_are_relative_to_the_file_that_holds_them)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL;

	workspace_write(&w, "recipes/base/motd", "x");
	workspace_write(&w, "recipes/base/ca.pem", "x");
	workspace_write(&w, "recipes/base/debian.yaml",
			"ingot: 1\ninclude: [../common.yaml]\ncertificates: [ca.pem]\n"
			"files: [{path: /etc/motd, from: motd}]\n");
	workspace_write(&w, "recipes/common.yaml", "ingot: 1\nhostname: x\n");
	r = workspace_recipe(&w, TOP("base/../base/debian.yaml"));
	IS(r->files[0].from, "base/motd");
	IS(r->certificates[0], "base/ca.pem");
	IS(r->hostname, "x");
}

Test(recipe_compose, the_order_of_includes_does_not_matter_where_they_agree)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = NULL, *s = NULL;
	CLEANUP_FREE char *x = NULL, *y = NULL;

	include_two(&w, "packages: [a1, c1]\nusers: [{name: u}]\nhostname: h\n",
		    "packages: [b1]\nusers: [{name: t}]\ndebconf: {p/q: x}\n");
	r = workspace_recipe(&w, TOP("a.yaml, b.yaml"));
	s = workspace_recipe(&w, TOP("b.yaml, a.yaml"));
	x = recipe_text(r);
	y = recipe_text(s);
	cr_assert_str_eq(x, y);
	cr_assert(digest_equal(&r->digest, &s->digest));
}

Test(recipe_compose, at_most_64_files_make_a_recipe)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	char path[40], text[80];

	for (unsigned i = 0; i < 80; i++) {
		snprintf(path, sizeof(path), "recipes/i%u.yaml", i);
		snprintf(text, sizeof(text), "ingot: 1\ninclude: [i%u.yaml]\n", i + 1);
		workspace_write(&w, path, text);
	}
	workspace_write(&w, "recipes/web.yaml", TOP("i0.yaml"));
	workspace_refuses(&w, "recipes/web.yaml", ERR_LIMIT, "64 files");
}
