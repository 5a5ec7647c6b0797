/* Paths of the tree: each has a cause for existence, content, owner and mode, attributes. */
#include "attest/diff_explain_private.h"

#include "attest/database_records.h"
#include "base/buf.h"
#include "debian/glob.h"

struct sides {
	const struct causes_path *a, *b; /* or NULL */
};

static const struct cause *aspect(const struct causes_path *p, enum difference_what what)
{
	if (!p)
		return NULL;
	if (p->removed)
		return p->existence;
	switch (what) {
	case DIFFERENCE_PRESENCE:
	case DIFFERENCE_LINKS:
		return p->existence;
	case DIFFERENCE_MODE:
	case DIFFERENCE_OWNER:
		return p->owner;
	case DIFFERENCE_XATTR:
		return p->xattrs;
	default:
		return p->content;
	}
}

/* ---- a cause that is a line of the recipe ---- */

/* "recipes/web.yaml" and "38:3" are the line "recipes/web.yaml:38". */
static struct str line_of(struct explaining *x, const struct cause *c)
{
	return str_of(arena_printf(&x->arena, STR_FMT ":" STR_FMT, STR_ARG(c->who),
				   (int)str_find_char(c->what, ':'), c->what.ptr));
}

/* The shortest key of that line: "files./etc/motd", before what it says in particular. */
static const struct causes_key *key_at(const struct causes *c, struct str at)
{
	const struct causes_key *found = NULL;

	for (size_t i = 0; i < c->n_keys; i++)
		if (str_equal(c->keys[i].at, at) && (!found || c->keys[i].key.len < found->key.len))
			found = &c->keys[i];
	return found;
}

/* A value as it was written into the key: without the quotes of YAML, if it has no escapes. */
static struct str unquoted(struct str value)
{
	if (value.len >= 2 && value.ptr[0] == '"' && !memchr(value.ptr, '\\', value.len))
		return (struct str){ value.ptr + 1, value.len - 2 };
	return value;
}

static struct str below(struct explaining *x, struct str key, const char *name)
{
	return str_of(arena_printf(&x->arena, STR_FMT ".%s", STR_ARG(key), name));
}

static struct diff_change *change_named(struct explaining *x, const char *prefix, struct str rest)
{
	return diff_change_below(
		x->changes, str_of(arena_printf(&x->arena, "%s" STR_FMT, prefix, STR_ARG(rest))));
}

/* What lies behind `from:`: the file, or one of the folder. */
static struct diff_change *input_change(struct explaining *x, const struct causes *c,
					struct str key, struct str path)
{
	const struct causes_key *from = causes_key(c, below(x, key, "from"));
	const struct causes_key *archive = causes_key(c, below(x, key, "archive.name"));
	struct str files = STR("files./"), rest = path;
	struct diff_change *found;

	if (archive)
		return change_named(x, "lock.inputs.", unquoted(archive->value));
	if (!from)
		return NULL;
	found = change_named(x, "lock.inputs.", unquoted(from->value));
	if (found)
		return found;
	if (str_has_prefix(key, files) && key.len - files.len < path.len)
		rest = (struct str){ path.ptr + (key.len - files.len),
				     path.len - (key.len - files.len) };
	return change_named(x, "lock.inputs.",
			    str_of(arena_printf(&x->arena, STR_FMT STR_FMT,
						STR_ARG(unquoted(from->value)), STR_ARG(rest))));
}

