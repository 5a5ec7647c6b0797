#include "attest/database_diff.h"

#include "attest/database_records.h"
#include "base/buf.h"

#define DATABASE_MAX (256u << 20) /* bytes; dpkg's status of a desktop has 5 MiB */

struct records {
	struct database_record *list;
	size_t n;
};

static int load(const struct tree_diff_side *side, const struct node *node, struct str path,
		struct arena *arena, struct records *ret, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(DATABASE_MAX);

	if (content_load(side->reader, &node->inode->content, &data, err) < 0)
		return -1;
	return database_read(path, arena_bytes(arena, buf_bytes(&data)), arena, &ret->list, &ret->n,
			     err);
}

static void add(struct tree_diff_database *d, size_t *n_differing, const struct database_record *a,
		const struct database_record *b)
{
	const struct str none = { NULL, 0 };
	struct tree_diff_record row = { a ? a->key : b->key, a ? a->value : none,
					b ? b->value : none };

	if (a && b && str_equal(a->value, b->value)) {
		d->counts.n_equal++;
	} else if (a && b) {
		d->counts.n_different++;
		d->differing[(*n_differing)++] = row;
	} else {
		d->counts.n_only_a += a != NULL;
		d->counts.n_only_b += b != NULL;
		d->single[d->n_single++] = row;
	}
}

/* Both are in order of key. */
static void compare(const struct records *a, const struct records *b, struct arena *arena,
		    struct tree_diff_database *d)
{
	size_t i = 0, k = 0, n_differing = 0;

	d->differing = arena_array(arena, a->n + 1, sizeof(*d->differing));
	d->single = arena_array(arena, a->n + b->n + 1, sizeof(*d->single));
	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: str_compare(a->list[i].key, b->list[k].key);

		add(d, &n_differing, order <= 0 ? &a->list[i] : NULL,
		    order >= 0 ? &b->list[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

int database_diff(const struct tree_diff_side *a, const struct node *in_a,
		  const struct tree_diff_side *b, const struct node *in_b, struct str path,
		  struct arena *arena, struct tree_diff_database *ret, struct error *err)
{
	struct records x = { 0 }, y = { 0 };

	*ret = (struct tree_diff_database){ .path = path };
	if (load(a, in_a, path, arena, &x, err) < 0 || load(b, in_b, path, arena, &y, err) < 0)
		return -1;
	compare(&x, &y, arena, ret);
	return 0;
}
