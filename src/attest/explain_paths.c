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

/* What a word of an entry decides; 0: what the file is and holds. */
static enum difference_what decided_by(struct str word)
{
	static const struct {
		const char *word;
		enum difference_what what;
	} rows[] = { { "mode", DIFFERENCE_MODE },
		     { "owner", DIFFERENCE_OWNER },
		     { "group", DIFFERENCE_OWNER } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (str_equal_cstr(word, rows[i].word))
			return rows[i].what;
	return 0;
}

/* What a file brings that is taken from somewhere: all but its owner and its time. */
static bool is_of_input(const struct difference *d)
{
	return d->what != DIFFERENCE_OWNER && d->what != DIFFERENCE_MTIME;
}

/* Which of an entry's words decide what differs; the entry itself, if it is new or gone. */
static struct verdict entry_change(struct explaining *x, struct str key, const struct difference *d)
{
	bool is_own = d->what == DIFFERENCE_MODE || d->what == DIFFERENCE_OWNER;
	struct verdict words = { .kind = VERDICT_NONE }, rest = { .kind = VERDICT_NONE };

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];
		enum difference_what decides;

		if (!diff_change_is_below(c, key))
			continue;
		if (c->key.len == key.len)
			return verdict_of(c);
		decides = decided_by((struct str){ c->key.ptr + key.len + 1,
						   c->key.len - key.len - 1 });
		if (decides == d->what)
			verdict_add(&words, c);
		else if (!decides && is_of_input(d))
			verdict_add(&rest, c);
	}
	return is_own && words.kind ? words : rest;
}

static struct verdict recipe_change(struct explaining *x, const struct causes *c,
				    const struct cause *cause, const struct difference *d)
{
	const struct causes_key *key = key_at(c, line_of(x, cause));
	struct diff_change *input = NULL;
	struct verdict v;

	if (!key)
		return verdict_of(NULL);
	v = entry_change(x, key->key, d);
	if (!v.kind && is_of_input(d))
		input = input_change(x, c, key->key, d->path);
	if (input && !input->asked.len)
		input->asked = key->at;
	if (!input && str_has_prefix(key->key, STR("certificates.")))
		input = change_named(x, "lock.inputs.",
				     (struct str){ key->key.ptr + 13, key->key.len - 13 });
	verdict_add(&v, v.kind ? NULL : input);
	return v;
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

/* Where the recipe says the number of an account, or has it anew. */
static struct diff_change *account_number_change(struct explaining *x, const char *kind,
						 struct str name)
{
	static const char *const endings[] = { ".uid", ".gid", ".system", "" };
	struct diff_change *c = NULL;

	for (size_t i = 0; !c && i < sizeof(endings) / sizeof(*endings); i++)
		c = diff_change_key(x->changes, arena_printf(&x->arena, "%s." STR_FMT "%s", kind,
							     STR_ARG(name), endings[i]));
	return c;
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
		return c ? c : account_number_change(x, kind, name);
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

/* "990:990" -> "991:991". A group of a user's own moves with the user. */
static struct verdict owner_change(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };
	size_t n, m;

	if (d->what != DIFFERENCE_OWNER || !d->a.ptr || !d->b.ptr)
		return v;
	n = str_find_char(d->a, ':');
	m = str_find_char(d->b, ':');
	verdict_add(&v, id_change(x, "users", before(d->a, n), before(d->b, m)));
	if (!v.kind || !str_equal(before(d->a, n), after(d->a, n)))
		verdict_add(&v, id_change(x, "groups", after(d->a, n), after(d->b, m)));
	return v;
}

/* ---- times ---- */

/* Whether that side's time is its epoch: all times are at most that. */
static bool is_epoch(const struct causes *c, struct str time)
{
	const struct causes_key *k = c ? causes_key(c, STR("lock.epoch")) : NULL;

	return k && time.ptr && str_equal(unquoted(k->value), time);
}

/* What both have from the epoch, whatever else changed; else what the file is from comes first. */
static struct diff_change *time_change(const struct explaining *x, const struct difference *d,
				       bool only_epochs)
{
	struct diff_change *epoch = diff_change_key(x->changes, "lock.epoch");

	if (d->what != DIFFERENCE_MTIME ||
	    (only_epochs && !(is_epoch(x->changes->a, d->a) && is_epoch(x->changes->b, d->b))))
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
	return whole && !whole->is_origin ? whole : NULL;
}

/* The same, if the side that lacks the path is the one whose pattern it is. */
static struct diff_change *own_exclude_change(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = d->what == DIFFERENCE_PRESENCE ? exclude_change(x, d) : NULL;

	if (!c || !str_has_prefix(c->key, STR("exclude./")) || c->is_origin)
		return NULL;
	return !c->a.ptr == !d->b.ptr && !c->b.ptr == !d->a.ptr ? c : NULL;
}

static struct diff_change *left_out_change(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = NULL;

	if (d->what != DIFFERENCE_PRESENCE)
		return NULL;
	c = exclude_change(x, d);
	if (!c)
		c = diff_change_key(x->changes, "essential");
	if (c && c->is_origin && (c->a.ptr ? d->a.ptr : d->b.ptr))
		return NULL; /* it is there */
	return c;
}

/* ---- one cause ---- */

/* What a script did: another script, another answer, another answer to debconf. */
static struct verdict script_change(struct explaining *x, struct str package)
{
	struct str answer =
		str_of(arena_printf(&x->arena, "scripts." STR_FMT "/", STR_ARG(package)));
	struct str debconf =
		str_of(arena_printf(&x->arena, "debconf." STR_FMT "/", STR_ARG(package)));
	struct verdict v = verdict_of(diff_change_package(x->changes, package));

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];

		if ((str_has_prefix(c->key, answer) || str_has_prefix(c->key, debconf)) &&
		    !(c->is_origin && v.n))
			verdict_add(&v, c);
	}
	return v;
}

