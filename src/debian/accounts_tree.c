/* The accounts as the files of the tree have them at this moment. */
#include "debian/commands.h"

int accounts_open(struct debian *d, struct accounts **ret, struct error *err)
{
	const struct debian_options *o = d->options;

	if (accounts_load(d->tree, o->reader, o->epoch / 86400, d->arena, ret, err) < 0)
		return -1;
	accounts_set_ids(*ret, o->reserved, o->n_reserved);
	accounts_set_ids(*ret, o->ids, o->n_ids);
	return 0;
}

int accounts_commit(struct debian *d, struct accounts *a, cause_id cause, struct error *err)
{
	return accounts_store(a, d->tree, cause, err);
}
