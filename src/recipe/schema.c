/*
 * The table. Rows stand in the order in which the canonical form writes them.
 * Defaults never change within `ingot: 1`.
 */
#include "recipe/schema.h"

#include "recipe/recipe.h"
#include "recipe/recipe_package.h"
#include "recipe/schema_types.h"

#define AT(record, member) .at = offsetof(struct record, member)
#define LIST_AT(record, member) \
	.at = offsetof(struct record, member), .n_at = offsetof(struct record, n_##member)
#define TEXTS(item_, merge_) \
	{ .kind = SCHEMA_LIST, .what = "a list", .merge = (merge_), .item = &(item_), \
	  .size = sizeof(struct str) }
#define RECORDS(item_, merge_, record) \
	{ .kind = SCHEMA_LIST, .what = "a list", .merge = (merge_), .item = &(item_), \
	  .size = sizeof(struct record), .pos_at = offsetof(struct record, pos) }
#define PAIRS(key_) \
	{ .kind = SCHEMA_MAP, .what = "a mapping of texts", .key = &(key_), \
	  .item = &type_free_text, .size = sizeof(struct recipe_pair), \
	  .value_at = offsetof(struct recipe_pair, value), \
	  .pos_at = offsetof(struct recipe_pair, pos) }

static const struct schema_type includes = TEXTS(type_include, SCHEMA_REPLACE);
static const struct schema_type architectures = TEXTS(type_architecture, SCHEMA_REPLACE);
static const struct schema_type suites = TEXTS(type_suite, SCHEMA_REPLACE);
static const struct schema_type components = TEXTS(type_component, SCHEMA_REPLACE);
static const struct schema_type effects = TEXTS(type_line, SCHEMA_REPLACE);
static const struct schema_type disk_formats = TEXTS(type_disk_format, SCHEMA_REPLACE);
static const struct schema_type cmdline = TEXTS(type_line, SCHEMA_REPLACE);
static const struct schema_type exclude = TEXTS(type_glob, SCHEMA_APPEND);
static const struct schema_type groups_of_user = TEXTS(type_account, SCHEMA_UNION);
static const struct schema_type authorized_keys = TEXTS(type_authorized_key, SCHEMA_UNION);
static const struct schema_type certificates = TEXTS(type_local_path, SCHEMA_UNION);
static const struct schema_type package_names = TEXTS(type_package_name, SCHEMA_UNION);
static const struct schema_type ports = TEXTS(type_container_port, SCHEMA_UNION);
static const struct schema_type volumes = TEXTS(type_absolute_path, SCHEMA_UNION);

static const struct schema_type arguments = {
	.kind = SCHEMA_LIST, .what = "a list of arguments", .item = &type_argument,
	.size = sizeof(struct str),
	.hint = "no shell splits it: write one entry for each argument, as "
		"[nginx, -g, \"daemon off;\"]",
};

static const struct schema_type environment = {
	.kind = SCHEMA_LIST, .what = "a list of NAME=value", .merge = SCHEMA_KEYED,
	.hint = "write a list, as [LANG=C.UTF-8]",
	.item = &type_environment, .size = sizeof(struct str), .identity = environment_identity,
};

static const struct schema_type packages = {
	.kind = SCHEMA_LIST, .what = "a list of packages", .merge = SCHEMA_PACKAGES,
	.item = &type_package, .size = sizeof(struct recipe_package),
};

static const struct schema_type debconf = PAIRS(type_debconf_key);
static const struct schema_type labels = PAIRS(type_label);

static const struct schema_type source = {
	.kind = SCHEMA_RECORD, .what = "a source", .fields = (const struct schema_field[]){
	{ .name = "type", .type = &(const struct schema_type){
		.kind = SCHEMA_TEXT, .what = "a type of source",
		.choices = (const char *const[]){ "apt", NULL } },
	  .flags = SCHEMA_UNBOUND, .fallback = "apt",
	  .text = "What kind of archive this is." },
	{ .name = "suites", .type = &suites, .flags = SCHEMA_REQUIRED,
	  LIST_AT(recipe_source, suites),
	  .text = "Suites to take packages from, by their names below dists/.",
	  .example = "[trixie, trixie-updates, trixie-security]" },
	{ .name = "components", .type = &components, LIST_AT(recipe_source, components),
	  .fallback = "main", .text = "Components of each suite.", .example = "[main]" },
	{ .name = "keyring", .type = &type_keyring, .flags = SCHEMA_REQUIRED,
	  AT(recipe_source, keyring),
	  .text = "Keys that must have signed the suites: recipes/keys/NAME.pgp.",
	  .example = "debian-archive-keyring" },
	{ .name = "snapshot", .type = &type_snapshot, AT(recipe_source, snapshot),
	  .text = "Resolve as of this time, from a snapshot service.",
	  .example = "20260901T000000Z" },
	{ 0 } },
};

static const struct schema_type sources = {
	.kind = SCHEMA_MAP, .what = "a mapping of sources", .key = &type_key_name,
	.item = &source, .size = sizeof(struct recipe_source),
	.pos_at = offsetof(struct recipe_source, pos),
};

static const struct schema_type archive = {
	.kind = SCHEMA_RECORD, .what = "an archive", .fields = (const struct schema_field[]){
	{ .name = "name", .type = &type_archive_name, .flags = SCHEMA_REQUIRED,
	  AT(recipe_file, archive_name), .text = "File name, to find it by.",
	  .example = "tool-2.1.tar.zst" },
	{ .name = "sha256", .type = &type_sha256, .flags = SCHEMA_REQUIRED,
	  AT(recipe_file, archive_digest), .text = "Digest of the file." },
	{ .name = "strip", .type = &type_strip, AT(recipe_file, strip), .fallback = "0",
	  .text = "Leading components of the archive's paths to drop.", .example = "1" },
	{ 0 } },
};

static void finish_file(const struct ydoc_node *n, void *record)
{
	struct recipe_file *f = record;

	f->kind = ydoc_get(n, "from") ? RECIPE_FILE_FROM
		: ydoc_get(n, "content") ? RECIPE_FILE_CONTENT
		: ydoc_get(n, "archive") ? RECIPE_FILE_ARCHIVE
		: ydoc_get(n, "symlink") ? RECIPE_FILE_SYMLINK
		: ydoc_get(n, "directory") ? RECIPE_FILE_DIRECTORY : RECIPE_FILE_REMOVE;
	if (!ydoc_get(n, "mode"))
		f->mode = RECIPE_MODE_DEFAULT;
}

static const struct schema_type file = {
	.kind = SCHEMA_RECORD, .what = "a file", .finish = finish_file,
	.fields = (const struct schema_field[]){
	{ .name = "path", .type = &type_file_path, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_file, path), .text = "Where it is in the image.", .example = "/etc/motd" },
	{ .name = "from", .type = &type_local_path, .flags = SCHEMA_ONE_OF, AT(recipe_file, from),
	  .pos_at = offsetof(struct recipe_file, from_pos),
	  .text = "A file or a whole folder beside the recipe. Content and x bit are taken; "
		  "links stay links.", .example = "files/site.conf" },
	{ .name = "content", .type = &type_content, .flags = SCHEMA_ONE_OF,
	  AT(recipe_file, content), .text = "The file's text.", .example = "\"built by ingot\\n\"" },
	{ .name = "archive", .type = &archive, .flags = SCHEMA_ONE_OF,
	  .text = "An archive whose members go below the path." },
	{ .name = "symlink", .type = &type_link_target, .flags = SCHEMA_ONE_OF,
	  AT(recipe_file, target), .text = "A symbolic link to this.",
	  .example = "../sites-available/app" },
	{ .name = "directory", .type = &type_true, .flags = SCHEMA_ONE_OF | SCHEMA_UNBOUND,
	  .text = "An empty folder." },
	{ .name = "remove", .type = &type_true, .flags = SCHEMA_ONE_OF | SCHEMA_UNBOUND,
	  .text = "Removes what packages put there." },
	{ .name = "owner", .type = &type_owner, AT(recipe_file, owner),
	  .text = "Owner, by name or number. Without it root, or who a folder of a package "
		  "belongs to.", .example = "app" },
	{ .name = "group", .type = &type_owner, AT(recipe_file, group),
	  .text = "Group, by name or number. Without it as for the owner.", .example = "app" },
	{ .name = "mode", .type = &type_mode, AT(recipe_file, mode),
	  .text = "Mode in octal, in quotes. Without it 0755 for folders and executables, else "
		  "0644.", .example = "\"0640\"" },
	{ 0 } },
};

