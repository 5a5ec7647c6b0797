/* gio-querymodules and glib-compile-schemas, which libglib2.0's scripts call by path. */
#include "debian/generator_commands.h"
#include "debian/gio_modules.h"
#include "debian/gschema.h"
#include "debian/service_commands.h"
#include "shell/walk.h"

/* gio-querymodules FOLDER */
int command_gio_querymodules(struct shell_call *c, struct error *err)
{
	struct node *const *child = NULL;
	struct node *dir;
	size_t n;

	if (c->argc != 2 || !c->argv[1].len || *c->argv[1].ptr != '/')
		return shell_refuse(c, err, "one folder is expected");
	dir = world_find(c->shell, c->argv[1], true);
	n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;
	for (size_t i = 0; i < n; i++)
		if (gio_is_module(child[i]->name) && !gio_module_points(child[i]->name))
			return shell_refuse(c, err,
					    "the extension points of '" STR_FMT "' are not known",
					    STR_ARG(child[i]->name));
	debian_want(debian_of(c), "gio-modules", c->argv[1], c->cause);
	return 0;
}

/* Files of the folder with this ending, in byte order, behind @n others. */
static size_t add_sources(struct node *dir, const char *ending, struct node **list, size_t n)
{
	struct node *const *child = NULL;
	size_t n_children = tree_children(dir, &child);

	for (size_t i = 0; i < n_children; i++)
		if (str_has_suffix(child[i]->name, str_of(ending)))
			list[n++] = child[i];
	return n;
}

/* Hands all of @list to @add. 0, 1: refused with the status in *ret_status, -1. */
static int add_all(struct shell_call *c, struct gschemas *g, struct node *const *list, size_t n,
		   int (*add)(struct gschemas *g, struct str text), int *ret_status,
		   struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct str path = world_node_path(c->world, list[i]), text = STR("");
		int outcome = world_read(c->shell, path, &text, err);

		if (outcome < 0)
			return -1;
		if (!outcome && !add(g, text))
			continue;
		*ret_status = shell_refuse(c, err, STR_FMT ":%u: %s", STR_ARG(path), g->line,
					   outcome ? "it can't be read" : g->reason);
		return *ret_status < 0 ? -1 : 1;
	}
	return 0;
}

static int compile(struct shell_call *c, struct node *const *schemas, size_t n,
		   struct node *const *overrides, size_t n_overrides, struct str target,
		   struct error *err)
{
	CLEANUP_BUF struct buf bytes = BUF_INIT(GSCHEMA_OUT_MAX);
	struct tree_files f = service_files(c);
	struct arena scratch = ARENA_INIT;
	struct gschemas g;
	int status = 0, r;

	gschemas_init(&g, &scratch);
	r = add_all(c, &g, schemas, n, gschemas_add, &status, err);
	if (!r)
		r = add_all(c, &g, overrides, n_overrides, gschemas_override, &status, err);
	if (!r && gschemas_compile(&g, &bytes))
		r = status = shell_refuse(c, err, "%s", g.reason);
	if (!r && !files_write(&f, target, buf_str(&bytes), 0644))
		r = status = shell_refuse(c, err, "a folder is in the way");
	arena_release(&scratch);
	return r < 0 ? -1 : status;
}

/* glib-compile-schemas FOLDER */
int command_glib_compile_schemas(struct shell_call *c, struct error *err)
{
	struct node **schemas, **overrides, *dir, *old;
	struct node *const *child = NULL;
	size_t n, n_overrides;
	struct str target;

	if (c->argc != 2 || !c->argv[1].len || *c->argv[1].ptr == '-')
		return shell_refuse(c, err, "one folder is expected");
	dir = world_find(c->shell, c->argv[1], true);
	if (!dir || dir->inode->kind != NODE_DIRECTORY || world_is_outside(dir))
		return shell_fail(c, 1, "Failed to open directory\n");
	target = str_of(arena_printf(c->world->arena, STR_FMT "/gschemas.compiled",
				     STR_ARG(world_node_path(c->world, dir))));
	n = tree_children(dir, &child) + 1;
	schemas = arena_array(c->world->arena, n, sizeof(struct node *));
	overrides = arena_array(c->world->arena, n, sizeof(struct node *));
	n = add_sources(dir, ".enums.xml", schemas, 0);
	n = add_sources(dir, ".gschema.xml", schemas, n);
	n_overrides = add_sources(dir, ".gschema.override", overrides, 0);
	if (n)
		return compile(c, schemas, n, overrides, n_overrides, target, err);
	old = world_find(c->shell, target, false);
	if (old && old->inode->kind != NODE_DIRECTORY)
		tree_remove(c->world->tree, old, c->cause);
	buf_add_cstr(c->out, old ? "No schema files found: removed existing output file.\n"
				 : "No schema files found: doing nothing.\n");
	return 0;
}
