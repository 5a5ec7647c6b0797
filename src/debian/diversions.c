#include "debian/diversions.h"

#include <stdlib.h>

#include "debian/command_list.h"

#define DATABASE_MAX (16u << 20) /* bytes of one of the files */
#define DIVERSIONS STR("/var/lib/dpkg/diversions")
#define OVERRIDES STR("/var/lib/dpkg/statoverride")

/* fsys-hash.c of dpkg: FNV-1a over the path without its first slash. */
#define NAME_BINS 262139u
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

uint32_t dpkg_name_order(struct str path)
{
	uint32_t h = FNV_BASIS;

	for (size_t i = path.len && *path.ptr == '/'; i < path.len; i++)
		h = (h ^ (uint8_t)path.ptr[i]) * FNV_PRIME;
	return h % NAME_BINS;
}

int debian_store(struct debian *d, struct str path, struct str text, uint16_t mode, cause_id cause,
		 struct error *err)
{
	struct node *node;

	if (tree_write_file(d->tree, path, str_bytes(text), mode, cause, &node, err) < 0)
		return -1;
	tree_set_mtime(node, d->options->epoch);
	return 0;
}

struct diversion *diversion_of(const struct debian *d, struct str path)
{
	for (size_t i = 0; i < d->n_diversions; i++)
		if (str_equal(d->diversions[i].path, path))
			return &d->diversions[i];
	return NULL;
}

struct diversion *diversion_to(const struct debian *d, struct str path)
{
	for (size_t i = 0; i < d->n_diversions; i++)
		if (str_equal(d->diversions[i].to, path))
			return &d->diversions[i];
	return NULL;
}

/* Insertion keeps the order of those that share a bin. */
static void sort_diversions(struct debian *d)
{
	for (size_t i = 1; i < d->n_diversions; i++) {
		struct diversion v = d->diversions[i];
		size_t k = i;

		for (;
		     k > 0 && dpkg_name_order(d->diversions[k - 1].path) > dpkg_name_order(v.path);
		     k--)
			d->diversions[k] = d->diversions[k - 1];
		d->diversions[k] = v;
	}
}

int diversions_store(struct debian *d, cause_id cause, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	sort_diversions(d);
	for (size_t i = 0; i < d->n_diversions; i++)
		buf_printf(&text, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
			   STR_ARG(d->diversions[i].path), STR_ARG(d->diversions[i].to),
			   STR_ARG(d->diversions[i].package));
	return debian_store(d, DIVERSIONS, buf_str(&text), 0644, cause, err);
}

struct statoverride *override_of(const struct debian *d, struct str path)
{
	for (size_t i = 0; i < d->n_overrides; i++)
		if (str_equal(d->overrides[i].path, path))
			return &d->overrides[i];
	return NULL;
}

static void sort_overrides(struct debian *d)
{
	for (size_t i = 1; i < d->n_overrides; i++) {
		struct statoverride o = d->overrides[i];
		size_t k = i;

		for (; k > 0 && dpkg_name_order(d->overrides[k - 1].path) > dpkg_name_order(o.path);
		     k--)
			d->overrides[k] = d->overrides[k - 1];
		d->overrides[k] = o;
	}
}

int overrides_store(struct debian *d, cause_id cause, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	sort_overrides(d);
	for (size_t i = 0; i < d->n_overrides; i++)
		buf_printf(&text, STR_FMT " " STR_FMT " %o " STR_FMT "\n",
			   STR_ARG(d->overrides[i].user), STR_ARG(d->overrides[i].group),
			   d->overrides[i].mode, STR_ARG(d->overrides[i].path));
	return debian_store(d, OVERRIDES, buf_str(&text), 0644, cause, err);
}