static const struct schema_type files = RECORDS(file, SCHEMA_KEYED, recipe_file);

static void finish_group(const struct ydoc_node *n, void *record)
{
	struct recipe_group *g = record;

	if (!ydoc_get(n, "gid"))
		g->gid = RECIPE_ID_AUTO;
}

static const struct schema_type group = {
	.kind = SCHEMA_RECORD, .what = "a group", .finish = finish_group,
	.fields = (const struct schema_field[]){
	{ .name = "name", .type = &type_account, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_group, name), .text = "Name of the group.", .example = "media" },
	{ .name = "gid", .type = &type_id, AT(recipe_group, gid),
	  .text = "Number. Without it the lock chooses one and keeps it.", .example = "991" },
	{ 0 } },
};

static const struct schema_type groups = RECORDS(group, SCHEMA_KEYED, recipe_group);

static void finish_user(const struct ydoc_node *n, void *record)
{
	struct recipe_user *u = record;

	if (!ydoc_get(n, "uid"))
		u->uid = RECIPE_ID_AUTO;
	if (!ydoc_get(n, "gid"))
		u->gid = RECIPE_ID_AUTO;
}

static const struct schema_type user = {
	.kind = SCHEMA_RECORD, .what = "a user", .finish = finish_user,
	.fields = (const struct schema_field[]){
	{ .name = "name", .type = &type_account, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_user, name), .text = "Name of the user.", .example = "app" },
	{ .name = "uid", .type = &type_id, AT(recipe_user, uid),
	  .text = "Number. Without it the lock chooses one and keeps it.", .example = "990" },
	{ .name = "gid", .type = &type_id, AT(recipe_user, gid),
	  .text = "Number of the user's own group, which has the user's name.",
	  .example = "990" },
	{ .name = "gecos", .type = &type_gecos, AT(recipe_user, gecos), .fallback = "",
	  .text = "Comment in /etc/passwd.", .example = "the application" },
	{ .name = "home", .type = &type_absolute_path, AT(recipe_user, home),
	  .text = "Home folder. Without it /nonexistent, which is not made.",
	  .example = "/var/lib/app" },
	{ .name = "shell", .type = &type_absolute_path, AT(recipe_user, shell),
	  .fallback = "/usr/sbin/nologin", .text = "Login shell." },
	{ .name = "system", .type = &type_bool, AT(recipe_user, system), .fallback = "true",
	  .text = "Take the number from 100 to 999, or else from 1000 on." },
	{ .name = "groups", .type = &groups_of_user, LIST_AT(recipe_user, groups),
	  .text = "Further groups that the user is a member of.", .example = "[www-data]" },
	{ .name = "authorized_keys", .type = &authorized_keys,
	  LIST_AT(recipe_user, authorized_keys),
	  .text = "Public keys that may log in by SSH." },
	{ 0 } },
};

