/* What each machine must make of its own: units on a disk, a list for a container. */
#include <criterion/criterion.h>

#include "deb_fixture.h"
#include "debian/firstboot.h"

static struct deb_fixture f;
static struct debian d;

static struct str text_of(const char *path)
{
	const struct node *node = tree_resolve(f.tree, str_of(path), true);

	cr_assert(node && node->inode->kind == NODE_FILE, "no file %s", path);
	return arena_str(&f.arena, (struct str){ (const char *)node->inode->content.data,
						 (size_t)node->inode->content.size });
}

static void setup(void)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	fixture_init(&f);
	d = (struct debian){ .tree = f.tree, .options = &f.options, .arena = &f.arena };
	cr_assert_eq(tree_write_file(f.tree, STR("usr/lib/systemd/systemd"), str_bytes(STR("x")),
				     0755, 0, NULL, &err),
		     0);
	cr_assert_eq(tree_write_file(f.tree, STR("usr/lib/systemd/system/postgresql.service"),
				     str_bytes(STR("[Unit]\n")), 0644, 0, NULL, &err),
		     0);
}

static void teardown(void)
{
	fixture_release(&f);
}

TestSuite(firstboot, .init = setup, .fini = teardown);

Test(firstboot, a_cluster_of_postgresql_is_made_by_a_unit_of_its_own)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct str unit;

	cr_assert_eq(first_boot_write(&d, STR("postgresql-cluster 17 main"), 0, &err), 0);
	unit = text_of("etc/systemd/system/ingot-postgresql-cluster-17-main.service");
	cr_expect_not_null(strstr(unit.ptr, "/usr/bin/pg_createcluster --start 17 main"));
	cr_expect_not_null(strstr(
		unit.ptr, "\nConditionPathExists=!/etc/postgresql/17/main/postgresql.conf\n"));
	cr_expect_not_null(strstr(unit.ptr, "\nBefore=postgresql.service\n"));
	cr_expect_not_null(tree_find(f.tree, STR("etc/systemd/system/postgresql.service.wants/"
						 "ingot-postgresql-cluster-17-main.service")));
}

Test(firstboot, packages_that_a_recipe_leaves_are_configured_once_by_one_unit)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct str unit;

	cr_assert_eq(first_boot_write(&d, STR("packages"), 0, &err), 0);
	cr_assert_eq(first_boot_write(&d, STR("packages"), 0, &err), 0);
	unit = text_of("etc/systemd/system/ingot-packages.service");
	cr_expect_not_null(strstr(unit.ptr, "dpkg --configure --pending"));
	cr_expect_not_null(
		strstr(unit.ptr, "\nConditionPathExists=!/var/lib/misc/ingot-configured\n"));
	cr_expect_not_null(tree_find(f.tree, STR("etc/systemd/system/multi-user.target.wants/"
						 "ingot-packages.service")));
}

Test(firstboot, a_word_to_people_makes_no_unit)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(first_boot_write(&d, STR("a word to people"), 0, &err), 0);
	cr_expect_null(tree_find(f.tree, STR("etc/systemd")));
}

#define UNITS "etc/systemd/system/"

/* A system whose packages make host keys, a certificate and something unknown. */
static void install_all(struct deb_fixture *of, const char *units, bool machine, bool systemd)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct debian_package *p;

	fixture_init(of);
	of->options.machine = machine;
	p = fixture_add(of, "tools", "",
			arena_printf(&of->arena,
				     "f usr/bin/ssh-keygen x\nf usr/sbin/make-ssl-cert x\n"
				     "f usr/sbin/rndc-confgen x\n%s%s",
				     systemd ? "f usr/lib/systemd/systemd x\n" : "", units));
	for (size_t i = 0; i < p->pack->n_members; i++)
		if (p->pack->members[i].kind == NODE_FILE)
			p->pack->members[i].mode = 0755;
	p = fixture_add(of, "a", "", "d etc\n");
	fixture_control(of, p, "postinst",
			"#!/bin/sh\necho ssl-cert:x:103: >>/etc/group\nssh-keygen -A\n"
			"make-ssl-cert generate-default-snakeoil\n"
			"rndc-confgen -a\n");
	fixture_must_install(of);
	cr_assert_eq(of->report.n_refusals, 0, "%.*s", STR_ARG(of->report.refusals[0].reason));
	cr_assert_eq(debian_finish(of->tree, of->packages, of->n, &of->options, &of->report,
				   &of->arena, &err),
		     0, "%s", err.message);
}

