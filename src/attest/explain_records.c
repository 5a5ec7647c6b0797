#define _GNU_SOURCE
/* Records of databases: whom they are of, they say themselves. */
#include "attest/diff_explain_private.h"

#include "base/buf.h"

static bool is_one_of(struct str path, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (str_equal_cstr(path, names[i]))
			return true;
	return false;
}

#define KEYS_MAX 5

/* By field of a record, from the colon behind the name on: what decides it. "%" is the name. */
struct account_field {
	const char *keys[KEYS_MAX]; /* the later ones if the earlier ones are as they were */
};

static const struct account_field passwd_fields[] = {
	{ { NULL } }, /* nothing before the colon; the placeholder of a password is left out */
	{ { "users.%.uid", "users.%.system", "lock.ids.users.%" } },
	{ { "users.%.gid", "lock.ids.groups.%", "users.%.uid", "users.%.system",
	    "lock.ids.users.%" } },
	{ { "users.%.gecos" } },
	{ { "users.%.home" } },
	{ { "users.%.shell" } },
};

static const struct account_field group_fields[] = {
	{ { NULL } },
	{ { "groups.%.gid", "users.%.gid", "lock.ids.groups.%", "users.%.uid",
	    "lock.ids.users.%" } },
	{ { "groups.%.members" } },
};

static const struct account_field shadow_fields[] = {
	{ { NULL } },
	{ { "users.%.password" } },
	{ { "epoch", "lock.epoch" } }, /* the day of the last change */
};

static const struct account_field *fields_of(struct str path, size_t *ret_n)
{
	*ret_n = sizeof(passwd_fields) / sizeof(*passwd_fields);
	if (str_has_prefix(path, STR("etc/passwd")))
		return passwd_fields;
	*ret_n = sizeof(shadow_fields) / sizeof(*shadow_fields);
	if (str_has_prefix(path, STR("etc/shadow")))
		return shadow_fields;
	*ret_n = str_has_prefix(path, STR("etc/group")) ?
			 sizeof(group_fields) / sizeof(*group_fields) :
			 0;
	return group_fields;
}

/* What is at @key, where a '%' stands for @name, or below it. */
static void add_key(struct explaining *x, const char *key, struct str name, struct verdict *to)
{
	size_t n = strcspn(key, "%");
	const char *rest = key[n] ? key + n + 1 : "";
	const char *whole = arena_printf(&x->arena, "%.*s" STR_FMT "%s", (int)n, key,
					 STR_ARG(key[n] ? name : STR("")), rest);
	struct verdict v = VERDICT_OF_KEYS(x, whole);

	verdict_add_all(to, &v);
}

static void add_field(struct explaining *x, const struct account_field *f, struct str name,
		      struct verdict *to)
{
	size_t before = to->n;

	for (size_t i = 0; i < KEYS_MAX && f->keys[i] && to->n == before; i++)
		add_key(x, f->keys[i], name, to);
}

static void add_exact(struct explaining *x, const char *list, struct str name, struct verdict *to)
{
	verdict_add(to, diff_change_key(x->changes, arena_printf(&x->arena, "%s" STR_FMT, list,
								 STR_ARG(name))));
}

/* Field by field of "x:990:990::/home:/bin/sh". */
static struct verdict fields_change(struct explaining *x, const struct difference *d)
{
	struct str a = d->a, b = d->b, of_a, of_b;
	struct verdict v = { .kind = VERDICT_NONE };
	size_t n;
	const struct account_field *fields = fields_of(d->path, &n);

	for (size_t i = 0; i < n && str_split(&a, ':', &of_a) && str_split(&b, ':', &of_b); i++)
		if (!str_equal(of_a, of_b))
			add_field(x, &fields[i], d->name, &v);
	return v;
}

/* "app", or "www-data has app": whose account. */
static struct verdict account_change(struct explaining *x, const struct difference *d)
{
	const char *has = memmem(d->name.ptr, d->name.len, " has ", 5);
	struct str first = has ? (struct str){ d->name.ptr, (size_t)(has - d->name.ptr) } : d->name;
	struct str member = has ? (struct str){ has + 5, d->name.len - first.len - 5 } : STR("");
	struct verdict v = { .kind = VERDICT_NONE };

	if (has)
		add_exact(x, "users.", member, &v);
	add_exact(x, "users.", first, &v);
	add_exact(x, "groups.", first, &v);
	if (v.kind)
		return v;
	if (has) {
		add_key(x, "users.%.groups", member, &v);
		add_key(x, "groups.%.members", first, &v);
		return v;
	}
	return d->a.ptr && d->b.ptr ? fields_change(x, d) : v;
}

/* A library in the cache: the cause of the file that it names. */
static struct verdict library(struct explaining *x, const struct difference *d)
{
	struct str path = d->b.ptr ? d->b : d->a;
	struct difference file = *d;
	const struct tree *t = d->b.ptr ? x->in->tree_b : x->in->tree_a;
	const struct node *n = t ? tree_resolve(t, path, false) : NULL;
	struct buf text = BUF_INIT(1u << 20);

	if (!n)
		return (struct verdict){ .kind = VERDICT_NONE };
	tree_path(n, &text);
	file.path = arena_str(&x->arena, buf_str(&text));
	buf_release(&text);
	file.name = STR("");
	return explain_path(x, &file);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

/* Whether @text names the package, as a word. */
static bool names_package(struct str text, struct str package)
{
	const char *at = text.ptr;
	size_t left = text.len;

	while (left && (at = memmem(at, left, package.ptr, package.len))) {
		const char *end = at + package.len;

		if ((at == text.ptr || !is_word(at[-1])) &&
		    (end == text.ptr + text.len || !is_word(*end)))
			return true;
		at++;
		left = (size_t)(text.ptr + text.len - at);
	}
	return false;
}

/* The only package that changed and that the record names. */
static struct diff_change *named_package(const struct explaining *x, const struct difference *d)
{
	struct diff_change *found = NULL;

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];
		struct str value = d->b.ptr ? d->b : d->a;

		if (c->kind != DIFFERENCE_BY_PACKAGE || c->is_origin ||
		    (!names_package(d->name, c->key) && !names_package(value, c->key)))
			continue;
		if (found)
			return NULL;
		found = c;
	}
	return found;
}

struct verdict explain_record(struct explaining *x, const struct difference *d)
{
	static const char *const accounts[] = { "etc/passwd",  "etc/passwd-",  "etc/shadow",
						"etc/shadow-", "etc/group",    "etc/group-",
						"etc/gshadow", "etc/gshadow-", "etc/subuid",
						"etc/subuid-", "etc/subgid",   "etc/subgid-",
						NULL };
	static const char *const packages[] = { "var/lib/dpkg/status", "var/lib/dpkg/status-old",
						"var/lib/dpkg/available",
						"var/lib/apt/extended_states", NULL };
	struct diff_change *c = NULL;
	struct verdict v = { .kind = VERDICT_NONE };

	if (is_one_of(d->path, accounts)) {
		v = account_change(x, d);
		if (v.kind)
			return v;
	} else if (is_one_of(d->path, packages)) {
		struct str name = { d->name.ptr, str_find_char(d->name, ':') };

		c = diff_change_package(x->changes, name);
	} else if (str_equal_cstr(d->path, "etc/ld.so.cache")) {
		v = library(x, d);
		if (v.kind == VERDICT_CHANGE)
			return v;
	}
	return verdict_of(c ? c : named_package(x, d));
}
