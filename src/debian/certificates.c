/* update-ca-certificates, a script that ships with its package, over the finished tree. */
#include "debian/certificates.h"

#include <stdlib.h>

#include "debian/effects.h"
#include "debian/generators.h"
#include "debian/keystore.h"
#include "debian/rehash.h"

#define BUNDLE_MAX (64u << 20) /* bytes */
#define CONF       "etc/ca-certificates.conf"
#define SHIPPED    "usr/share/ca-certificates"
#define LOCAL      "usr/local/share/ca-certificates"
#define STORE      "etc/ssl/certs"

struct paths {
	struct str *list;
	size_t n, capacity;
};

static int compare_str(const void *x, const void *y)
{
	const struct str *a = x, *b = y;

	return str_compare(*a, *b);
}

/* Paths of *.crt below @folder, relative to it, sorted bytewise. */
static struct paths find_certificates(struct debian *d, const char *folder)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	struct node *top = tree_resolve(d->tree, str_of(folder), true), *node;
	struct paths found = { 0 };
	struct tree_iter it;
	size_t skip;

	if (!top || top->inode->kind != NODE_DIRECTORY)
		return found;
	tree_path(top, &path);
	skip = path.len + 1;
	it = tree_iter(d->tree, top);
	while ((node = tree_next(&it))) {
		const struct node *file;

		buf_reset(&path);
		tree_path(node, &path);
		if (path.len <= skip || !str_has_suffix(node->name, STR(".crt")))
			continue;
		file = tree_resolve(d->tree, buf_str(&path), true);
		if (!file || file->inode->kind != NODE_FILE)
			continue;
		ARENA_GROW(d->arena, found.list, found.n, found.capacity);
		found.list[found.n++] = arena_str(
			d->arena, (struct str){ (char *)path.ptr + skip, path.len - skip });
	}
	if (found.n)
		qsort(found.list, found.n, sizeof(*found.list), compare_str);
	return found;
}

/* certificates: as the postinst of ca-certificates, all that are shipped */
int effect_certificates(const struct effect_context *c, const struct str *word, size_t n,
			struct error *err)
{
	struct paths all = find_certificates(c->d, SHIPPED);
	CLEANUP_BUF struct buf text = BUF_INIT(BUNDLE_MAX);
	struct str head;

	(void)word;
	(void)n;
	debian_want(c->d, "certificates", STR(""), c->cause);
	if (tree_resolve(c->d->tree, STR(CONF), true))
		return 0;
	if (heredoc_find(c->d, c->script, STR("/etc/ca-certificates.conf"), &head, err) < 0)
		return -1;
	buf_add_str(&text, head);
	for (size_t i = 0; i < all.n; i++)
		buf_printf(&text, STR_FMT "\n", STR_ARG(all.list[i]));
	return tree_write_file(c->d->tree, STR(CONF), buf_bytes(&text), 0644, c->cause, NULL, err);
}


/* update-ca-certificates, without --fresh; what it did goes to hooks. */
struct update {
	struct debian *d;
	cause_id cause;
	struct buf bundle;
	struct buf changes; /* "+/etc/ssl/certs/X.pem\n" */
};

/* "Some CA (2020).crt" is linked as "Some_CA_=2020=.pem"; removing forgets the rules. */
static char *link_name(struct debian *d, struct str path, bool plain)
{
	size_t start = path.len;
	char *name;

	while (start && path.ptr[start - 1] != '/')
		start--;
	name = arena_printf(d->arena, "/" STORE "/%.*s", (int)(path.len - start),
			    path.ptr + start);
	if (str_has_suffix(str_of(name), STR(".crt")))
		name[strlen(name) - 4] = '\0';
	for (char *p = name + sizeof(STORE) + 1; *p && !plain; p++)
		*p = *p == ' ' || *p == ',' ? '_' : *p == '(' || *p == ')' ? '=' : *p;
	return arena_printf(d->arena, "%s.pem", name);
}

static int add_link(struct update *u, struct str path, struct error *err)
{
	char *name = link_name(u->d, path, false);
	const struct node *link = tree_resolve(u->d->tree, str_of(name), false);
	struct node *made;

	if (link && link->inode->kind == NODE_SYMLINK && str_equal(link->inode->target, path) &&
	    tree_resolve(u->d->tree, str_of(name), true))
		return 0;
	buf_add_char(&u->changes, '+');
	buf_add_cstr(&u->changes, name);
	buf_add_char(&u->changes, '\n');
	if (tree_write_symlink(u->d->tree, str_of(name), path, u->cause, &made, err) < 0)
		return -1;
	tree_set_mtime(made, u->d->options->epoch);
	return 0;
}

