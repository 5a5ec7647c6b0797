#pragma once

/*
 * format/vhd/vhd.h - a disk with a footer, as Azure takes it.
 *
 * Spec:    Microsoft, Virtual Hard Disk Image Format Specification 1.0, "Fixed Hard Disk
 *          Image" (formats A9; docs/formats/vhd.md).
 * Units:   bytes; sectors are 512 bytes.
 * Bytes:   big-endian.
 * Depends: base/, io/. No files, no clock; the id comes in.
 */

#include "io/block_map.h"
#include "io/sink.h"

#define VHD_WRITER_VERSION 1
#define VHD_ALIGNMENT      (1u << 20)

/*
 * The disk as it is, blocks of zeros as holes, then the footer. Errors: ERR_LIMIT above
 * 2040 GiB, ERR_UNSUPPORTED a size that is no multiple of VHD_ALIGNMENT.
 */
int vhd_write(const struct block_map *map, const uint8_t id[static 16], struct sink *out,
	      struct error *err) MUST_CHECK;
