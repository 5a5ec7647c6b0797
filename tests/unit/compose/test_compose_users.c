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

TestSuite(compose_users, .init = begin, .fini = end);

Test(compose_users, a_user_gets_an_entry_a_group_and_a_home)
{
	struct recipe_user *u = scene_user(&w, "app");

	u->uid = 990;
	u->gid = 990;
	u->home = STR("/var/lib/app");
	u->shell = STR("/usr/sbin/nologin");
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/passwd",
				 "app:!:990:990::/var/lib/app:/usr/sbin/nologin"),
		  "%s", scene_content(&w, "etc/passwd"));
	cr_assert(scene_has_line(&w, "etc/group", "app:x:990:"));
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->uid, 990);
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->gid, 990);
	cr_assert_eq(scene_node(&w, "var/lib/app")->inode->mode, 0755);
	cr_assert_eq(scene_cause(&w, "etc/passwd")->kind, CAUSE_RECIPE);
}

Test(compose_users, without_recipe_users_the_accounts_are_the_packages)
{
	scene_must_compose(&w);
	cr_assert_neq(scene_cause(&w, "etc/passwd")->kind, CAUSE_RECIPE);
}

Test(compose_users, free_numbers_do_not_take_those_that_the_recipe_gives)
{
	scene_user(&w, "aaa");
	scene_user(&w, "zzz")->uid = 100;
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/passwd",
				 "zzz:!:100:101::/nonexistent:/usr/sbin/nologin"),
		  "%s", scene_content(&w, "etc/passwd"));
	cr_assert(scene_has_line(&w, "etc/passwd",
				 "aaa:!:101:100::/nonexistent:/usr/sbin/nologin"));
}

Test(compose_users, the_locks_numbers_stay)
{
	static struct lock_id ids[] = {
		{ LOCK_ID_USER, { "app", 3 }, 321 }, { LOCK_ID_GROUP, { "app", 3 }, 322 },
	};

	w.lock->ids = ids;
	w.lock->n_ids = 2;
	scene_user(&w, "app");
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/passwd",
				 "app:!:321:322::/nonexistent:/usr/sbin/nologin"));
}

Test(compose_users, the_recipes_number_beats_the_locks)
{
	static struct lock_id ids[] = { { LOCK_ID_USER, { "app", 3 }, 321 } };

	w.lock->ids = ids;
	w.lock->n_ids = 1;
	scene_user(&w, "app")->uid = 555;
	scene_must_compose(&w);
	cr_assert_not_null(strstr(scene_content(&w, "etc/passwd"), "app:!:555:"));
}

Test(compose_users, the_report_lists_every_number_for_the_lock)
{
	bool found = false;

	scene_user(&w, "app")->uid = 990;
	scene_must_compose(&w);
	for (size_t i = 0; i < w.out.report.n_ids; i++) {
		const struct lock_id *id = &w.out.report.ids[i];

		found |= id->kind == LOCK_ID_USER && id->id == 990 &&
			 str_equal(id->name, STR("app"));
	}
	cr_assert(found);
}

Test(compose_users, a_number_that_a_package_uses_is_an_error_at_the_users_line)
{
	scene_user(&w, "app")->uid = 33;
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 101, "'www-data'");
}

Test(compose_users, another_number_for_a_packages_user_is_an_error)
{
	scene_user(&w, "www-data")->uid = 500;
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 101, "has id 33");
}

Test(compose_users, members_join_groups_of_packages_and_of_the_recipe)
{
	static const struct str groups[] = { { "www-data", 8 }, { "ops", 3 } };
	struct recipe_user *u = scene_user(&w, "app");

	scene_group(&w, "ops", 800);
	u->groups = groups;
	u->n_groups = 2;
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/group", "ops:x:800:app"));
	cr_assert_not_null(strstr(scene_content(&w, "etc/group"), ":33:app\n"));
}

Test(compose_users, an_unknown_group_is_an_error_at_the_users_line)
{
	static const struct str groups[] = { { "nosuch", 6 } };
	struct recipe_user *u = scene_user(&w, "app");

	u->groups = groups;
	u->n_groups = 1;
	scene_must_fail(&w, ERR_RECIPE_VALUE, 101, "'nosuch'");
}

