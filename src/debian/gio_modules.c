/*
 * giomodule.cache as gio-querymodules writes it. The program loads each module and asks
 * it for its extension points: here a table knows them by the module's name.
 */
#include "debian/gio_modules.h"

#include "debian/generators.h"

const char *gio_module_points(struct str name)
{
	static const struct {
		const char *name, *points;
	} table[] = {
		{ "libdconfsettings.so", "gsettings-backend" },
		{ "libgiognomeproxy.so", "gio-proxy-resolver" },
		{ "libgiognutls.so", "gio-tls-backend" },
		{ "libgiolibproxy.so", "gio-proxy-resolver" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_equal_cstr(name, table[i].name))
			return table[i].points;
	return NULL;
}

/* As g_io_module_scope: names that begin with "lib" and end with ".so". */
bool gio_is_module(struct str name)
{
	return str_has_suffix(name, STR(".so"));
}

int generate_gio_modules(struct debian *d, struct str argument, cause_id cause, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct node *dir = tree_resolve(d->tree, argument, true), *old;
	char *path = arena_printf(d->arena, STR_FMT "/giomodule.cache", STR_ARG(argument));
	struct node *const *child = NULL;
	size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *points;

		if (!gio_is_module(child[i]->name))
			continue;
		points = gio_module_points(child[i]->name);
		if (!points)
			return err_set(err, ERR_UNSUPPORTED,
				       "the extension points of '" STR_FMT "' in '" STR_FMT
				       "' are not known",
				       STR_ARG(child[i]->name), STR_ARG(argument));
		if (text.len + child[i]->name.len + 128 < text.max)
			buf_printf(&text, STR_FMT ": %s\n", STR_ARG(child[i]->name), points);
	}
	old = tree_resolve(d->tree, str_of(path), false);
	if (!text.len) {
		if (old)
			tree_remove(d->tree, old, cause);
		return 0;
	}
	return generator_write(d, str_of(path), buf_bytes(&text), 0644, cause, err);
}
