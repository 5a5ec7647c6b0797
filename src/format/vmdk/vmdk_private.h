#pragma once

/* Between the two kinds of VMDK. */

#include "format/vmdk/vmdk.h"

#define VMDK_SECTOR             512u
#define VMDK_GRAIN_SECTORS      (VMDK_GRAIN / VMDK_SECTOR)
#define VMDK_PER_TABLE          512u /* grains that one grain table names */
#define VMDK_TABLE_SECTORS      (VMDK_PER_TABLE * 4 / VMDK_SECTOR)
#define VMDK_DESCRIPTOR_SECTOR  1u
#define VMDK_DESCRIPTOR_SECTORS 20u

/* What differs between headers. */
struct vmdk_header {
	uint32_t version, flags;
	uint64_t capacity;   /* sectors */
	uint64_t redundant_sector, directory_sector, overhead;
	uint16_t compression;
};

struct vmdk_geometry {
	uint64_t n_tables;          /* grain tables */
	uint64_t directory_sectors; /* of the grain directory */
};
struct vmdk_geometry vmdk_geometry_of(const struct block_map *map);

/* ERR_LIMIT, ERR_UNSUPPORTED: what neither kind can say. */
int vmdk_check(const struct block_map *map, const struct vmdk_options *o,
	       struct error *err) MUST_CHECK;

void vmdk_encode_header(const struct vmdk_header *h, uint8_t to[static VMDK_SECTOR]);

/* Header and descriptor: 1 + VMDK_DESCRIPTOR_SECTORS sectors. */
int vmdk_write_start(const struct vmdk_header *h, const char *type,
		     const struct vmdk_options *o, struct sink *out,
		     struct error *err) MUST_CHECK;
