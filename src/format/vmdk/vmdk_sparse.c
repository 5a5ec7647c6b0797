#include "format/vmdk/vmdk_private.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"

/* "Hosted Sparse Extent Header": line ends can be tested; there is a second directory. */
#define FLAGS 0x3u
#define VERSION 1u

/*
 * Header, descriptor, the redundant directory with its tables, the directory with its
 * own, up to a multiple of a grain; then the grains that hold anything, in order. The
 * tables of all grains are there, so that a hypervisor can fill them.
 */
struct layout {
	struct vmdk_geometry geometry;
	uint64_t redundant, directory, data; /* sectors */
};

static struct layout plan(const struct block_map *map)
{
	struct layout l = { .geometry = vmdk_geometry_of(map) };
	uint64_t copy = l.geometry.directory_sectors + l.geometry.n_tables * VMDK_TABLE_SECTORS;

	l.redundant = VMDK_DESCRIPTOR_SECTOR + VMDK_DESCRIPTOR_SECTORS;
	l.directory = l.redundant + copy;
	l.data = (l.directory + copy + VMDK_GRAIN_SECTORS - 1) / VMDK_GRAIN_SECTORS *
		 VMDK_GRAIN_SECTORS;
	return l;
}

static int write_directory(const struct layout *l, uint64_t at, struct sink *out, struct error *err)
{
	size_t size = (size_t)l->geometry.directory_sectors * VMDK_SECTOR;
	CLEANUP_FREE uint8_t *entries = mem_alloc(size);
	uint64_t tables = at + l->geometry.directory_sectors;

	for (uint64_t i = 0; i < l->geometry.n_tables; i++)
		put_le32(entries + 4 * i, (uint32_t)(tables + i * VMDK_TABLE_SECTORS));
	return sink_write(out, (struct bytes){ entries, size }, err);
}

static int write_tables(const struct block_map *map, const struct layout *l, struct sink *out,
			struct error *err)
{
	uint8_t table[VMDK_PER_TABLE * 4];
	uint64_t at = l->data;

	for (uint64_t i = 0; i < l->geometry.n_tables * VMDK_PER_TABLE; i += VMDK_PER_TABLE) {
		for (uint64_t k = 0; k < VMDK_PER_TABLE; k++) {
			bool data = i + k < map->n && block_map_has(map, i + k);

			put_le32(table + 4 * k, data ? (uint32_t)at : 0);
			at += data ? VMDK_GRAIN_SECTORS : 0;
		}
		if (sink_write(out, BYTES_OF(table), err) < 0)
			return -1;
	}
	return 0;
}

static int write_grains(const struct block_map *map, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *grain = mem_alloc(VMDK_GRAIN);

	for (uint64_t i = 0; i < map->n; i++) {
		if (!block_map_has(map, i))
			continue;
		if (block_map_read(map, i, grain, err) < 0 ||
		    sink_write(out, (struct bytes){ grain, VMDK_GRAIN }, err) < 0)
			return -1;
	}
	return 0;
}

int vmdk_write_sparse(const struct block_map *map, const struct vmdk_options *o, struct sink *out,
		      struct error *err)
{
	struct layout l = plan(map);
	struct vmdk_header h = { VERSION,
				 FLAGS,
				 map->window.size / VMDK_SECTOR,
				 l.redundant,
				 l.directory,
				 l.data,
				 /* compression= */ 0 };
	uint64_t start = out->offset;

	if (vmdk_check(map, o, err) < 0 ||
	    vmdk_write_start(&h, "monolithicSparse", o, out, err) < 0)
		return -1;
	if (write_directory(&l, l.redundant, out, err) < 0 || write_tables(map, &l, out, err) < 0 ||
	    write_directory(&l, l.directory, out, err) < 0 || write_tables(map, &l, out, err) < 0)
		return -1;
	if (sink_hole(out, start + l.data * VMDK_SECTOR - out->offset, err) < 0)
		return -1;
	return write_grains(map, out, err);
}
