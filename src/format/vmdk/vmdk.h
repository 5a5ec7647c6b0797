#pragma once

/*
 * format/vmdk/vmdk.h - a disk as VMware keeps and sends it.
 *
 * Spec:    VMware, Virtual Disk Format 5.0, "Hosted Sparse Extents" and "Stream-Optimized
 *          Compressed Sparse Extents" (formats A9; docs/formats/vmdk.md).
 * Units:   bytes; *_sector fields count 512 bytes; grains are 64 KiB.
 * Bytes:   little-endian.
 * Depends: base/, io/, compress/ (the second kind). No files, no clock; ids come in.
 */

#include "io/block_map.h"
#include "io/sink.h"

#define VMDK_SPARSE_VERSION 1
#define VMDK_STREAM_VERSION 1
#define VMDK_GRAIN          65536u

struct vmdk_options {
	struct str name;  /* of the file, as its own descriptor says it: printable ASCII */
	uint32_t cid;     /* content id; below 0xfffffffe */
	unsigned threads; /* that compress; 0: one */
};

/*
 * monolithicSparse: grains of zeros are left out, nothing is compressed. To be written
 * to by a hypervisor. @map has blocks of VMDK_GRAIN. Errors: ERR_LIMIT above 2000 GiB.
 */
int vmdk_write_sparse(const struct block_map *map, const struct vmdk_options *o,
		      struct sink *out, struct error *err) MUST_CHECK;

/* streamOptimized: each grain compressed by zlib. To be imported. Errors as above. */
int vmdk_write_stream(const struct block_map *map, const struct vmdk_options *o,
		      struct sink *out, struct error *err) MUST_CHECK;
