/*
 * The search path of units (systemd.unit(5)), reduced to what lives in an image, and
 * what lies there under a name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "debian/units.h"

#define FOLLOW_MAX 16u /* aliases of aliases */
#define DROPINS_MAX 64u

static const char *const system_folders[] = {
	"/etc/systemd/system",		 "/etc/systemd/system.attached", "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/lib/systemd/system",		 "/usr/lib/systemd/system",
};
static const char *const user_folders[] = {
	"/etc/systemd/user",	   "/run/systemd/user",		  "/usr/local/share/systemd/user",
	"/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Debian's 252 knows /lib as a folder of its own; 257 is built for a merged /usr. */
const char *unit_folder(const struct unit_root *r, size_t n)
{
	if (r->user)
		return n < COUNT(user_folders) ? user_folders[n] : NULL;
	if (r->systemd > 254 && n >= 4)
		n++;
	return n < COUNT(system_folders) ? system_folders[n] : NULL;
}

const char *unit_config_folder(const struct unit_root *r)
{
	return unit_folder(r, 0);
}

static struct str join(const struct unit_root *r, const char *folder, struct str name)
{
	return str_of(arena_printf(r->files.arena, "%s/" STR_FMT, folder, STR_ARG(name)));
}

static bool is_null_or_empty(const struct unit_root *r, struct str path)
{
	const struct node *n = files_find(&r->files, path, true);

	return str_equal_cstr(path, "/dev/null") || (n && n->inode->kind == NODE_CHAR) ||
	       (n && n->inode->kind == NODE_FILE && n->inode->content.size == 0);
}

/* Whether the folder of @path, as it really is, is one of the search path. */
static bool is_in_search_path(const struct unit_root *r, struct str path)
{
	const struct node *folder = files_find(&r->files, path_parent(path), true);

	for (size_t i = 0; folder && unit_folder(r, i); i++)
		if (files_find(&r->files, str_of(unit_folder(r, i)), true) == folder)
			return true;
	return false;
}

static struct str absolute_target(const struct unit_root *r, struct str link, struct str target)
{
	struct str parent = path_parent(link);

	if (target.len && target.ptr[0] == '/')
		return target;
	return str_of(arena_printf(r->files.arena, STR_FMT "/" STR_FMT, STR_ARG(parent),
				   STR_ARG(target)));
}

static bool look_at(const struct unit_root *r, const char *folder, struct str name,
		    struct unit_file *ret)
{
	struct str path = join(r, folder, name);
	const struct node *n = files_find(&r->files, path, false);

	if (!n || (n->inode->kind != NODE_FILE && n->inode->kind != NODE_SYMLINK))
		return false;
	ret->path = path;
	ret->mode = UNIT_REGULAR;
	if (n->inode->kind == NODE_SYMLINK) {
		ret->target = absolute_target(r, path, n->inode->target);
		ret->mode = is_in_search_path(r, ret->target) ? UNIT_ALIAS_LINK : UNIT_LINKED;
		if (!is_null_or_empty(r, ret->target) && !files_find(&r->files, ret->target, true))
			return false; /* it dangles */
	}
	if (is_null_or_empty(r, n->inode->kind == NODE_SYMLINK ? ret->target : path))
		ret->mode = UNIT_MASK;
	return true;
}

static bool search(const struct unit_root *r, struct str name, struct unit_file *ret)
{
	struct str template = unit_name_template(r->files.arena, name);

	for (size_t i = 0; unit_folder(r, i); i++)
		if (look_at(r, unit_folder(r, i), name, ret))
			return true;
	if (unit_name_kind(name) != UNIT_NAME_INSTANCE)
		return false;
	for (size_t i = 0; unit_folder(r, i); i++)
		if (look_at(r, unit_folder(r, i), template, ret))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return str_compare(path_last(*(const struct str *)a), path_last(*(const struct str *)b));
}

/* Names in the folders "NAME.d", each once, from the first folder that has it. */
static size_t list_dropins(const struct unit_root *r, struct str name, struct str *list, size_t n)
{
	for (size_t i = 0; unit_folder(r, i); i++) {
		struct str folder = str_of(arena_printf(r->files.arena, "%s/" STR_FMT ".d",
							unit_folder(r, i), STR_ARG(name)));
		struct node *dir = files_find(&r->files, folder, true);
		struct node *const *children = NULL;
		size_t count = dir && dir->inode->kind == NODE_DIRECTORY
				       ? tree_children(dir, &children)
				       : 0;

		for (size_t k = 0; k < count && n < DROPINS_MAX; k++) {
			bool known = !str_has_suffix(children[k]->name, STR(".conf"));

			for (size_t m = 0; m < n; m++)
				known |= str_equal(path_last(list[m]), children[k]->name);
			if (!known)
				list[n++] = join(r, folder.ptr, children[k]->name);
		}
	}
	return n;
}

static int read_install(const struct unit_root *r, struct str name, struct unit_file *u,
			struct error *err)
{
	struct str dropins[DROPINS_MAX], text = STR("");
	struct unit_install dropped = { .foreign = false };
	size_t n = list_dropins(r, name, dropins, 0);
	int status = files_read(&r->files, u->path, &text, err);

	if (status < 0)
		return -1;
	unit_install_read(r->files.arena, text, r->systemd, &u->install);
	if (unit_name_kind(name) == UNIT_NAME_INSTANCE)
		n = list_dropins(r, unit_name_template(r->files.arena, name), dropins, n);
	qsort(dropins, n, sizeof(*dropins), by_name);
	for (size_t i = 0; i < n; i++) {
		status = files_read(&r->files, dropins[i], &text, err);
		if (status < 0)
			return -1;
		if (status == 0)
			unit_install_read(r->files.arena, text, r->systemd, &dropped);
	}
	/* Of drop-ins only the instance counts for enabling. */
	if (dropped.default_instance.len)
		u->install.default_instance = dropped.default_instance;
	return 0;
}

static bool is_config(const struct unit_root *r, struct str path)
{
	return str_has_prefix(path, str_of(unit_config_folder(r))) ||
	       str_has_prefix(path, STR("/run/"));
}

/* The name that an alias stands for; an instance is handed on to a template. */
static struct str alias_name(const struct unit_root *r, struct str name, struct str target)
{
	struct str other = path_last(target);

	if (unit_name_kind(other) == UNIT_NAME_TEMPLATE && unit_name_instance(name).len)
		return unit_name_of_instance(r->files.arena, other, unit_name_instance(name));
	return other;
}

int unit_load(const struct unit_root *r, struct str name, bool follow, struct unit_file *ret,
	      struct error *err)
{
	*ret = (struct unit_file){ .name = name };
	if (unit_name_kind(name) == UNIT_NAME_BAD)
		return UNIT_BAD_NAME;
	for (unsigned i = 0; i < FOLLOW_MAX; i++) {
		if (!search(r, ret->name, ret))
			return UNIT_NOT_FOUND;
		if (ret->mode == UNIT_MASK)
			return 0;
		if (ret->mode == UNIT_REGULAR)
			return read_install(r, ret->name, ret, err);
		if (!follow && is_config(r, ret->path))
			return UNIT_IS_ALIAS;
		if (ret->mode == UNIT_LINKED ||
		    str_equal(alias_name(r, ret->name, ret->target), ret->name)) {
			ret->path = ret->target;
			return read_install(r, ret->name, ret, err);
		}
		ret->name = alias_name(r, ret->name, ret->target);
	}
	return UNIT_NOT_MODELLED;
}
