#pragma once

/*
 * image/disk_ova.h - a disk with the machine that it wants, in one file.
 *
 * Spec: DMTF DSP0243 1.1.0, Open Virtualization Format; docs/formats/ova.md.
 */

#include "format/vmdk/vmdk.h"

#define OVA_WRITER_VERSION 1

struct ova_options {
	struct str name; /* of the machine and, with endings, of the files: [A-Za-z0-9._+~-] */
	uint32_t cid;    /* of the disk */
	unsigned threads;
};

/*
 * The descriptor, digests, the disk as a stream-optimized VMDK, which is compressed
 * twice: first to learn its size and digest. Errors: those of vmdk_write_stream().
 */
int ova_write(const struct block_map *map, const struct ova_options *o, struct sink *out,
	      struct error *err) MUST_CHECK;

/* The descriptor's XML. @disk_size: bytes of the VMDK; @capacity: of the disk. */
void ovf_write(struct str name, uint64_t disk_size, uint64_t capacity, struct buf *to);