/* A line of the configuration that names no certificate is passed over with a warning. */
static int add_certificate(struct update *u, const char *folder, struct str name,
			   struct error *err)
{
	struct str path = str_of(arena_printf(u->d->arena, "/%s/" STR_FMT, folder, STR_ARG(name)));
	struct str text;
	int r = debian_read(u->d, path, &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (u->bundle.len + text.len + 1 > BUNDLE_MAX)
		return err_set(err, ERR_LIMIT, "the certificates have more than %u bytes",
			       BUNDLE_MAX);
	buf_add_str(&u->bundle, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_add_char(&u->bundle, '\n');
	return add_link(u, path, err);
}

static void remove_certificate(struct update *u, struct str name)
{
	char *link = link_name(u->d, name, true);
	struct node *node = tree_resolve(u->d->tree, str_of(link), false);

	if (!node || node->inode->kind != NODE_SYMLINK)
		return;
	buf_printf(&u->changes, "-%s\n", link);
	tree_remove(u->d->tree, node, u->cause);
}

/* Lines "!NAME" first, then the others. */
static int enabled(struct update *u, struct error *err)
{
	struct str text, rest, line;
	int r = debian_read(u->d, STR(CONF), &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	rest = text;
	while (str_split(&rest, '\n', &line))
		if (line.len && *line.ptr == '!')
			remove_certificate(u, (struct str){ line.ptr + 1, line.len - 1 });
	while (str_split(&text, '\n', &line))
		if (line.len && *line.ptr != '#' && *line.ptr != '!' &&
		    add_certificate(u, SHIPPED, line, err) < 0)
			return -1;
	return 0;
}

/* Links that lead nowhere would make openssl rehash fail. */
static void remove_orphans(struct update *u, struct node *store)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct tree_iter it = tree_iter(u->d->tree, store);
	struct node *node, **orphans = NULL;
	size_t n = 0, capacity = 0;

	while ((node = tree_next(&it))) {
		buf_reset(&path);
		tree_path(node, &path);
		if (node->inode->kind != NODE_SYMLINK ||
		    tree_resolve(u->d->tree, buf_str(&path), true))
			continue;
		ARENA_GROW(u->d->arena, orphans, n, capacity);
		orphans[n++] = node;
	}
	for (size_t i = 0; i < n; i++)
		tree_remove(u->d->tree, orphans[i], u->cause);
}

static int run(struct update *u, struct error *err)
{
	struct paths local = find_certificates(u->d, LOCAL);
	struct node *store;
	bool failed = false;

	if (tree_make_folders(u->d->tree, STR(STORE), u->cause, &store, err) < 0 ||
	    enabled(u, err) < 0)
		return -1;
	for (size_t i = 0; i < local.n; i++)
		if (add_certificate(u, LOCAL, local.list[i], err) < 0)
			return -1;
	if (u->changes.len) {
		remove_orphans(u, store);
		if (rehash_folder(u->d, store, u->cause, &failed, err) < 0)
			return -1;
	}
	if (u->bundle.len && generator_write(u->d, STR(STORE "/ca-certificates.crt"),
					     buf_bytes(&u->bundle), 0644, u->cause, err) < 0)
		return -1;
	if (u->changes.len && tree_resolve(u->d->tree, STR(KEYSTORE_PATH), true))
		return keystore_update(u->d, buf_str(&u->changes), STR(KEYSTORE_PASSWORD),
				       u->cause, err);
	return 0;
}

int generate_certificates(struct debian *d, struct str argument, cause_id cause,
			  struct error *err)
{
	struct update u = {
		.d = d,
		.cause = cause,
		.bundle = BUF_INIT(BUNDLE_MAX),
		.changes = BUF_INIT(BUNDLE_MAX),
	};
	int r;

	(void)argument;
	r = run(&u, err);
	buf_release(&u.bundle);
	buf_release(&u.changes);
	return r < 0 ? err_while(err, "updating the store of certificates") : 0;
}
