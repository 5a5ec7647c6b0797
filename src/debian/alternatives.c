/*
 * What update-alternatives does to a group: install, remove, set, auto; and what
 * makes it change by itself (links that point elsewhere, files that are gone).
 */
#include "debian/alternatives.h"

#include <stdarg.h>

#include "debian/effects.h"

#define PROGRAM "update-alternatives: "
#define OUTPUT_MAX (4u << 20)
#define MESSAGE_MAX 4096u

int alternatives_fail(const struct alternatives *x, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(x->err, PROGRAM "error: %s\n", text);
	return ALTERNATIVES_FAILED;
}

static void PRINTF_LIKE(2, 3) say(const struct alternatives *x, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	if (x->quiet)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(x->out, PROGRAM "%s\n", text);
}

static void PRINTF_LIKE(2, 3) warn(const struct alternatives *x, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	if (x->quiet)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(x->err, PROGRAM "warning: %s\n", text);
}

static void set_mode(struct alternative *a, enum alternative_mode mode)
{
	if (a->mode != mode)
		a->modified = true;
	a->mode = mode;
}

/* Whether somebody else has changed the link since the state was written. */
static int open_group(const struct alternatives *x, struct alternative *a, struct error *err)
{
	int r = alternatives_current(x, a->name, &a->current, err);

	if (r)
		return r;
	if (!a->current.ptr) {
		set_mode(a, ALTERNATIVE_AUTO);
	} else if (!alternative_choice(a, a->current)) {
		if (alternative_is_missing(x, a->current)) {
			warn(x,
			     STR_FMT "/" STR_FMT
				     " is dangling; it will be updated with best choice",
			     STR_ARG(x->links), STR_ARG(a->name));
			set_mode(a, ALTERNATIVE_AUTO);
		} else if (a->mode != ALTERNATIVE_MANUAL) {
			warn(x,
			     STR_FMT "/" STR_FMT " has been changed (manually or by a script); "
				     "switching to manual updates only",
			     STR_ARG(x->links), STR_ARG(a->name));
			set_mode(a, ALTERNATIVE_MANUAL);
		}
	}
	return 0;
}

static bool points_to(const struct alternatives *x, struct str link, struct str target)
{
	struct str is = alternative_readlink(x, link);

	return is.ptr && str_equal(is, target);
}

static bool slave_is_right(const struct alternatives *x, const struct alternative_link *slave,
			   struct str file)
{
	struct str middle = alternative_path(x, x->links, slave->name);

	if (file.len && !alternative_is_missing(x, file))
		return points_to(x, slave->link, middle) && points_to(x, middle, file);
	return alternative_classify(x, slave->link) == ALTERNATIVE_MISSING &&
	       alternative_classify(x, middle) == ALTERNATIVE_MISSING;
}

enum need { NEED_NOTHING, NEED_CHANGED, NEED_BROKEN };

static enum need needs_repair(const struct alternatives *x, const struct alternative *a)
{
	const struct alternative_choice *c;
	enum need need = NEED_NOTHING;

	if (!points_to(x, a->link, alternative_path(x, x->links, a->name)) || !a->current.ptr)
		return NEED_BROKEN;
	c = alternative_choice(a, a->current);
	if (!c)
		return NEED_NOTHING;
	for (size_t i = 0; i < a->n_slaves; i++) {
		if (slave_is_right(x, &a->slaves[i], alternative_file(c, a->slaves[i].name)))
			continue;
		if (!a->slaves[i].updated)
			return NEED_BROKEN;
		need = NEED_CHANGED;
	}
	return need;
}

static struct str repaired_choice(const struct alternatives *x, struct alternative *a,
				  enum need need)
{
	const struct alternative_choice *best;

