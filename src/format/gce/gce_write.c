#include "format/gce/gce.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/compress.h"

#define BLOCK 512u
#define GIB (1ull << 30)

/* GNU tar, "struct posix_header" and "struct oldgnu_header" */
enum header_field {
	HEADER_NAME = 0,
	HEADER_MODE = 100,
	HEADER_UID = 108,
	HEADER_GID = 116,
	HEADER_SIZE = 124, /* of what is stored */
	HEADER_MTIME = 136,
	HEADER_CHECKSUM = 148,
	HEADER_TYPE = 156,
	HEADER_MAGIC = 257,
	HEADER_SPARSE = 386,
	HEADER_MORE = 482, /* blocks with more of the map follow */
	HEADER_REAL_SIZE = 483,
	MORE_SPARSE = 0, /* "struct sparse_header" */
	MORE_MORE = 504,
};

#define HEADER_RUNS 4u
#define MORE_RUNS 21u
#define RUN_SIZE 24u /* bytes of one run in the map: offset and length, 12 each */

/* Bytes that are stored; between runs are zeros. */
struct run {
	uint64_t offset, size;
};

struct runs {
	struct run *list;
	size_t n, capacity;
	uint64_t stored, real;
};

static void runs_release(struct runs *r)
{
	free(r->list);
}

static void add_run(struct runs *r, uint64_t offset, uint64_t size)
{
	struct run *last = r->n ? &r->list[r->n - 1] : NULL;

	r->stored += size;
	if (last && last->offset + last->size == offset) {
		last->size += size;
		return;
	}
	MEM_GROW(r->list, r->n, r->capacity);
	r->list[r->n++] = (struct run){ offset, size };
}

static void find_runs(const struct block_map *map, struct runs *r)
{
	uint64_t size = map->window.size;

	r->real = (size + GIB - 1) / GIB * GIB;
	for (uint64_t i = 0; i < map->n; i++) {
		uint64_t at = i * map->block_size, left = size - at;

		if (block_map_has(map, i))
			add_run(r, at, left < map->block_size ? left : map->block_size);
	}
	/* an empty run at the end says how long the file is */
	if (r->n == 0 || r->list[r->n - 1].offset + r->list[r->n - 1].size < r->real)
		add_run(r, r->real, 0);
}

/* 11 octal digits and NUL; what is larger is binary, with the highest bit set. */
static void put_number(uint8_t *field, uint64_t value)
{
	char text[24];

	if (value >> 33) {
		memset(field, 0, 4);
		field[0] = 0x80;
		put_be64(field + 4, value);
		return;
	}
	snprintf(text, sizeof(text), "%011llo", (unsigned long long)value);
	memcpy(field, text, 12);
}

/* As many as @room, from *next on; true if there are more. */
static bool put_runs(uint8_t *to, size_t room, const struct runs *r, size_t *next)
{
	for (; room && *next < r->n; room--, to += RUN_SIZE, (*next)++) {
		put_number(to, r->list[*next].offset);
		put_number(to + RUN_SIZE / 2, r->list[*next].size);
	}
	return *next < r->n;
}

static void put_checksum(uint8_t *h)
{
	unsigned sum = 0;
	char text[16];

	memset(h + HEADER_CHECKSUM, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += h[i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(h + HEADER_CHECKSUM, text, 7); /* then NUL; the blank behind it stays */
}

static int write_header(const struct runs *r, struct sink *out, struct error *err)
{
	uint8_t h[BLOCK] = { 0 };
	size_t next = 0;
	bool more;

	memcpy(h + HEADER_NAME, "disk.raw", 8);
	memcpy(h + HEADER_MODE, "0000644", 8);
	memcpy(h + HEADER_UID, "0000000", 8);
	memcpy(h + HEADER_GID, "0000000", 8);
	put_number(h + HEADER_SIZE, r->stored);
	put_number(h + HEADER_MTIME, 0);
	h[HEADER_TYPE] = 'S';
	memcpy(h + HEADER_MAGIC, "ustar  ", 8);
	more = put_runs(h + HEADER_SPARSE, HEADER_RUNS, r, &next);
	h[HEADER_MORE] = more;
	put_number(h + HEADER_REAL_SIZE, r->real);
	put_checksum(h);
	if (sink_write(out, BYTES_OF(h), err) < 0)
		return -1;
	while (more) {
		uint8_t block[BLOCK] = { 0 };

		more = put_runs(block + MORE_SPARSE, MORE_RUNS, r, &next);
		block[MORE_MORE] = more;
		if (sink_write(out, BYTES_OF(block), err) < 0)
			return -1;
	}
	return 0;
}

static int write_data(const struct block_map *map, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *block = mem_alloc(map->block_size);

	for (uint64_t i = 0; i < map->n; i++) {
		uint64_t left = map->window.size - i * map->block_size;
		size_t size = left < map->block_size ? (size_t)left : map->block_size;

		if (!block_map_has(map, i))
			continue;
		if (block_map_read(map, i, block, err) < 0 ||
		    sink_write(out, (struct bytes){ block, size }, err) < 0)
			return -1;
	}
	return 0;
}

static int write_tar(const struct block_map *map, struct sink *out, struct error *err)
{
	CLEANUP(runs_release) struct runs r = { 0 };

	find_runs(map, &r);
	if (write_header(&r, out, err) < 0 || write_data(map, out, err) < 0)
		return -1;
	return sink_hole(out, 2 * BLOCK, err);
}

int gce_write(const struct block_map *map, struct sink *out, struct error *err)
{
	struct sink *gzip = NULL;
	int r;

	if (map->window.size == 0 || map->window.size % BLOCK)
		return err_set(err, ERR_UNSUPPORTED, "a disk of %llu bytes",
			       (unsigned long long)map->window.size);
	gzip = compress_gzip(out);
	r = write_tar(map, gzip, err);
	if (r < 0)
		gzip->failed = true;
	return sink_close(gzip, err) < 0 ? -1 : r;
}
