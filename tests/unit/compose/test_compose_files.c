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

TestSuite(compose_files, .init = begin, .fini = end);

Test(compose_files, text_gets_the_plain_mode_root_and_the_epoch)
{
	const struct inode *i;

	scene_text(&w, "etc/motd", "hello\n");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/motd"), "hello\n");
	i = scene_node(&w, "etc/motd")->inode;
	cr_assert_eq(i->mode, 0644);
	cr_assert_eq(i->uid, 0);
	cr_assert_eq(i->gid, 0);
	cr_assert_eq(i->mtime, w.in.epoch);
}

Test(compose_files, parents_are_made_for_everyone_to_read)
{
	scene_text(&w, "srv/a/b/c", "x");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "srv/a/b")->inode->mode, 0755);
	cr_assert_eq(scene_node(&w, "srv/a/b")->inode->uid, 0);
}

Test(compose_files, the_line_of_the_recipe_is_the_cause)
{
	scene_text(&w, "etc/motd", "hello\n");
	scene_must_compose(&w);
	cr_assert_eq(scene_cause(&w, "etc/motd")->kind, CAUSE_RECIPE);
	cr_assert(str_equal(scene_cause(&w, "etc/motd")->who, STR("recipes/web.yaml")));
	cr_assert(str_equal(scene_cause(&w, "etc/motd")->what, STR("1:5")));
}

Test(compose_files, a_path_through_a_link_of_the_image_lands_behind_it)
{
	scene_text(&w, "bin/tool", "x");
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "bin/tool"));
	cr_assert_str_eq(scene_content(&w, "usr/bin/tool"), "x");
	cr_assert_str_eq(scene_target(&w, "bin"), "usr/bin");
}

Test(compose_files, the_recipe_wins_over_a_package)
{
	pack_file(&w, scene_package(&w, "nginx", "1", "nginx"), "etc/nginx.conf", "theirs", 0600);
	scene_text(&w, "etc/nginx.conf", "ours");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/nginx.conf"), "ours");
	cr_assert_eq(scene_node(&w, "etc/nginx.conf")->inode->mode, 0644);
	cr_assert_eq(scene_cause(&w, "etc/nginx.conf")->kind, CAUSE_RECIPE);
}

Test(compose_files, other_hard_links_of_a_replaced_file_keep_theirs)
{
	struct pack *p = scene_package(&w, "gzip", "1", "gzip");

	pack_file(&w, p, "usr/bin/gunzip", "theirs", 0755);
	pack_hard_link(&w, p, "usr/bin/uncompress", "usr/bin/gunzip");
	scene_text(&w, "usr/bin/gunzip", "ours");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "usr/bin/gunzip"), "ours");
	cr_assert_str_eq(scene_content(&w, "usr/bin/uncompress"), "theirs");
}

Test(compose_files, a_file_over_a_folder_is_an_error_at_its_line)
{
	scene_text(&w, "etc/motd", "x");
	scene_text(&w, "usr/share", "x");
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 2, "'/usr/share' is a folder");
}

Test(compose_files, a_folder_over_a_file_is_an_error_at_its_line)
{
	scene_file(&w, "etc/passwd", RECIPE_FILE_DIRECTORY);
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 1, "'/etc/passwd' is a file");
}

Test(compose_files, nothing_lies_below_a_file)
{
	scene_text(&w, "etc/passwd/x", "x");
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 1, "'/etc/passwd' is not a folder");
}

Test(compose_files, a_path_through_a_dangling_link_is_an_error)
{
	scene_file(&w, "opt", RECIPE_FILE_SYMLINK)->target = STR("/nowhere");
	scene_text(&w, "opt/x", "x");
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 2, "'/nowhere'");
}

Test(compose_files, a_link_stays_as_it_is_written)
{
	scene_file(&w, "etc/site", RECIPE_FILE_SYMLINK)->target = STR("../sites/app");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, "etc/site"), "../sites/app");
}

Test(compose_files, a_folder_takes_what_the_entry_says_and_nothing_more)
{
	struct recipe_file *f;

	pack_folder(&w, scene_package(&w, "app", "1", "app"), "var/lib/app", 0700);
	f = scene_file(&w, "var/lib/app", RECIPE_FILE_DIRECTORY);
	f->group = STR("www-data");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->gid, 33);
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->mode, 0700);
	f->mode = 0750;
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->mode, 0750);
}

Test(compose_files, owners_are_names_of_the_image_or_numbers)
{
	struct recipe_file *f = scene_text(&w, "etc/a", "x");

	f->owner = STR("www-data");
	f->group = STR("4242");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "etc/a")->inode->uid, 33);
	cr_assert_eq(scene_node(&w, "etc/a")->inode->gid, 4242);
	f->owner = STR("nosuch");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 1, "no user 'nosuch'");
	f->owner = STR("");
	f->group = STR("4294967295");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 1, "no group '4294967295'");
}

Test(compose_files, removal_takes_a_whole_folder_and_leaves_its_cause)
{
	struct pack *p = scene_package(&w, "nginx", "1", "nginx");
	const struct node *gone;

	pack_folder(&w, p, "etc/nginx", 0755);
	pack_file(&w, p, "etc/nginx/default", "x", 0644);
	scene_file(&w, "etc/nginx", RECIPE_FILE_REMOVE);
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/nginx"));
	gone = tree_find_removed(w.out.tree, STR("etc/nginx"));
	cr_assert_not_null(gone);
	cr_assert_eq(tree_cause(w.out.tree, gone->cause)->kind, CAUSE_RECIPE);
}