	if (need == NEED_CHANGED)
		say(x,
		    "updating alternative " STR_FMT " because link group " STR_FMT
		    " has changed slave links",
		    STR_ARG(a->current), STR_ARG(a->name));
	else
		warn(x,
		     "forcing reinstallation of alternative %.*s because link group " STR_FMT
		     " is broken",
		     a->current.ptr ? (int)a->current.len : 6,
		     a->current.ptr ? a->current.ptr : "(null)", STR_ARG(a->name));
	if (!a->current.ptr || alternative_choice(a, a->current))
		return a->current;
	best = alternative_best(a);
	warn(x,
	     "current alternative " STR_FMT " is unknown, switching to " STR_FMT
	     " for link group " STR_FMT,
	     STR_ARG(a->current), STR_ARG(best->path), STR_ARG(a->name));
	set_mode(a, ALTERNATIVE_AUTO);
	return best->path;
}

/* @wanted.ptr NULL: nothing was asked for. */
static int update(const struct alternatives *x, struct alternative *a, struct str wanted,
		  struct error *err)
{
	enum need need;

	if (!a->n_choices)
		return alternative_take_away(x, a);
	if (wanted.ptr && !(a->current.ptr && str_equal(wanted, a->current))) {
		say(x, "using " STR_FMT " to provide " STR_FMT " (" STR_FMT ") in %s mode",
		    STR_ARG(wanted), STR_ARG(a->link), STR_ARG(a->name),
		    a->mode == ALTERNATIVE_AUTO ? "auto" : "manual");
	} else {
		need = needs_repair(x, a);
		wanted = need ? repaired_choice(x, a, need) : (struct str){ NULL, 0 };
	}
	return alternative_place(x, a, wanted.ptr ? alternative_choice(a, wanted) : NULL, err);
}

static struct str best_path(const struct alternative *a)
{
	const struct alternative_choice *best = alternative_best(a);

	return best ? best->path : (struct str){ NULL, 0 };
}

static int load_known(const struct alternatives *x, struct str name, struct alternative *a,
		      struct error *err)
{
	int r = alternatives_load(x, name, false, a, err);

	if (r == ALTERNATIVES_ABSENT)
		return alternatives_fail(x, "no alternatives for " STR_FMT, STR_ARG(name));
	return r ? r : open_group(x, a, err);
}

int alternatives_auto(struct alternatives *x, struct str name, struct error *err)
{
	struct alternative a;
	int r = load_known(x, name, &a, err);

	if (r)
		return r;
	set_mode(&a, ALTERNATIVE_AUTO);
	if (!a.n_choices)
		say(x, "there is no program which provides " STR_FMT, STR_ARG(name));
	return update(x, &a, best_path(&a), err);
}

int alternatives_set(struct alternatives *x, struct str name, struct str path, struct error *err)
{
	struct alternative a;
	int r = load_known(x, name, &a, err);

	if (r)
		return r;
	if (!alternative_choice(&a, path))
		return alternatives_fail(
			x, "alternative " STR_FMT " for " STR_FMT " not registered; not setting",
			STR_ARG(path), STR_ARG(name));
	set_mode(&a, ALTERNATIVE_MANUAL);
	return update(x, &a, path, err);
}

int alternatives_remove_all(struct alternatives *x, struct str name, struct error *err)
{
	struct alternative a;
	int r = load_known(x, name, &a, err);

	if (r)
		return r;
	a.n_choices = 0;
	return update(x, &a, (struct str){ NULL, 0 }, err);
}

int alternatives_remove(struct alternatives *x, struct str name, struct str path, struct error *err)
{
	struct str wanted = { NULL, 0 };
	struct alternative_choice *c;
	struct alternative a;
	int r = alternatives_load(x, name, false, &a, err);

	if (r)
		return r == ALTERNATIVES_ABSENT ? 0 : r;
	r = open_group(x, &a, err);
	if (r)
		return r;
	c = alternative_choice(&a, path);
	if (c) {
		size_t after = a.n_choices - (size_t)(c - a.choices) - 1;

		memmove(c, c + 1, after * sizeof(*c));
		a.n_choices--;
		a.modified = true;
	}
	if (a.current.ptr && str_equal(a.current, path)) {
		if (a.mode == ALTERNATIVE_MANUAL) {
			say(x,
			    "removing manually selected alternative - switching " STR_FMT
			    " to auto mode",
			    STR_ARG(name));
			set_mode(&a, ALTERNATIVE_AUTO);
		}
		wanted = best_path(&a);
	}
	return update(x, &a, wanted, err);
}

