#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "format/ext4/ext4_out.h"

#define FAST_LINK_MAX 60u /* bytes, with the NUL behind */

static int write_start(struct ext4_out *o, struct error *err)
{
	const struct ext4_plan *p = o->plan;
	const struct ext4_geometry *g = &p->geometry;
	uint8_t *block;

	if (ext4_out_block(o, &block, err) < 0)
		return -1;
	ext4_encode_super(p, 0, block + EXT4_SUPER_OFFSET);
	for (uint32_t i = 0; i < g->gdt_blocks; i++) {
		if (ext4_out_block(o, &block, err) < 0)
			return -1;
		memcpy(block, o->descriptors + (size_t)i * EXT4_BLOCK_SIZE, EXT4_BLOCK_SIZE);
	}
	for (uint32_t i = 0; i < g->reserved_gdt_blocks; i++) {
		if (ext4_out_block(o, &block, err) < 0)
			return -1;
		ext4_encode_reserved_block(p, i, block);
	}
	return 0;
}

static int write_bitmaps(struct ext4_out *o, const uint32_t *where,
			 void (*encode)(const struct ext4_plan *p, uint32_t group, uint8_t *to),
			 struct error *err)
{
	uint8_t *block;

	for (uint32_t i = 0; i < o->plan->geometry.groups; i++) {
		if (ext4_out_to(o, where[i], err) < 0 || ext4_out_block(o, &block, err) < 0)
			return -1;
		encode(o->plan, i, block);
	}
	return 0;
}

/* The part of a table that has inodes; the rest is passed over. */
static int write_table(struct ext4_out *o, uint32_t group, struct error *err)
{
	const struct ext4_plan *p = o->plan;
	uint64_t first = (uint64_t)group * p->geometry.inodes_per_group + 1;
	uint64_t last = first + p->geometry.inodes_per_group - 1;
	uint8_t *block = NULL;

	if (last > p->n_used)
		last = p->n_used;
	if (first <= last && ext4_out_to(o, p->inode_tables[group], err) < 0)
		return -1;
	for (uint64_t i = first; i <= last; i++) {
		uint64_t within = (i - first) % EXT4_BLOCK_INODES;

		if (within == 0 && ext4_out_block(o, &block, err) < 0)
			return -1;
		ext4_encode_inode(p, (uint32_t)i, block + within * EXT4_INODE_SIZE);
	}
	return 0;
}

static int write_resize_block(struct ext4_out *o, struct error *err)
{
	uint8_t *block;

	if (!o->plan->resize_block)
		return 0;
	if (ext4_out_to(o, o->plan->resize_block, err) < 0 || ext4_out_block(o, &block, err) < 0)
		return -1;
	ext4_encode_resize_block(o->plan, block);
	return 0;
}

/* Bytes in memory as the blocks of an inode. */
static int write_bytes(struct ext4_out *o, const struct ext4_place *place, struct bytes data,
		       struct error *err)
{
	uint8_t *block;

	assert(data.len <= (uint64_t)place->n * EXT4_BLOCK_SIZE);
	if (ext4_out_to(o, place->start, err) < 0)
		return -1;
	while (data.len) {
		size_t n = data.len < EXT4_BLOCK_SIZE ? data.len : EXT4_BLOCK_SIZE;

		if (ext4_out_block(o, &block, err) < 0)
			return -1;
		memcpy(block, data.ptr, n);
		data.ptr += n;
		data.len -= n;
	}
	return 0;
}

static int write_folder(struct ext4_out *o, uint32_t number, struct error *err)
{
	const struct ext4_place *place = &o->plan->places[number - 1];
	size_t size = (size_t)place->n * EXT4_BLOCK_SIZE;
	CLEANUP_FREE uint8_t *data = mem_alloc(size);

	ext4_encode_folder(o->plan, number, data);
	return write_bytes(o, place, (struct bytes){ data, size }, err);
}

static int write_journal(struct ext4_out *o, struct error *err)
{
	uint8_t *block;

	if (ext4_out_to(o, o->plan->places[EXT4_JOURNAL_INODE - 1].start, err) < 0 ||
	    ext4_out_block(o, &block, err) < 0)
		return -1;
	ext4_encode_journal(o->plan, block);
	return 0;
}