static const struct schema_type users = RECORDS(user, SCHEMA_KEYED, recipe_user);

static const struct schema_type service_check = {
	.kind = SCHEMA_RECORD, .what = "a check of a service",
	.fields = (const struct schema_field[]){
	{ .name = "http", .type = &type_url_path, .flags = SCHEMA_REQUIRED,
	  AT(recipe_service, check_http), .text = "Path that answers when all is well.",
	  .example = "/" },
	{ 0 } },
};

static const struct schema_type service = {
	.kind = SCHEMA_RECORD, .what = "a service", .fields = (const struct schema_field[]){
	{ .name = "name", .type = &type_service, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_service, name), .text = "Unit of systemd, without '.service'.",
	  .example = "nginx" },
	{ .name = "enable", .type = &type_bool, AT(recipe_service, enable), .fallback = "true",
	  .text = "Start it at boot." },
	{ .name = "port", .type = &type_port, AT(recipe_service, port),
	  .text = "Port that it answers on, for the service definition.", .example = "80" },
	{ .name = "check", .type = &service_check,
	  .text = "How to see that it works. Needs the port." },
	{ 0 } },
};

static const struct schema_type services = RECORDS(service, SCHEMA_KEYED, recipe_service);

static const struct schema_type script = {
	.kind = SCHEMA_RECORD, .what = "an answer to a script",
	.fields = (const struct schema_field[]){
	{ .name = "package", .type = &type_package_name,
	  .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY, AT(recipe_script, package),
	  .text = "Package that the script belongs to.", .example = "foo" },
	{ .name = "script", .type = &type_script, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_script, script), .text = "Which of its scripts.", .example = "postinst" },
	{ .name = "sha256", .type = &type_sha256, .flags = SCHEMA_REQUIRED | SCHEMA_IDENTITY,
	  AT(recipe_script, sha256),
	  .text = "Digest of the script that the answer is for; another text is not answered." },
	{ .name = "command", .type = &type_line, .flags = SCHEMA_IDENTITY,
	  AT(recipe_script, command),
	  .text = "The command, expanded, as `lock` prints it. Needed for skip-command and "
		  "fail-command; with effects, they stand for this command only.", .example = "foo-register --all" },
	{ .name = "do", .type = &type_answer, .flags = SCHEMA_REQUIRED,
	  AT(recipe_script, answer), .text = "What happens instead.", .example = "skip-command" },
	{ .name = "effects", .type = &effects, LIST_AT(recipe_script, effects),
	  .text = "What is done instead, for 'do: effects': a line each, see effects.md." },
	{ .name = "reason", .type = &type_reason, .flags = SCHEMA_REQUIRED,
	  AT(recipe_script, reason), .text = "Why, for the reader and the provenance.",
	  .example = "talks to a running daemon only" },
	{ 0 } },
};

