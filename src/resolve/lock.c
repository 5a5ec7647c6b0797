#include "resolve/lock.h"

#include <stdlib.h>

#include "base/mem.h"

struct lock *lock_new(void)
{
	return mem_alloc(sizeof(struct lock));
}

void lock_free(struct lock *l)
{
	if (!l)
		return;
	arena_release(&l->arena);
	free(l);
}

const struct lock_architecture *lock_architecture(const struct lock *l, struct str name)
{
	for (size_t i = 0; i < l->n_architectures; i++)
		if (str_equal(l->architectures[i].name, name))
			return &l->architectures[i];
	return NULL;
}

const struct lock_package *lock_package(const struct lock_architecture *a, struct str name)
{
	size_t low = 0, high = a->n_packages;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_compare(a->packages[mid].name, name);

		if (order == 0)
			return &a->packages[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool lock_package_in(const struct lock_package *p, struct str target)
{
	for (size_t i = 0; i < p->n_targets; i++)
		if (str_equal(p->targets[i], target))
			return true;
	return p->n_targets == 0 && !p->boot_only;
}

const struct digest *lock_effects(const struct lock *l, struct str architecture,
				  struct str target)
{
	for (size_t i = 0; i < l->n_effects; i++)
		if (str_equal(l->effects[i].architecture, architecture) &&
		    str_equal(l->effects[i].target, target))
			return &l->effects[i].digest;
	return NULL;
}
