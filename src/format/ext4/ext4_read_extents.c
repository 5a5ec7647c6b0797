/* The tree of extents of an inode (ifork.rst, "Extent Tree"). */
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

enum {
	I_BLOCK = 0x28,
	ROOT_SIZE = 60,
	MAGIC = 0xf30a,
	HEADER = 12, /* bytes; as each entry */
	ENTRY = 12,
	TAIL = 4,
	DEPTH_MAX = 5,
	WRITTEN_MAX = 32768, /* longer ones are unwritten, by what is above */
};

struct ext4_run {
	uint64_t logical, physical;
	uint32_t n;
	bool unwritten;
};

struct walk {
	struct ext4_reader *r;
	const struct ext4_item *item;
	uint64_t next;	   /* no extent may start before this block of the file */
	uint64_t n_blocks; /* taken, with nodes of the tree */
};

static int check_header(const uint8_t *node, unsigned depth, uint32_t capacity, bool may_be_empty,
			struct error *err)
{
	uint16_t entries = get_le16(node + 2), max = get_le16(node + 4);

	if (get_le16(node) != MAGIC || get_le16(node + 6) != depth || max != capacity ||
	    entries > max || (entries == 0 && !may_be_empty))
		return err_set(err, ERR_FORMAT,
			       "a node of extents with magic 0x%x, depth %u, %u of %u entries",
			       get_le16(node), get_le16(node + 6), entries, max);
	return 0;
}

static int add_run(struct walk *w, const uint8_t *entry, uint64_t end, struct error *err)
{
	struct ext4_reader *r = w->r;
	uint32_t logical = get_le32(entry), n = get_le16(entry + 4);
	uint64_t physical = get_le32(entry + 8) | (uint64_t)get_le16(entry + 6) << 32;
	bool unwritten = n > WRITTEN_MAX;

	if (unwritten)
		n -= WRITTEN_MAX;
	if (n == 0 || logical < w->next || logical + (uint64_t)n > end)
		return err_set(err, ERR_FORMAT, "an extent of %u blocks at block %u of the file", n,
			       logical);
	if (ext4_use(r, physical, n, err) < 0)
		return -1;
	MEM_GROW(r->runs, r->n_runs, r->runs_capacity);
	r->runs[r->n_runs++] = (struct ext4_run){ logical, physical, n, unwritten };
	w->next = logical + (uint64_t)n;
	w->n_blocks += n;
	return 0;
}

static int check_tail(const struct walk *w, const uint8_t *node, struct error *err)
{
	size_t size = HEADER + (size_t)ENTRY * get_le16(node + 4);
	uint32_t crc = crc32c_raw(ext4_read_seed(w->r, w->item->number, w->item->generation),
				  (struct bytes){ node, size });

	if (crc != get_le32(node + size))
		return err_set(err, ERR_FORMAT, "the checksum of a node of extents is wrong");
	return 0;
}

static int walk_node(struct walk *w, const uint8_t *node, unsigned depth, uint64_t end,
		     struct error *err);

/* Depth is checked against DEPTH_MAX before; each level has memory of its own. */
static int walk_child(struct walk *w, const uint8_t *entry, unsigned depth, uint64_t end,
		      struct error *err)
{
	struct ext4_reader *r = w->r;
	uint8_t *node = r->extent_nodes + (size_t)depth * r->block_size;
	uint64_t block = get_le32(entry + 4) | (uint64_t)get_le16(entry + 8) << 32;

	if (get_le32(entry) < w->next)
		return err_set(err, ERR_FORMAT, "nodes of extents are not in order");
	w->next = get_le32(entry);
	w->n_blocks++;
	if (ext4_use(r, block, 1, err) < 0 || ext4_read_block(r, block, node, err) < 0 ||
	    check_header(node, depth, (r->block_size - HEADER) / ENTRY, false, err) < 0 ||
	    check_tail(w, node, err) < 0)
		return -1;
	return walk_node(w, node, depth, end, err);
}

static int walk_node(struct walk *w, const uint8_t *node, unsigned depth, uint64_t end,
		     struct error *err)
{
	uint16_t n = get_le16(node + 2);

	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *entry = node + HEADER + (size_t)ENTRY * i;
		uint64_t child_end = i + 1 < n ? get_le32(entry + ENTRY) : end;

		if (depth == 0) {
			if (add_run(w, entry, end, err) < 0)
				return -1;
		} else if (walk_child(w, entry, depth - 1, child_end, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Room for one more; runs that follow each other become one. */
static void add_extent(struct ext4_item *item, struct block_extent e)
{
	struct block_extent *last = item->n_runs ? &item->runs[item->n_runs - 1] : NULL;

	if (e.length == 0)
		return;
	if (last && last->hole == e.hole && (e.hole || last->offset + last->length == e.offset)) {
		last->length += e.length;
		return;
	}
	item->runs[item->n_runs++] = e;
}

/* From runs of blocks to runs of exactly the bytes. */
static int lay_out(struct ext4_reader *r, struct ext4_item *item, struct error *err)
{
	uint64_t at = 0, bs = r->block_size;

	item->runs = arena_array(&r->arena, 2 * r->n_runs + 1, sizeof(*item->runs));
	for (size_t i = 0; i < r->n_runs; i++) {
		const struct ext4_run *run = &r->runs[i];
		uint64_t from = run->logical * bs, length = run->n * bs;

		if (!run->unwritten && from + length >= item->size + bs)
			return err_set(err, ERR_FORMAT, "blocks behind the end at byte %llu",
				       (unsigned long long)item->size);
		if (from >= item->size)
			continue; /* reserved for later */
		if (length > item->size - from)
			length = item->size - from;
		add_extent(item, (struct block_extent){ .length = from - at, .hole = true });
		add_extent(item,
			   (struct block_extent){ .offset = run->physical * bs,
						  .length = length,
						  .hole = run->unwritten });
		at = from + length;
	}
	add_extent(item, (struct block_extent){ .length = item->size - at, .hole = true });
	return 0;
}

int ext4_read_runs(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		   uint64_t *ret_blocks, struct error *err)
{
	struct walk w = { .r = r, .item = item };
	const uint8_t *root = raw + I_BLOCK;
	unsigned depth = get_le16(root + 6);

	if (depth > DEPTH_MAX)
		return err_set(err, ERR_FORMAT, "a tree of extents of depth %u", depth);
	r->n_runs = 0;
	if (item->size > ((uint64_t)1 << 32) * r->block_size)
		return err_set(err, ERR_FORMAT, "a file of %llu bytes",
			       (unsigned long long)item->size);
	if (check_header(root, depth, (ROOT_SIZE - HEADER) / ENTRY, depth == 0, err) < 0 ||
	    walk_node(&w, root, depth, (uint64_t)1 << 32, err) < 0)
		return -1;
	*ret_blocks = w.n_blocks;
	return lay_out(r, item, err);
}
