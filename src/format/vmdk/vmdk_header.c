#include "format/vmdk/vmdk_private.h"

#include <assert.h>

#include "base/endian.h"

/* "Hosted Sparse Extent Header" */
enum header_field {
	HEADER_MAGIC = 0,
	HEADER_VERSION = 4,
	HEADER_FLAGS = 8,
	HEADER_CAPACITY = 12,
	HEADER_GRAIN_SIZE = 20,
	HEADER_DESCRIPTOR_OFFSET = 28,
	HEADER_DESCRIPTOR_SIZE = 36,
	HEADER_PER_TABLE = 44,
	HEADER_REDUNDANT = 48,
	HEADER_DIRECTORY = 56,
	HEADER_OVERHEAD = 64,
	HEADER_UNCLEAN = 72,
	HEADER_LINE_ENDS = 73,
	HEADER_COMPRESSION = 77,
};

#define SIZE_LIMIT (2000ull << 30) /* bytes: sector numbers have 32 bits, with room */

/* Geometry of a SCSI disk, which nothing that boots by UEFI asks for. */
#define HEADS 255u
#define TRACK_SECTORS 63u

struct vmdk_geometry vmdk_geometry_of(const struct block_map *map)
{
	uint64_t tables = (map->n + VMDK_PER_TABLE - 1) / VMDK_PER_TABLE;

	return (struct vmdk_geometry){ tables, (tables * 4 + VMDK_SECTOR - 1) / VMDK_SECTOR };
}

int vmdk_check(const struct block_map *map, const struct vmdk_options *o, struct error *err)
{
	assert(map->block_size == VMDK_GRAIN && o->cid < 0xfffffffe);
	if (map->window.size > SIZE_LIMIT)
		return err_set(err, ERR_LIMIT, "a disk of %llu bytes; a VMDK has at most %llu",
			       (unsigned long long)map->window.size, SIZE_LIMIT);
	if (map->window.size == 0 || map->window.size % VMDK_GRAIN)
		return err_set(err, ERR_UNSUPPORTED,
			       "a disk of %llu bytes; a VMDK has a multiple of 64 KiB",
			       (unsigned long long)map->window.size);
	if (o->name.len == 0 || o->name.len > 255)
		return err_set(err, ERR_UNSUPPORTED, "a file name of %zu bytes", o->name.len);
	for (size_t i = 0; i < o->name.len; i++)
		if (o->name.ptr[i] < 0x20 || o->name.ptr[i] > 0x7e || o->name.ptr[i] == '"')
			return err_set(err, ERR_UNSUPPORTED, "a file name '" STR_FMT "'",
				       STR_ARG(o->name));
	return 0;
}

void vmdk_encode_header(const struct vmdk_header *h, uint8_t to[static VMDK_SECTOR])
{
	memset(to, 0, VMDK_SECTOR);
	memcpy(to + HEADER_MAGIC, "KDMV", 4);
	put_le32(to + HEADER_VERSION, h->version);
	put_le32(to + HEADER_FLAGS, h->flags);
	put_le64(to + HEADER_CAPACITY, h->capacity);
	put_le64(to + HEADER_GRAIN_SIZE, VMDK_GRAIN_SECTORS);
	put_le64(to + HEADER_DESCRIPTOR_OFFSET, VMDK_DESCRIPTOR_SECTOR);
	put_le64(to + HEADER_DESCRIPTOR_SIZE, VMDK_DESCRIPTOR_SECTORS);
	put_le32(to + HEADER_PER_TABLE, VMDK_PER_TABLE);
	put_le64(to + HEADER_REDUNDANT, h->redundant_sector);
	put_le64(to + HEADER_DIRECTORY, h->directory_sector);
	put_le64(to + HEADER_OVERHEAD, h->overhead);
	memcpy(to + HEADER_LINE_ENDS, "\n \r\n", 4); /* shows a transfer as text */
	put_le16(to + HEADER_COMPRESSION, h->compression);
}

/* "The Descriptor File" */
static void add_descriptor(const struct vmdk_header *h, const char *type,
			   const struct vmdk_options *o, struct buf *to)
{
	buf_printf(to, "# Disk DescriptorFile\nversion=1\nCID=%08x\nparentCID=ffffffff\n", o->cid);
	buf_printf(to, "createType=\"%s\"\n\n# Extent description\n", type);
	buf_printf(to, "RW %llu SPARSE \"" STR_FMT "\"\n\n", (unsigned long long)h->capacity,
		   STR_ARG(o->name));
	buf_printf(to, "# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n");
	buf_printf(to, "ddb.geometry.cylinders = \"%llu\"\n",
		   (unsigned long long)(h->capacity / (HEADS * TRACK_SECTORS)));
	buf_printf(to, "ddb.geometry.heads = \"%u\"\nddb.geometry.sectors = \"%u\"\n", HEADS,
		   TRACK_SECTORS);
	buf_printf(to, "ddb.virtualHWVersion = \"13\"\n");
}

int vmdk_write_start(const struct vmdk_header *h, const char *type, const struct vmdk_options *o,
		     struct sink *out, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(VMDK_DESCRIPTOR_SECTORS * VMDK_SECTOR);
	uint8_t sector[VMDK_SECTOR];

	vmdk_encode_header(h, sector);
	add_descriptor(h, type, o, &text);
	if (sink_write(out, BYTES_OF(sector), err) < 0 ||
	    sink_write(out, buf_bytes(&text), err) < 0)
		return -1;
	return sink_hole(out, text.max - text.len, err);
}
