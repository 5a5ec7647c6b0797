#include <stdlib.h>

#include "attest/causes.h"

/*
 * All lists are sorted. @compare tells where @wanted lies relative to an element, as
 * bsearch(3) asks for.
 */
static int path_order(const void *wanted, const void *p)
{
	return tree_path_compare(*(const struct str *)wanted,
				 ((const struct causes_path *)p)->path);
}

static int package_order(const void *wanted, const void *p)
{
	return str_compare(*(const struct str *)wanted, ((const struct causes_package *)p)->name);
}

static int key_order(const void *wanted, const void *k)
{
	return str_compare(*(const struct str *)wanted, ((const struct causes_key *)k)->key);
}

static int fact_order(const void *wanted, const void *f)
{
	return str_compare(*(const struct str *)wanted, ((const struct causes_fact *)f)->name);
}

static const void *find(struct str wanted, const void *list, size_t n, size_t size,
			int (*compare)(const void *, const void *))
{
	return n ? bsearch(&wanted, list, n, size, compare) : NULL;
}

const struct causes_path *causes_path(const struct causes *c, struct str path)
{
	return find(path, c->paths, c->n_paths, sizeof(*c->paths), path_order);
}

const struct causes_package *causes_package(const struct causes *c, struct str name)
{
	return find(name, c->packages, c->n_packages, sizeof(*c->packages), package_order);
}

const struct causes_key *causes_key(const struct causes *c, struct str key)
{
	return find(key, c->keys, c->n_keys, sizeof(*c->keys), key_order);
}

const struct causes_fact *causes_fact(const struct causes *c, struct str name)
{
	return find(name, c->facts, c->n_facts, sizeof(*c->facts), fact_order);
}
