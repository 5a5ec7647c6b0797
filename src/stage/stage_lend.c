/* Objects that lie in another file: a bundle's are read where they are. */
#include "stage/stage_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

static int by_digest(const void *a, const void *b)
{
	return digest_compare(&((const struct stage_part *)a)->digest,
			      &((const struct stage_part *)b)->digest);
}

void stage_lend(struct stage *s, int fd, const char *name, const struct stage_part *parts, size_t n)
{
	assert(s->lent_fd < 0);
	s->lent_fd = fd;
	s->lent_name = name;
	s->lent = mem_array(n ? n : 1, sizeof(*s->lent));
	s->n_lent = n;
	if (n) {
		memcpy(s->lent, parts, n * sizeof(*parts));
		qsort(s->lent, n, sizeof(*parts), by_digest);
	}
}

const struct stage_part *lent_find(const struct stage *s, const struct digest *d)
{
	struct stage_part wanted = { .digest = *d };

	return s->n_lent ? bsearch(&wanted, s->lent, s->n_lent, sizeof(wanted), by_digest) : NULL;
}
