#include "format/fat/fat_reader.h"

/* Clusters that follow each other are read at once. */
static size_t run_length(const struct fat_entry *e, size_t from)
{
	size_t n = 1;

	while (from + n < e->n_clusters && e->clusters[from + n] == e->clusters[from] + n)
		n++;
	return n;
}

int fat_load(const struct window *in, const struct fat_volume *v, const struct fat_entry *e,
	     struct buf *to, struct error *err)
{
	uint64_t left = e->size;

	if (left > to->max - to->len)
		return err_set(err, ERR_LIMIT, "'/" STR_FMT "' has %llu bytes, more than %zu",
			       STR_ARG(e->path), (unsigned long long)left, to->max - to->len);
	for (size_t i = 0; left;) {
		size_t n = run_length(e, i);
		uint64_t offset = v->data_offset + (e->clusters[i] - 2) * v->cluster_size;
		uint64_t size = n * v->cluster_size < left ? n * v->cluster_size : left;

		if (window_read(in, offset, buf_reserve(to, (size_t)size), (size_t)size, err) < 0)
			return -1;
		to->len += (size_t)size;
		to->ptr[to->len] = 0;
		left -= size;
		i += n;
	}
	return 0;
}