/* Which of an entry's words decides what differs. */
static struct diff_change *entry_change(struct explaining *x, struct str key,
					const struct difference *d)
{
	static const struct {
		enum difference_what what;
		const char *name;
	} words[] = { { DIFFERENCE_MODE, "mode" },	 { DIFFERENCE_OWNER, "owner" },
		      { DIFFERENCE_OWNER, "group" },	 { DIFFERENCE_TARGET, "symlink" },
		      { DIFFERENCE_CONTENT, "content" }, { DIFFERENCE_CONTENT, "from" },
		      { DIFFERENCE_CONTENT, "archive" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct diff_change *found =
			words[i].what == d->what
				? diff_change_below(x->changes, below(x, key, words[i].name))
				: NULL;

		if (found)
			return found;
	}
	return NULL;
}

static struct diff_change *recipe_change(struct explaining *x, const struct causes *c,
					 const struct cause *cause, const struct difference *d)
{
	const struct causes_key *key = key_at(c, line_of(x, cause));
	struct diff_change *found;
	struct str name;

	if (!key)
		return NULL;
	name = key->key;
	found = entry_change(x, name, d);
	if (!found) {
		found = input_change(x, c, name, d->path);
		if (found && !found->asked.len)
			found->asked = key->at;
	}
	if (!found && str_has_prefix(name, STR("certificates.")))
		found = change_named(x, "lock.inputs.",
				     (struct str){ name.ptr + 13, name.len - 13 });
	return found ? found : diff_change_below(x->changes, name);
}

/* ---- numbers of users and groups ---- */

/* What the recipe says of @name, or else the table of the lock. */
static struct str id_of(struct explaining *x, const struct causes *c, const char *kind,
			struct str name)
{
	static const char *const starts[] = { "", "", "lock.ids." };
	static const char *const ends[] = { ".uid", ".gid", "" };

	for (size_t i = 0; i < 3; i++) {
		const char *key = arena_printf(&x->arena, "%s%s." STR_FMT "%s", starts[i], kind,
					       STR_ARG(name), ends[i]);
		const struct causes_key *found = causes_key(c, str_of(key));

		if (found)
			return found->value;
	}
	return STR("");
}

/* The name in "lock.ids.users.NAME" and "users.NAME.uid"; len 0: it is no such key. */
static struct str named_in(struct str key, const char *kind)
{
	struct str lock = STR("lock.ids."), rest = key, dot;

	if (str_has_prefix(rest, lock))
		rest = (struct str){ rest.ptr + lock.len, rest.len - lock.len };
	dot = (struct str){ rest.ptr, str_find_char(rest, '.') };
	if (!str_equal_cstr(dot, kind) || dot.len == rest.len)
		return STR("");
	rest = (struct str){ rest.ptr + dot.len + 1, rest.len - dot.len - 1 };
	if (str_has_suffix(rest, STR(".uid")) || str_has_suffix(rest, STR(".gid")))
		rest.len -= 4;
	else if (rest.ptr - key.ptr < (ptrdiff_t)lock.len)
		return STR("");
	return rest;
}

/*
 * Whose id went from @a to @b: the tables of both locks and the recipes say. The recipe may
 * have asked for it, else the lock moved it.
 */
static struct diff_change *id_change(struct explaining *x, const char *kind, struct str a,
				     struct str b)
{
	const struct causes *before = x->changes->a, *after = x->changes->b;

	for (size_t i = 0; before && after && i < before->n_keys; i++) {
		struct str name = named_in(before->keys[i].key, kind);
		struct diff_change *c;

		if (!name.len || !str_equal(id_of(x, before, kind, name), a) ||
		    !str_equal(id_of(x, after, kind, name), b))
			continue;
		c = change_named(x, arena_printf(&x->arena, "lock.ids.%s.", kind), name);
		return c ? c : change_named(x, arena_printf(&x->arena, "%s.", kind), name);
	}
	return NULL;
}

static struct str before(struct str s, size_t n)
{
	return (struct str){ s.ptr, n };
}

static struct str after(struct str s, size_t n)
{
	return (struct str){ s.ptr + n + 1, s.len - n - 1 };
}

/* "990:990" -> "991:991". */
static struct diff_change *owner_change(struct explaining *x, const struct difference *d)
{
	struct diff_change *found;
	size_t n, m;

	if (d->what != DIFFERENCE_OWNER || !d->a.ptr || !d->b.ptr)
		return NULL;
	n = str_find_char(d->a, ':');
	m = str_find_char(d->b, ':');
	found = id_change(x, "users", before(d->a, n), before(d->b, m));
	return found ? found : id_change(x, "groups", after(d->a, n), after(d->b, m));
}

/* ---- times ---- */

/* All times are at most the epoch, and files of the recipe have it. */
static struct diff_change *time_change(const struct explaining *x, const struct difference *d)
{
	struct diff_change *epoch = diff_change_key(x->changes, "lock.epoch");

	if (d->what != DIFFERENCE_MTIME)
		return NULL;
	return epoch ? epoch : diff_change_key(x->changes, "epoch");
}

/* ---- what was left out ---- */

/* A pattern of `exclude` that came or went, and that names the path. */
static struct diff_change *exclude_change(struct explaining *x, const struct difference *d)
{
	struct str path = str_of(arena_printf(&x->arena, "/" STR_FMT, STR_ARG(d->path)));
	struct str prefix = STR("exclude.");
	struct diff_change *whole = diff_change_key(x->changes, "exclude");

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];
		struct str pattern;

		if (!str_has_prefix(c->key, prefix))
			continue;
		pattern = (struct str){ c->key.ptr + prefix.len, c->key.len - prefix.len };
		if (str_has_prefix(pattern, STR("!")))
			pattern = (struct str){ pattern.ptr + 1, pattern.len - 1 };
		if (glob_match(pattern, path))
			return c;
	}
	return whole;
}

