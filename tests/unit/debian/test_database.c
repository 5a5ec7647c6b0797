#include <criterion/criterion.h>

#include "deb_fixture.h"

Test(database, fields_come_in_the_order_of_dpkg_and_relations_in_its_form)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_package *p;

	fixture_init(&f);
	p = fixture_add(&f, "a",
			"Homepage: https://a.example\nDepends: b(>=1) |c:any,d ( = 2 )\n"
			"Pre-Depends: e\nPriority: optional\nMulti-Arch: same\n"
			"Description: short\n long \n .\n end\nX-Own: 1\n",
			"d .\nd etc\nf etc/a.conf one\n");
	fixture_control(&f, p, "conffiles",
			"/etc/a.conf\nremove-on-upgrade /etc/gone\n/etc/missing\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/status"),
			 "Package: a\nStatus: install ok installed\nPriority: optional\n"
			 "Architecture: amd64\nMulti-Arch: same\nVersion: 1.0\n"
			 "Depends: b (>= 1) | c:any, d (= 2)\nPre-Depends: e\nConffiles:\n"
			 " /etc/a.conf f97c5d29941bfb1b2fdab0874906ab82\n"
			 " /etc/gone newconffile remove-on-upgrade\n /etc/missing newconffile\n"
			 "Description: short\n long \n .\n end\nHomepage: https://a.example\n"
			 "X-Own: 1\n\n");
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/info/a:amd64.list"),
			 "/.\n/etc\n/etc/a.conf\n");
}

Test(database, only_packages_that_stay_are_listed)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "a", "", "");
	fixture_add(&f, "b", "", "")->kept = false;
	fixture_must_install(&f);
	cr_assert_null(strstr(fixture_text(&f, "var/lib/dpkg/status"), "Package: b"));
	cr_assert_not(fixture_has(&f, "var/lib/dpkg/info/b.list"));
}

Test(database, interests_are_recorded)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_control(&f, fixture_add(&f, "a", "", ""), "triggers",
			"# comment\ninterest-noawait ldconfig\ninterest /usr/lib/a\n"
			"activate-noawait other\n");
	fixture_control(&f, fixture_add(&f, "b", "", ""), "triggers",
			"interest ldconfig\ninterest-noawait /usr/lib/a\n");
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/triggers/ldconfig"), "a/noawait\nb\n");
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/triggers/File"),
			 "/usr/lib/a a\n/usr/lib/a b/noawait\n");
	cr_assert_not(fixture_has(&f, "var/lib/dpkg/triggers/other"));
}

Test(database, what_nobody_asked_for_is_marked_automatic)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	fixture_add(&f, "apt", "", "");
	fixture_add(&f, "b", "", "")->automatic = true;
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "var/lib/apt/extended_states"),
			 "Package: b\nArchitecture: amd64\nAuto-Installed: 1\n\n");
}

Test(database, missing_md5sums_are_made_without_conffiles)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct pack *pack;

	fixture_init(&f);
	pack = (struct pack *)(uintptr_t)fixture_add(&f, "a", "",
						      "d etc\nf etc/a one\nf etc/b one\n")->pack;
	pack->controls[1] = (struct pack_control){ STR("conffiles"), 0644,
						   str_bytes(STR("/etc/a\n")) };
	fixture_must_install(&f);
	cr_assert_str_eq(fixture_text(&f, "var/lib/dpkg/info/a.md5sums"),
			 "f97c5d29941bfb1b2fdab0874906ab82  etc/b\n");
}

Test(database, the_patterns_of_exclude_go_to_dpkgs_configuration)
{
	const struct str patterns[] = { STR("/srv/*"), STR("!/srv/y") };
	CLEANUP_FIXTURE struct deb_fixture f;

	fixture_init(&f);
	f.options.exclude = patterns;
	f.options.n_exclude = 2;
	fixture_add(&f, "dpkg", "", "d srv\nf srv/x one\nf srv/y two\nd srv/z\nf srv/z/a three\n");
	fixture_must_install(&f);
	cr_assert_not(fixture_has(&f, "srv/x"));
	cr_assert(fixture_has(&f, "srv/y"));
	cr_assert(fixture_has(&f, "srv/z/a"));
	cr_assert_str_eq(fixture_text(&f, "etc/dpkg/dpkg.cfg.d/ingot"),
			 "# The recipe's `exclude`: these paths are not unpacked.\n"
			 "path-exclude=/srv/*\npath-include=/srv/y\npath-include=/srv/z/a\n");
	cr_assert(strstr(fixture_text(&f, "var/lib/dpkg/info/dpkg.list"), "/srv/x\n"));
}
