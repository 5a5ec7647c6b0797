#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "fetch/mirrors.h"

/* The environment of the machine under test: NAME=VALUE strings. */
static const char *variables[8];

static const char *environment(const char *name)
{
	size_t n = strlen(name);

	for (unsigned i = 0; i < 8 && variables[i]; i++)
		if (strncmp(variables[i], name, n) == 0 && variables[i][n] == '=')
			return variables[i] + n + 1;
	return NULL;
}

static char home[64];

static void make_home(void)
{
	static char variable[80];

	strcpy(home, "/tmp/ingot-home-XXXXXX");
	cr_assert(mkdtemp(home) != NULL);
	snprintf(variable, sizeof(variable), "HOME=%s", home);
	variables[0] = variable;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static void remove_home(void)
{
	nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *name, const char *text)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", home, name);
	FILE *out;

	for (char *p = path + strlen(home) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		(void)!mkdir(path, 0755);
	}
	out = fopen(path, "w");
	cr_assert(out != NULL);
	fputs(text, out);
	fclose(out);
}

static struct machine load(void)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *apt = mem_printf("%s/apt", home);
	struct machine m;

	if (machine_load(&m, environment, apt, &err) < 0) {
		err_print(&err, stderr);
		cr_assert_fail("machine_load() failed");
	}
	return m;
}

static void refused(const char *message, const char *hint, unsigned line)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *apt = mem_printf("%s/apt", home);
	struct machine m;

	cr_assert_eq(machine_load(&m, environment, apt, &err), -1);
	if (err.code != ERR_USAGE || !strstr(err.message, message) || err.pos.line != line ||
	    (hint && (!err.hint || !strstr(err.hint, hint)))) {
		err_print(&err, stderr);
		cr_assert_fail("expected '%s'", message);
	}
}

/* All mirrors as "suite=url" lines. */
static void expect_mirrors(const struct machine *m, const char *expected)
{
	CLEANUP_BUF struct buf text = BUF_INIT(10000);

	for (size_t i = 0; i < m->n_mirrors; i++)
		buf_printf(&text, STR_FMT "=" STR_FMT "\n", STR_ARG(m->mirrors[i].suite),
			   STR_ARG(m->mirrors[i].url));
	cr_assert_str_eq(buf_cstr(&text), expected);
}

TestSuite(machine, .init = make_home, .fini = remove_home);

Test(machine, nothing_configured_is_fine)
{
	CLEANUP_MACHINE struct machine m = load();

	cr_assert_eq(m.n_mirrors, 0);
	cr_assert_eq(m.stage.len, 0);
	cr_assert_eq(m.snapshot_template.len, 0);
	cr_assert(strstr(m.config_path, "/.config/ingot/config.yaml"));
	cr_assert(str_has_prefix(str_of(m.config_path), str_of(m.user_folder)));
}

Test(machine, the_configuration_is_read)
{
	struct machine m;

	write_file(".config/ingot/config.yaml",
		   "mirrors:\n"
		   "  - suite: trixie\n"
		   "    url: http://one/debian/\n"
		   "  - {url: \"https://two/debian\"}\n"
		   "snapshot: \"https://three/archive/@ARCHIVE@/@SNAPSHOTID@\"\n"
		   "stage: ~/cache\n");
	m = load();
	expect_mirrors(&m, "trixie=http://one/debian\n=https://two/debian\n");
	cr_assert(str_equal_cstr(m.snapshot_template,
				 "https://three/archive/@ARCHIVE@/@SNAPSHOTID@"));
	cr_assert(str_has_suffix(m.stage, STR("/cache")) &&
		  str_has_prefix(m.stage, str_of(home)));
	cr_assert(str_has_suffix(m.mirrors[0].where, STR("config.yaml:2")));
	machine_release(&m);
}

Test(machine, variables_go_over_the_configuration)
{
	struct machine m;

	write_file("other.yaml", "mirrors: [{url: \"http://one/\"}]\nstage: /a\nsnapshot: http://s/\n");
	variables[1] = mem_printf("INGOT_CONFIG=%s/other.yaml", home);
	variables[2] = "INGOT_STAGE=relative/stage";
	variables[3] = "INGOT_SNAPSHOT=http://t/";
	variables[4] = "INGOT_MIRROR=http://env/debian  trixie-security=http://env/security";
	m = load();
	expect_mirrors(&m, "=http://env/debian\ntrixie-security=http://env/security\n"
			   "=http://one\n");
	cr_assert(str_equal_cstr(m.stage, "relative/stage"));
	cr_assert(str_equal_cstr(m.snapshot_template, "http://t/"));
	machine_release(&m);
}

Test(machine, the_xdg_folder_is_used_if_it_is_absolute)
{
	CLEANUP_FREE char *absolute = mem_printf("XDG_CONFIG_HOME=%s/xdg", home);
	struct machine m;

	write_file("xdg/ingot/config.yaml", "stage: /from/xdg\n");
	variables[1] = absolute;
	m = load();
	cr_assert(str_equal_cstr(m.stage, "/from/xdg"));
	machine_release(&m);
	variables[1] = "XDG_CONFIG_HOME=xdg";
	m = load();
	cr_assert_eq(m.stage.len, 0);
	machine_release(&m);
}