Test(first_boot_of_packages, a_container_gets_a_list_with_commands_and_no_unit)
{
	CLEANUP_FIXTURE struct deb_fixture own;

	install_all(&own, "f usr/lib/systemd/system/ssh.service x\n", false, true);
	cr_assert_eq(own.report.n_first_boot, 3);
	cr_assert(str_equal_cstr(own.report.first_boot[0].package, "a"));
	cr_assert(str_equal_cstr(own.report.first_boot[0].what, "ssh-host-keys"));
	cr_assert(str_equal_cstr(own.report.first_boot[0].text, "host keys of sshd"));
	cr_assert(str_equal_cstr(own.report.first_boot[0].command, "/usr/bin/ssh-keygen -A"));
	cr_assert(str_equal_cstr(own.report.first_boot[0].path, "/etc/ssh/ssh_host_ed25519_key"));
	cr_assert_not(fixture_has(&own, "etc/systemd"));
}

Test(first_boot_of_packages, a_machine_makes_them_by_units_before_what_needs_them)
{
	CLEANUP_FIXTURE struct deb_fixture own;

	install_all(&own, "f usr/lib/systemd/system/ssh.service x\n", true, true);
	cr_assert_str_eq(fixture_text(&own, UNITS "ingot-ssh-host-keys.service"),
			 "[Unit]\nDescription=First boot: host keys of sshd\n"
			 "Before=ssh.service\n"
			 "ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key\n\n"
			 "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
			 "ExecStart=/usr/bin/ssh-keygen -A\n\n"
			 "[Install]\nWantedBy=ssh.service\n");
	cr_assert_str_eq(fixture_text(&own, UNITS "ssh.service.wants/ingot-ssh-host-keys.service"),
			 "-> /etc/systemd/system/ingot-ssh-host-keys.service");
}

Test(first_boot_of_packages,
     what_all_services_may_need_is_made_before_the_basic_target_without_a_cycle)
{
	CLEANUP_FIXTURE struct deb_fixture own;
	const char *unit;

	install_all(&own, "f usr/lib/systemd/system/basic.target x\n", true, true);
	unit = fixture_text(&own, UNITS "ingot-snakeoil-certificate.service");
	cr_assert(strstr(unit, "\nDefaultDependencies=no\nAfter=local-fs.target\n"));
	cr_assert(strstr(unit, "\nBefore=basic.target shutdown.target\n"));
	cr_assert(strstr(unit, "DEBIAN_FRONTEND=noninteractive /usr/sbin/make-ssl-cert"));
	cr_assert(fixture_has(&own, UNITS "basic.target.wants/ingot-snakeoil-certificate.service"));
}

Test(first_boot_of_packages, without_the_unit_that_needs_it_every_boot_wants_it)
{
	CLEANUP_FIXTURE struct deb_fixture own;

	install_all(&own, "", true, true);
	cr_assert(fixture_has(&own, UNITS "multi-user.target.wants/ingot-rndc-key.service"));
	cr_assert(strstr(fixture_text(&own, UNITS "ingot-rndc-key.service"),
			 "\nBefore=multi-user.target\n"));
}

Test(first_boot_of_packages, debian_13_keeps_its_own_unit_for_host_keys_with_another_condition)
{
	CLEANUP_FIXTURE struct deb_fixture own;

	install_all(&own, "f usr/lib/systemd/system/sshd-keygen.service x\n", true, true);
	cr_assert_not(fixture_has(&own, UNITS "ingot-ssh-host-keys.service"));
	cr_assert_str_eq(fixture_text(&own, UNITS "sshd-keygen.service.d/ingot.conf"),
			 "[Unit]\nConditionFirstBoot=\n"
			 "ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key\n");
}

Test(first_boot_of_packages, a_disk_without_systemd_gets_no_unit)
{
	CLEANUP_FIXTURE struct deb_fixture own;

	install_all(&own, "", true, false);
	cr_assert_not(fixture_has(&own, "etc/systemd"));
	cr_assert_eq(own.report.n_first_boot, 3);
}
