#include "format/qcow2/qcow2.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"

/* qcow2.rst, "Header"; everything that is not named is 0. */
enum header_field {
	HEADER_MAGIC = 0,
	HEADER_VERSION = 4,
	HEADER_CLUSTER_BITS = 20,
	HEADER_SIZE = 24,
	HEADER_L1_SIZE = 36,
	HEADER_L1_OFFSET = 40,
	HEADER_REFCOUNT_OFFSET = 48,
	HEADER_REFCOUNT_CLUSTERS = 56,
	HEADER_REFCOUNT_ORDER = 96,
	HEADER_LENGTH = 100,
	HEADER_END = 112, /* with the type of compression, and padding */
};

#define MAGIC 0x514649fbu /* "QFI\xfb" */
#define CLUSTER_BITS 16u
#define REFCOUNT_ORDER 4u		  /* 16 bits each */
#define PER_TABLE (QCOW2_CLUSTER / 8)	  /* entries of an L1, L2 or refcount table */
#define PER_REFCOUNTS (QCOW2_CLUSTER / 2) /* counts in a refcount block */
#define COPIED (1ull << 63)		  /* "refcount is exactly one" */

static_assert(1u << CLUSTER_BITS == QCOW2_CLUSTER, "clusters");

/*
 * In clusters, in order: header, refcount table, refcount blocks, L1 table, L2 tables,
 * data. Nothing lies between, and each has one reference.
 */
struct layout {
	const struct block_map *map;
	uint64_t n_l1; /* entries */
	uint64_t refcount_table, refcount_blocks, l1, l2, total;
	uint64_t refcounts_at, l1_at, l2_at, data_at;
};

static uint64_t quotient_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* True if the L2 table @i would say anything. */
static bool has_l2(const struct block_map *map, uint64_t i)
{
	for (uint64_t k = i * PER_TABLE; k < (i + 1) * PER_TABLE && k < map->n; k++)
		if (block_map_has(map, k))
			return true;
	return false;
}

static struct layout plan(const struct block_map *map)
{
	struct layout l = { .map = map, .n_l1 = quotient_up(map->n, PER_TABLE) };
	uint64_t rest, before;

	l.l1 = quotient_up(l.n_l1, PER_TABLE);
	for (uint64_t i = 0; i < l.n_l1; i++)
		l.l2 += has_l2(map, i);
	rest = 1 + l.l1 + l.l2 + map->n_data;
	do { /* the blocks count themselves as well */
		before = l.refcount_table + l.refcount_blocks;
		l.total = rest + before;
		l.refcount_blocks = quotient_up(l.total, PER_REFCOUNTS);
		l.refcount_table = quotient_up(l.refcount_blocks, PER_TABLE);
	} while (l.refcount_table + l.refcount_blocks != before);
	l.refcounts_at = 1 + l.refcount_table;
	l.l1_at = l.refcounts_at + l.refcount_blocks;
	l.l2_at = l.l1_at + l.l1;
	l.data_at = l.l2_at + l.l2;
	assert(l.data_at + map->n_data == l.total);
	return l;
}

static int write_header(const struct layout *l, struct sink *out, struct error *err)
{
	uint8_t h[HEADER_END] = { 0 };

	put_be32(h + HEADER_MAGIC, MAGIC);
	put_be32(h + HEADER_VERSION, 3);
	put_be32(h + HEADER_CLUSTER_BITS, CLUSTER_BITS);
	put_be64(h + HEADER_SIZE, l->map->window.size);
	put_be32(h + HEADER_L1_SIZE, (uint32_t)l->n_l1);
	put_be64(h + HEADER_L1_OFFSET, l->l1_at * QCOW2_CLUSTER);
	put_be64(h + HEADER_REFCOUNT_OFFSET, QCOW2_CLUSTER);
	put_be32(h + HEADER_REFCOUNT_CLUSTERS, (uint32_t)l->refcount_table);
	put_be32(h + HEADER_REFCOUNT_ORDER, REFCOUNT_ORDER);
	put_be32(h + HEADER_LENGTH, HEADER_END);
	if (sink_write(out, BYTES_OF(h), err) < 0)
		return -1;
	/* the list of extensions ends where it begins: with zeros */
	return sink_hole(out, QCOW2_CLUSTER - HEADER_END, err);
}

static int write_refcount_table(const struct layout *l, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *table = mem_array(l->refcount_table, QCOW2_CLUSTER);

	for (uint64_t i = 0; i < l->refcount_blocks; i++)
		put_be64(table + 8 * i, (l->refcounts_at + i) * QCOW2_CLUSTER);
	return sink_write(out, (struct bytes){ table, l->refcount_table * QCOW2_CLUSTER }, err);
}

static int write_refcounts(const struct layout *l, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *block = mem_alloc(QCOW2_CLUSTER);

	for (uint64_t at = 0; at < l->refcount_blocks * PER_REFCOUNTS; at += PER_REFCOUNTS) {
		for (uint64_t i = 0; i < PER_REFCOUNTS; i++)
			put_be16(block + 2 * i, at + i < l->total);
		if (sink_write(out, (struct bytes){ block, QCOW2_CLUSTER }, err) < 0)
			return -1;
	}
	return 0;
}

static int write_l1(const struct layout *l, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *table = mem_array(l->l1, QCOW2_CLUSTER);
	uint64_t at = l->l2_at;

	for (uint64_t i = 0; i < l->n_l1; i++)
		if (has_l2(l->map, i))
			put_be64(table + 8 * i, at++ * QCOW2_CLUSTER | COPIED);
	return sink_write(out, (struct bytes){ table, l->l1 * QCOW2_CLUSTER }, err);
}

static int write_l2(const struct layout *l, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *table = mem_alloc(QCOW2_CLUSTER);
	uint64_t at = l->data_at;

	for (uint64_t i = 0; i < l->n_l1; i++) {
		if (!has_l2(l->map, i))
			continue;
		for (uint64_t k = 0; k < PER_TABLE; k++) {
			uint64_t n = i * PER_TABLE + k;
			bool data = n < l->map->n && block_map_has(l->map, n);

			put_be64(table + 8 * k, data ? at++ * QCOW2_CLUSTER | COPIED : 0);
		}
		if (sink_write(out, (struct bytes){ table, QCOW2_CLUSTER }, err) < 0)
			return -1;
	}
	return 0;
}

static int write_data(const struct layout *l, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *cluster = mem_alloc(QCOW2_CLUSTER);

	for (uint64_t i = 0; i < l->map->n; i++) {
		if (!block_map_has(l->map, i))
			continue;
		if (block_map_read(l->map, i, cluster, err) < 0 ||
		    sink_write(out, (struct bytes){ cluster, QCOW2_CLUSTER }, err) < 0)
			return -1;
	}
	return 0;
}

int qcow2_write(const struct block_map *map, struct sink *out, struct error *err)
{
	struct layout l = plan(map);
	uint64_t start = out->offset;

	assert(map->block_size == QCOW2_CLUSTER && map->window.size % 512 == 0);
	if (write_header(&l, out, err) < 0 || write_refcount_table(&l, out, err) < 0 ||
	    write_refcounts(&l, out, err) < 0 || write_l1(&l, out, err) < 0 ||
	    write_l2(&l, out, err) < 0 || write_data(&l, out, err) < 0)
		return -1;
	assert(out->offset - start == l.total * QCOW2_CLUSTER);
	return 0;
}
