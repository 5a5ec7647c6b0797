#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "io/file.h"
#include "pipeline/bundle.h"
#include "pipeline/user_setup.h"

int cmd_init(struct app *app, int argc, char **argv, struct error *err);

static const struct {
	const char *folder, *name, *text;
} files[] = {
	/* the recipe first: of a bundle there is another one */
	{ "recipes", "web.yaml",
	  "# A recipe says what an image holds. 'ingot lock' pins it, 'ingot build' builds it;\n"
	  "# 'ingot schema' prints all that a recipe may say.\n"
	  "ingot: 1\n"
	  "name: web\n"
	  "version: \"0.1.0\"\n"
	  "architectures: [amd64]\n"
	  "\n"
	  "sources:\n"
	  "  debian:\n"
	  "    type: apt\n"
	  "    suites: [trixie, trixie-updates, trixie-security]\n"
	  "    components: [main]\n"
	  "    keyring: debian-archive-keyring\n"
	  "packages: [ca-certificates, nginx]\n"
	  "\n"
	  "files:\n"
	  "  - path: /var/www/html/index.html\n"
	  "    content: \"<h1>It works</h1>\\n\"\n"
	  "\n"
	  "targets:\n"
	  "  container:\n"
	  "    type: oci\n"
	  "    entrypoint: [nginx, -g, \"daemon off;\"]\n"
	  "    ports: [80/tcp]\n"
	  "    stop_signal: SIGQUIT\n" },
	{ "stage", "README.md",
	  "What `ingot` has fetched and made, by content. Delete it at will: it costs time only.\n" },
	{ "outputs", "README.md",
	  "Finished images. `ingot build` writes them; git ignores them.\n" },
	{ ".", ".gitignore", "/stage/*\n!/stage/README.md\n/outputs/*\n!/outputs/README.md\n" },
};

static void tell(const char *what, size_t i)
{
	bool here = strcmp(files[i].folder, ".") == 0;

	printf("%-8s %s%s%s\n", what, here ? "" : files[i].folder, here ? "" : "/", files[i].name);
}

static int write_file(struct app *app, int dirfd, size_t i, struct error *err)
{
	CLEANUP_CLOSE int folder = -1;

	if (file_make_folders(dirfd, files[i].folder, err) < 0)
		return -1;
	if (file_open_folder(dirfd, files[i].folder, &folder, err))
		return err->code ? -1
				 : err_set(err, ERR_IO, "folder '%s' has gone", files[i].folder);
	if (faccessat(folder, files[i].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!app->json && !app->quiet)
			tell("kept", i);
		return 0;
	}
	if (file_save(folder, files[i].name, str_bytes(str_of(files[i].text)), err) < 0)
		return -1;
	if (!app->json && !app->quiet)
		tell("created", i);
	return 0;
}

/* A recipe of somebody else, with its lock and all that lies beside it. */
static int write_bundle(struct app *app, int dirfd, const char *folder, const struct bundle *b,
			struct error *err)
{
	if (faccessat(dirfd, "recipes", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)err_set(err, ERR_USAGE, "there is already a folder 'recipes' in '%s'",
			      folder);
		return err_hint(err, "name a new folder: 'ingot init --bundle %s DIR'", b->name);
	}
	if (bundle_unpack(b, dirfd, err) < 0)
		return err_while(err, "unpacking '%s' into '%s'", b->name, folder);
	if (!app->json && !app->quiet)
		printf("created  recipes/, with " STR_FMT " and its lock\n", STR_ARG(b->recipe));
	return 0;
}

/* ---- what is said ---- */

static void note(const struct app *app, const char *text)
{
	struct observer o = progress_observer(app->progress);

	o.note(o.context, text);
}

static void print_made(const struct user_setup *u)
{
	if (u->key.key) {
		printf("%-8s ", u->key.made ? "created" : "kept");
		app_print_str(str_of(u->key.private_path));
		puts(u->key.made ? " and developer.pub: a developer's key, not encrypted"
				 : ": a developer's key");
	}
	if (u->config_made) {
		fputs("created  ", stdout);
		app_print_str(str_of(u->machine.config_path));
		putchar('\n');
	}
	fflush(stdout);
}

