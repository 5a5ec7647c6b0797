/* Whose signatures count: --key, else `trust:` of config.yaml. */
#include "pipeline/verify_private.h"

#include "base/limits.h"
#include "debian/glob.h"

#define KEYS_MAX 1000u /* each signature is tried with each of them */

static int load_key(struct verifying *v, const char *path, struct str role,
		    const struct machine_trust *trust, struct error *err)
{
	struct verify_key *k = &v->keys[v->n_keys];

	if (public_key_load(path, &k->key, err) < 0)
		return -1;
	k->path = arena_str(&v->r->arena, str_of(path));
	k->role = role;
	k->trust = trust;
	v->n_keys++;
	return 0;
}

static int load_trust(struct verifying *v, struct error *err)
{
	const struct machine *m = &v->c->machine;

	for (size_t i = 0; i < m->n_trust; i++) {
		const struct machine_trust *t = &m->trust[i];
		const char *path = arena_strdup(&v->r->arena, t->key);

		if (load_key(v, path, t->role, t, err) < 0)
			return err_while(err, "reading the keys that '%s' trusts", m->config_path);
	}
	return 0;
}

int verify_load_keys(struct verifying *v, struct error *err)
{
	size_t n = v->o->n_keys ? v->o->n_keys : v->c->machine.n_trust;

	if (n > KEYS_MAX)
		return err_set(err, ERR_LIMIT, "%zu keys; the limit is %u", n, KEYS_MAX);
	v->keys = arena_array(&v->r->arena, n, sizeof(*v->keys));
	if (!v->o->n_keys)
		return load_trust(v, err);
	for (size_t i = 0; i < n; i++)
		if (load_key(v, v->o->keys[i], STR(""), NULL, err) < 0)
			return -1;
	return 0;
}

void verify_release_keys(struct verifying *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		public_key_free(v->keys[i].key);
}

const struct verify_key *verify_key_by_id(const struct verifying *v, struct str hex)
{
	char id[DIGEST_HEX_MAX];

	for (size_t i = 0; i < v->n_keys; i++)
		if (str_equal_cstr(hex, digest_hex(public_key_id(v->keys[i].key), id)))
			return &v->keys[i];
	return NULL;
}

const char *verify_key_text(const struct verify_key *k, struct arena *arena)
{
	char id[DIGEST_HEX_MAX];

	return arena_printf(arena, "%s key %.16s (" STR_FMT ")",
			    key_type_name(public_key_type(k->key)),
			    digest_hex(public_key_id(k->key), id), STR_ARG(k->path));
}

/* One signature; its keyid is a hint, but it must be true as far as that can be told. */
static int check_one(const struct verifying *v, const struct dsse_envelope *e, size_t i,
		     const char *what, const struct verify_key **ret, struct error *err)
{
	const struct verify_key *named = verify_key_by_id(v, e->signatures[i].keyid);
	CLEANUP_ERR struct error why = ERR_INIT;
	struct dsse_envelope one = *e;

	one.signatures = &e->signatures[i];
	one.n_signatures = 1;
	for (size_t k = 0; k < v->n_keys && !*ret; k++) {
		const struct public_key *key = v->keys[k].key;
		bool valid = false;

		if (named && &v->keys[k] != named)
			continue;
		err_release(&why);
		if (dsse_verify(&one, &key, 1, &valid, &why))
			*ret = &v->keys[k];
	}
	if (*ret && !named && e->signatures[i].keyid.len)
		return err_set(err, ERR_SIGNATURE,
			       "the signature of '%s' is by %s, and says that it is by another key",
			       what, verify_key_text(*ret, &v->r->arena));
	if (!named || *ret == named)
		return 0;
	(void)err_move(err, &why);
	return err_while(err, "checking the signature of '%s' by %s", what,
			 verify_key_text(named, &v->r->arena));
}

int verify_envelope(const struct verifying *v, const struct dsse_envelope *e, const char *what,
		    const struct verify_key **ret, struct error *err)
{
	const struct verify_key *first = NULL;

	for (size_t i = 0; i < e->n_signatures; i++) {
		const struct verify_key *found = NULL;

		if (check_one(v, e, i, what, &found, err) < 0)
			return -1;
		if (!first)
			first = found;
	}
	*ret = first;
	return 0;
}

/*
 * "web-1.4.0-container-amd64.oci.tar" is of recipe "web": what comes before a version, a
 * target and an architecture. A version begins with a digit, so that a key for "web" does not
 * count for "web-admin-1.0-...".
 */
static bool is_recipe_end(struct str name, size_t at)
{
	size_t parts = 0;

	if (name.ptr[at] != '-' || at + 1 >= name.len || name.ptr[at + 1] < '0' ||
	    name.ptr[at + 1] > '9')
		return false;
	for (size_t i = at; i < name.len; i++)
		parts += name.ptr[i] == '-';
	return parts >= 3;
}

static bool is_listed(const struct machine_trust *t, struct str name)
{
	for (size_t i = 0; i < t->n_names; i++)
		if (glob_match(t->names[i], name))
			return true;
	return false;
}

/*
 * "db-16-1.0-container-amd64.oci.tar" is of version 16-1.0 of "db", or of "db-16": a key
 * counts if it is for each recipe that the name may be of.
 */
static bool covers(const struct machine_trust *t, struct str name, bool *ret_is_output)
{
	bool all = true;

	*ret_is_output = false;
	for (size_t at = 1; at < name.len; at++) {
		if (!is_recipe_end(name, at))
			continue;
		*ret_is_output = true;
		all = all && is_listed(t, (struct str){ name.ptr, at });
	}
	return *ret_is_output ? all : is_listed(t, name);
}

bool verify_key_covers(const struct verify_key *key, struct str name)
{
	bool is_output;

	return !key->trust || !key->trust->n_names || covers(key->trust, name, &is_output);
}

bool verify_key_covers_now(const struct verify_key *key, struct str name)
{
	bool is_output;

	return !key->trust || !key->trust->n_names || covers(key->trust, name, &is_output) ||
	       !is_output;
}
