#include <criterion/criterion.h>

#include "deb_fixture.h"
#include "debian/firstboot.h"

static struct str text_of(struct deb_fixture *f, const char *path)
{
	const struct node *node = tree_resolve(f->tree, str_of(path), true);

	cr_assert(node && node->inode->kind == NODE_FILE, "no file %s", path);
	return (struct str){ (const char *)node->inode->content.data,
			     (size_t)node->inode->content.size };
}

Test(firstboot, a_cluster_of_postgresql_is_made_by_a_unit_of_its_own)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct deb_fixture f;
	struct debian d;
	bool made = false;

	fixture_init(&f);
	d = (struct debian){ .tree = f.tree, .options = &f.options, .arena = &f.arena };
	cr_assert_eq(tree_write_file(f.tree, STR("lib/systemd/systemd"), str_bytes(STR("x")), 0755,
				     0, NULL, &err),
		     0);
	cr_assert_eq(first_boot_write(&d, STR("postgresql-cluster 17 main"), 0, &made, &err), 0);
	cr_assert(made);
	cr_expect(str_equal(text_of(&f, "etc/systemd/system/postgresql.service.wants/"
					"ingot-postgresql-cluster-17-main.service"),
			    STR("[Unit]\nDescription=First boot: cluster of PostgreSQL\n"
				"Before=postgresql.service\n"
				"ConditionPathExists=!/etc/postgresql/17/main/postgresql.conf\n\n"
				"[Service]\nType=oneshot\nRemainAfterExit=yes\n"
				"ExecStart=/bin/sh -c 'export LANG=\"$${LANG:-C.UTF-8}\"; exec "
				"/usr/bin/pg_createcluster --start 17 main'\n\n"
				"[Install]\nWantedBy=postgresql.service\n")));
	fixture_release(&f);
}

Test(firstboot, what_no_unit_can_make_is_left_for_people)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct deb_fixture f;
	struct debian d;
	bool made = true;

	fixture_init(&f);
	d = (struct debian){ .tree = f.tree, .options = &f.options, .arena = &f.arena };
	cr_assert_eq(first_boot_write(&d, STR("a word to people"), 0, &made, &err), 0);
	cr_expect_not(made);
	fixture_release(&f);
}