static void print_notes(struct app *app, const struct user_setup *u)
{
	if (u->key.problem)
		note(app, arena_printf(&app->arena, "%s: %s",
				       u->key.present ? "the developer's key can't be used"
						      : "no developer's key is made",
				       u->key.problem));
	if (!u->key.key || u->trusted)
		return;
	note(app, arena_printf(&app->arena,
			       "'%s' %s. For 'ingot verify --role developer' to count the key, "
			       "add%s:",
			       u->machine.config_path,
			       u->has_config ? "stays as it is" : "can't be written",
			       u->machine.n_trust ? " to its 'trust:'" : ""));
	fputs(u->trust_lines, stderr);
}

static void print_next_bundle(const char *folder, const char *bundle)
{
	CLEANUP_FREE char *path = realpath(bundle, NULL);

	fprintf(stderr, "next: cd %s && ingot build --locked --bundle %s\n", folder,
		path ? path : bundle);
}

static void print_next(const char *folder, const struct user_setup *u)
{
	fprintf(stderr,
		"next: edit %s/recipes/web.yaml, then 'ingot lock' and 'ingot build' in there\n",
		folder);
	if (u->key.key) {
		fputs("      'ingot build --sign-key ", stderr);
		text_print_safe(stderr, u->key.private_path, strlen(u->key.private_path));
		fputs("' signs it as a developer's,\n"
		      "      for 'ingot verify --role developer' alone; 'ingot keygen' makes a key "
		      "for releases\n",
		      stderr);
	} else {
		fputs("      'ingot keygen -o release' makes a key for 'ingot build --sign-key "
		      "release.pem'\n",
		      stderr);
	}
}

static struct json *key_json(struct arena *a, const struct developer_key *k, bool trusted)
{
	struct json *o = json_object(a);
	char hex[DIGEST_HEX_MAX];

	json_set(o, "state", json_text(a, k->made ? "created" : k->present ? "kept" : "none"));
	if (k->key) {
		json_set(o, "private_key", json_text(a, k->private_path));
		json_set(o, "public_key", json_text(a, k->public_path));
		json_set(o, "key_id", json_text(a, digest_hex(public_key_id(k->key), hex)));
		json_set(o, "trusted", json_bool(a, trusted));
	}
	if (k->problem)
		json_set(o, "problem", json_text(a, k->problem));
	return o;
}

static void print_json(struct app *app, const char *folder, const struct user_setup *u)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a);

	json_set(o, "workspace", json_text(a, folder));
	json_set(o, "configuration", json_text(a, u->machine.config_path));
	json_set(o, "developer_key", key_json(a, &u->key, u->trusted));
	app_print_json(app, "init", o);
}

static void print(struct app *app, const char *folder, const char *bundle,
		  const struct user_setup *u)
{
	print_made(u);
	print_notes(app, u);
	if (bundle)
		print_next_bundle(folder, bundle);
	else
		print_next(folder, u);
}

/* ---- */

static int write_workspace(struct app *app, const char *folder, const char *bundle,
			   struct error *err)
{
	CLEANUP_BUNDLE struct bundle *b = NULL;
	CLEANUP_CLOSE int fd = -1;

	if ((bundle && bundle_open(bundle, &b, err) < 0) ||
	    file_make_folders(AT_FDCWD, folder, err) < 0)
		return -1;
	if (file_open_folder(AT_FDCWD, folder, &fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "folder '%s' has gone", folder);
	if (b && write_bundle(app, fd, folder, b, err) < 0)
		return -1;
	for (size_t i = b ? 1 : 0; i < sizeof(files) / sizeof(*files); i++)
		if (write_file(app, fd, i, err) < 0)
			return -1;
	return 0;
}

int cmd_init(struct app *app, int argc, char **argv, struct error *err)
{
	const char *folder = argc ? argv[0] : app_value(app, "directory");
	const char *bundle = app_value(app, "bundle");
	CLEANUP_USER_SETUP struct user_setup u = { 0 };

	folder = folder ? folder : ".";
	if (write_workspace(app, folder, bundle, err) < 0 ||
	    user_setup(app_environment, !app_flag(app, "no-key"), &u, err) < 0)
		return -1;
	if (app->json)
		print_json(app, folder, &u);
	else if (!app->quiet)
		print(app, folder, bundle, &u);
	return 0;
}