/* ---- install ---- */

/* A group that has the link or the name, itself or as a slave's. */
struct holder {
	struct str group; /* "" none */
	struct alternative a;
};

static int find_holder(const struct alternatives *x, struct str text, bool by_link,
		       struct holder *ret, struct error *err)
{
	struct node *dir = tree_resolve(x->d->tree, x->state, true);
	struct node *const *child = NULL;
	size_t n = 0;

	*ret = (struct holder){ .group = STR("") };
	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		struct str name = child[i]->name;
		int r = 0;

		if (str_has_suffix(name, STR(".dpkg-tmp")))
			continue;
		r = alternatives_load(x, name, true, &ret->a, err);
		if (r < 0)
			return -1;
		if (r)
			continue;
		ret->group = name;
		if (str_equal(by_link ? ret->a.link : name, text))
			return 0;
		for (size_t k = 0; k < ret->a.n_slaves; k++)
			if (str_equal(by_link ? ret->a.slaves[k].link : ret->a.slaves[k].name,
				      text))
				return 0;
	}
	ret->group = STR("");
	return 0;
}

static int check_shape(const struct alternatives *x, struct str name, struct str link,
		       struct str path)
{
	for (size_t i = 0; i < name.len; i++)
		if (strchr("/ \t", name.ptr[i]))
			return alternatives_fail(
				x, "alternative name (" STR_FMT ") must not contain '/' and spaces",
				STR_ARG(name));
	if (!link.len || *link.ptr != '/')
		return alternatives_fail(
			x, "alternative link is not absolute as it should be: " STR_FMT,
			STR_ARG(link));
	if (!path.len || *path.ptr != '/')
		return alternatives_fail(
			x, "alternative path is not absolute as it should be: " STR_FMT,
			STR_ARG(path));
	return 0;
}

static int check_main(const struct alternatives *x, struct str name, struct str link,
		      struct error *err)
{
	struct holder h;

	if (find_holder(x, name, false, &h, err) < 0)
		return -1;
	if (h.group.len && !str_equal(h.group, name))
		return alternatives_fail(
			x, "alternative " STR_FMT " can't be master: it is a slave of " STR_FMT,
			STR_ARG(name), STR_ARG(h.group));
	if (find_holder(x, link, true, &h, err) < 0)
		return -1;
	if (h.group.len && !str_equal(h.group, name))
		return alternatives_fail(
			x, "alternative link " STR_FMT " is already managed by " STR_FMT,
			STR_ARG(link), STR_ARG(h.group));
	return 0;
}

static int check_slave(const struct alternatives *x, struct str group,
		       const struct alternative_slave *s, struct error *err)
{
	struct holder h;
	int r = check_shape(x, s->name, s->link, s->file);

	if (r)
		return r;
	if (find_holder(x, s->name, false, &h, err) < 0)
		return -1;
	if (h.group.len && !str_equal(h.group, group))
		return alternatives_fail(
			x,
			"alternative " STR_FMT " can't be slave of " STR_FMT ": it is %s" STR_FMT,
			STR_ARG(s->name), STR_ARG(group),
			str_equal(h.group, s->name) ? "a master alternative" : "a slave of ",
			str_equal(h.group, s->name) ? 0 : (int)h.group.len, h.group.ptr);
	if (find_holder(x, s->link, true, &h, err) < 0)
		return -1;
	if (h.group.len && !str_equal(h.group, group))
		return alternatives_fail(
			x, "alternative link " STR_FMT " is already managed by " STR_FMT,
			STR_ARG(s->link), STR_ARG(h.group));
	for (size_t i = 0; h.group.len && i < h.a.n_slaves; i++)
		if (str_equal(h.a.slaves[i].link, s->link) &&
		    !str_equal(h.a.slaves[i].name, s->name))
			return alternatives_fail(
				x,
				"alternative link " STR_FMT " is already managed by " STR_FMT
				" (slave of " STR_FMT ")",
				STR_ARG(s->link), STR_ARG(h.a.slaves[i].name), STR_ARG(h.group));
	return 0;
}

