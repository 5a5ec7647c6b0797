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

/* "app", or "www-data has app": whose account. */
static struct diff_change *account_change(struct explaining *x, struct str name)
{
	static const char *const lists[] = { "users.", "groups.", "lock.ids.users.",
					     "lock.ids.groups." };
	const char *has = memmem(name.ptr, name.len, " has ", 5);
	struct str first = has ? (struct str){ name.ptr, (size_t)(has - name.ptr) } : name;
	struct str member = has ? (struct str){ has + 5, name.len - first.len - 5 } : STR("");

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct diff_change *c = NULL;

		if (member.len)
			c = diff_change_below(x->changes,
					      str_of(arena_printf(&x->arena, "%s" STR_FMT, lists[i],
								  STR_ARG(member))));
		if (!c)
			c = diff_change_below(x->changes,
					      str_of(arena_printf(&x->arena, "%s" STR_FMT, lists[i],
								  STR_ARG(first))));
		if (c)
			return c;
	}
	return NULL;
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

		if (c->kind != DIFFERENCE_BY_PACKAGE ||
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

	if (is_one_of(d->path, accounts)) {
		c = account_change(x, d->name);
	} else if (is_one_of(d->path, packages)) {
		struct str name = { d->name.ptr, str_find_char(d->name, ':') };

		c = diff_change_package(x->changes, name);
	} else if (str_equal_cstr(d->path, "etc/ld.so.cache")) {
		struct verdict v = library(x, d);

		if (v.kind == VERDICT_CHANGE)
			return v;
	}
	return verdict_of(c ? c : named_package(x, d));
}
