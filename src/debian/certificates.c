/* update-ca-certificates and openssl rehash (debian.md 5.10). */
#include "debian/certificates.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "debian/effects.h"
#include "debian/generators.h"

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
	if (tree_resolve(c->d->tree, STR(CONF), true))
		return 0;
	if (heredoc_find(c->d, c->script, STR("/etc/ca-certificates.conf"), &head, err) < 0)
		return -1;
	buf_add_str(&text, head);
	for (size_t i = 0; i < all.n; i++)
		buf_printf(&text, STR_FMT "\n", STR_ARG(all.list[i]));
	return tree_write_file(c->d->tree, STR(CONF), buf_bytes(&text), 0644, c->cause, NULL, err);
}

/* Lines of the configuration that name a certificate; without one, all shipped. */
static int enabled_certificates(struct debian *d, struct paths *ret, struct error *err)
{
	struct str text, line;
	int r = debian_read(d, STR(CONF), &text, err);

	*ret = (struct paths){ 0 };
	if (r < 0)
		return -1;
	if (r == DEBIAN_ABSENT)
		*ret = find_certificates(d, SHIPPED);
	while (r == 0 && str_split(&text, '\n', &line)) {
		if (!line.len || *line.ptr == '#' || *line.ptr == '!')
			continue;
		ARENA_GROW(d->arena, ret->list, ret->n, ret->capacity);
		ret->list[ret->n++] = line;
	}
	return 0;
}

/* "Some CA (2020).crt" is linked as "Some_CA_=2020=.pem". */
static char *link_name(struct debian *d, struct str path)
{
	size_t start = path.len;
	char *name;

	while (start && path.ptr[start - 1] != '/')
		start--;
	name = arena_printf(d->arena, STORE "/%.*s.pem", (int)(path.len - start - 4),
			    path.ptr + start);
	for (char *p = name; *p; p++)
		*p = *p == ' ' || *p == ',' ? '_' : *p == '(' || *p == ')' ? '=' : *p;
	return name;
}

static int add_certificate(struct debian *d, const char *folder, struct str name, cause_id cause,
			   struct buf *bundle, struct error *err)
{
	char *path = arena_printf(d->arena, "/%s/" STR_FMT, folder, STR_ARG(name));
	struct str text;
	int r;

	if (!str_has_suffix(name, STR(".crt")))
		return 0;
	r = debian_read(d, str_of(path), &text, err);
	if (r)
		return r < 0 ? -1 : 0;
	if (tree_write_symlink(d->tree, str_of(link_name(d, name)), str_of(path), cause, NULL,
			       err) < 0)
		return -1;
	if (bundle->len + text.len + 1 > BUNDLE_MAX)
		return err_set(err, ERR_LIMIT, "the certificates have more than %u bytes",
			       BUNDLE_MAX);
	buf_add_str(bundle, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_add_char(bundle, '\n');
	return 0;
}

struct hashed {
	uint32_t hash;
	uint8_t fingerprint[SHA1_SIZE];
	struct str name;
};

static bool is_candidate(struct str name)
{
	return str_has_suffix(name, STR(".pem")) || str_has_suffix(name, STR(".crt")) ||
	       str_has_suffix(name, STR(".cer"));
}

/* The number that @h's link gets; -1 if the same certificate has one already. */
static int64_t number_of(const struct hashed *all, size_t n, const struct hashed *h)
{
	int64_t number = 0;

	for (size_t i = 0; i < n; i++) {
		if (all[i].hash != h->hash)
			continue;
		if (memcmp(all[i].fingerprint, h->fingerprint, SHA1_SIZE) == 0)
			return -1;
		number++;
	}
	return number;
}

static int hash_link(struct debian *d, struct node *node, struct hashed *all, size_t *n,
		     cause_id cause, struct error *err)
{
	char *path = arena_printf(d->arena, STORE "/" STR_FMT, STR_ARG(node->name));
	struct hashed h = { .name = node->name };
	struct bytes der;
	struct str text;
	int64_t number;
	int r = debian_read(d, str_of(path), &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (!certificate_from_pem(text, d->arena, &der) ||
	    !certificate_subject_hash(der, &h.hash))
		return 0;
	hash_sha1(der, h.fingerprint);
	number = number_of(all, *n, &h);
	if (number < 0)
		return 0;
	all[(*n)++] = h;
	path = arena_printf(d->arena, STORE "/%08x.%lld", h.hash, (long long)number);
	return tree_write_symlink(d->tree, str_of(path), node->name, cause, NULL, err);
}

/* As openssl rehash: files with one certificate, names in byte order. */
static int rehash(struct debian *d, cause_id cause, struct error *err)
{
	struct node *dir = tree_resolve(d->tree, STR(STORE), true);
	struct node *const *child;
	struct node **files;
	struct hashed *all;
	size_t n = 0, n_files = 0, n_all = 0;

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return 0;
	n = tree_children(dir, &child);
	files = arena_array(d->arena, n + 1, sizeof(struct node *));
	all = arena_array(d->arena, n + 1, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		if (is_candidate(child[i]->name) &&
		    !str_equal_cstr(child[i]->name, "ca-certificates.crt"))
			files[n_files++] = child[i];
	for (size_t i = 0; i < n_files; i++)
		if (hash_link(d, files[i], all, &n_all, cause, err) < 0)
			return -1;
	return 0;
}

int certificates_update(struct debian *d, struct error *err)
{
	cause_id cause = tree_cause_intern(d->tree, (struct cause){
		CAUSE_TRIGGER, STR("ca-certificates"), STR("update-ca-certificates") });

	return generate_certificates(d, STR(""), cause, err);
}

int generate_certificates(struct debian *d, struct str argument, cause_id cause,
			  struct error *err)
{
	struct paths local = find_certificates(d, LOCAL), shipped;
	CLEANUP_BUF struct buf bundle = BUF_INIT(BUNDLE_MAX);

	(void)argument;
	if (enabled_certificates(d, &shipped, err) < 0)
		return -1;
	for (size_t i = 0; i < shipped.n; i++)
		if (add_certificate(d, SHIPPED, shipped.list[i], cause, &bundle, err) < 0)
			return -1;
	for (size_t i = 0; i < local.n; i++)
		if (add_certificate(d, LOCAL, local.list[i], cause, &bundle, err) < 0)
			return -1;
	if (tree_write_file(d->tree, STR(STORE "/ca-certificates.crt"), buf_bytes(&bundle), 0644,
			    cause, NULL, err) < 0)
		return -1;
	return rehash(d, cause, err);
}