/* A slave that is there already may get another link: the old one moves or goes. */
static int evolve_slave(const struct alternatives *x, struct alternative *a,
			const struct alternative_slave *s, struct str path)
{
	struct alternative_link *old = alternative_link(a, s->name);
	struct str file;
	bool updated = false;
	int r = 0;

	if (!old) {
		alternative_set_link(x, a, s->name, s->link, true);
		return 0;
	}
	if (a->current.ptr && str_equal(a->current, path))
		file = s->file;
	else
		file = alternative_readlink(x, alternative_path(x, x->links, s->name));
	if (!str_equal(old->link, s->link) &&
	    alternative_classify(x, old->link) == ALTERNATIVE_SYMLINK) {
		if (file.ptr && !alternative_is_missing(x, file)) {
			say(x, "renaming " STR_FMT " slave link from " STR_FMT " to " STR_FMT,
			    STR_ARG(s->name), STR_ARG(old->link), STR_ARG(s->link));
			r = alternative_move(x, old->link, s->link);
		} else {
			r = alternative_unlink(x, old->link);
		}
		updated = true;
	}
	alternative_set_link(x, a, s->name, s->link, updated);
	return r;
}

static int evolve(const struct alternatives *x, struct alternative *a, struct str link,
		  struct str path, const struct alternative_slave *slaves, size_t n)
{
	int r = 0;

	if (!str_equal(a->link, link)) {
		if (alternative_classify(x, a->link) == ALTERNATIVE_SYMLINK) {
			say(x, "renaming " STR_FMT " link from " STR_FMT " to " STR_FMT,
			    STR_ARG(a->name), STR_ARG(a->link), STR_ARG(link));
			r = alternative_move(x, a->link, link);
		}
		a->modified = true;
		a->link = link;
	}
	for (size_t i = 0; i < n && !r; i++)
		r = evolve_slave(x, a, &slaves[i], path);
	return r;
}

static int check_install(const struct alternatives *x, struct str link, struct str name,
			 struct str path, const struct alternative_slave *slaves, size_t n,
			 struct error *err)
{
	int r = check_shape(x, name, link, path);

	if (!r)
		r = check_main(x, name, link, err);
	if (!r && alternative_is_missing(x, path))
		r = alternatives_fail(x, "alternative path " STR_FMT " doesn't exist",
				      STR_ARG(path));
	for (size_t i = 0; i < n && !r; i++)
		r = check_slave(x, name, &slaves[i], err);
	return r;
}

/* A group without a state file takes shape from the arguments. */
static void begin_group(const struct alternatives *x, struct alternative *a, struct str link,
			const struct alternative_slave *slaves, size_t n)
{
	a->link = link;
	a->mode = ALTERNATIVE_AUTO;
	a->modified = true;
	for (size_t i = 0; i < n; i++)
		alternative_set_link(x, a, slaves[i].name, slaves[i].link, false);
}

int alternatives_install(struct alternatives *x, struct str link, struct str name, struct str path,
			 int32_t priority, const struct alternative_slave *slaves, size_t n_slaves,
			 struct error *err)
{
	struct alternative_choice *c;
	struct alternative a;
	int r = check_install(x, link, name, path, slaves, n_slaves, err);

	if (!r)
		r = alternatives_load(x, name, false, &a, err);
	if (r && r != ALTERNATIVES_ABSENT)
		return r;
	r = open_group(x, &a, err);
	if (!r && a.link.ptr)
		r = evolve(x, &a, link, path, slaves, n_slaves);
	else if (!r)
		begin_group(x, &a, link, slaves, n_slaves);
	if (r)
		return r;
	c = alternative_put_choice(x, &a, path, priority);
	for (size_t i = 0; i < n_slaves; i++)
		alternative_set_file(x, c, slaves[i].name, slaves[i].file);
	return update(x, &a, a.mode == ALTERNATIVE_AUTO ? best_path(&a) : (struct str){ NULL, 0 },
		      err);
}