/* @size bytes, and not the end before. */
static int read_exactly(struct source *in, uint8_t *to, size_t size, uint64_t whole,
			struct error *err)
{
	while (size) {
		size_t n;

		if (source_read(in, to, size, &n, err) < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_DIGEST, "the content is shorter than %llu bytes",
				       (unsigned long long)whole);
		to += n;
		size -= n;
	}
	return 0;
}

/* The last read is what makes a source say whether all bytes were right. */
static int expect_end(struct source *in, uint64_t whole, struct error *err)
{
	uint8_t more;
	size_t n;

	if (source_read(in, &more, 1, &n, err) < 0)
		return -1;
	if (n)
		return err_set(err, ERR_DIGEST, "the content is longer than %llu bytes",
			       (unsigned long long)whole);
	return 0;
}

static int write_content(struct ext4_out *o, const struct ext4_place *place,
			 const struct content_reader *reader, const struct content *content,
			 struct error *err)
{
	struct ext4_runs runs = { .backups = &o->plan->geometry.backups,
				  .next = place->start,
				  .left = place->n };
	CLEANUP_SOURCE struct source *in = NULL;
	uint64_t left = content->size;
	struct ext4_run run;

	if (content_open(reader, content, &in, err) < 0)
		return -1;
	while (ext4_runs_next(&runs, &run)) {
		if (ext4_out_to(o, run.start, err) < 0)
			return -1;
		for (size_t n; run.n; run.n -= (uint32_t)n) {
			uint8_t *blocks;
			size_t size;

			if (ext4_out_blocks(o, run.n, &blocks, &n, err) < 0)
				return -1;
			size = left < n * EXT4_BLOCK_SIZE ? (size_t)left : n * EXT4_BLOCK_SIZE;
			if (read_exactly(in, blocks, size, content->size, err) < 0)
				return -1;
			memset(blocks + size, 0, n * EXT4_BLOCK_SIZE - size);
			left -= size;
		}
	}
	assert(left == 0);
	return expect_end(in, content->size, err);
}

static int write_xattrs(struct ext4_out *o, uint32_t number, struct error *err)
{
	const struct ext4_place *place = &o->plan->places[number - 1];
	uint8_t *block;

	if (!place->xattrs)
		return 0;
	if (ext4_out_to(o, place->xattrs, err) < 0 || ext4_out_block(o, &block, err) < 0)
		return -1;
	ext4_encode_xattrs(o->plan, o->plan->nodes[number - 1]->inode, NULL, place->xattrs, block);
	return 0;
}

static int write_extent_tree(struct ext4_out *o, uint32_t number, struct error *err)
{
	const struct ext4_place *place = &o->plan->places[number - 1];
	struct ext4_extent_tree tree;
	uint8_t *block;

	if (!place->extents)
		return 0;
	tree = ext4_extent_tree(
		ext4_runs_count(&o->plan->geometry.backups, place->start, place->n));
	if (ext4_out_to(o, place->extents, err) < 0)
		return -1;
	for (uint32_t i = 0; i < tree.indexes + tree.leaves; i++) {
		if (ext4_out_block(o, &block, err) < 0)
			return -1;
		ext4_encode_extent_block(o->plan, number, i, block);
	}
	return 0;
}

static int write_inode(struct ext4_out *o, uint32_t number, const struct content_reader *reader,
		       struct error *err)
{
	const struct ext4_place *place = &o->plan->places[number - 1];
	const struct node *node = o->plan->nodes[number - 1];
	enum node_kind kind = node ? node->inode->kind : NODE_DIRECTORY;
	int r = 0;

	if (write_xattrs(o, number, err) < 0)
		return -1;
	if (kind == NODE_DIRECTORY)
		r = write_folder(o, number, err);
	else if (kind == NODE_FILE && place->n && !o->is_frame)
		r = write_content(o, place, reader, &node->inode->content, err);
	else if (kind == NODE_SYMLINK && place->n)
		r = write_bytes(o, place, str_bytes(node->inode->target), err);
	return r < 0 ? -1 : write_extent_tree(o, number, err);
}

static int write_named(struct ext4_out *o, uint32_t number, const struct content_reader *reader,
		       struct error *err)
{
	const struct node *node = o->plan->nodes[number - 1];
	CLEANUP_BUF struct buf path = BUF_INIT(2 * LIMIT_PATH_MAX + LIMIT_NAME_MAX);