static void wrong_config(const char *text, const char *message, const char *hint, unsigned line)
{
	write_file(".config/ingot/config.yaml", text);
	refused(message, hint, line);
}

Test(machine, mistakes_are_named_with_their_line)
{
	wrong_config("mirors: []\n", "unknown key 'mirors'", "'mirrors'", 1);
	wrong_config("stage: /a\nproxy: x\n", "unknown key 'proxy'", "'snapshot'", 2);
	wrong_config("mirrors:\n  - uri: http://a/\n", "unknown key 'uri'", "'url'", 2);
	wrong_config("mirrors:\n  - suite: a\n", "a mirror needs a 'url'", NULL, 2);
	wrong_config("mirrors: http://a/\n", "'mirrors' must be a list, not a text", NULL, 1);
	wrong_config("mirrors: [http://a/]\n", "'mirrors' must be a mapping, not a text", NULL, 1);
	wrong_config("mirrors:\n  - url: a.b/debian\n", "'url' is no URL: 'a.b/debian'",
		     "http://", 2);
	wrong_config("snapshot: ftp://a/\n", "'snapshot' is no URL", "http://", 1);
	wrong_config("stage: a/b\n", "'stage' is no absolute path", "'~/'", 1);
	wrong_config("stage: [a]\n", "'stage' must be a text, not a list", NULL, 1);
	wrong_config("- a\n", "is no mapping", NULL, 1);
	wrong_config("stage: &a /b\n", "", NULL, 1);
}

Test(machine, who_builds_is_a_uri_and_the_variable_goes_over_the_file)
{
	struct machine m = load();

	cr_assert_eq(m.builder_id.len, 0);
	machine_release(&m);
	write_file(".config/ingot/config.yaml", "builder: {id: \"https://builders.example.com/1\"}\n");
	m = load();
	cr_assert(str_equal_cstr(m.builder_id, "https://builders.example.com/1"));
	machine_release(&m);
	variables[1] = "INGOT_BUILDER_ID=urn:example:two";
	m = load();
	cr_assert(str_equal_cstr(m.builder_id, "urn:example:two"));
	machine_release(&m);
	variables[1] = "INGOT_BUILDER_ID=ci 7";
	refused("INGOT_BUILDER_ID is no URI: 'ci 7'", NULL, 0);
	variables[1] = NULL;
	wrong_config("builder: me\n", "'builder' must be a mapping", NULL, 1);
	wrong_config("builder: {}\n", "'builder' needs an 'id'", NULL, 1);
	wrong_config("builder: {name: x}\n", "unknown key 'name'", "'id'", 1);
	wrong_config("builder: {id: me}\n", "'id' is no URI: 'me'", "https://", 1);
}

Test(machine, wrong_variables_are_named)
{
	variables[1] = "INGOT_CONFIG=/nowhere/config.yaml";
	refused("there is no '/nowhere/config.yaml'", "INGOT_CONFIG", 0);
	variables[1] = "INGOT_MIRROR=mirror.host/debian";
	refused("INGOT_MIRROR holds 'mirror.host/debian', which is no URL", "SUITE=URL", 0);
	variables[1] = "INGOT_MIRROR=trixie=nothing";
	refused("'nothing', which is no URL", "SUITE=URL", 0);
	variables[1] = "INGOT_SNAPSHOT=x";
	refused("INGOT_SNAPSHOT is no URL", NULL, 0);
}

Test(machine, one_line_sources_are_read_as_apt_reads_them)
{
	struct machine m;

	write_file("apt/sources.list",
		   "# deb http://comment/debian bookworm main\n"
		   "deb http://one/debian/ bookworm main contrib # and a comment\n"
		   "  deb\t[ arch=amd64,arm64 signed-by=/usr/share/keyrings/a.gpg ]   http://two/debian"
		   " bookworm-updates main\n"
		   "deb [trusted=yes] http://three/debian-security bookworm-security main\r\n"
		   "deb-src http://source/debian bookworm main\n"
		   "deb http://flat/repository ./\n"
		   "deb cdrom:[Debian]/ bookworm main\n"
		   "deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\n"
		   "deb [unclosed http://x/debian bookworm main\n"
		   "deb file:/srv/debian sid main\n"
		   "deb\n"
		   "\n");
	m = load();
	expect_mirrors(&m, "bookworm=http://one/debian\nbookworm-updates=http://two/debian\n"
			   "bookworm-security=http://three/debian-security\n"
			   "sid=file:///srv/debian\n");
	cr_assert(str_has_suffix(m.mirrors[1].where, STR("apt/sources.list:3")));
	machine_release(&m);
}

