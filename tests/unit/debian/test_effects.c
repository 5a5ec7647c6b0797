#include <criterion/criterion.h>

#include "deb_fixture.h"
#include "debian/effects.h"

struct run {
	struct deb_fixture f;
	struct debian d;
	struct unpacked u;
};

static void run_init(struct run *r)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	*r = (struct run){ 0 };
	fixture_init(&r->f);
	fixture_add(&r->f, "pkg", "", "");
	r->d = (struct debian){ .tree = r->f.tree, .options = &r->f.options, .arena = &r->f.arena };
	r->u = (struct unpacked){ .package = &r->f.packages[0] };
	cr_assert_eq(tree_write_file(r->f.tree, STR("etc/passwd"),
				     str_bytes(STR("root:x:0:0:::\nwww:x:33:33:::\n")), 0644, 0,
				     NULL, &err), 0);
	cr_assert_eq(tree_write_file(r->f.tree, STR("etc/group"),
				     str_bytes(STR("root:x:0:\nadm:x:4:\n")), 0644, 0, NULL, &err),
		     0);
}

static void run_release(struct run *r)
{
	fixture_release(&r->f);
}
#define CLEANUP_RUN CLEANUP(run_release)

static int run_script(struct run *r, const char *operations, const char *script,
		      struct error *err)
{
	const struct effect_context c = { &r->d, &r->u, str_of(script), 0 };

	return effect_run_all(&c, str_of(operations), err);
}

static void run(struct run *r, const char *operations, const char *script)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(run_script(r, operations, script, &err), 0, "%s", err.message);
}

static const struct inode *inode(struct run *r, const char *path)
{
	struct node *node = tree_resolve(r->f.tree, str_of(path), false);

	cr_assert(node, "no %s", path);
	return node->inode;
}

Test(effects, files_and_folders_get_mode_and_owner_but_existing_ones_stay)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "directory /a/b 2775 root adm\nfile /a/b/c 0640 www adm\n"
		"text /a/t \"x\\ty\\n\"\ntext /a/t other 0600\n", "");
	cr_assert_eq(inode(&r, "a")->mode, 0755);
	cr_assert_eq(inode(&r, "a/b")->mode, 02775);
	cr_assert_eq(inode(&r, "a/b")->gid, 4);
	cr_assert_eq(inode(&r, "a/b/c")->uid, 33);
	cr_assert_eq(inode(&r, "a/b/c")->mode, 0640);
	cr_assert_str_eq(fixture_text(&r.f, "a/t"), "x\ty\n");
	cr_assert_eq(inode(&r, "a/t")->mode, 0644);
}

Test(effects, what_packages_ship_below_a_migrated_folder_lands_in_its_target)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "directory /run/lock 1777\nfile /var/run/a/x\nfile /var/lock/y\n"
		"migrate /var/run /run\nmigrate /var/lock /run/lock\n", "");
	cr_assert_str_eq(fixture_text(&r.f, "var/run"), "-> /run");
	cr_assert(fixture_has(&r.f, "run/a/x"));
	cr_assert(fixture_has(&r.f, "run/lock/y"));
	cr_assert_eq(inode(&r, "run/lock")->mode, 01777);
}

Test(effects, conditions_are_asked_of_the_tree)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "when present /etc/passwd when absent /no file /a\n"
		"when absent /etc/passwd file /b\nwhen installed none file /c\n", "");
	cr_assert(fixture_has(&r.f, "a"));
	cr_assert_not(fixture_has(&r.f, "b"));
	cr_assert_not(fixture_has(&r.f, "c"));
}

Test(effects, here_documents_are_text_of_the_script)
{
	static const char script[] =
		"#!/bin/sh\ncat > /etc/other <<EOF\nno\nEOF\n"
		"f() {\n\tcat > \"$DPKG_ROOT/etc/own\" <<-'END'\n\tone\n\t two\n\tEND\n}\n";
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "heredoc /etc/own /etc/own\n", script);
	cr_assert_str_eq(fixture_text(&r.f, "etc/own"), "one\n two\n");
	cr_assert_eq(run_script(&r, "heredoc /x /etc/none\n", script, &err), -1);
}

Test(effects, an_operation_that_does_not_exist_is_an_error_with_its_line)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_RUN struct run r;

	run_init(&r);
	cr_assert_eq(run_script(&r, "file /a\nfrobnicate /b\n", "", &err), -1);
	cr_assert(strstr(err.context[0], "frobnicate /b"));
}

Test(effects, an_owner_takes_the_set_id_bits_off_a_file)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "file /a 4755\nowner /a www adm\nstatoverride www adm 4750 /a\n", "");
	cr_assert_eq(inode(&r, "a")->mode, 04750);
	cr_assert_str_eq(fixture_text(&r.f, "var/lib/dpkg/statoverride"), "www adm 4750 /a\n");
}

Test(effects, the_best_alternative_gets_the_link_and_its_slaves)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "file /usr/bin/low\nfile /usr/bin/high\nfile /man/high\nfile /man/low\n"
		"alternative /usr/bin/x x /usr/bin/low 5 /man/x x.1 /man/low\n"
		"alternative /usr/bin/x x /usr/bin/high 50 /man/x x.1 /man/high\n"
		"alternative /usr/bin/x x /usr/bin/none 99\n", "");
	cr_assert_str_eq(fixture_text(&r.f, "usr/bin/x"), "-> /etc/alternatives/x");
	cr_assert_str_eq(fixture_text(&r.f, "etc/alternatives/x"), "-> /usr/bin/high");
	cr_assert_str_eq(fixture_text(&r.f, "etc/alternatives/x.1"), "-> /man/high");
	cr_assert_str_eq(fixture_text(&r.f, "var/lib/dpkg/alternatives/x"),
			 "auto\n/usr/bin/x\nx.1\n/man/x\n\n/usr/bin/high\n50\n/man/high\n"
			 "/usr/bin/low\n5\n/man/low\n\n");
}

Test(effects, a_unit_is_linked_as_its_install_section_says)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "text /lib/systemd/system/a.service "
		"\"[Install]\\nWantedBy=m.target\\nAlias=b.service\\n\"\n"
		"enable a.service\nenable none.service\n", "");
	cr_assert_str_eq(fixture_text(&r.f, "etc/systemd/system/m.target.wants/a.service"),
			 "-> /lib/systemd/system/a.service");
	cr_assert_str_eq(fixture_text(&r.f, "var/lib/systemd/deb-systemd-helper-enabled/"
					    "a.service.dsh-also"),
			 "/etc/systemd/system/b.service\n"
			 "/etc/systemd/system/m.target.wants/a.service\n");
	cr_assert_not(fixture_has(&r.f, "var/lib/systemd/deb-systemd-helper-enabled/"
					"none.service.dsh-also"));
}

Test(effects, run_levels_come_from_the_init_scripts_header)
{
	CLEANUP_RUN struct run r;

	run_init(&r);
	run(&r, "text /etc/init.d/a \"### BEGIN INIT INFO\\n# Default-Start: 2 3\\n"
		"# Default-Stop: 0\\n### END INIT INFO\\n\"\nrc a\nrc none\n", "");
	cr_assert_str_eq(fixture_text(&r.f, "etc/rc3.d/S01a"), "-> ../init.d/a");
	cr_assert_str_eq(fixture_text(&r.f, "etc/rc0.d/K01a"), "-> ../init.d/a");
	cr_assert_not(fixture_has(&r.f, "etc/rc4.d/S01a"));
}
