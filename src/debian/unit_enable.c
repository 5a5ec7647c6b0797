/* systemctl enable: links that [Install] asks for. */
#include "base/buf.h"
#include "debian/units.h"

#define UNITS_MAX 128u /* of one call, with what Also= brings along */

struct pending {
	struct str names[UNITS_MAX];
	size_t n, named; /* the first @named were asked for */
};

static void add_link(const struct unit_root *r, struct unit_links *to, struct str path,
		     struct str target, bool alias)
{
	if (to->n == to->capacity) {
		size_t capacity = to->capacity ? 2 * to->capacity : 16;
		struct unit_link *grown = arena_array(r->files.arena, capacity, sizeof(*grown));

		if (to->n)
			memcpy(grown, to->links, to->n * sizeof(*grown));
		to->links = grown;
		to->capacity = capacity;
	}
	to->links[to->n++] = (struct unit_link){ path, target, alias };
}

static bool add_pending(struct pending *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_equal(p->names[i], name))
			return true;
	if (p->n == UNITS_MAX)
		return false;
	p->names[p->n++] = name;
	return true;
}

/* An alias must be a name of the same type and kind; others are not modelled. */
static bool alias_fits(const struct unit_root *r, const struct unit_file *u, struct str *alias)
{
	enum unit_name_kind kind = unit_name_kind(u->name), other = unit_name_kind(*alias);

	if (other == UNIT_NAME_TEMPLATE && kind == UNIT_NAME_INSTANCE) {
		*alias = unit_name_of_instance(r->files.arena, *alias, unit_name_instance(u->name));
		other = kind;
	}
	if (kind == UNIT_NAME_TEMPLATE && u->install.default_instance.len &&
	    other == UNIT_NAME_INSTANCE)
		other = kind;
	return other == kind && other != UNIT_NAME_BAD && !str_equal(*alias, u->name) &&
	       str_equal(unit_name_suffix(*alias), unit_name_suffix(u->name));
}

static int add_list(const struct unit_root *r, const struct unit_file *u, enum unit_install_key key,
		    struct unit_links *to)
{
	static const char *const suffix[INSTALL_LISTS] = {
		[INSTALL_WANTED_BY] = ".wants/",
		[INSTALL_REQUIRED_BY] = ".requires/",
		[INSTALL_UPHELD_BY] = ".upholds/",
	};
	const struct unit_words *list = &u->install.list[key];
	struct str name = u->name, word;

	if (unit_name_kind(name) == UNIT_NAME_TEMPLATE && u->install.default_instance.len)
		name = unit_name_of_instance(r->files.arena, name, u->install.default_instance);
	for (size_t i = 0; i < list->n; i++) {
		const char *folder = unit_config_folder(r), *path;

		if (!unit_expand(r->files.arena, list->words[i], u->name,
				 u->install.default_instance, &word))
			return UNIT_NOT_MODELLED;
		if (key == INSTALL_ALIAS ? !alias_fits(r, u, &word)
					 : unit_name_kind(word) == UNIT_NAME_BAD)
			return UNIT_NOT_MODELLED;
		if (key != INSTALL_ALIAS && unit_name_kind(name) == UNIT_NAME_TEMPLATE &&
		    unit_name_kind(word) == UNIT_NAME_PLAIN) {
			to->left_out = true;
			continue;
		}
		if (key == INSTALL_ALIAS)
			path = arena_printf(r->files.arena, "%s/" STR_FMT, folder, STR_ARG(word));
		else
			path = arena_printf(r->files.arena, "%s/" STR_FMT "%s" STR_FMT, folder,
					    STR_ARG(word), suffix[key], STR_ARG(name));
		add_link(r, to, str_of(path), u->path, key == INSTALL_ALIAS);
	}
	return 0;
}

static int add_unit(const struct unit_root *r, const struct unit_file *u, struct pending *p,
		    struct unit_links *to)
{
	static const enum unit_install_key order[] = { INSTALL_ALIAS, INSTALL_WANTED_BY,
						       INSTALL_REQUIRED_BY, INSTALL_UPHELD_BY };
	const struct unit_words *also = &u->install.list[INSTALL_ALSO];
	struct str word;

	if (u->install.foreign || u->mode == UNIT_LINKED)
		return UNIT_NOT_MODELLED;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (add_list(r, u, order[i], to))
			return UNIT_NOT_MODELLED;
	for (size_t i = 0; i < also->n; i++)
		if (!unit_expand(r->files.arena, also->words[i], u->name,
				 u->install.default_instance, &word) ||
		    !add_pending(p, word))
			return UNIT_NOT_MODELLED;
	return 0;
}