Test(machine, deb822_sources_are_read_as_apt_reads_them)
{
	struct machine m;

	write_file("apt/sources.list.d/b.sources",
		   "# a file's comment\n"
		   "Types: deb deb-src\n"
		   "# a comment inside\n"
		   "URIs: http://one/debian/ http://two/debian\n"
		   "Suites: trixie\n"
		   " trixie-updates\n"
		   "Components: main\n"
		   "Signed-By:\n"
		   " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
		   " .\n"
		   " URIs: http://fake/\n"
		   "\n"
		   "\n"
		   "types: deb\n"
		   "uris: http://three/debian-security\n"
		   "suites: trixie-security\n"
		   "enabled: yes\n"
		   "\n"
		   "Enabled: no\n"
		   "Types: deb\n"
		   "URIs: http://off/debian\n"
		   "Suites: trixie\n"
		   "\n"
		   "Types: deb-src\n"
		   "URIs: http://source/debian\n"
		   "Suites: trixie\n"
		   "\n"
		   "Types: deb\n"
		   "URIs: http://flat/\n"
		   "Suites: /\n");
	m = load();
	expect_mirrors(&m, "trixie=http://one/debian\ntrixie-updates=http://one/debian\n"
			   "trixie=http://two/debian\ntrixie-updates=http://two/debian\n"
			   "trixie-security=http://three/debian-security\n");
	machine_release(&m);
}

Test(machine, source_files_come_in_order_of_name_and_strays_are_passed_over)
{
	struct machine m;

	write_file("apt/sources.list.d/b.list", "deb http://b/ x main\n");
	write_file("apt/sources.list.d/a.sources", "Types: deb\nURIs: http://a/\nSuites: x\n");
	write_file("apt/sources.list.d/c.list.save", "deb http://saved/ x main\n");
	write_file("apt/sources.list.d/d e.list", "deb http://blank/ x main\n");
	write_file("apt/sources.list.d/.f.list", "deb http://hidden/ x main\n");
	write_file("apt/sources.list", "deb http://first/ x main\n");
	m = load();
	expect_mirrors(&m, "x=http://first\nx=http://a\nx=http://b\n");
	machine_release(&m);
}

Test(machine, keys_that_are_trusted_have_a_role_and_names)
{
	struct machine m;

	write_file(".config/ingot/config.yaml",
		   "trust:\n"
		   "  - key: /etc/ingot/a.pub\n"
		   "  - {key: ~/b.pub, role: rebuilder, names: [web, 'db-*']}\n");
	m = load();
	cr_assert_eq(m.n_trust, 2);
	cr_assert(str_equal_cstr(m.trust[0].key, "/etc/ingot/a.pub"));
	cr_assert(str_equal_cstr(m.trust[0].role, "release"));
	cr_assert_eq(m.trust[0].n_names, 0);
	cr_assert(str_has_prefix(m.trust[1].key, str_of(home)));
	cr_assert(str_has_suffix(m.trust[1].key, STR("/b.pub")));
	cr_assert(str_equal_cstr(m.trust[1].role, "rebuilder"));
	cr_assert_eq(m.trust[1].n_names, 2);
	cr_assert(str_equal_cstr(m.trust[1].names[1], "db-*"));
	machine_release(&m);
}

static void refused_trust(const char *yaml, const char *message, unsigned line)
{
	write_file(".config/ingot/config.yaml", yaml);
	refused(message, NULL, line);
}

Test(machine, trust_that_is_not_clear_is_refused_with_its_line)
{
	refused_trust("trust: /a.pub\n", "", 1);
	refused_trust("trust:\n  - /a.pub\n", "", 2);
	refused_trust("trust:\n  - key: a.pub\n", "'key' is no absolute path: 'a.pub'", 2);
	refused_trust("trust:\n  - key: ''\n", "'key' is no absolute path: ''", 2);
	refused_trust("trust:\n  - role: release\n", "needs a 'key'", 2);
	refused_trust("trust:\n  - key: /a.pub\n    role: boss\n", "'boss' is no role", 3);
	refused_trust("trust:\n  - key: /a.pub\n    names: []\n", "'names' is empty", 3);
	refused_trust("trust:\n  - key: /a.pub\n    names: web\n", "", 3);
	refused_trust("trust:\n  - key: /a.pub\n    name: [web]\n", "", 3);
}

Test(machine, without_a_home_there_is_no_folder_of_the_user)
{
	CLEANUP_MACHINE struct machine m = { 0 };

	variables[0] = NULL;
	m = load();
	cr_assert_null(m.user_folder);
	cr_assert_str_eq(m.config_path, MACHINE_FOLDER "/config.yaml");
}

Test(machine, a_configuration_that_is_named_does_not_move_the_folder_of_the_user)
{
	CLEANUP_MACHINE struct machine m = { 0 };
	CLEANUP_FREE char *variable = mem_printf("INGOT_CONFIG=%s/site.yaml", home);

	write_file("site.yaml", "mirrors: []\n");
	variables[1] = variable;
	m = load();
	variables[1] = NULL;
	cr_assert(strstr(m.config_path, "/site.yaml"));
	cr_assert(str_has_suffix(str_of(m.user_folder), STR("/.config/ingot")));
}
