#include "debian/rehash.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "debian/certificates.h"
#include "debian/generators.h"

#define PEM_MAX (16u << 20)   /* bytes of one file */
#define REHASH_ENTRIES 10000u /* they are searched in turn within a hash */
#define NO_NUMBER UINT16_MAX

/* A file by name that has, or needs, a link of a hash. */
struct entry {
	struct str name;
	uint32_t hash;
	bool is_crl;	 /* links HASH.rN */
	bool needs;	 /* it is a certificate of this folder */
	uint16_t number; /* that it has now, or NO_NUMBER */
	uint8_t fingerprint[SHA1_SIZE];
};

struct rehash {
	struct debian *d;
	struct node *dir;
	cause_id cause;
	struct entry *entries; /* in the order of discovery */
	size_t n, capacity;
	bool failed;
};

static bool same_bucket(const struct entry *a, const struct entry *b)
{
	return a->hash == b->hash && a->is_crl == b->is_crl;
}

/* @fingerprint NULL: @number is known from a link, and nothing else. */
static int add(struct rehash *r, struct entry new, const uint8_t *fingerprint, struct error *err)
{
	struct entry *found = NULL;

	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->entries[i];

		if (!same_bucket(e, &new))
			continue;
		if (fingerprint && memcmp(fingerprint, e->fingerprint, SHA1_SIZE) == 0)
			return 0; /* "skipping duplicate" */
		if (str_equal(e->name, new.name)) {
			found = e;
			if (!fingerprint)
				break;
		}
	}
	if (!found) {
		if (r->n == REHASH_ENTRIES)
			return err_set(err, ERR_LIMIT, "a folder of certificates has more than %u",
				       REHASH_ENTRIES);
		ARENA_GROW(r->d->arena, r->entries, r->n, r->capacity);
		found = &r->entries[r->n++];
		*found = (struct entry){ .name = new.name,
					 .hash = new.hash,
					 .is_crl = new.is_crl,
					 .number = NO_NUMBER };
	}
	if (new.number < found->number)
		found->number = new.number;
	if (fingerprint && !found->needs) {
		found->needs = true;
		memcpy(found->fingerprint, fingerprint, SHA1_SIZE);
	}
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "002c0b4f.0", "002c0b4f.r12" */
static bool parse_link(struct str name, struct entry *ret)
{
	struct str rest;
	uint64_t number;

	if (name.len < 10 || name.ptr[8] != '.')
		return false;
	*ret = (struct entry){ 0 };
	for (size_t i = 0; i < 8; i++) {
		int digit = hex_digit(name.ptr[i]);

		if (digit < 0)
			return false;
		ret->hash = ret->hash << 4 | (uint32_t)digit;
	}
	rest = (struct str){ name.ptr + 9, name.len - 9 };
	ret->is_crl = *rest.ptr == 'r' || *rest.ptr == 'R';
	if (ret->is_crl)
		rest = (struct str){ rest.ptr + 1, rest.len - 1 };
	if (!str_parse_u64(rest, &number) || number >= NO_NUMBER)
		return false;
	ret->number = (uint16_t)number;
	return true;
}

static bool has_ending(struct str name)
{
	static const char *const endings[] = { "pem", "crt", "cer", "crl" };
	size_t dot = name.len;

	while (dot && name.ptr[dot - 1] != '.')
		dot--;
	for (size_t i = 0; dot && i < 4; i++) {
		bool same = name.len - dot == 3;

		for (size_t k = 0; same && k < 3; k++)
			same = (name.ptr[dot + k] | 0x20) == endings[i][k];
		if (same)
			return true;
	}
	return false;
}

/*
 * How many certificates a PEM text has. -1: there are lists of revocation, keys or
 * other kinds that OpenSSL would count in its own way.
 */
static int count_blocks(struct str text)
{
	const struct str begin = STR("-----BEGIN ");
	struct str line;
	int n = 0;

	while (str_split(&text, '\n', &line)) {
		if (!str_has_prefix(line, begin))
			continue;
		line = str_trim(line);
		if (str_has_suffix(line, STR(" PRIVATE KEY-----")) ||
		    str_has_suffix(line, STR(" CRL-----")) ||
		    str_equal_cstr(line, "-----BEGIN X509 CERTIFICATE-----") ||
		    str_equal_cstr(line, "-----BEGIN TRUSTED CERTIFICATE-----") ||
		    str_equal_cstr(line, "-----BEGIN PRIVATE KEY-----"))
			return -1;
		if (str_equal_cstr(line, "-----BEGIN CERTIFICATE-----"))
			n++;
	}
	return n;
}

