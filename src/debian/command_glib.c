/* gio-querymodules and glib-compile-schemas, which libglib2.0's scripts call by path. */
#include "debian/generator_commands.h"
#include "debian/gio_modules.h"

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

static bool is_source(struct str name)
{
	return str_has_suffix(name, STR(".gschema.xml")) || str_has_suffix(name, STR(".enums.xml"));
}

/* glib-compile-schemas FOLDER, where no package has put a schema. */
int command_glib_compile_schemas(struct shell_call *c, struct error *err)
{
	struct node *const *child = NULL;
	struct node *dir;
	size_t n;

	if (c->argc != 2)
		return shell_refuse(c, err, "one folder is expected");
	dir = world_find(c->shell, c->argv[1], true);
	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return shell_fail(c, 1, "Failed to open directory\n");
	n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++)
		if (is_source(child[i]->name) ||
		    str_equal_cstr(child[i]->name, "gschemas.compiled"))
			return shell_refuse(c, err, "schemas are not compiled");
	buf_printf(c->err, "No schema files found: doing nothing.\n");
	return 0;
}
