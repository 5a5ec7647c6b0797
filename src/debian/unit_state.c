/* systemctl is-enabled: which links of the search path enable a unit. */
#include "debian/units.h"

struct looking {
	const struct unit_root *r;
	const struct unit_file *u;
	bool by_name;	       /* only links whose name [Install] would give */
	bool ignore_same_name; /* below the unit's own folder */
};

static bool is_known_name(const struct looking *l, struct str name)
{
	const struct unit_file *u = l->u;
	struct str word;

	if (str_equal(name, u->name))
		return true;
	if (unit_name_kind(u->name) == UNIT_NAME_TEMPLATE && u->install.default_instance.len &&
	    str_equal(name, unit_name_of_instance(l->r->files.arena, u->name,
						  u->install.default_instance)))
		return true;
	for (size_t i = 0; i < u->install.list[INSTALL_ALIAS].n; i++)
		if (unit_expand(l->r->files.arena, u->install.list[INSTALL_ALIAS].words[i], u->name,
				u->install.default_instance, &word) &&
		    str_equal(name, word))
			return true;
	return false;
}

static bool is_match(const struct looking *l, struct str folder, const struct node *link,
		     bool *ret_same)
{
	bool path = !l->ignore_same_name && str_equal(link->name, l->u->name);
	bool dest = str_equal(path_last(link->inode->target), l->u->name);
	struct str own = path_parent(l->u->path);

	if (path && dest) {
		*ret_same |= str_equal(own, folder);
		if (files_find(&l->r->files, own, true) == link->parent)
			return false;
		*ret_same = true;
		return false;
	}
	if (!path && !dest)
		return false;
	return !l->by_name || is_known_name(l, link->name);
}

static bool is_group(struct str name)
{
	return str_has_suffix(name, STR(".wants")) || str_has_suffix(name, STR(".requires")) ||
	       str_has_suffix(name, STR(".upholds"));
}

/* A link in NAME.wants to itself counts, whatever the names are. */
static bool in_group(const struct looking *l, const struct node *dir)
{
	struct node *const *children;
	size_t n = tree_children(dir, &children);

	for (size_t i = 0; i < n; i++) {
		const struct node *c = children[i];

		if (c->inode->kind == NODE_SYMLINK &&
		    (str_equal(c->name, l->u->name) ||
		     str_equal(path_last(c->inode->target), l->u->name)) &&
		    (!l->by_name || is_known_name(l, c->name)))
			return true;
	}
	return false;
}

static bool in_folder(const struct looking *l, const char *folder, bool *ret_same)
{
	const struct node *dir = files_find(&l->r->files, str_of(folder), true);
	struct node *const *children;
	size_t n;

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return false;
	n = tree_children(dir, &children);
	for (size_t i = 0; i < n; i++) {
		const struct node *c = children[i];

		if (c->inode->kind == NODE_DIRECTORY && is_group(c->name) && in_group(l, c))
			return true;
		if (c->inode->kind == NODE_SYMLINK && is_match(l, str_of(folder), c, ret_same))
			return true;
	}
	return false;
}

static bool is_runtime(const char *folder)
{
	return str_has_prefix(str_of(folder), STR("/run/"));
}

static const char *enabled_state(const struct unit_root *r, const struct unit_file *u, bool by_name)
{
	struct looking l = { r, u, by_name, false };
	bool runtime = false, anywhere = false;
	const char *folder;

	for (size_t i = 0; (folder = unit_folder(r, i)); i++) {
		bool same = false;

		if (in_folder(&l, folder, &same)) {
			if (i == 0)
				return "enabled";
			if (is_runtime(folder))
				runtime = true;
			else
				anywhere = true;
		}
		if (str_has_prefix(u->path, str_of(folder)))
			l.ignore_same_name = true;
	}
	if (runtime)
		return "enabled-runtime";
	if (anywhere && unit_name_kind(u->name) == UNIT_NAME_INSTANCE)
		return "static";
	return NULL;
}

int unit_state(const struct unit_root *r, struct str name, const char **ret, struct error *err)
{
	struct unit_file u;
	bool rules = false;
	int o = unit_load(r, name, true, &u, err);

	if (o)
		return o;
	if (u.mode == UNIT_LINKED || u.install.foreign)
		return UNIT_NOT_MODELLED;
	if (u.mode == UNIT_MASK) {
		*ret = is_runtime(u.path.ptr) ? "masked-runtime" : "masked";
		return 0;
	}
	for (int k = 0; k < INSTALL_ALSO; k++)
		rules |= u.install.list[k].n > 0;
	if (!str_equal(name, u.name) && unit_name_kind(u.name) != UNIT_NAME_INSTANCE)
		*ret = "alias";
	else if ((*ret = enabled_state(r, &u, true)))
		;
	else if (enabled_state(r, &u, false))
		*ret = "indirect";
	else if (rules)
		*ret = "disabled";
	else
		*ret = u.install.list[INSTALL_ALSO].n ? "indirect" : "static";
	return 0;
}
