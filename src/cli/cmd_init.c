#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/app.h"
#include "fetch/mirrors.h"
#include "io/file.h"
#include "pipeline/bundle.h"

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

/* Everything in it is a comment: the host's apt configuration is enough. */
static const char machine_text[] =
	"# What ingot knows of this machine; all of it is optional. Recipes and locks never say\n"
	"# where anything is: that is said here, or taken from the host's apt configuration.\n"
	"#\n"
	"# mirrors:                           # asked before those of apt, in this order\n"
	"#   - suite: trixie                  # without it: for every suite\n"
	"#     url: http://MIRROR/debian\n"
	"# snapshot: \"http://SNAPSHOT/archive/@ARCHIVE@/@SNAPSHOTID@\"\n"
	"# stage: ~/.cache/ingot              # one stage for all workspaces\n"
	"# trust:                             # whose signatures count for 'ingot verify'\n"
	"#   - key: ~/keys/release.pub        # of 'ingot keygen'\n"
	"#     role: release\n"
	"# builder: {id: \"https://builders.example.com/images\"}   # named in the provenance\n";

/* A machine without a place for it (a container, a read-only home) needs none. */
static int write_machine(struct app *app, struct error *err)
{
	CLEANUP_MACHINE struct machine m = { 0 };
	CLEANUP_FREE char *folder = NULL;
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_ERR struct error unwritable = ERR_INIT;
	char *slash;

	if (machine_load(&m, app_environment, "/etc/apt", err) < 0)
		return -1;
	slash = strrchr(m.config_path, '/');
	if (!slash || faccessat(AT_FDCWD, m.config_path, F_OK, 0) == 0)
		return 0;
	folder = mem_str((struct str){ m.config_path, (size_t)(slash - m.config_path) });
	if (file_make_folders(AT_FDCWD, folder, &unwritable) < 0 ||
	    file_open_folder(AT_FDCWD, folder, &fd, &unwritable) != 0 ||
	    file_save(fd, slash + 1, str_bytes(str_of(machine_text)), &unwritable) < 0)
		return 0;
	if (!app->json && !app->quiet)
		printf("created  %s\n", m.config_path);
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

static void print_next(const char *folder, const char *bundle)
{
	CLEANUP_FREE char *path = bundle ? realpath(bundle, NULL) : NULL;

	if (bundle)
		fprintf(stderr, "next: cd %s && ingot build --locked --bundle %s\n", folder,
			path ? path : bundle);
	else
		fprintf(stderr,
			"next: edit %s/recipes/web.yaml, then 'ingot lock' and 'ingot build' in there\n"
			"      'ingot keygen -o release' makes a key for 'ingot build --sign-key "
			"release.pem'\n",
			folder);
}

int cmd_init(struct app *app, int argc, char **argv, struct error *err)
{
	const char *folder = argc ? argv[0] : app_value(app, "directory");
	const char *path = app_value(app, "bundle");
	CLEANUP_BUNDLE struct bundle *b = NULL;
	CLEANUP_CLOSE int fd = -1;
	struct json *o = json_object(&app->arena);

	folder = folder ? folder : ".";
	if ((path && bundle_open(path, &b, err) < 0) ||
	    file_make_folders(AT_FDCWD, folder, err) < 0)
		return -1;
	if (file_open_folder(AT_FDCWD, folder, &fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "folder '%s' has gone", folder);
	if (b && write_bundle(app, fd, folder, b, err) < 0)
		return -1;
	for (size_t i = b ? 1 : 0; i < sizeof(files) / sizeof(*files); i++)
		if (write_file(app, fd, i, err) < 0)
			return -1;
	if (write_machine(app, err) < 0)
		return -1;
	json_set(o, "workspace", json_text(&app->arena, folder));
	if (app->json)
		app_print_json(app, "init", o);
	else if (!app->quiet)
		print_next(folder, path);
	return 0;
}
