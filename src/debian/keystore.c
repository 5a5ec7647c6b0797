#include "debian/keystore.h"

#include "debian/certificates.h"
#include "debian/generators.h"
#include "debian/jks.h"

#define KEYSTORE_MAX (64u << 20) /* bytes; Mozilla's certificates take 200 KB */

static struct str base_name(struct str path)
{
	size_t start = path.len;

	while (start && path.ptr[start - 1] != '/')
		start--;
	return (struct str){ path.ptr + start, path.len - start };
}

static int load(struct debian *d, struct str password, struct jks *ret, struct error *err)
{
	struct str data;

	*ret = (struct jks){ .arena = d->arena };
	if (!tree_resolve(d->tree, STR(KEYSTORE_PATH), true))
		return DEBIAN_ABSENT;
	if (generator_read(d, STR(KEYSTORE_PATH), KEYSTORE_MAX, d->arena, &data, err) < 0)
		return -1;
	if (jks_decode(str_bytes(data), password, d->arena, ret, err) < 0)
		return err_while(err, "reading '/%s'", KEYSTORE_PATH);
	return 0;
}

/* The first certificate of the file; one that can't be read is passed over. */
static int set_entry(struct debian *d, struct jks *k, struct str path, struct str alias,
		     struct error *err)
{
	const struct node *file = tree_resolve(d->tree, path, true);
	struct jks_entry entry = { .alias = alias, .time = d->options->epoch * 1000 };
	struct str text;

	if (!file || file->inode->kind != NODE_FILE)
		return 0;
	if (generator_read(d, path, KEYSTORE_MAX, d->arena, &text, err) < 0)
		return -1;
	if (!certificate_from_pem(text, d->arena, &entry.der))
		return err_set(err, ERR_UNSUPPORTED, "'" STR_FMT "' is not one certificate",
			       STR_ARG(path));
	jks_set(k, entry);
	return 0;
}

static int apply(struct debian *d, struct jks *k, struct str line, struct error *err)
{
	struct str path, alias;

	if (line.len < 2)
		return 0;
	path = (struct str){ line.ptr + 1, line.len - 1 };
	if (!jks_alias(d->arena,
		       str_of(arena_printf(d->arena, "debian:" STR_FMT, STR_ARG(base_name(path)))),
		       &alias))
		return err_set(err, ERR_UNSUPPORTED,
			       "the name '" STR_FMT "' has letters whose lower case is not known",
			       STR_ARG(base_name(path)));
	if (*line.ptr == '+')
		return set_entry(d, k, path, alias, err);
	if (*line.ptr == '-')
		jks_remove(k, alias);
	return 0;
}

int keystore_update(struct debian *d, struct str changes, struct str password, cause_id cause,
		    struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(KEYSTORE_MAX);
	struct str line;
	struct jks k;
	size_t size = 64;

	if (load(d, password, &k, err) < 0)
		return -1;
	while (str_split(&changes, '\n', &line))
		if (apply(d, &k, line, err) < 0)
			return -1;
	for (size_t i = 0; i < k.n; i++)
		size += k.entries[i].alias.len + k.entries[i].der.len + 64;
	if (size > KEYSTORE_MAX)
		return err_set(err, ERR_LIMIT, "the keystore has more than %u bytes", KEYSTORE_MAX);
	jks_encode(&k, password, &data);
	return generator_write(d, STR(KEYSTORE_PATH), buf_bytes(&data), 0644, cause, err);
}

int keystore_aliases(struct debian *d, struct str password, struct str **ret, size_t *ret_n,
		     struct error *err)
{
	struct jks k;
	int r = load(d, password, &k, err);

	if (r)
		return r;
	*ret = arena_array(d->arena, k.n, sizeof(**ret));
	for (size_t i = 0; i < k.n; i++)
		(*ret)[i] = k.entries[i].alias;
	*ret_n = k.n;
	return 0;
}
