#include <criterion/criterion.h>

#include "unit/recipe/recipe_fixture.h"

#define IS(str, text) cr_assert(str_equal_cstr(str, text), "'%.*s'", STR_ARG(str))

static const char full[] =
	RECIPE_HEAD "version: \"1.4.0\"\n"
	"sources:\n"
	"  debian:\n"
	"    type: apt\n"
	"    suites: [trixie, trixie-updates]\n"
	"    keyring: debian-archive-keyring\n"
	"    snapshot: 20260901T000000Z\n"
	"packages: [nginx, \"openssl  (>=3.5)\", \"libc6 (<< 3:2.41~rc1-1+b2)\"]\n"
	"recommends: true\n"
	"exclude: [\"/usr/share/doc/**\", \"!/usr/share/doc/*/copyright\"]\n"
	"files:\n"
	"  - {path: /srv, from: site/}\n"
	"  - {path: /etc/motd, content: \"hi\\n\", mode: \"4755\", owner: app, group: \"33\"}\n"
	"  - {path: /opt, archive: {name: t.tar, sha256: \"sha256:"
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", strip: 1}}\n"
	"  - {path: /a/link, symlink: ../b}\n"
	"  - {path: /var/lib/app, directory: true}\n"
	"  - {path: /etc/default/x, remove: true}\n"
	"groups: [{name: media, gid: 991}]\n"
	"users:\n"
	"  - {name: app, uid: 990, home: /var/lib/app, groups: [www-data, media]}\n"
	"  - {name: anne, system: false, shell: /bin/sh}\n"
	"services: [{name: nginx, port: 80, check: {http: /}}, {name: cron, enable: false}]\n"
	"hostname: web\ntimezone: Europe/Berlin\nlocale: C.UTF-8\n"
	"certificates: [keys/ca.pem]\n"
	"debconf: {postfix/mailname: x, base/y: z}\n"
	"scripts:\n"
	"  - {package: foo, script: postinst, do: effects, effects: [a, b], command: foo, reason: r,"
	" sha256: \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}\n"
	"epoch: 20260901T000000Z\n"
	"targets:\n"
	"  container:\n"
	"    type: oci\n"
	"    packages: [procps]\n"
	"    without: [man-db]\n"
	"    entrypoint: [nginx, -g, \"daemon off;\"]\n"
	"    cmd: []\n"
	"    env: [B=2, A=1=1]\n"
	"    user: app:media\n"
	"    workdir: /srv\n"
	"    ports: [8080, 53/udp]\n"
	"    volumes: [/var/lib/app]\n"
	"    labels: {b: 1, a: x}\n"
	"    annotations: {c: d}\n"
	"    stop_signal: SIGQUIT\n"
	"    layers: 5\n"
	"    compression: gzip\n"
	"  vm:\n"
	"    type: disk\n"
	"    formats: [raw, qcow2]\n"
	"    root: {type: erofs, size: 4G, verity: true}\n"
	"    cmdline: [quiet]\n"
	"    secure_boot: {certificate: keys/db.pem}\n";

static struct recipe *load(struct workspace *w)
{
	workspace_write(w, "recipes/site/index.html", "x");
	workspace_write(w, "recipes/keys/ca.pem", "x");
	return workspace_recipe(w, full);
}

Test(recipe_typed, sources_packages_and_switches)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = load(&w);

	IS(r->path, "recipes/web.yaml");
	IS(r->version, "1.4.0");
	cr_assert_eq(r->n_sources, 1);
	IS(r->sources[0].name, "debian");
	cr_assert_eq(r->sources[0].n_suites, 2);
	IS(r->sources[0].suites[1], "trixie-updates");
	cr_assert_eq(r->sources[0].n_components, 1);
	IS(r->sources[0].components[0], "main");
	IS(r->sources[0].snapshot, "20260901T000000Z");
	cr_assert_eq(r->sources[0].pos.line, 6);
	cr_assert_eq(r->n_packages, 3);
	IS(r->packages[0].name, "libc6");
	IS(r->packages[0].version, "3:2.41~rc1-1+b2");
	cr_assert_eq(r->packages[0].relation, REL_LT);
	IS(r->packages[1].name, "nginx");
	cr_assert_eq(r->packages[1].relation, REL_ANY);
	IS(r->packages[1].version, "");
	cr_assert_eq(r->packages[2].relation, REL_GE);
	cr_assert_eq(r->packages[2].pos.line, 11);
	cr_assert(r->recommends && r->essential);
	cr_assert_eq(r->n_exclude, 2);
	IS(r->exclude[1], "!/usr/share/doc/*/copyright");
	cr_assert_eq(r->epoch, 1788220800);
	cr_assert_eq(r->n_read_files, 1);
}