static const struct schema_type scripts = RECORDS(script, SCHEMA_KEYED, recipe_script);

static const struct schema_type root = {
	.kind = SCHEMA_RECORD, .what = "a root file system",
	.fields = (const struct schema_field[]){
	{ .name = "type", .type = &type_root, AT(recipe_target, root_type), .fallback = "ext4",
	  .text = "File system." },
	{ .name = "size", .type = &type_size, AT(recipe_target, root_size), .fallback = "auto",
	  .pos_at = offsetof(struct recipe_target, root_size_pos), .text = "Size of the partition.", .example = "4G" },
	{ .name = "grow", .type = &type_bool, .flags = SCHEMA_RESOLUTION,
	  AT(recipe_target, root_grow), .fallback = "false",
	  .text = "Grow to the disk's size at first boot." },
	{ .name = "verity", .type = &type_bool, .flags = SCHEMA_RESOLUTION,
	  AT(recipe_target, root_verity), .fallback = "false", .text = "Protect it by dm-verity." },
	{ .name = "compression", .type = &type_root_compression,
	  AT(recipe_target, root_compression), .fallback = "none",
	  .text = "Of files, for 'type: erofs'." },
	{ 0 } },
};

static const struct schema_type secure_boot = {
	.kind = SCHEMA_RECORD, .what = "Secure Boot", .fields = (const struct schema_field[]){
	{ .name = "certificate", .type = &type_local_path, .flags = SCHEMA_REQUIRED,
	  AT(recipe_target, secure_boot_certificate),
	  .text = "Certificate that firmware checks the kernel against. The private key is "
		  "given on the command line.", .example = "keys/db.pem" },
	{ 0 } },
};

