#include <criterion/criterion.h>

#include "deb_fixture.h"

Test(unpack, folders_of_the_root_are_merged_into_usr)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d .\nd bin\nf bin/x one\nd lib64\nf lib64/ld two\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "bin"), "-> usr/bin");
	cr_assert_str_eq(fixture_text(&f, "lib64"), "-> usr/lib64");
	cr_assert_str_eq(fixture_text(&f, "usr/bin/x"), "one");
	cr_assert_str_eq(fixture_text(&f, "usr/lib64/ld"), "two");
	cr_assert_not(fixture_has(&f, "lib32"));
}

Test(unpack, links_that_a_package_ships_come_with_it)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d lib\nf lib/x one\n");
	fixture_add(&f, "base-files", "",
		    "d .\nd usr\nd usr/lib\nl bin usr/bin\nl sbin usr/sbin\nl lib usr/lib\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "lib"), "-> usr/lib");
	cr_assert_str_eq(fixture_text(&f, "usr/lib/x"), "one");
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/info/a.list"), "/lib\n/lib/x\n");
}

Test(unpack, a_folder_over_a_link_to_a_folder_keeps_the_link)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d srv\nd srv/real\nl srv/link real\n");
	fixture_add(&f, "b", "Depends: a\n", "d srv\nd srv/link\nf srv/link/x one\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "srv/link"), "-> real");
	cr_assert_str_eq(fixture_text(&f, "srv/real/x"), "one");
}

Test(unpack, a_link_over_a_folder_keeps_the_folder)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d srv\nd srv/x\nf srv/x/y one\n");
	fixture_add(&f, "b", "Depends: a\n", "d srv\nl srv/x elsewhere\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "srv/x/y"), "one");
}

Test(unpack, two_packages_with_one_path_are_an_error_that_names_both)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	CLEANUP_ERR struct error err = ERR_INIT;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d srv\nf srv/x one\n");
	fixture_add(&f, "b", "", "d srv\nf srv/x one\n");
	cr_assert_eq(fixture_install(&f, &err), -1);
	cr_assert_eq(err.code, ERR_FILE_CONFLICT);
	cr_assert(strstr(err.message, "'/srv/x' is in 'a' 1.0 and in 'b' 1.0"), "%s", err.message);
	cr_assert_not_null(err.hint);
}

Test(unpack, one_file_by_two_names_of_the_folder_is_a_conflict_too)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	CLEANUP_ERR struct error err = ERR_INIT;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d bin\nf bin/x one\n");
	fixture_add(&f, "b", "", "d usr\nd usr/bin\nf usr/bin/x two\n");
	cr_assert_eq(fixture_install(&f, &err), -1);
	cr_assert_eq(err.code, ERR_FILE_CONFLICT);
}

Test(unpack, the_package_that_replaces_wins_in_either_order)
{
	static const char *const depends[] = { "", "Depends: z\n" };

	for (int i = 0; i < 2; i++) {
		CLEANUP_FIXTURE struct deb_fixture f;

		fixture_init(&f);
		fixture_add(&f, "new", i ? "Replaces: z (<< 2)\nDepends: z\n" : "Replaces: z (<< 2)\n",
			    "d srv\nf srv/x new\n");
		fixture_add(&f, "z", i ? "" : depends[0], "d srv\nf srv/x old\nf srv/y old\n");
		fixture_must_install(&f);
		cr_assert_str_eq(fixture_text(&f, "srv/x"), "new");
		cr_assert_str_eq(fixture_text(&f, "srv/y"), "old");
		cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/info/z.list"), "/srv\n/srv/y\n");
		cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/info/new.list"),
				 "/srv\n/srv/x\n");
	}
}

Test(unpack, replaces_counts_only_for_its_versions)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	CLEANUP_ERR struct error err = ERR_INIT;

	fixture_init(&f);
	fixture_add(&f, "new", "Replaces: z (<< 1.0)\n", "d srv\nf srv/x new\n");
	fixture_add(&f, "z", "", "d srv\nf srv/x old\n");
	cr_assert_eq(fixture_install(&f, &err), -1);
	cr_assert_eq(err.code, ERR_FILE_CONFLICT);
}

Test(unpack, hard_links_stay_hard_links)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "d srv\nf srv/x one\nh srv/y srv/x\n");
	fixture_must_install(&f);
	cr_assert_eq(tree_find(f.tree, STR("srv/x"))->inode,
		     tree_find(f.tree, STR("srv/y"))->inode);
}

Test(unpack, a_hard_link_to_an_excluded_name_holds_the_content_itself)
{
	const struct str patterns[] = { STR("/srv/x") };
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	f.options.exclude = patterns;
	f.options.n_exclude = 1;
	fixture_add(&f, "a", "", "d srv\nf srv/x one\nh srv/y srv/x\n");
	fixture_must_install(&f);
	cr_assert_not(fixture_has(&f, "srv/x"));
	cr_assert_str_eq(fixture_text(&f, "srv/y"), "one");
}

Test(unpack, times_are_clamped_to_the_epoch)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	f.options.epoch = 500;
	fixture_add(&f, "a", "", "f x one\n");
	fixture_must_install(&f);
	cr_assert_eq(tree_find(f.tree, STR("x"))->inode->mtime, 500);
}

Test(unpack, a_node_knows_the_package_that_it_is_from)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	const struct cause *cause;

	fixture_init(&f);
	fixture_add(&f, "a", "", "f x one\n");
	fixture_must_install(&f);
	cause = tree_cause(f.tree, tree_find(f.tree, STR("x"))->cause);
	cr_assert_eq(cause->kind, CAUSE_PACKAGE);
	cr_assert(str_equal_cstr(cause->who, "a"));
}

Test(unpack, a_program_that_is_not_known_is_refused_and_changes_nothing)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_package *p;

	fixture_init(&f);
	p = fixture_add(&f, "a", "", "f x one\n");
	fixture_control(&f, p, "postinst", "#!/usr/bin/perl\nunlink '/x';\n");
	fixture_control(&f, p, "postrm", "#!/bin/sh\nrm /y\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 1);
	cr_assert(str_equal_cstr(f.report.refusals[0].member, "postinst"));
	cr_assert(fixture_has(&f, "x"));
	cr_assert(fixture_has(&f, "var/lib/dpkg/info/a.postrm"));
}

Test(unpack, a_package_that_is_not_what_the_lock_says_is_refused)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	CLEANUP_ERR struct error err = ERR_INIT;

	fixture_init(&f);
	fixture_add(&f, "a", "", "f x one\n")->version = STR("2.0");
	cr_assert_eq(fixture_install(&f, &err), -1);
	cr_assert_eq(err.code, ERR_FORMAT);
}