Test(compose_files, removing_what_is_not_there_is_an_error)
{
	scene_file(&w, "etc/nginx", RECIPE_FILE_REMOVE);
	scene_must_fail(&w, ERR_RECIPE_VALUE, 1, "'/etc/nginx' is not in the image");
}

Test(compose_files, a_local_file_counts_by_content_and_its_x_bit)
{
	scene_file(&w, "usr/bin/run", RECIPE_FILE_FROM);
	scene_input(&w, "", "#!", true);
	scene_file(&w, "usr/share/doc.txt", RECIPE_FILE_FROM);
	scene_input(&w, "", "doc", false);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "usr/bin/run")->inode->mode, 0755);
	cr_assert_eq(scene_node(&w, "usr/share/doc.txt")->inode->mode, 0644);
}

Test(compose_files, a_local_folder_comes_whole_with_its_links)
{
	struct recipe_file *f = scene_file(&w, "opt/app", RECIPE_FILE_FROM);

	scene_input_link(&w, "current", "releases/1");
	scene_input_folder(&w, "releases");
	scene_input(&w, "releases/1", "one", false);
	scene_input(&w, "run", "#!", true);
	f->owner = STR("www-data");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, "opt/app/current"), "releases/1");
	cr_assert_str_eq(scene_content(&w, "opt/app/current"), "one");
	cr_assert_eq(scene_node(&w, "opt/app/run")->inode->mode, 0755);
	cr_assert_eq(scene_node(&w, "opt/app/releases")->inode->mode, 0755);
	cr_assert_eq(scene_node(&w, "opt/app")->inode->uid, 33);
	cr_assert_eq(scene_node(&w, "opt/app/releases/1")->inode->uid, 33);
}

Test(compose_files, a_mode_on_a_folder_gives_its_folders_x_where_r_is)
{
	struct recipe_file *f = scene_file(&w, "opt/app", RECIPE_FILE_FROM);

	scene_input_folder(&w, "sub");
	scene_input(&w, "sub/file", "x", true);
	f->mode = 0640;
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/app")->inode->mode, 0750);
	cr_assert_eq(scene_node(&w, "opt/app/sub")->inode->mode, 0750);
	cr_assert_eq(scene_node(&w, "opt/app/sub/file")->inode->mode, 0640);
}

Test(compose_files, a_local_folder_leaves_folders_of_packages_alone)
{
	pack_folder(&w, scene_package(&w, "ssl", "1", "ssl"), "etc/private", 0710);
	scene_file(&w, "etc", RECIPE_FILE_FROM);
	scene_input_folder(&w, "private");
	scene_input(&w, "private/key.txt", "x", false);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "etc/private")->inode->mode, 0710);
	cr_assert_str_eq(scene_content(&w, "etc/private/key.txt"), "x");
}

Test(compose_files, an_empty_local_folder_is_a_folder)
{
	scene_file(&w, "opt/empty", RECIPE_FILE_FROM);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/empty")->inode->kind, NODE_DIRECTORY);
}

Test(compose_files, exclude_is_for_packages_and_never_for_the_recipe)
{
	static const struct str exclude[] = { { "/usr/share/doc/**", 17 } };
	struct pack *p = scene_package(&w, "nginx", "1", "nginx");

	pack_file(&w, p, "usr/share/doc/nginx/README", "x", 0644);
	scene_text(&w, "usr/share/doc/ours", "x");
	w.recipe.exclude = exclude;
	w.recipe.n_exclude = 1;
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "usr/share/doc/nginx/README"));
	cr_assert(scene_has(&w, "usr/share/doc/ours"));
}

Test(compose_files, an_image_has_no_apt_source_unless_files_write_one)
{
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/apt/sources.list"));
	cr_assert_not(scene_has(&w, "etc/apt/sources.list.d"));
}

Test(compose_files, two_entries_that_links_make_one_path_are_a_conflict)
{
	scene_text(&w, "bin/tool", "one");
	scene_text(&w, "usr/bin/tool", "two");
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 2, "'/bin/tool' (recipes/web.yaml:1:5)");
	w.files[1].kind = RECIPE_FILE_REMOVE;
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 2, "one path in the image");
}

Test(compose_files, an_entry_may_change_what_a_folder_of_the_recipe_brings)
{
	scene_file(&w, "opt/app", RECIPE_FILE_FROM);
	scene_input(&w, "config", "plain", false);
	scene_input(&w, "extra", "x", false);
	scene_text(&w, "opt/app/config", "special");
	scene_file(&w, "opt/app/extra", RECIPE_FILE_REMOVE);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "opt/app/config"), "special");
	cr_assert_not(scene_has(&w, "opt/app/extra"));
}

Test(compose_files, links_never_lead_to_a_path_without_bounds)
{
	char name[201], *deep = NULL;

	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 20; i++)
		deep = deep ? arena_printf(&w.arena, "%s/%s", deep, name) : name;
	scene_file(&w, "a", RECIPE_FILE_SYMLINK)->target = str_of(arena_printf(&w.arena, "/%s", deep));
	scene_text(&w, arena_printf(&w.arena, "a/%s/x", deep), "x");
	scene_file(&w, deep, RECIPE_FILE_DIRECTORY);
	/* In the order of their paths the link would dangle: the folder comes first. */
	w.files[2].pos = w.files[0].pos;
	{
		struct recipe_file link = w.files[0], file = w.files[1];

		w.files[0] = w.files[2];
		w.files[1] = link;
		w.files[2] = file;
	}
	scene_must_fail(&w, ERR_LIMIT, 2, "a path has at most 4096");
}