static struct diff_change *left_out_change(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = NULL;

	if (d->what != DIFFERENCE_PRESENCE)
		return NULL;
	c = exclude_change(x, d);
	if (!c)
		c = diff_change_key(x->changes, "essential");
	return c;
}

/* ---- one cause ---- */

static struct diff_change *script_change(struct explaining *x, struct str package)
{
	struct diff_change *c = diff_change_package(x->changes, package);

	for (size_t i = 0; !c && i < x->changes->n; i++) {
		struct diff_change *one = &x->changes->list[i];
		struct str answer =
			str_of(arena_printf(&x->arena, "scripts." STR_FMT "/", STR_ARG(package)));
		struct str debconf =
			str_of(arena_printf(&x->arena, "debconf." STR_FMT "/", STR_ARG(package)));

		if (str_has_prefix(one->key, answer) || str_has_prefix(one->key, debconf))
			c = one;
	}
	return c;
}

static struct diff_change *rule_change(struct explaining *x, struct str rule)
{
	static const struct {
		const char *rule;
		const char *keys[3];
	} rows[] = {
		{ "grow", { "target.root.grow", "target.root.type", NULL } },
		{ "essential: false", { "essential", NULL } },
		{ "exclude", { "exclude", NULL } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t k = 0; str_equal_cstr(rule, rows[i].rule) && rows[i].keys[k]; k++) {
			struct diff_change *c =
				diff_change_below(x->changes, str_of(rows[i].keys[k]));

			if (c)
				return c;
		}
	return NULL;
}

static struct diff_change *change_of(struct explaining *x, const struct causes *side,
				     const struct cause *c, const struct difference *d)
{
	if (!c)
		return NULL;
	switch (c->kind) {
	case CAUSE_PACKAGE:
		return diff_change_package(x->changes, c->who);
	case CAUSE_SCRIPT:
		return script_change(x, c->who);
	case CAUSE_RECIPE:
		return recipe_change(x, side, c, d);
	case CAUSE_RULE:
		return rule_change(x, c->who);
	default:
		return NULL;
	}
}

/* "var/lib/dpkg/info/openssl.list": dpkg's rule writes it, for one package. */
static struct diff_change *info_change(const struct explaining *x, struct str path)
{
	struct str folder = STR("var/lib/dpkg/info/"), name;
	size_t n;

	if (!str_has_prefix(path, folder))
		return NULL;
	name = (struct str){ path.ptr + folder.len, path.len - folder.len };
	for (n = name.len; n && name.ptr[n - 1] != '.'; n--)
		;
	name.len = n ? n - 1 : name.len;
	name.len = str_find_char(name, ':');
	return diff_change_package(x->changes, name);
}

/* Both sides took it from the same unchanged thing, and have it otherwise. */
static bool is_unaccounted(const struct cause *c)
{
	return c && (c->kind == CAUSE_PACKAGE || c->kind == CAUSE_RECIPE);
}

static struct verdict by_side(struct explaining *x, const struct difference *d,
			      const struct sides *s)
{
	const struct cause *a = aspect(s->a, d->what), *b = aspect(s->b, d->what);
	struct diff_change *c = NULL;

	/* Why it is not there says more than why it is. */
	if (s->a && s->a->removed)
		c = change_of(x, x->changes->a, a, d);
	if (!c)
		c = change_of(x, x->changes->b, b, d);
	if (!c)
		c = change_of(x, x->changes->a, a, d);
	if (!c)
		c = owner_change(x, d);
	if (!c)
		c = time_change(x, d);
	if (!c)
		c = left_out_change(x, d);
	if (!c)
		c = info_change(x, d->path);
	if (c)
		return verdict_of(c);
	/* A database has one cause, and is made from much. */
	if (!database_is_one(d->path) && (!a || is_unaccounted(a)) && (!b || is_unaccounted(b)))
		return verdict_unaccounted(x);
	return verdict_generated(x);
}

struct verdict explain_path(struct explaining *x, const struct difference *d)
{
	const struct diff_changes *c = x->changes;
	struct verdict v = { .kind = VERDICT_NONE };

	if (d->name.len && d->what != DIFFERENCE_XATTR)
		v = explain_record(x, d);
	if (v.kind == VERDICT_NONE && !(c->a && c->b)) {
		struct diff_change *p = diff_change_package(c, d->package);

		return verdict_of(p ? p : info_change(x, d->path));
	}
	if (v.kind == VERDICT_NONE) {
		const struct sides s = { causes_path(c->a, d->path), causes_path(c->b, d->path) };

		v = by_side(x, d, &s);
	}
	return v;
}
