/* Any bytes as causes: refused, or all that it gives can be found and is in order. */
#include <stdlib.h>

#include "attest/causes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct causes *c)
{
	for (size_t i = 0; i < c->n_paths; i++) {
		const struct causes_path *p = &c->paths[i];

		if (causes_path(c, p->path) != p || !p->existence || !p->content || !p->owner ||
		    !p->xattrs)
			abort();
	}
	for (size_t i = 0; i < c->n_packages; i++)
		if (causes_package(c, c->packages[i].name) != &c->packages[i])
			abort();
	for (size_t i = 0; i < c->n_keys; i++)
		if (causes_key(c, c->keys[i].key) != &c->keys[i])
			abort();
	for (size_t i = 0; i < c->n_facts; i++)
		if (causes_fact(c, c->facts[i].name) != &c->facts[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct causes c;

	if (causes_read((struct bytes){ data, size }, "fuzz", &arena, &c, &err) < 0)
		return err.code == ERR_NONE ? abort(), 0 : 0;
	check(&c);
	return 0;
}
