#pragma once

/*
 * attest/diff_disks.h - two disks, from the partition table to the paths. Pure.
 *
 * Table, ESP with its files, the UKI section by section (the command line word by word, the
 * initrd as a tree), facts of the root file system, its hash tree, its tree. What the parts
 * don't tell apart is told as bytes. Disks that disk_read_damaged() could not read to the
 * end are compared by known places from there on, and notes say why.
 */

#include "attest/image_diff.h"
#include "image/disk_read.h"
#include "io/window.h"

struct diff_disks_side {
	const struct disk_image *disk;
	struct window file;
};

/* @details: contents that are looked into, at most. */
int diff_disks(struct image_diff *d, const struct diff_disks_side *a,
	       const struct diff_disks_side *b, unsigned details, struct error *err) MUST_CHECK;
