#include "compose_world.h"

#include "compose/work.h"

/* `essential: false`: nginx and its library stay, the Essential set goes. */

static struct scene w;
static struct pack *dash, *nginx, *libc;

static void begin(void)
{
	scene_init(&w);
	w.recipe.essential = false;
	dash = scene_package(&w, "dash", "1", "dash");
	libc = scene_package(&w, "libc6", "2.41", "glibc");
	nginx = scene_package(&w, "nginx", "1", "nginx");
	pack_file(&w, dash, "usr/bin/sh", "shell", 0755);
	pack_folder(&w, dash, "usr/share/dash", 0755);
	pack_file(&w, libc, "usr/lib/libc.so.6", "libc", 0644);
	pack_folder(&w, nginx, "var/lib/nginx", 0755);
	pack_file(&w, nginx, "usr/sbin/nginx", "nginx", 0755);
	scene_find(&w, "base-files")->kept = false;
	scene_find(&w, "base-passwd")->kept = false;
	scene_find(&w, "dash")->kept = false;
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(distroless, .init = begin, .fini = end);

Test(distroless, what_was_asked_for_stays_with_all_it_needs)
{
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "usr/sbin/nginx"), "nginx");
	cr_assert_str_eq(scene_content(&w, "usr/lib/libc.so.6"), "libc");
	cr_assert(scene_has(&w, "var/lib/nginx"));
}

Test(distroless, the_essential_set_goes)
{
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "usr/bin/sh"));
	cr_assert_not(scene_has(&w, "usr/share/dash"));
}

Test(distroless, the_skeleton_stays)
{
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, "bin"), "usr/bin");
	cr_assert_eq(scene_node(&w, "usr/bin")->inode->kind, NODE_DIRECTORY);
	cr_assert(scene_has(&w, "home"));
	cr_assert(scene_has(&w, "root"));
	cr_assert_eq(scene_node(&w, "tmp")->inode->mode, 01777);
	cr_assert(scene_has_line(&w, "etc/group", "www-data:*:33:"));
	cr_assert_str_eq(scene_content(&w, "etc/os-release"), "ID=debian\n");
}

Test(distroless, what_the_recipe_adds_stays)
{
	scene_text(&w, "usr/share/dash/ours", "x");
	scene_user(&w, "app")->uid = 990;
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "usr/share/dash/ours"), "x");
	cr_assert_not_null(strstr(scene_content(&w, "etc/passwd"), "app:"));
}

Test(distroless, the_database_lists_what_is_left)
{
	const char *status;

	scene_must_compose(&w);
	status = scene_content(&w, "var/lib/dpkg/status");
	cr_assert_not_null(strstr(status, "Package: nginx\n"), "%s", status);
	cr_assert_not_null(strstr(status, "Package: libc6\n"));
	cr_assert_null(strstr(status, "Package: dash\n"));
	cr_assert(scene_has(&w, "var/lib/dpkg/info/nginx.list"));
	cr_assert_not(scene_has(&w, "var/lib/dpkg/info/dash.list"));
}

Test(distroless, a_folder_that_a_kept_package_ships_too_stays)
{
	pack_folder(&w, dash, "usr/share/both", 0755);
	pack_folder(&w, nginx, "usr/share/both", 0755);
	scene_must_compose(&w);
	cr_assert(scene_has(&w, "usr/share/both"));
}

Test(distroless, what_a_dropped_script_did_to_a_kept_file_is_undone)
{
	struct work work = { .in = &w.in, .arena = &w.arena };
	struct node *kept;
	struct content other = content_of_bytes(str_bytes(STR("changed")));
	cause_id script;

	w.recipe.essential = true;
	scene_must_compose(&w);
	work.tree = w.out.tree;
	script = tree_cause_intern(work.tree, (struct cause){ CAUSE_SCRIPT, STR("dash"),
							      STR("postinst") });
	kept = tree_find(work.tree, STR("usr/sbin/nginx"));
	tree_set_owner(kept, 7, 7, script);
	tree_set_mode(kept, 04755, script);
	tree_set_content(kept, &other, script);
	cr_assert_eq(compose_drop(&work, &w.err), 0);
	cr_assert_str_eq(scene_content(&w, "usr/sbin/nginx"), "nginx");
	cr_assert_eq(scene_node(&w, "usr/sbin/nginx")->inode->mode, 0755);
	cr_assert_eq(scene_node(&w, "usr/sbin/nginx")->inode->uid, 0);
}
