/* The root partition: one of the file systems, and what guards it. */
#include "image/disk_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#define MIB (1ull << 20)

/*
 * Room for what a machine writes before it grows, or if it does not grow: logs, package
 * indexes, keys. Free space costs nothing in a sparse file. docs/formats/disk.md.
 */
#define RESERVE_LEAST (64 * MIB)
#define RESERVE_SHARE 8 /* and one in 8 bytes of content */

/* What a root that grows may reach while it is mounted; later it needs to be unmounted. */
#define GROW_TO (1ull << 40)

/* Bytes of all files, each once, in whole blocks. */
static uint64_t content_size(const struct tree *t)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	bool *seen = mem_array(tree_inode_count(t), sizeof(*seen));
	uint64_t sum = 0;

	for (struct node *n; (n = tree_next(&it));) {
		const struct inode *i = n->inode;

		if (seen[i->serial])
			continue;
		seen[i->serial] = true;
		sum += (i->content.size + EXT4_BLOCK_SIZE - 1) / EXT4_BLOCK_SIZE * EXT4_BLOCK_SIZE;
	}
	free(seen);
	return sum;
}

static int refuse_size(const struct disk *d, uint64_t needed, struct error *err)
{
	const struct recipe_target *t = d->in.target;
	char text[TEXT_SIZE_MAX], given[TEXT_SIZE_MAX];

	(void)err_at(err, ERR_RECIPE_VALUE, t->root_size_pos,
		     "the root of target '" STR_FMT "' needs %llu bytes (%s), its size is %llu "
		     "bytes (%s)",
		     STR_ARG(t->name), (unsigned long long)needed, text_size(needed, text),
		     (unsigned long long)t->root_size, text_size(t->root_size, given));
	return err_hint(err, "write 'size: %lluM' or more, or 'size: auto'",
			(unsigned long long)((needed + MIB - 1) / MIB));
}

struct ext4_options disk_ext4_options(const struct tree *t, int64_t epoch, uint64_t size, bool grow)
{
	struct ext4_options o = {
		.label = STR("root"),
		.epoch = epoch,
		.folder_mtime = TREE_FOLDER_MTIME,
		.journal = true,
	};

	if (grow)
		o.grow_to = size > GROW_TO ? size : GROW_TO;
	if (!size)
		o.free = RESERVE_LEAST + content_size(t) / RESERVE_SHARE;
	return o;
}

struct erofs_options disk_erofs_options(int64_t epoch)
{
	return (struct erofs_options){
		.label = STR("root"),
		.epoch = epoch,
		.folder_mtime = TREE_FOLDER_MTIME,
	};
}

/* Fixed sizes are judged by the smallest one that would do. */
static int plan_ext4(struct disk *d, struct error *err)
{
	const struct recipe_target *t = d->in.target;
	struct guid uuid = disk_uuid(d, DISK_ROLE_FILES);
	struct guid seed = disk_uuid(d, DISK_ROLE_HASH_SEED);
	struct ext4_options o =
		disk_ext4_options(d->in.tree, d->in.epoch, t->root_size, t->root_grow);
	struct ext4_numbers n;

	memcpy(o.uuid, uuid.bytes, sizeof(o.uuid));
	memcpy(o.hash_seed, seed.bytes, sizeof(o.hash_seed));
	if (ext4_plan(d->in.tree, &o, &d->ext4, err) < 0)
		return -1;
	n = ext4_numbers(d->ext4);
	if (t->root_size) {
		if (n.size > t->root_size)
			return refuse_size(d, n.size, err);
		ext4_plan_free(d->ext4);
		d->ext4 = NULL;
		o.size = t->root_size;
		if (ext4_plan(d->in.tree, &o, &d->ext4, err) < 0)
			return -1;
		n = ext4_numbers(d->ext4);
	}
	d->root_size = n.size;
	d->facts.root_free = n.free_blocks * EXT4_BLOCK_SIZE;
	d->facts.root_used = n.size - d->facts.root_free;
	return 0;
}

static int plan_erofs(struct disk *d, struct error *err)
{
	const struct recipe_target *t = d->in.target;
	struct guid uuid = disk_uuid(d, DISK_ROLE_FILES);
	struct erofs_options o = disk_erofs_options(d->in.epoch);

	o.compression = t->root_compression == ROOT_LZ4 ? EROFS_LZ4 : EROFS_UNCOMPRESSED;
	o.reader = d->in.reader;
	o.threads = d->in.threads;

	memcpy(o.uuid, uuid.bytes, sizeof(o.uuid));
	if (erofs_plan(d->in.tree, &o, &d->erofs, err) < 0)
		return -1;
	d->root_size = erofs_size(d->erofs);
	d->facts.root_used = d->root_size;
	if (t->root_size && d->root_size > t->root_size)
		return refuse_size(d, d->root_size, err);
	return 0;
}

/* The root hash is needed long before the root is written: it is in the command line. */
static int hash_root(struct disk *d, struct error *err)
{
	struct guid uuid = disk_uuid(d, "verity");
	struct digest salt = disk_id(d, "verity salt");
	struct verity_options o = { .salt = BYTES_OF(salt.bytes) };
	struct sink *sink;

	memcpy(o.uuid, uuid.bytes, sizeof(o.uuid));
	d->verity = verity_new(&o);
	sink = verity_sink(d->verity, NULL);
	if (disk_write_root(d, sink, err) < 0)
		sink->failed = true;
	if (sink_close(sink, err) < 0)
		return err_while(err, "hashing the root file system");
	d->facts.has_verity = true;
	d->facts.root_hash = verity_root(d->verity);
	return 0;
}

int disk_plan_root(struct disk *d, struct error *err)
{
	const struct recipe_target *t = d->in.target;

	/* The recipe's rules. */
	assert(t->root_size % EXT4_BLOCK_SIZE == 0);
	assert(t->root_type == ROOT_EROFS ? !t->root_grow : !t->root_verity);
	if ((t->root_type == ROOT_EROFS ? plan_erofs : plan_ext4)(d, err) < 0)
		return err_while(err, "planning the root file system");
	return t->root_verity ? hash_root(d, err) : 0;
}

int disk_write_root(const struct disk *d, struct sink *out, struct error *err)
{
	return d->ext4 ? ext4_write(d->ext4, d->in.reader, out, err)
		       : erofs_write(d->erofs, d->in.reader, out, err);
}
