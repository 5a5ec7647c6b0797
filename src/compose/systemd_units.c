/*
 * What a recipe's services do to /etc/systemd/system: links as `systemctl enable` and
 * `disable` make them (debian/units.h), with the recipe's line as their cause.
 */

#include "base/limits.h"
#include "compose/work.h"
#include "debian/units.h"

#define CONFIG "etc/systemd/system"
#define STATE "var/lib/systemd/deb-systemd-helper-enabled"

#define STATE_MAX (1u << 20) /* bytes */

static struct unit_root root_of(const struct work *w, cause_id cause)
{
	return (struct unit_root){
		.files = { w->tree, w->in->reader, w->arena, w->in->epoch, cause },
		.systemd = w->release <= 12 ? 252 : 257,
	};
}

static bool has_systemd(const struct work *w)
{
	return work_has_file(w, "usr/bin/systemctl");
}

static int no_unit(const struct recipe_service *s, struct str name, struct error *err)
{
	err_at(err, ERR_RECIPE_VALUE, s->pos, "no unit '" STR_FMT "' in the image", STR_ARG(name));
	return err_hint(err,
			"add the package that ships it, or write '/" CONFIG "/" STR_FMT
			"' under 'files:'",
			STR_ARG(name));
}

static int fail(const struct recipe_service *s, struct str name, int outcome, struct error *err)
{
	if (outcome < 0)
		return -1;
	switch ((enum unit_outcome)outcome) {
	case UNIT_NOT_FOUND:
		return no_unit(s, name, err);
	case UNIT_IS_MASKED:
		return err_at(err, ERR_RECIPE_CONFLICT, s->pos, "unit '" STR_FMT "' is masked",
			      STR_ARG(name));
	case UNIT_BAD_NAME:
		return err_at(err, ERR_FORMAT, s->pos, "'" STR_FMT "' is not the name of a unit",
			      STR_ARG(name));
	case UNIT_IS_ALIAS:
	case UNIT_IN_THE_WAY:
	case UNIT_NOT_MODELLED:
		break;
	}
	return err_at(err, ERR_UNSUPPORTED, s->pos,
		      "unit '" STR_FMT "' is installed in a way that ingot does not expand",
		      STR_ARG(name));
}

/* The links of the service's unit and of what its Also= names. */
static int links_of(struct work *w, const struct recipe_service *s, struct unit_links *ret,
		    struct error *err)
{
	struct unit_root root = root_of(w, 0);
	struct str name = unit_name_complete(w->arena, s->name);
	int o = unit_links_of(&root, &name, 1, /* follow= */ true, ret, err);

	return o ? fail(s, ret->culprit.len ? ret->culprit : name, o, err) : 0;
}

static int put_link(struct work *w, const struct place *at, const struct unit_link *l,
		    struct error *err)
{
	struct inode link = work_link_of(w, l->target);
	struct str path = { l->path.ptr + 1, l->path.len - 1 };
	const struct node *there = tree_resolve(w->tree, path, false);

	/* A package has enabled it already: the same link, and the package's. */
	if (there && there->inode->kind == NODE_SYMLINK)
		return 0;
	return work_put(w, at, path, &link, NULL, err);
}

int systemd_enable(struct work *w, const struct recipe_service *s, struct error *err)
{
	struct place at = work_place(w, s->pos);
	struct unit_links links;

	if (!has_systemd(w))
		return 0;
	if (links_of(w, s, &links, err) < 0)
		return -1;
	for (size_t i = 0; i < links.n; i++)
		if (put_link(w, &at, &links.links[i], err) < 0)
			return -1;
	return 0;
}

/*
 * The helper of Debian's maintainer scripts takes a unit without a record for
 * new and enables it on the next upgrade: the record says that it was known.
 */
static int put_state(struct work *w, const struct place *at, struct str name,
		     const struct unit_links *links, struct error *err)
{
	const char *path = arena_printf(w->arena, STATE "/" STR_FMT ".dsh-also", STR_ARG(name));
	CLEANUP_BUF struct buf text = BUF_INIT(STATE_MAX);
	struct inode i;

	if (!work_has_file(w, "usr/bin/deb-systemd-helper") || work_has_file(w, path))
		return 0;
	for (size_t k = 0; k < links->n && text.len < STATE_MAX / 2; k++)
		buf_printf(&text, STR_FMT "\n", STR_ARG(links->links[k].path));
	i = work_file_of(w, arena_bytes(tree_arena(w->tree), buf_bytes(&text)), 0644);
	return work_put(w, at, str_of(path), &i, NULL, err);
}

int systemd_disable(struct work *w, const struct recipe_service *s, struct error *err)
{
	struct place at = work_place(w, s->pos);
	struct unit_root root = root_of(w, at.cause);
	struct str name = unit_name_complete(w->arena, s->name);
	struct unit_links links = { .n = 0 };
	struct unit_file unit;
	size_t removed;
	int o = unit_load(&root, name, /* follow= */ true, &unit, err);

	if (o == UNIT_NOT_FOUND && !has_systemd(w))
		return 0;
	if (!o && unit.mode != UNIT_MASK)
		o = links_of(w, s, &links, err);
	if (o)
		return o < 0 ? -1 : fail(s, name, o, err);
	o = unit_disable(&root, &name, 1, &removed, err);
	return o ? fail(s, name, o, err) : put_state(w, &at, name, &links, err);
}
