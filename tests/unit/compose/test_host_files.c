#include "compose_world.h"

static struct scene w;

static void begin(void)
{
	scene_init(&w);
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(host_files, .init = begin, .fini = end);

static void add_tzdata(struct scene *to)
{
	pack_file(to, scene_package(to, "tzdata", "2025b", "tzdata"),
		  "usr/share/zoneinfo/Europe/Berlin", "TZif", 0644);
}

static void begin_12(void)
{
	scene_release(&w);
	scene_init_release(&w, "12.4+deb12u11");
}

Test(host_files, a_container_has_empty_mount_points)
{
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/hostname"), "");
	cr_assert_str_eq(scene_content(&w, "etc/hosts"), "");
	cr_assert_str_eq(scene_content(&w, "etc/resolv.conf"), "");
	cr_assert_eq(scene_cause(&w, "etc/hosts")->kind, CAUSE_RULE);
}

Test(host_files, a_mount_point_that_is_there_stays)
{
	pack_file(&w, scene_package(&w, "netbase", "6", "netbase"), "etc/hosts", "theirs", 0644);
	scene_text(&w, "etc/resolv.conf", "ours");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/hosts"), "theirs");
	cr_assert_str_eq(scene_content(&w, "etc/resolv.conf"), "ours");
}

Test(host_files, a_mount_point_that_the_recipe_removes_stays_away)
{
	pack_file(&w, scene_package(&w, "netbase", "6", "netbase"), "etc/hosts", "theirs", 0644);
	scene_file(&w, "etc/hosts", RECIPE_FILE_REMOVE);
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/hosts"));
}

Test(host_files, a_disk_has_no_mount_points)
{
	w.target.type = TARGET_DISK;
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/hostname"));
	cr_assert_not(scene_has(&w, "etc/resolv.conf"));
}

Test(host_files, a_container_knows_its_name_and_a_disk_finds_it_too)
{
	w.recipe.hostname = STR("web");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/hostname"), "web\n");
	cr_assert_str_eq(scene_content(&w, "etc/hosts"), "");
	w.target.type = TARGET_DISK;
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/hostname"), "web\n");
	cr_assert(scene_has_line(&w, "etc/hosts", "127.0.1.1\tweb"));
}

Test(host_files, hosts_of_the_recipe_win_on_a_disk)
{
	w.recipe.hostname = STR("web");
	w.target.type = TARGET_DISK;
	scene_text(&w, "etc/hosts", "ours");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/hosts"), "ours");
}

Test(host_files, a_key_and_a_file_for_one_path_are_a_conflict)
{
	w.recipe.hostname = STR("web");
	scene_text(&w, "etc/hostname", "other\n");
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 201, "recipes/web.yaml:1:5");
}

Test(host_files, tmp_is_everyones_but_for_what_is_not_theirs)
{
	const struct debian_package *base = scene_find(&w, "base-files");

	for (size_t i = 0; i < base->pack->n_members; i++) {
		if (str_equal(base->pack->members[i].path, STR("tmp")))
			base->pack->members[i].mode = 0755;
	}
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "tmp")->inode->mode, 01777);
}

Test(host_files, tmp_is_as_the_recipe_says)
{
	scene_file(&w, "tmp", RECIPE_FILE_DIRECTORY)->mode = 0700;
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "tmp")->inode->mode, 0700);
}

Test(host_files, the_time_zone_is_a_link)
{
	add_tzdata(&w);
	w.recipe.timezone = STR("Europe/Berlin");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, "etc/localtime"), "/usr/share/zoneinfo/Europe/Berlin");
	cr_assert_not(scene_has(&w, "etc/timezone"));
}

Test(host_files, debian_13_writes_the_name_of_the_zone_only_where_there_was_one)
{
	add_tzdata(&w);
	pack_file(&w, scene_package(&w, "old", "1", "old"), "etc/timezone", "Etc/UTC\n", 0644);
	w.recipe.timezone = STR("Europe/Berlin");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/timezone"), "Europe/Berlin\n");
}

Test(host_files, debian_12_writes_the_name_of_the_zone)
{
	begin_12();
	add_tzdata(&w);
	w.recipe.timezone = STR("Europe/Berlin");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/timezone"), "Europe/Berlin\n");
}

Test(host_files, a_time_zone_needs_tzdata)
{
	w.recipe.timezone = STR("Europe/Berlin");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 202, "needs the package 'tzdata'");
}

Test(host_files, an_unknown_time_zone_is_an_error)
{
	add_tzdata(&w);
	w.recipe.timezone = STR("Europe/Atlantis");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 202, "no time zone 'Europe/Atlantis'");
	w.recipe.timezone = STR("../../../etc/passwd");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 202, "no time zone");
	w.recipe.timezone = STR("Europe");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 202, "no time zone");
}

Test(host_files, the_locale_of_debian_13)
{
	w.recipe.locale = STR("C.UTF-8");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/locale.conf"), "LANG=C.UTF-8\n");
	cr_assert_str_eq(scene_target(&w, "etc/default/locale"), "../locale.conf");
}

Test(host_files, the_locale_of_debian_12)
{
	begin_12();
	w.recipe.locale = STR("C.UTF-8");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/default/locale"), "LANG=C.UTF-8\n");
	cr_assert_not(scene_has(&w, "etc/locale.conf"));
}

Test(host_files, another_locale_must_be_in_the_image)
{
	w.recipe.locale = STR("de_DE.UTF-8");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 203, "no locale 'de_DE.UTF-8'");
	pack_file(&w, scene_package(&w, "locales-all", "2", "glibc"),
		  "usr/lib/locale/de_DE.utf8/LC_TIME", "x", 0644);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/locale.conf"), "LANG=de_DE.UTF-8\n");
}
