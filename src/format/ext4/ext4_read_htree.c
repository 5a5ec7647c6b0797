/* The index of a folder by hashes of names (index.rst, "Hash Tree Directories"). */
#include <stdlib.h>

#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

enum {
	SB_HASH_SEED = 0xec,
	SB_FLAGS = 0x160,
	SB_UNSIGNED_HASH = 0x2,

	ROOT_INFO = 24, /* bytes into the first block, behind "." and ".." */
	ROOT_ENTRIES = 32,
	NODE_ENTRIES = 8,
	ENTRY = 8,
	TAIL = 8,
};

enum role { UNSEEN = 0, NODE, NAMES };

/* Hashes of names in a block are from low to high. */
struct place {
	uint32_t low, high;
	uint8_t role, depth;
};

struct ext4_index {
	struct ext4_reader *r;
	const struct ext4_item *folder;
	struct ext4_name_hash hash;
	struct place *places; /* by block of the folder */
	uint32_t n;
	uint32_t *nodes; /* blocks that are to be read, in turn */
	uint32_t n_nodes;
};

void ext4_index_free(struct ext4_index *x)
{
	if (!x)
		return;
	free(x->places);
	free(x->nodes);
	free(x);
}

bool ext4_index_is_node(const struct ext4_index *x, uint32_t block)
{
	return x->places[block].role == NODE;
}

bool ext4_index_has_place(const struct ext4_index *x, uint32_t block, struct str name)
{
	const struct place *p = &x->places[block];
	uint32_t hash = ext4_name_hash(&x->hash, name);

	return hash >= p->low && hash <= p->high;
}

/* How the names are hashed, and how many levels there are below. */
static int read_root(struct ext4_index *x, const uint8_t *block, struct error *err)
{
	const uint8_t *info = block + ROOT_INFO;
	unsigned levels_max = x->r->incompat & EXT4_HAS_LARGEDIR ? 2 : 1;

	if (get_le32(info) != 0 || info[5] != 8 || info[7] != 0 || info[6] > levels_max)
		return err_set(err, ERR_FORMAT, "an index with %u levels below, flags 0x%x",
			       info[6], info[7]);
	if (info[4] > 2)
		return err_set(err, ERR_UNSUPPORTED, "an index with hashes of kind %u", info[4]);
	x->hash.version = info[4];
	x->hash.is_signed = !(get_le32(x->r->super + SB_FLAGS) & SB_UNSIGNED_HASH);
	for (size_t i = 0; i < 4; i++)
		x->hash.seed[i] = get_le32(x->r->super + SB_HASH_SEED + 4 * i);
	x->places[0] = (struct place){ 0, UINT32_MAX, NODE, info[6] };
	x->nodes[x->n_nodes++] = 0;
	return 0;
}

/* The count of entries; they start where @at says, the first without a hash. */
static int check_node(const struct ext4_index *x, const uint8_t *block, size_t at, uint32_t *ret_n,
		      struct error *err)
{
	static const uint8_t none[4];
	uint32_t limit = get_le16(block + at), n = get_le16(block + at + 2), crc = 0;
	const uint8_t *tail = NULL;

	if (limit != (x->r->block_size - at - TAIL) / ENTRY || n == 0 || n > limit)
		return err_set(err, ERR_FORMAT, "a node with %u of %u entries", n, limit);
	if (at == NODE_ENTRIES && (get_le32(block) != 0 || get_le16(block + 4) != x->r->block_size))
		return err_set(err, ERR_FORMAT, "a node that looks like names");
	tail = block + at + (size_t)limit * ENTRY;
	crc = ext4_read_seed(x->r, x->folder->number, x->folder->generation);
	crc = crc32c_raw(crc, (struct bytes){ block, at + (size_t)n * ENTRY });
	crc = crc32c_raw(crc, (struct bytes){ tail, 4 });
	crc = crc32c_raw(crc, BYTES_OF(none));
	if (crc != get_le32(tail + 4))
		return err_set(err, ERR_FORMAT, "a node's checksum is wrong");
	*ret_n = n;
	return 0;
}

static int add_child(struct ext4_index *x, uint32_t block, struct place p, struct error *err)
{
	if (block >= x->n || x->places[block].role != UNSEEN || p.low > p.high)
		return err_set(err, ERR_FORMAT, "it names block %u, or a hash, out of order",
			       block);
	x->places[block] = p;
	if (p.role == NODE)
		x->nodes[x->n_nodes++] = block;
	return 0;
}

/*
 * A hash in the index is where a block of names starts. With its lowest bit set (names
 * never have it) the block before may end with the same hash.
 */
static int add_children(struct ext4_index *x, const struct place *up, const uint8_t *entries,
			uint32_t n, struct error *err)
{
	uint32_t low = up->low;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *entry = entries + (size_t)i * ENTRY;
		uint32_t next = i + 1 < n ? get_le32(entry + ENTRY) : 0;
		struct place p = { low, up->high, up->depth ? NODE : NAMES,
				   (uint8_t)(up->depth ? up->depth - 1 : 0) };

		if (i + 1 < n) {
			p.high = next & 1 ? next & ~1u : next - 1;
			if (next < 2 || p.high > up->high)
				return err_set(err, ERR_FORMAT, "hash 0x%x is out of order", next);
		}
		if (add_child(x, get_le32(entry + 4), p, err) < 0)
			return -1;
		low = next & ~1u;
	}
	return 0;
}

static int read_nodes(struct ext4_index *x, const uint64_t *blocks, struct error *err)
{
	for (uint32_t i = 0; i < x->n_nodes; i++) {
		uint32_t number = x->nodes[i], n = 0;
		size_t at = number ? NODE_ENTRIES : ROOT_ENTRIES;
		uint8_t *block = x->r->block;

		if (ext4_read_block(x->r, blocks[number], block, err) < 0)
			return -1;
		if (check_node(x, block, at, &n, err) < 0 ||
		    add_children(x, &x->places[number], block + at, n, err) < 0)
			return err_while(err, "reading the index in block %llu",
					 (unsigned long long)blocks[number]);
	}
	for (uint32_t i = 0; i < x->n; i++)
		if (x->places[i].role == UNSEEN)
			return err_set(err, ERR_FORMAT,
				       "block %u of the folder is not in its index", i);
	return 0;
}

int ext4_index_read(struct ext4_reader *r, const struct ext4_item *folder, const uint64_t *blocks,
		    uint32_t n_blocks, struct ext4_index **ret, struct error *err)
{
	struct ext4_index *x = mem_alloc(sizeof(*x));

	x->r = r;
	x->folder = folder;
	x->n = n_blocks;
	x->places = mem_array(n_blocks, sizeof(*x->places));
	x->nodes = mem_array(n_blocks, sizeof(*x->nodes));
	if (ext4_read_block(r, blocks[0], r->block, err) < 0 || read_root(x, r->block, err) < 0 ||
	    read_nodes(x, blocks, err) < 0) {
		ext4_index_free(x);
		return -1;
	}
	*ret = x;
	return 0;
}
