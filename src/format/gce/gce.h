#pragma once

/*
 * format/gce/gce.h - a disk as Google Compute Engine imports it.
 *
 * Spec:    Compute Engine documentation, "Manually import boot disks": disk.raw, whole
 *          GiB, in a tar as `tar --format=oldgnu -Sczf` writes it; GNU tar manual, "Basic
 *          Tar Format" and "Storing Sparse Files" (formats A9; docs/formats/gce.md).
 * Units:   bytes.
 * Bytes:   octal text, base-256 from 8 GiB on.
 * Depends: base/, io/, compress/. No files, no clock, no ids.
 */

#include "io/block_map.h"
#include "io/sink.h"

#define GCE_WRITER_VERSION 1

/* Blocks of zeros are left out; the disk is said to be as large as the next whole GiB. */
int gce_write(const struct block_map *map, struct sink *out, struct error *err) MUST_CHECK;
