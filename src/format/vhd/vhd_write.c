#include "format/vhd/vhd.h"

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"

/* "Hard Disk Footer Format" */
enum footer_field {
	FOOTER_COOKIE = 0,
	FOOTER_FEATURES = 8,
	FOOTER_VERSION = 12,
	FOOTER_DATA_OFFSET = 16,
	FOOTER_CREATOR = 28,
	FOOTER_CREATOR_VERSION = 32,
	FOOTER_CREATOR_OS = 36,
	FOOTER_ORIGINAL_SIZE = 40,
	FOOTER_SIZE = 48,
	FOOTER_CYLINDERS = 56,
	FOOTER_HEADS = 58,
	FOOTER_TRACK_SECTORS = 59,
	FOOTER_TYPE = 60,
	FOOTER_CHECKSUM = 64,
	FOOTER_ID = 68,
	FOOTER_END = 512,
};

#define SECTOR 512u
#define SIZE_MAX_VHD (2040ull << 30) /* bytes */
#define TYPE_FIXED 2u

struct geometry {
	uint16_t cylinders;
	uint8_t heads, sectors;
};

/* Appendix "CHS Calculation" */
static struct geometry geometry_of(uint64_t sectors)
{
	uint64_t n = sectors < 65535ull * 16 * 255 ? sectors : 65535ull * 16 * 255;
	uint64_t track = 255, heads = 16, rows;

	if (n < 65535ull * 16 * 63) {
		track = 17;
		rows = n / track;
		heads = (rows + 1023) / 1024;
		if (heads < 4)
			heads = 4;
		if (rows >= heads * 1024 || heads > 16) {
			track = 31;
			heads = 16;
			rows = n / track;
		}
		if (rows >= heads * 1024) {
			track = 63;
			heads = 16;
		}
	}
	return (struct geometry){ (uint16_t)(n / track / heads), (uint8_t)heads, (uint8_t)track };
}

static void encode_footer(uint64_t size, const uint8_t *id, uint8_t *f)
{
	struct geometry g = geometry_of(size / SECTOR);
	uint32_t sum = 0;

	memcpy(f + FOOTER_COOKIE, "conectix", 8);
	put_be32(f + FOOTER_FEATURES, 2); /* "reserved", always set */
	put_be32(f + FOOTER_VERSION, 0x00010000);
	put_be64(f + FOOTER_DATA_OFFSET, UINT64_MAX); /* fixed: there is none */
	/*
	 * The time stays 0. Of unknown creators QEMU takes the size from the geometry,
	 * which can't say it exactly; of this one (Hyper-V) from the field.
	 */
	memcpy(f + FOOTER_CREATOR, "win ", 4);
	put_be32(f + FOOTER_CREATOR_VERSION, 0x000a0000);
	memcpy(f + FOOTER_CREATOR_OS, "Wi2k", 4);
	put_be64(f + FOOTER_ORIGINAL_SIZE, size);
	put_be64(f + FOOTER_SIZE, size);
	put_be16(f + FOOTER_CYLINDERS, g.cylinders);
	f[FOOTER_HEADS] = g.heads;
	f[FOOTER_TRACK_SECTORS] = g.sectors;
	put_be32(f + FOOTER_TYPE, TYPE_FIXED);
	memcpy(f + FOOTER_ID, id, 16);
	for (size_t i = 0; i < FOOTER_END; i++)
		sum += f[i];
	put_be32(f + FOOTER_CHECKSUM, ~sum);
}

static int write_disk(const struct block_map *map, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *block = mem_alloc(map->block_size);

	for (uint64_t i = 0; i < map->n; i++) {
		uint64_t left = map->window.size - i * map->block_size;
		size_t size = left < map->block_size ? (size_t)left : map->block_size;

		if (!block_map_has(map, i)) {
			if (sink_hole(out, size, err) < 0)
				return -1;
			continue;
		}
		if (block_map_read(map, i, block, err) < 0 ||
		    sink_write(out, (struct bytes){ block, size }, err) < 0)
			return -1;
	}
	return 0;
}

int vhd_write(const struct block_map *map, const uint8_t id[static 16], struct sink *out,
	      struct error *err)
{
	uint64_t size = map->window.size;
	uint8_t footer[FOOTER_END] = { 0 };

	if (size > SIZE_MAX_VHD)
		return err_set(err, ERR_LIMIT, "a disk of %llu bytes; a VHD has at most %llu",
			       (unsigned long long)size, SIZE_MAX_VHD);
	if (size == 0 || size % VHD_ALIGNMENT)
		return err_set(err, ERR_UNSUPPORTED,
			       "a disk of %llu bytes; Azure takes multiples of 1 MiB",
			       (unsigned long long)size);
	if (write_disk(map, out, err) < 0)
		return -1;
	encode_footer(size, id, footer);
	return sink_write(out, BYTES_OF(footer), err);
}