/* Names that were asked for are checked before anything is done. */
static int check_named(const struct unit_root *r, const struct pending *p, bool follow,
		       struct unit_links *to, struct error *err)
{
	for (size_t i = 0; i < p->named; i++) {
		struct unit_file u;
		int o = unit_load(r, p->names[i], follow, &u, err);

		to->culprit = p->names[i];
		if (o)
			return o;
		if (u.mode == UNIT_MASK) {
			to->culprit = u.path;
			return UNIT_IS_MASKED;
		}
	}
	return 0;
}

int unit_links_of(const struct unit_root *r, const struct str *names, size_t n, bool follow,
		  struct unit_links *ret, struct error *err)
{
	struct pending p = { .n = 0 };
	int o;

	*ret = (struct unit_links){ .n = 0 };
	for (size_t i = 0; i < n; i++)
		if (!add_pending(&p, names[i]))
			return UNIT_NOT_MODELLED;
	p.named = p.n;
	o = check_named(r, &p, follow, ret, err);
	for (size_t i = 0; !o && i < p.n; i++) {
		struct unit_file u;

		o = unit_load(r, p.names[i], follow, &u, err);
		if (o > 0 && o != UNIT_NOT_MODELLED && i >= p.named) {
			o = 0; /* what Also= names may be missing */
			continue;
		}
		ret->culprit = p.names[i];
		if (!o && u.mode != UNIT_MASK)
			o = add_unit(r, &u, &p, ret);
	}
	return o;
}

static const char *quote_of(const struct unit_root *r)
{
	return r->systemd >= 255 ? "'" : "";
}

static int make_link(const struct unit_root *r, const struct unit_link *l, bool force)
{
	struct node *there = files_find(&r->files, l->path, false);
	const char *q = quote_of(r);

	if (there) {
		struct str at = there->inode->kind == NODE_SYMLINK ? there->inode->target : STR("");
		struct node *to;

		if (there->inode->kind != NODE_SYMLINK)
			return UNIT_IN_THE_WAY;
		to = files_find(&r->files, l->path, true);
		if (str_equal(at, l->target) ||
		    (to && to == files_find(&r->files, l->target, true)))
			return 0;
		if (!force)
			return UNIT_IN_THE_WAY;
	}
	if (!files_link(&r->files, l->path, l->target))
		return UNIT_IN_THE_WAY;
	if (r->messages)
		buf_printf(r->messages, "Created symlink %s" STR_FMT "%s → %s" STR_FMT "%s.\n", q,
			   STR_ARG(l->path), q, q, STR_ARG(l->target), q);
	return 0;
}

int unit_links_make(const struct unit_root *r, const struct unit_links *l, bool force)
{
	int o = 0;

	for (size_t i = 0; i < l->n && !o; i++)
		o = make_link(r, &l->links[i], force || !l->links[i].alias);
	return o;
}

void unit_outcome_print(const struct unit_root *r, const char *verb, struct str name,
			enum unit_outcome o)
{
	static const char *const before[] = {
		[UNIT_NOT_FOUND] = "nit ",
		[UNIT_IS_MASKED] = "nit ",
		[UNIT_IS_ALIAS] = "efusing to operate on linked unit file ",
		[UNIT_BAD_NAME] = "nvalid unit name ",
		[UNIT_IN_THE_WAY] = "ile ",
		[UNIT_NOT_MODELLED] = "",
	};
	static const char *const first[] = {
		[UNIT_NOT_FOUND] = "Uu", [UNIT_IS_MASKED] = "Uu",  [UNIT_IS_ALIAS] = "Rr",
		[UNIT_BAD_NAME] = "Ii",	 [UNIT_IN_THE_WAY] = "Ff", [UNIT_NOT_MODELLED] = "  ",
	};
	static const char *const after[] = {
		[UNIT_NOT_FOUND] = " does not exist",
		[UNIT_IS_MASKED] = " is masked",
		[UNIT_IS_ALIAS] = "",
		[UNIT_BAD_NAME] = "",
		[UNIT_NOT_MODELLED] = "",
		[UNIT_IN_THE_WAY] = " already exists",
	};
	bool old = r->systemd < 255;

	if (r->messages)
		buf_printf(r->messages, "Failed to %s unit%s %c%s" STR_FMT "%s%s\n", verb,
			   old ? "," : ":", first[o][old], before[o], STR_ARG(name), after[o],
			   old ? "." : "");
}