	if (write_inode(o, number, reader, err) == 0)
		return 0;
	if (!node || o->sink->failed)
		return -1;
	tree_path(node, &path);
	return err_while(err, "writing '/%s'", buf_cstr(&path));
}

static int write_inodes(struct ext4_out *o, const struct content_reader *reader, struct error *err)
{
	const struct ext4_plan *p = o->plan;

	for (uint32_t i = EXT4_ROOT_INODE; i <= p->n_used; i++)
		if (ext4_is_folder(p, i) && write_named(o, i, reader, err) < 0)
			return -1;
	if (p->geometry.journal_blocks &&
	    (write_journal(o, err) < 0 || write_extent_tree(o, EXT4_JOURNAL_INODE, err) < 0))
		return -1;
	for (uint32_t i = EXT4_LOST_FOUND_INODE; i <= p->n_used; i++)
		if (!ext4_is_folder(p, i) && write_named(o, i, reader, err) < 0)
			return -1;
	return 0;
}

static int write_everything(struct ext4_out *o, const struct content_reader *reader,
			    struct error *err)
{
	const struct ext4_plan *p = o->plan;

	if (write_start(o, err) < 0 ||
	    write_bitmaps(o, p->block_bitmaps, ext4_encode_block_bitmap, err) < 0 ||
	    write_bitmaps(o, p->inode_bitmaps, ext4_encode_inode_bitmap, err) < 0)
		return -1;
	for (uint32_t i = 0; i < p->geometry.groups; i++)
		if (write_table(o, i, err) < 0)
			return -1;
	if (write_resize_block(o, err) < 0 || write_inodes(o, reader, err) < 0)
		return -1;
	return ext4_out_to(o, p->geometry.blocks, err) < 0 ? -1 : ext4_out_flush(o, err);
}

static int write_file_system(const struct ext4_plan *p, const struct content_reader *reader,
			     bool is_frame, struct sink *out, struct error *err)
{
	uint64_t start = out->offset, size = ext4_numbers(p).size;
	CLEANUP_FREE uint8_t *descriptors = mem_array(p->geometry.gdt_blocks, EXT4_BLOCK_SIZE);
	CLEANUP(ext4_out_release) struct ext4_out o = ext4_out_init(p, descriptors, out);

	o.is_frame = is_frame;
	ext4_encode_descriptors(p, descriptors);
	if (write_everything(&o, reader, err) < 0)
		return -1;
	assert(out->offset - start == p->geometry.blocks * EXT4_BLOCK_SIZE);
	/* What is less than a block, or too little for a group. */
	size -= out->offset - start;
	return size ? sink_hole(out, size, err) : 0;
}

int ext4_write(const struct ext4_plan *p, const struct content_reader *reader, struct sink *out,
	       struct error *err)
{
	return write_file_system(p, reader, false, out, err);
}

int ext4_write_frame(const struct ext4_plan *p, struct sink *out, struct error *err)
{
	return write_file_system(p, NULL, true, out, err);
}

struct ext4_contents ext4_contents(const struct ext4_plan *p)
{
	return (struct ext4_contents){ .plan = p, .number = EXT4_LOST_FOUND_INODE - 1 };
}

/* Inodes from 11 on are written in order: ext4_layout.h. */
static bool next_file(struct ext4_contents *c)
{
	while (++c->number <= c->plan->n_used) {
		const struct node *node = c->plan->nodes[c->number - 1];

		if (!node || node->inode->kind != NODE_FILE || !node->inode->content.size)
			continue;
		c->block = c->plan->places[c->number - 1].start;
		c->left = node->inode->content.size;
		return true;
	}
	return false;
}

bool ext4_contents_next(struct ext4_contents *c, uint64_t *ret_offset, uint64_t *ret_size)
{
	const struct ext4_backups *backups = &c->plan->geometry.backups;
	uint64_t room;

	if (!c->left && !next_file(c))
		return false;
	c->block = ext4_backups_skip(backups, c->block);
	room = ext4_backups_next(backups, c->block) - c->block; /* UINT64_MAX: none follows */
	*ret_offset = c->block * EXT4_BLOCK_SIZE;
	*ret_size = room < c->left / EXT4_BLOCK_SIZE + 1 ? room * EXT4_BLOCK_SIZE : c->left;
	if (*ret_size > c->left)
		*ret_size = c->left;
	c->block += *ret_size / EXT4_BLOCK_SIZE;
	c->left -= *ret_size;
	return true;
}
