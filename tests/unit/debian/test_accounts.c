#include <criterion/criterion.h>

#include "debian/accounts.h"

struct world {
	struct arena arena;
	struct tree *tree;
	struct accounts *accounts;
};

static void put(struct world *w, const char *path, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(tree_write_file(w->tree, str_of(path), str_bytes(str_of(text)), 0644, 0, NULL,
				     &err), 0);
}

static void load(struct world *w)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(accounts_load(w->tree, NULL, 20000, &w->arena, &w->accounts, &err), 0, "%s",
		     err.message);
}

static void world_init(struct world *w, bool shadow)
{
	*w = (struct world){ .tree = tree_new() };
	put(w, "etc/passwd", "root:*:0:0:root:/root:/bin/bash\nodd line\n_apt:*:42:65534::/:/x\n");
	put(w, "etc/group", "root:*:0:\nadm:*:4:\nshadow:*:42:\n");
	load(w);
	if (shadow)
		accounts_shadow(w->accounts);
}

static void world_release(struct world *w)
{
	tree_free(w->tree);
	arena_release(&w->arena);
}
#define CLEANUP_WORLD CLEANUP(world_release)

static void expect(struct world *w, const char *path, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);
	struct node *node;

	cr_assert_eq(accounts_store(w->accounts, w->tree, 0, &err), 0, "%s", err.message);
	node = tree_find(w->tree, str_of(path));
	cr_assert(node, "no %s", path);
	cr_assert_eq(content_load(NULL, &node->inode->content, &got, &err), 0);
	cr_assert_str_eq(buf_cstr(&got), text);
}

static uint32_t add_user(struct world *w, const char *name, uint32_t id, bool downwards)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	const struct account_user u = {
		.request = { str_of(name), id, downwards, 100, 999 },
		.gid = 65534, .gecos = STR(""), .home = STR("/nonexistent"),
		.shell = STR("/usr/sbin/nologin"), .shadow = STR("!"),
	};
	uint32_t uid = 0;

	cr_assert_eq(accounts_add_user(w->accounts, &u, &uid, &err), 0, "%s", err.message);
	return uid;
}

static uint32_t add_group(struct world *w, const char *name, uint32_t id, bool downwards)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	const struct account_request r = { str_of(name), id, downwards, 100, 999 };
	uint32_t gid = 0;

	cr_assert_eq(accounts_add_group(w->accounts, &r, &gid, &err), 0, "%s", err.message);
	return gid;
}

Test(accounts, lines_that_are_no_records_are_kept)
{
	CLEANUP_WORLD struct world w;

	world_init(&w, false);
	expect(&w, "etc/passwd",
	       "root:*:0:0:root:/root:/bin/bash\nodd line\n_apt:*:42:65534::/:/x\n");
	cr_assert_null(tree_find(w.tree, STR("etc/shadow")));
}

Test(accounts, shadow_takes_the_passwords)
{
	CLEANUP_WORLD struct world w;

	world_init(&w, true);
	expect(&w, "etc/passwd",
	       "root:x:0:0:root:/root:/bin/bash\nodd line\n_apt:x:42:65534::/:/x\n");
	expect(&w, "etc/shadow", "root:*:20000:0:99999:7:::\n_apt:*:20000:0:99999:7:::\n");
	expect(&w, "etc/gshadow", "root:*::\nadm:*::\nshadow:*::\n");
	cr_assert_eq(tree_find(w.tree, STR("etc/shadow"))->inode->mode, 0640);
	cr_assert_eq(tree_find(w.tree, STR("etc/shadow"))->inode->gid, 42);
}

Test(accounts, numbers_by_rule_go_up_for_adduser_and_down_for_sysusers)
{
	CLEANUP_WORLD struct world w;

	world_init(&w, true);
	cr_assert_eq(add_user(&w, "a", UINT32_MAX, false), 100);
	cr_assert_eq(add_user(&w, "b", UINT32_MAX, false), 101);
	cr_assert_eq(add_group(&w, "g", 999, false), 999);
	cr_assert_eq(add_user(&w, "c", UINT32_MAX, true), 998);
	cr_assert_eq(add_user(&w, "a", UINT32_MAX, false), 100);
	expect(&w, "etc/shadow", "root:*:20000:0:99999:7:::\n_apt:*:20000:0:99999:7:::\n"
				 "a:!:20000::::::\nb:!:20000::::::\nc:!:20000::::::\n");
}

Test(accounts, numbers_of_the_lock_stay_and_nobody_else_gets_them)
{
	const struct lock_id ids[] = { { LOCK_ID_USER, STR("late"), 100 },
				       { LOCK_ID_USER, STR("app"), 101 } };
	CLEANUP_WORLD struct world w;

	world_init(&w, false);
	accounts_set_ids(w.accounts, ids, 2);
	cr_assert_eq(add_user(&w, "early", UINT32_MAX, false), 102);
	cr_assert_eq(add_user(&w, "app", UINT32_MAX, false), 101);
	cr_assert_eq(add_user(&w, "late", UINT32_MAX, false), 100);
}

Test(accounts, a_number_that_is_taken_is_a_conflict_that_names_its_owner)
{
	const struct account_request r = { STR("mine"), 4, false, 100, 999 };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_WORLD struct world w;
	uint32_t gid;

	world_init(&w, false);
	cr_assert_eq(accounts_add_group(w.accounts, &r, &gid, &err), -1);
	cr_assert_eq(err.code, ERR_RECIPE_CONFLICT);
	cr_assert(strstr(err.message, "'adm'"));
}

Test(accounts, a_member_stands_once_in_both_files)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_WORLD struct world w;

	world_init(&w, true);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(accounts_add_member(w.accounts, STR("adm"), STR("_apt"), &err), 0);
	cr_assert_eq(accounts_add_member(w.accounts, STR("adm"), STR("root"), &err), 0);
	expect(&w, "etc/group", "root:x:0:\nadm:x:4:_apt,root\nshadow:x:42:\n");
	expect(&w, "etc/gshadow", "root:*::\nadm:*::_apt,root\nshadow:*::\n");
	cr_assert_eq(accounts_add_member(w.accounts, STR("none"), STR("root"), &err), -1);
	cr_assert_eq(err.code, ERR_RECIPE_VALUE);
}

Test(accounts, the_lock_gets_all_numbers_from_100_up)
{
	CLEANUP_WORLD struct world w;
	struct lock_id *ids;
	size_t n;

	world_init(&w, false);
	add_user(&w, "b", UINT32_MAX, false);
	add_user(&w, "a", UINT32_MAX, false);
	add_group(&w, "b", UINT32_MAX, false);
	accounts_ids(w.accounts, &w.arena, &ids, &n);
	cr_assert_eq(n, 3);
	cr_assert(str_equal_cstr(ids[0].name, "a") && ids[0].id == 101);
	cr_assert(str_equal_cstr(ids[1].name, "b") && ids[1].kind == LOCK_ID_USER);
	cr_assert_eq(ids[2].kind, LOCK_ID_GROUP);
}