static const struct schema_type target = {
	.kind = SCHEMA_RECORD, .what = "a target", .fields = (const struct schema_field[]){
	{ .name = "type", .type = &type_target, .flags = SCHEMA_REQUIRED | SCHEMA_RESOLUTION,
	  AT(recipe_target, type),
	  .text = "What is built: a container image or a disk.", .example = "oci" },
	{ .name = "packages", .type = &packages, .flags = SCHEMA_RESOLUTION,
	  LIST_AT(recipe_target, packages), .text = "Packages added for this target.",
	  .example = "[systemd-sysv]" },
	{ .name = "without", .type = &package_names, .flags = SCHEMA_RESOLUTION,
	  LIST_AT(recipe_target, without), .text = "Packages that this target drops.",
	  .example = "[man-db]" },
	{ .name = "entrypoint", .type = &arguments, .flags = SCHEMA_OCI | SCHEMA_KEEP_EMPTY,
	  LIST_AT(recipe_target, entrypoint),
	  .has_at = offsetof(struct recipe_target, has_entrypoint),
	  .text = "Command that always runs, as a list of arguments.",
	  .example = "[nginx, -g, \"daemon off;\"]" },
	{ .name = "cmd", .type = &arguments, .flags = SCHEMA_OCI | SCHEMA_KEEP_EMPTY,
	  LIST_AT(recipe_target, cmd),
	  .has_at = offsetof(struct recipe_target, has_cmd),
	  .text = "Arguments that whoever runs the image may replace.",
	  .example = "[--verbose]" },
	{ .name = "env", .type = &environment, .flags = SCHEMA_OCI, LIST_AT(recipe_target, env),
	  .text = "Environment, as NAME=value.", .example = "[LANG=C.UTF-8]" },
	{ .name = "user", .type = &type_container_user, .flags = SCHEMA_OCI,
	  AT(recipe_target, user), .text = "User to run as, USER or USER:GROUP.",
	  .example = "www-data" },
	{ .name = "workdir", .type = &type_absolute_path, .flags = SCHEMA_OCI,
	  AT(recipe_target, workdir), .text = "Working folder.", .example = "/srv/app" },
	{ .name = "ports", .type = &ports, .flags = SCHEMA_OCI, LIST_AT(recipe_target, ports),
	  .text = "Ports that it listens on, with /tcp (default) or /udp.",
	  .example = "[8080/tcp]" },
	{ .name = "volumes", .type = &volumes, .flags = SCHEMA_OCI,
	  LIST_AT(recipe_target, volumes), .text = "Folders that hold data that stays.",
	  .example = "[/var/lib/app]" },
	{ .name = "labels", .type = &labels, .flags = SCHEMA_OCI, LIST_AT(recipe_target, labels),
	  .text = "Labels in the image's configuration.",
	  .example = "{org.opencontainers.image.title: web}" },
	{ .name = "annotations", .type = &labels, .flags = SCHEMA_OCI,
	  LIST_AT(recipe_target, annotations), .text = "Annotations of the image's manifest.",
	  .example = "{org.opencontainers.image.title: web}" },
	{ .name = "stop_signal", .type = &type_signal, .flags = SCHEMA_OCI,
	  AT(recipe_target, stop_signal), .text = "Signal that ends it.", .example = "SIGQUIT" },
	{ .name = "layers", .type = &type_layers, .flags = SCHEMA_OCI, AT(recipe_target, layers),
	  .fallback = "12", .text = "Budget: the image has no more layers than this." },
	{ .name = "compression", .type = &type_compression, .flags = SCHEMA_OCI,
	  AT(recipe_target, compression), .fallback = "zstd", .text = "Compression of layers." },
	{ .name = "formats", .type = &disk_formats, .flags = SCHEMA_DISK,
	  LIST_AT(recipe_target, formats), .fallback = "raw",
	  .text = "Formats that the disk is written in.", .example = "[raw, qcow2]" },
	{ .name = "root", .type = &root, .flags = SCHEMA_DISK | SCHEMA_RESOLUTION_IN,
	  .text = "The root file system." },
	{ .name = "cmdline", .type = &cmdline, .flags = SCHEMA_DISK,
	  LIST_AT(recipe_target, cmdline), .text = "Words for the kernel's command line.",
	  .example = "[console=ttyS0, quiet]" },
	{ .name = "secure_boot", .type = &secure_boot, .flags = SCHEMA_DISK,
	  .text = "Sign for Secure Boot." },
	{ 0 } },
};

static const struct schema_type targets = {
	.kind = SCHEMA_MAP, .what = "a mapping of targets", .key = &type_target_name,
	.item = &target, .size = sizeof(struct recipe_target),
	.pos_at = offsetof(struct recipe_target, pos),
};

static void finish_recipe(const struct ydoc_node *n, void *record)
{
	struct recipe *r = record;

	if (!ydoc_get(n, "epoch"))
		r->epoch = -1;
}

