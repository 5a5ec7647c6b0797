/* The root file system, made again from the tree that was read of it. */
#include "image/disk_account.h"

#include "base/limits.h"
#include "image/disk_compare.h"
#include "image/disk_private.h"
#include "tree/reader.h"

#define OTHER_ROOT "the root file system is not what follows from its files"

static int other_layout(const struct disk_image *d, const char *name, struct error *err)
{
	return err_set(err, ERR_UNACCOUNTED,
		       "'%s': the root file system, at byte %llu, is not laid out as ingot lays "
		       "it out",
		       name, (unsigned long long)d->root_partition->offset);
}

/* ---- ext4 ---- */

static bool is_same_size(const struct ext4_plan *p, const struct ext4_facts *f)
{
	struct ext4_numbers n = ext4_numbers(p);

	return n.size == f->size && n.blocks == f->blocks && n.free_blocks == f->free_blocks &&
	       n.inodes == f->inodes && n.free_inodes == f->free_inodes && n.groups == f->groups;
}

/* Whether the recipe gave it a size is not written down: it is found by the numbers. */
static int plan_ext4(const struct disk_image *d, const char *name, struct ext4_plan **ret,
		     struct error *err)
{
	const struct ext4_facts *f = &d->ext4;

	for (int is_fixed = 0; is_fixed < 2; is_fixed++) {
		CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
		struct ext4_options o =
			disk_ext4_options(d->tree, f->made, is_fixed ? f->size : 0, f->can_grow);

		memcpy(o.uuid, f->uuid, sizeof(o.uuid));
		memcpy(o.hash_seed, f->hash_seed, sizeof(o.hash_seed));
		o.size = is_fixed ? f->size : 0;
		if (ext4_plan(d->tree, &o, &p, err) < 0) {
			/* It is there, so that it fits, if it is ours. */
			if (err->code != ERR_LIMIT && err->code != ERR_UNSUPPORTED)
				return -1;
			err_release(err);
			break;
		}
		if (!is_same_size(p, f))
			continue;
		*ret = p;
		p = NULL;
		return 0;
	}
	return other_layout(d, name, err);
}

struct held {
	struct disk_contents contents;
	struct ext4_contents list;
};

static bool next_held(struct disk_contents *c, uint64_t *ret_offset, uint64_t *ret_size)
{
	struct held *h = (struct held *)c;

	return ext4_contents_next(&h->list, ret_offset, ret_size);
}

static int account_ext4(const struct disk_image *d, const struct window *there, struct error *err)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *plan = NULL;
	struct held held = { .contents = { next_held } };
	struct sink *out;

	if (plan_ext4(d, there->name, &plan, err) < 0)
		return -1;
	held.list = ext4_contents(plan);
	out = disk_compare(there, OTHER_ROOT, &held.contents);
	if (ext4_write_frame(plan, out, err) < 0)
		out->failed = true;
	return sink_close(out, err);
}

/* ---- EROFS without verity ---- */

static int plan_erofs(const struct disk_image *d, const char *name, struct erofs_plan **ret,
		      struct error *err)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	struct erofs_options o = disk_erofs_options(d->erofs.made);

	memcpy(o.uuid, d->erofs.uuid, sizeof(o.uuid));
	/* Small roots have the same size either way. */
	o.compression = d->erofs.zeros_first ? EROFS_LZ4 : EROFS_UNCOMPRESSED;
	o.reader = block_files_reader(d->files);
	if (erofs_plan(d->tree, &o, &p, err) < 0)
		return -1;
	if (erofs_size(p) != d->erofs.size)
		return other_layout(d, name, err);
	*ret = p;
	p = NULL;
	return 0;
}

/* Ends of files lie among inodes, so that contents are compared, too. */
static int account_erofs(const struct disk_image *d, const struct window *there,
			 struct error *err)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *plan = NULL;
	struct sink *out;

	if (plan_erofs(d, there->name, &plan, err) < 0)
		return -1;
	out = disk_compare(there, OTHER_ROOT, NULL);
	if (erofs_write(plan, block_files_reader(d->files), out, err) < 0)
		out->failed = true;
	return sink_close(out, err);
}

int disk_account_root(const struct disk_image *d, int fd, const char *name, struct error *err)
{
	bool is_ext4 = d->root_type == DISK_ROOT_EXT4;
	const struct window there = { fd, name, d->root_partition->offset,
				      is_ext4 ? d->ext4.size : d->erofs.size };

	if (d->has_verity)
		return 0;
	if ((is_ext4 ? account_ext4 : account_erofs)(d, &there, err) < 0)
		return err_while(err, "laying the root of '%s' out again", name);
	return 0;
}