static int look_at_file(struct rehash *r, const struct node *node, struct str path,
			struct error *err)
{
	struct entry new = { .name = node->name, .number = NO_NUMBER };
	const struct node *file = tree_resolve(r->d->tree, path, true);
	uint8_t fingerprint[SHA1_SIZE];
	struct bytes der;
	struct str text;
	int n;

	if (!has_ending(node->name))
		return 0;
	if (!file || file->inode->kind != NODE_FILE) {
		r->failed |= !file;
		return 0;
	}
	if (generator_read(r->d, path, PEM_MAX, r->d->arena, &text, err) < 0)
		return -1;
	n = count_blocks(text);
	if (n == 0 || n > 1)
		return 0; /* "does not contain exactly one certificate" */
	if (n < 0 || !certificate_from_pem(text, r->d->arena, &der) ||
	    !certificate_subject_hash(der, &new.hash))
		return err_set(err, ERR_UNSUPPORTED,
			       "'" STR_FMT "' is not one certificate as openssl rehash takes it",
			       STR_ARG(path));
	return add(r, new, hash_sha1(der, fingerprint), err);
}

static int look_at(struct rehash *r, const struct node *node, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct entry link;

	if (node->inode->kind == NODE_SYMLINK && parse_link(node->name, &link)) {
		link.name = node->inode->target;
		return add(r, link, NULL, err);
	}
	if (node->inode->kind == NODE_DIRECTORY)
		return 0;
	buf_add_char(&path, '/');
	tree_path(node, &path);
	return look_at_file(r, node, arena_str(r->d->arena, buf_str(&path)), err);
}

static struct str link_name(struct rehash *r, const struct entry *e, unsigned number)
{
	return str_of(
		arena_printf(r->d->arena, "%08x.%s%u", e->hash, e->is_crl ? "r" : "", number));
}

static void put_link(struct rehash *r, const struct entry *e, unsigned number)
{
	const struct inode link = {
		.kind = NODE_SYMLINK, .mode = 0777, .target = e->name, .mtime = r->d->options->epoch
	};

	tree_put(r->d->tree, r->dir, link_name(r, e, number), &link, r->cause);
}

/* All entries of the bucket of r->entries[first], in which nothing came before it. */
static void link_bucket(struct rehash *r, size_t first)
{
	const struct entry *bucket = &r->entries[first];
	bool *taken;
	unsigned needed = 0, next = 0;

	for (size_t i = first; i < r->n; i++)
		needed += same_bucket(bucket, &r->entries[i]) && r->entries[i].needs;
	taken = arena_array(r->d->arena, needed + 1, sizeof(*taken));
	for (size_t i = first; i < r->n; i++)
		if (same_bucket(bucket, &r->entries[i]) && r->entries[i].number < needed)
			taken[r->entries[i].number] = true;
	for (size_t i = first; i < r->n; i++) {
		const struct entry *e = &r->entries[i];
		struct node *old;

		if (!same_bucket(bucket, e) || e->number < needed)
			continue;
		if (e->needs) {
			while (taken[next])
				next++;
			taken[next] = true;
			put_link(r, e, next);
			continue;
		}
		old = tree_child(r->d->tree, r->dir, link_name(r, e, e->number));
		if (old)
			tree_remove(r->d->tree, old, r->cause);
	}
}

static bool is_first(const struct rehash *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_bucket(&r->entries[i], &r->entries[at]))
			return false;
	return true;
}

int rehash_folder(struct debian *d, struct node *dir, cause_id cause, bool *ret_failed,
		  struct error *err)
{
	struct rehash r = { .d = d, .dir = dir, .cause = cause };
	struct node *const *child;
	size_t n = tree_children(dir, &child);

	for (size_t i = 0; i < n; i++)
		if (look_at(&r, child[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r.n; i++)
		if (is_first(&r, i))
			link_bucket(&r, i);
	*ret_failed = r.failed;
	return 0;
}