Test(compose_users, people_get_skel_and_a_home_of_their_own)
{
	struct recipe_user *u = scene_user(&w, "anna");
	struct pack *p = scene_package(&w, "bash", "5", "bash");

	pack_folder(&w, p, "etc/skel", 0755);
	pack_file(&w, p, "etc/skel/.bashrc", "rc", 0644);
	pack_folder(&w, p, "etc/skel/bin", 0755);
	pack_file(&w, p, "etc/skel/bin/x", "x", 0755);
	u->system = false;
	u->home = STR("/home/anna");
	u->shell = STR("/bin/bash");
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/passwd", "anna:!:1000:1000::/home/anna:/bin/bash"));
	cr_assert_eq(scene_node(&w, "home/anna")->inode->mode, 0700);
	cr_assert_str_eq(scene_content(&w, "home/anna/.bashrc"), "rc");
	cr_assert_eq(scene_node(&w, "home/anna/.bashrc")->inode->uid, 1000);
	cr_assert_eq(scene_node(&w, "home/anna/bin/x")->inode->mode, 0755);
	cr_assert_eq(scene_cause(&w, "home/anna/bin/x")->kind, CAUSE_RECIPE);
}

Test(compose_users, a_home_that_a_package_has_made_is_left_alone)
{
	struct recipe_user *u = scene_user(&w, "anna");

	pack_folder(&w, scene_package(&w, "app", "1", "app"), "var/www", 0711);
	u->home = STR("/var/www");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "var/www")->inode->mode, 0711);
	cr_assert_eq(scene_node(&w, "var/www")->inode->uid, 0);
}

Test(compose_users, authorized_keys_are_private)
{
	static const struct str keys[] = { { "ssh-ed25519 AAAA a", 18 }, { "ssh-rsa BBBB b", 14 } };
	struct recipe_user *u = scene_user(&w, "anna");

	u->uid = 2000;
	u->home = STR("/home/anna");
	u->authorized_keys = keys;
	u->n_authorized_keys = 2;
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "home/anna/.ssh/authorized_keys"),
			 "ssh-ed25519 AAAA a\nssh-rsa BBBB b\n");
	cr_assert_eq(scene_node(&w, "home/anna/.ssh")->inode->mode, 0700);
	cr_assert_eq(scene_node(&w, "home/anna/.ssh")->inode->uid, 2000);
	cr_assert_eq(scene_node(&w, "home/anna/.ssh/authorized_keys")->inode->mode, 0600);
	cr_assert_eq(scene_node(&w, "home/anna/.ssh/authorized_keys")->inode->uid, 2000);
}

Test(compose_users, keys_without_a_home_are_an_error)
{
	static const struct str keys[] = { { "ssh-ed25519 AAAA a", 18 } };
	struct recipe_user *u = scene_user(&w, "app");

	u->authorized_keys = keys;
	u->n_authorized_keys = 1;
	scene_must_fail(&w, ERR_RECIPE_VALUE, 101, "no home");
}

Test(compose_users, root_takes_keys_in_its_own_home)
{
	static const struct str keys[] = { { "ssh-ed25519 AAAA a", 18 } };
	struct recipe_user *u = scene_user(&w, "root");

	u->authorized_keys = keys;
	u->n_authorized_keys = 1;
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "root/.ssh/authorized_keys"), "ssh-ed25519 AAAA a\n");
	cr_assert(scene_has_line(&w, "etc/passwd", "root:*:0:0:root:/root:/bin/bash"));
}

Test(compose_users, there_is_no_shadow_where_the_tree_has_none)
{
	scene_user(&w, "app");
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/shadow"));
}

Test(compose_users, shadow_gets_the_entry_where_the_tree_has_one)
{
	pack_file(&w, scene_package(&w, "shadow-data", "1", "x"), "etc/shadow", "root:*:1::::::\n",
		  0640);
	scene_user(&w, "app")->uid = 990;
	scene_must_compose(&w);
	cr_assert(scene_has_line(&w, "etc/shadow", "app:!:20697::::::"), "%s",
		  scene_content(&w, "etc/shadow"));
	cr_assert_not_null(strstr(scene_content(&w, "etc/passwd"), "app:x:990:"));
}

Test(compose_users, files_may_belong_to_them)
{
	scene_user(&w, "app")->uid = 990;
	scene_text(&w, "srv/x", "x")->owner = STR("app");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "srv/x")->inode->uid, 990);
}

Test(compose_users, subordinate_ids_are_given_to_people_where_the_image_has_the_files)
{
	struct recipe_user *u = scene_user(&w, "anna");
	struct pack *p = scene_package(&w, "login", "1", "shadow");

	pack_file(&w, p, "etc/subgid", "", 0644);
	pack_file(&w, p, "etc/subuid", "bob:100000:65536\n", 0644);
	u->system = false;
	scene_user(&w, "daemonic");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/subuid"), "bob:100000:65536\nanna:165536:65536\n");
	cr_assert_str_eq(scene_content(&w, "etc/subgid"), "anna:100000:65536\n");
}
