#include "cli/why_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/image_file.h"
#include "cli/progress.h"
#include "io/file.h"
#include "pipeline/output_hint.h"
#include "pipeline/statements.h"

#define CAUSES_FILE_MAX (256u << 20) /* bytes */

void show_why_path(const struct why_path *w)
{
	static const char *const kinds[] = { "",     "folder",           "file",        "link",
					     "fifo", "character device", "block device" };

	putchar('/');
	app_print_str(w->path);
	if (w->removed) {
		printf(": removed\n");
	} else {
		printf(": %s, mode %04o, owner %u:%u", kinds[w->kind], w->mode, w->uid, w->gid);
		if (w->kind == NODE_FILE)
			printf(", %llu bytes", (unsigned long long)w->size);
		if (w->target.len) {
			printf(" -> ");
			app_print_str(w->target);
		}
		putchar('\n');
	}
	for (size_t i = 0; i < w->n_causes; i++) {
		printf("  %-14s ", w->causes[i].aspect);
		app_print_str(w->causes[i].cause);
		putchar('\n');
	}
}

void show_why_path_json(struct app *app, const struct why_path *w)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *causes = json_array(a);

	json_set(o, "path", json_text(a, arena_printf(a, "/" STR_FMT, STR_ARG(w->path))));
	json_set(o, "removed", json_bool(a, w->removed));
	json_set(o, "mode", json_text(a, arena_printf(a, "%04o", w->mode)));
	json_set(o, "uid", json_int(a, w->uid));
	json_set(o, "gid", json_int(a, w->gid));
	json_set(o, "size", json_int(a, (int64_t)w->size));
	for (size_t i = 0; i < w->n_causes; i++) {
		struct json *row = json_object(a);

		json_set(row, "aspect", json_text(a, w->causes[i].aspect));
		json_set(row, "cause", json_str(a, w->causes[i].cause));
		json_add(causes, row);
	}
	json_set(o, "causes", causes);
	app_print_json(app, "why-path", o);
}

bool why_is_image(const char *name)
{
	struct stat st;

	if (stat(name, &st) < 0)
		return output_is_name(name);
	return S_ISREG(st.st_mode) && !str_has_suffix(str_of(name), STR(".yaml"));
}

/* The causes beside @file, in the arena; *ret stays NULL if there are none. */
static int load_causes(struct app *app, const char *file, struct causes **ret, struct error *err)
{
	struct str stem = statement_stem(str_of(file));
	CLEANUP_FREE char *name =
		mem_printf(STR_FMT "%s", STR_ARG(stem), statement_endings[STATEMENT_CAUSES]);
	CLEANUP_BUF struct buf text = BUF_INIT(CAUSES_FILE_MAX);
	struct causes *causes = arena_alloc(&app->arena, sizeof(*causes));
	int r = file_load(AT_FDCWD, name, &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (causes_read(buf_bytes(&text), name, &app->arena, causes, err) < 0)
		return -1;
	*ret = causes;
	return 0;
}

static void print_package(const struct causes_package *p)
{
	printf(STR_FMT " " STR_FMT ", " STR_FMT, STR_ARG(p->name), STR_ARG(p->version),
	       STR_ARG(p->at));
	if (p->asked.len)
		printf(", asked for in " STR_FMT, STR_ARG(p->asked));
	printf(": " STR_FMT "\n", STR_ARG(p->why));
}

static struct json *package_json(struct arena *a, const struct causes_package *p)
{
	struct json *row = json_object(a);

	json_set(row, "name", json_str(a, p->name));
	json_set(row, "version", json_str(a, p->version));
	json_set(row, "why", json_str(a, p->why));
	json_set(row, "at", json_str(a, p->at));
	return json_set(row, "asked", json_str(a, p->asked));
}

/* From the package asked about up to what the recipe names. */
static int explain_package(struct app *app, const struct causes *causes, const char *file,
			   const char *name, struct error *err)
{
	const struct causes_package *p = causes ? causes_package(causes, str_of(name)) : NULL;
	struct json *top = json_object(&app->arena), *chain = json_array(&app->arena);

	if (!causes) {
		err_set(err, ERR_USAGE, "nothing beside '%s' says why a package is in it", file);
		return err_hint(err,
				"its causes are in a file of the same name that ends in %s; a "
				"path starts with '/'",
				statement_endings[STATEMENT_CAUSES]);
	}
	if (!p)
		return err_set(err, ERR_USAGE, "there is no package '%s' in '%s'", name, file);
	/* A chain is no longer than the list, whatever a damaged file says. */
	for (size_t i = 0; p && i < causes->n_packages; i++) {
		if (!app->json)
			print_package(p);
		json_add(chain, package_json(&app->arena, p));
		p = causes_package(causes, p->why);
	}
	if (app->json)
		app_print_json(app, "why-package", json_set(top, "chain", chain));
	return 0;
}

int why_image(struct app *app, const char *file, const char *what, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file image = IMAGE_FILE_INIT;
	const struct content_reader *reader;
	struct causes *causes = NULL;
	const struct tree *tree;
	struct why_path w;
	int r;

	if (access(file, F_OK) < 0) {
		(void)err_sys(err, errno, "cannot open '%s'", file);
		return output_hint(file, err);
	}
	if (load_causes(app, file, &causes, err) < 0)
		return -1;
	if (what[0] != '/')
		return explain_package(app, causes, file, what, err);
	if (image_file_open_any(app, file, &image, err) < 0 ||
	    image_file_tree(app, file, &image, &tree, &reader, err) < 0)
		return -1;
	r = why_image_path(tree, reader, causes, str_of(what), &app->arena, &w, err);
	progress_pause(app->progress);
	if (r == WHY_ABSENT)
		return err_set(err, ERR_USAGE, "there is no path '%s' in '%s'", what, file);
	if (r < 0)
		return -1;
	if (!causes)
		context_note(&app->context,
			     "no causes lie beside '%s': dpkg's database in it says which package "
			     "lists the path, and no more",
			     file);
	if (app->json)
		show_why_path_json(app, &w);
	else
		show_why_path(&w);
	return 0;
}