Test(recipe_typed, files_are_sorted_and_of_one_kind_each)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = load(&w);
	static const struct {
		const char *path;
		enum recipe_file_kind kind;
	} expected[] = {
		{ "a/link", RECIPE_FILE_SYMLINK }, { "etc/default/x", RECIPE_FILE_REMOVE },
		{ "etc/motd", RECIPE_FILE_CONTENT }, { "opt", RECIPE_FILE_ARCHIVE },
		{ "srv", RECIPE_FILE_FROM }, { "var/lib/app", RECIPE_FILE_DIRECTORY },
	};

	cr_assert_eq(r->n_files, 6);
	for (size_t i = 0; i < 6; i++) {
		IS(r->files[i].path, expected[i].path);
		cr_assert_eq(r->files[i].kind, expected[i].kind);
	}
	IS(r->files[0].target, "../b");
	cr_assert_eq(r->files[0].mode, RECIPE_MODE_DEFAULT);
	IS(r->files[0].owner, "");
	IS(bytes_str(r->files[2].content), "hi\n");
	cr_assert_eq(r->files[2].mode, 04755);
	IS(r->files[2].owner, "app");
	IS(r->files[2].group, "33");
	IS(r->files[3].archive_name, "t.tar");
	cr_assert_eq(r->files[3].strip, 1);
	cr_assert_eq(r->files[3].archive_digest.bytes[1], 0x23);
	IS(r->files[4].from, "site");
	cr_assert_eq(r->files[4].from_pos.line, 15);
}

Test(recipe_typed, accounts_and_services_have_their_defaults)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = load(&w);

	cr_assert_eq(r->n_users, 2);
	IS(r->users[0].name, "anne");
	cr_assert(!r->users[0].system && r->users[0].uid == RECIPE_ID_AUTO);
	IS(r->users[0].shell, "/bin/sh");
	IS(r->users[0].home, "");
	cr_assert(r->users[1].system && r->users[1].uid == 990);
	cr_assert_eq(r->users[1].gid, RECIPE_ID_AUTO);
	IS(r->users[1].shell, "/usr/sbin/nologin");
	cr_assert_eq(r->users[1].n_groups, 2);
	IS(r->users[1].groups[0], "media");
	cr_assert_eq(r->groups[0].gid, 991);
	cr_assert_eq(r->n_services, 2);
	IS(r->services[0].name, "cron");
	cr_assert(!r->services[0].enable && r->services[0].port == 0);
	IS(r->services[0].check_http, "");
	cr_assert(r->services[1].enable && r->services[1].port == 80);
	IS(r->services[1].check_http, "/");
	IS(r->debconf[0].key, "base/y");
	IS(r->debconf[1].value, "x");
	cr_assert_eq(r->scripts[0].answer, SCRIPT_EFFECTS);
	cr_assert_eq(r->scripts[0].n_effects, 2);
	cr_assert_eq(r->timezone_pos.line, 27);
	cr_assert_eq(r->certificate_pos[0].line, 29);
}

Test(recipe_typed, targets_know_their_type)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r = load(&w);
	const struct recipe_target *c = &r->targets[0], *vm = &r->targets[1];

	cr_assert_eq(r->n_targets, 2);
	IS(c->name, "container");
	cr_assert_eq(c->type, TARGET_OCI);
	cr_assert(c->n_packages == 1 && c->n_without == 1);
	cr_assert(c->has_entrypoint && c->n_entrypoint == 3);
	cr_assert(c->has_cmd && c->n_cmd == 0);
	IS(c->env[0], "A=1=1");
	IS(c->ports[0], "53/udp");
	IS(c->ports[1], "8080/tcp");
	IS(c->labels[0].key, "a");
	IS(c->labels[1].value, "1");
	cr_assert_eq(c->n_annotations, 1);
	IS(c->stop_signal, "SIGQUIT");
	cr_assert(c->layers == 5 && c->compression == COMPRESSION_GZIP);
	cr_assert_eq(vm->type, TARGET_DISK);
	cr_assert_not(vm->has_cmd);
	cr_assert_eq(vm->n_formats, 2);
	cr_assert_eq(vm->root_type, ROOT_EROFS);
	cr_assert_eq(vm->root_size, 4ull << 30);
	cr_assert(vm->root_verity && !vm->root_grow);
	IS(vm->secure_boot_certificate, "keys/db.pem");
}

Test(recipe_typed, a_small_recipe_gets_the_documented_defaults)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_RECIPE struct recipe *r =
		workspace_recipe(&w, RECIPE_HEAD RECIPE_SOURCES RECIPE_TARGETS);

	IS(r->version, "0");
	cr_assert(!r->recommends && r->essential);
	cr_assert_eq(r->epoch, -1);
	IS(r->hostname, "");
	cr_assert(r->targets[0].layers == 12 && r->targets[0].compression == COMPRESSION_ZSTD);
	cr_assert_not(r->targets[0].has_entrypoint);
	cr_assert_eq(r->n_files + r->n_users + r->n_packages + r->n_exclude, 0);
}

Test(recipe_typed, a_missing_recipe_is_named)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();

	workspace_refuses(&w, "recipes/web.yaml", ERR_NO_RECIPE, "'recipes/web.yaml' does not exist");
	workspace_refuses(&w, "web.yaml", ERR_NO_RECIPE, "not in recipes/");
}

Test(recipe_typed, an_error_outlives_its_recipe)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	struct recipe *r = NULL;

	workspace_write(&w, "recipes/web.yaml", RECIPE_HEAD "pakcages: []\n");
	cr_assert_lt(recipe_load(w.fd, "recipes/web.yaml", &r, &err), 0);
	cr_assert_str_eq(err.pos.file, "recipes/web.yaml");
	cr_assert(err.pos.line == 4 && err.pos.column == 1);
	cr_assert_str_eq(err.hint, "did you mean 'packages'?");
}
