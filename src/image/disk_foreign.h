#pragma once

/*
 * image/disk_foreign.h - a raw disk that another tool made.
 *
 * Spec: UEFI 2.10, chapter 5; Discoverable Partitions Specification; docs/formats/disk.md,
 * "Disks of other tools". A partition table, a root that is ext4 or EROFS, and what else there
 * is: an EFI system partition, a unified kernel image in it. Nobody says how such a disk must
 * look, so what is not there is no failure, and nothing is verified but for the checksums of
 * table and file systems. Only for looking: `verify` and `sign` read disks of ours.
 */

#include "image/disk_read.h"

/*
 * Whether no disk of ours ever looked like it: other partitions, or an EFI system partition that
 * boots no unified kernel image. What is damaged is never foreign.
 */
bool disk_is_foreign(int fd, const char *name);

/*
 * disk_foreign_read() - a disk for which disk_is_foreign() is true
 *
 * *ret: ->is_foreign; ->uki_path is "" and ->uki empty if there is no unified kernel image, or
 * several; ->esp_partition and ->hash_partition may be NULL; ->remarks say what is passed over.
 *
 * Errors: ERR_UNSUPPORTED no root can be told, or it is of another type (with what to do);
 *         ERR_FORMAT, ERR_LIMIT.
 */
int disk_foreign_read(int fd, const char *name, struct disk_image **ret,
		      struct error *err) MUST_CHECK;

/* disk_read() of a disk of ours, else disk_foreign_read(). */
int disk_read_any(int fd, const char *name, struct disk_image **ret, struct error *err) MUST_CHECK;