static struct verdict rule_change(struct explaining *x, struct str rule, const struct difference *d)
{
	if (str_equal_cstr(rule, "grow"))
		return VERDICT_OF_KEYS(x, "target.root.grow", "target.root.type");
	if (str_equal_cstr(rule, "essential: false"))
		return VERDICT_OF_KEYS(x, "essential");
	if (str_equal_cstr(rule, "hold-kernel"))
		return verdict_of(explain_kernel(x));
	if (str_equal_cstr(rule, "exclude"))
		return verdict_of(exclude_change(x, d));
	return verdict_of(NULL);
}

static struct verdict change_of(struct explaining *x, const struct causes *side,
				const struct cause *c, const struct difference *d)
{
	if (!c)
		return verdict_of(NULL);
	switch (c->kind) {
	case CAUSE_PACKAGE:
		return verdict_of(diff_change_package(x->changes, c->who));
	case CAUSE_SCRIPT:
		return script_change(x, c->who);
	case CAUSE_RECIPE:
		return recipe_change(x, side, c, d);
	case CAUSE_RULE:
		return rule_change(x, c->who, d);
	default:
		return verdict_of(NULL);
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

/* Whether all of it came with @b (or was there in @a only). */
static bool is_all_on(const struct verdict *v, bool b)
{
	for (size_t i = 0; i < v->n; i++)
		if (b ? v->changes[i]->a.ptr != NULL : v->changes[i]->b.ptr != NULL)
			return false;
	return v->n > 0;
}

/*
 * Each side has it from something else, and that changed on both: what came now covers what
 * was, what is gone uncovers what is there. Of two versions each has its part.
 */
static struct verdict of_both(const struct verdict *a, const struct verdict *b)
{
	struct verdict v = *b;

	if (!a->kind || !b->kind)
		return a->kind ? *a : *b;
	if (is_all_on(b, true) && !is_all_on(a, false))
		return *b;
	if (is_all_on(a, false) && !is_all_on(b, true))
		return *a;
	verdict_add_all(&v, a);
	return v;
}

static struct verdict by_own_cause(struct explaining *x, const struct difference *d,
				   const struct sides *s)
{
	const struct diff_changes *c = x->changes;
	struct verdict a = change_of(x, c->a, aspect(s->a, d->what), d);
	struct verdict b = change_of(x, c->b, aspect(s->b, d->what), d);

	/* Why it is not there says more than why it is. */
	if (s->a && s->a->removed && a.kind)
		return a;
	if (s->b && s->b->removed && b.kind)
		return b;
	/* Only one side has it, and that side's cause is all there is. */
	if (d->what == DIFFERENCE_PRESENCE && (!s->a || !s->b))
		return b.kind ? b : a;
	return of_both(&a, &b);
}

static struct verdict by_side(struct explaining *x, const struct difference *d,
			      const struct sides *s)
{
	const struct cause *a = aspect(s->a, d->what), *b = aspect(s->b, d->what);
	struct verdict v = verdict_of(time_change(x, d, true));

	if (!v.kind)
		v = verdict_of(own_exclude_change(x, d));
	if (!v.kind)
		v = by_own_cause(x, d, s);
	if (!v.kind)
		v = owner_change(x, d);
	if (!v.kind)
		v = verdict_of(time_change(x, d, false));
	if (!v.kind)
		v = verdict_of(left_out_change(x, d));
	if (!v.kind)
		v = verdict_of(info_change(x, d->path));
	if (v.kind)
		return v;
	/* A database has one cause, and is made from much; names of a file come from anywhere. */
	if (!database_is_one(d->path) && d->what != DIFFERENCE_LINKS &&
	    (!a || is_unaccounted(a)) && (!b || is_unaccounted(b)))
		return verdict_unaccounted(x);
	return verdict_generated(x);
}

struct verdict explain_path(struct explaining *x, const struct difference *d)
{
	const struct diff_changes *c = x->changes;
	struct verdict v = { .kind = VERDICT_NONE };

	if (d->name.len && d->what != DIFFERENCE_XATTR)
		v = explain_record(x, d);
	if (v.kind == VERDICT_NONE && !c->a && !c->b) {
		struct diff_change *p = diff_change_package(c, d->package);

		return verdict_of(p ? p : info_change(x, d->path));
	}
	if (v.kind == VERDICT_NONE) {
		const struct sides s = { c->a ? causes_path(c->a, d->path) : NULL,
					 c->b ? causes_path(c->b, d->path) : NULL };

		v = by_side(x, d, &s);
	}
	return v;
}