const struct schema_type schema_recipe = {
	.kind = SCHEMA_RECORD, .what = "a recipe", .finish = finish_recipe,
	.fields = (const struct schema_field[]){
	{ .name = "ingot", .type = &type_schema_version,
	  .flags = SCHEMA_REQUIRED | SCHEMA_UNBOUND, .text = "Version of this schema: 1.",
	  .example = "1" },
	{ .name = "include", .type = &includes, .flags = SCHEMA_LOCAL | SCHEMA_UNBOUND,
	  .text = "Recipes to build on, relative to this file and inside recipes/.",
	  .example = "[base/debian-13.yaml]" },
	{ .name = "name", .type = &type_name, .flags = SCHEMA_REQUIRED, AT(recipe, name),
	  .text = "Name of what is built; outputs start with it.", .example = "web" },
	{ .name = "version", .type = &type_version, AT(recipe, version), .fallback = "0",
	  .text = "Version of what is built; part of the outputs' names and the image's tag.",
	  .example = "\"1.4.0\"" },
	{ .name = "architectures", .type = &architectures,
	  .flags = SCHEMA_REQUIRED | SCHEMA_RESOLUTION, LIST_AT(recipe, architectures),
	  .text = "Debian's names of the architectures to build for.",
	  .example = "[amd64, arm64]" },
	{ .name = "sources", .type = &sources, .flags = SCHEMA_RESOLUTION,
	  LIST_AT(recipe, sources),
	  .text = "Archives that packages come from, each under a name of your choice." },
	{ .name = "packages", .type = &packages, .flags = SCHEMA_RESOLUTION,
	  LIST_AT(recipe, packages),
	  .text = "Packages to install, alone or with a version. '-name' drops one that an "
		  "include asks for.", .example = "[nginx, \"openssl (>= 3.5)\"]" },
	{ .name = "recommends", .type = &type_bool, .flags = SCHEMA_RESOLUTION,
	  AT(recipe, recommends), .fallback = "false",
	  .text = "Install what packages recommend, too." },
	{ .name = "essential", .type = &type_bool, .flags = SCHEMA_RESOLUTION,
	  AT(recipe, essential), .fallback = "true",
	  .text = "Install Debian's Essential packages. false keeps only what the packages "
		  "depend on: no shell, no package manager." },
	{ .name = "exclude", .type = &exclude, LIST_AT(recipe, exclude),
	  .text = "Paths that never enter the tree. '**' crosses '/', '!' takes back, the last "
		  "match wins.",
	  .example = "[\"/usr/share/doc/**\", \"!/usr/share/doc/*/copyright\"]" },
	{ .name = "files", .type = &files, LIST_AT(recipe, files),
	  .text = "Files, folders and links of your own. Each entry has exactly one of from, "
		  "content, archive, symlink, directory, remove." },
	{ .name = "groups", .type = &groups, LIST_AT(recipe, groups),
	  .text = "Groups of your own." },
	{ .name = "users", .type = &users, LIST_AT(recipe, users),
	  .text = "Users of your own, each with a group of its name." },
	{ .name = "services", .type = &services, LIST_AT(recipe, services),
	  .text = "Services to start." },
	{ .name = "hostname", .type = &type_hostname, AT(recipe, hostname),
	  .pos_at = offsetof(struct recipe, hostname_pos),
	  .text = "Host name.", .example = "web" },
	{ .name = "timezone", .type = &type_timezone, AT(recipe, timezone),
	  .pos_at = offsetof(struct recipe, timezone_pos),
	  .text = "Time zone; needs the package tzdata.", .example = "Europe/Berlin" },
	{ .name = "locale", .type = &type_locale, AT(recipe, locale),
	  .pos_at = offsetof(struct recipe, locale_pos),
	  .text = "Locale of the system.", .example = "C.UTF-8" },
	{ .name = "certificates", .type = &certificates, LIST_AT(recipe, certificates),
	  .text = "Certificates of authorities to trust, as PEM files beside the recipe.",
	  .example = "[keys/corporate-ca.pem]" },
	{ .name = "debconf", .type = &debconf, LIST_AT(recipe, debconf),
	  .text = "Answers to questions of debconf.",
	  .example = "{postfix/main_mailer_type: Local only}" },
	{ .name = "scripts", .type = &scripts, LIST_AT(recipe, scripts),
	  .text = "Answers to maintainer scripts that ingot can't evaluate." },
	{ .name = "epoch", .type = &type_time, AT(recipe, epoch),
	  .text = "Time stamp of everything built. Without it the newest Release's.",
	  .example = "\"2026-09-01T00:00:00Z\"" },
	{ .name = "targets", .type = &targets,
	  .flags = SCHEMA_REQUIRED | SCHEMA_RESOLUTION_IN, LIST_AT(recipe, targets),
	  .text = "What to build, each under a name of your choice." },
	{ 0 } },
};
