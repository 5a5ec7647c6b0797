#include "format/vmdk/vmdk_private.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "io/workers.h"

/* "Stream-Optimized Compressed Sparse Extents": compressed, with markers. */
#define FLAGS 0x30001u
#define VERSION 3u
#define COMPRESSION 1u		    /* deflate, in zlib's envelope */
#define DIRECTORY_AT_END UINT64_MAX /* the footer says where */
#define OVERHEAD VMDK_GRAIN_SECTORS
#define GRAIN_MARKER 12u /* bytes before the compressed ones */
#define COMPRESSED_MAX (2u * VMDK_GRAIN)

enum marker_type { MARKER_END = 0, MARKER_TABLE = 1, MARKER_DIRECTORY = 2, MARKER_FOOTER = 3 };

/*
 * Grain tables come behind their grains, in the order of the disk. The grains of one
 * table are compressed side by side and written in order.
 */
struct stream {
	const struct block_map *map;
	struct sink *out;
	uint64_t start;			   /* offset of the header */
	uint64_t first;			   /* grain of the table in work */
	struct buf grains[VMDK_PER_TABLE]; /* with marker; empty: zeros */
	uint8_t table[VMDK_PER_TABLE * 4];
	uint8_t *directory;
};

static uint32_t sector_of(const struct stream *s)
{
	uint64_t at = (s->out->offset - s->start) / VMDK_SECTOR;

	assert((s->out->offset - s->start) % VMDK_SECTOR == 0 && at <= UINT32_MAX);
	return (uint32_t)at;
}

static int pack_grain(void *context, size_t i, struct error *err)
{
	struct stream *s = context;
	uint64_t grain = s->first + i;
	struct buf *to = &s->grains[i];
	CLEANUP_FREE uint8_t *data = NULL;

	buf_reset(to);
	if (grain >= s->map->n || !block_map_has(s->map, grain))
		return 0;
	data = mem_alloc(VMDK_GRAIN);
	if (block_map_read(s->map, grain, data, err) < 0)
		return -1;
	buf_add_zeros(to, GRAIN_MARKER);
	compress_zlib((struct bytes){ data, VMDK_GRAIN }, to);
	put_le64(to->ptr, grain * VMDK_GRAIN_SECTORS);
	put_le32(to->ptr + 8, (uint32_t)(to->len - GRAIN_MARKER));
	return 0;
}

static int write_marker(struct stream *s, enum marker_type type, uint64_t sectors,
			struct error *err)
{
	uint8_t marker[VMDK_SECTOR] = { 0 };

	put_le64(marker, sectors);
	put_le32(marker + 12, (uint32_t)type); /* the size before it is 0: no grain */
	return sink_write(s->out, BYTES_OF(marker), err);
}

/* *ret_any: there is a table to be written. */
static int write_grains(struct stream *s, bool *ret_any, struct error *err)
{
	*ret_any = false;
	for (size_t i = 0; i < VMDK_PER_TABLE; i++) {
		const struct buf *grain = &s->grains[i];

		put_le32(s->table + 4 * i, grain->len ? sector_of(s) : 0);
		*ret_any = *ret_any || grain->len;
		if (sink_write(s->out, buf_bytes(grain), err) < 0 ||
		    sink_hole(s->out, -grain->len & (VMDK_SECTOR - 1), err) < 0)
			return -1;
	}
	return 0;
}

static int write_table(struct stream *s, uint64_t number, struct error *err)
{
	bool any = false;

	if (write_grains(s, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	if (write_marker(s, MARKER_TABLE, VMDK_TABLE_SECTORS, err) < 0)
		return -1;
	put_le32(s->directory + 4 * number, sector_of(s));
	return sink_write(s->out, BYTES_OF(s->table), err);
}

static int write_tables(struct stream *s, uint64_t n, unsigned threads, struct error *err)
{
	for (uint64_t i = 0; i < n; i++) {
		s->first = i * VMDK_PER_TABLE;
		if (workers_run(threads ? threads : 1, VMDK_PER_TABLE, pack_grain, s, err) < 0 ||
		    write_table(s, i, err) < 0)
			return -1;
	}
	return 0;
}

/* Directory, then the header again with the directory's place, then the end. */
static int write_end(struct stream *s, struct vmdk_header h, uint64_t directory_sectors,
		     struct error *err)
{
	size_t size = (size_t)directory_sectors * VMDK_SECTOR;
	uint8_t footer[VMDK_SECTOR];

	if (write_marker(s, MARKER_DIRECTORY, directory_sectors, err) < 0)
		return -1;
	h.directory_sector = sector_of(s);
	vmdk_encode_header(&h, footer);
	if (sink_write(s->out, (struct bytes){ s->directory, size }, err) < 0 ||
	    write_marker(s, MARKER_FOOTER, 1, err) < 0 ||
	    sink_write(s->out, BYTES_OF(footer), err) < 0)
		return -1;
	return write_marker(s, MARKER_END, 0, err);
}

static void stream_release(struct stream *s)
{
	for (size_t i = 0; i < VMDK_PER_TABLE; i++)
		buf_release(&s->grains[i]);
	free(s->directory);
}

int vmdk_write_stream(const struct block_map *map, const struct vmdk_options *o, struct sink *out,
		      struct error *err)
{
	CLEANUP(stream_release) struct stream s = { .map = map, .out = out, .start = out->offset };
	struct vmdk_geometry g = vmdk_geometry_of(map);
	struct vmdk_header h = { VERSION,
				 FLAGS,
				 map->window.size / VMDK_SECTOR,
				 /* redundant= */ 0,
				 DIRECTORY_AT_END,
				 OVERHEAD,
				 COMPRESSION };

	if (vmdk_check(map, o, err) < 0 || vmdk_write_start(&h, "streamOptimized", o, out, err) < 0)
		return -1;
	for (size_t i = 0; i < VMDK_PER_TABLE; i++)
		s.grains[i].max = COMPRESSED_MAX;
	s.directory = mem_array((size_t)g.directory_sectors, VMDK_SECTOR);
	if (sink_hole(out, s.start + OVERHEAD * VMDK_SECTOR - out->offset, err) < 0 ||
	    write_tables(&s, g.n_tables, o->threads, err) < 0)
		return -1;
	return write_end(&s, h, g.directory_sectors, err);
}
