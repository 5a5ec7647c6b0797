#pragma once

/*
 * format/qcow2/qcow2.h - a disk as QEMU keeps it.
 *
 * Spec:    QEMU docs/interop/qcow2.rst, version 3 (formats A9; docs/formats/qcow2.md).
 * Units:   bytes; clusters are 64 KiB.
 * Bytes:   big-endian.
 * Depends: base/, io/. No files, no clock, no ids.
 */

#include "io/block_map.h"
#include "io/sink.h"

#define QCOW2_WRITER_VERSION 1
#define QCOW2_CLUSTER        65536u

/* Not compressed; clusters of zeros are left out. @map has blocks of QCOW2_CLUSTER. */
int qcow2_write(const struct block_map *map, struct sink *out, struct error *err) MUST_CHECK;
