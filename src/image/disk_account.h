#pragma once

/*
 * image/disk_account.h - every byte of a disk is accounted for, without anybody's signature.
 *
 * Spec: docs/formats/disk.md. File systems hide things: in blocks that are free, behind the end
 * of a file, in files that nobody boots. So what disk_write() would have written is made again
 * and compared. What files hold is in the digest of the tree, from which the ids of the disk are
 * derived. That finds what broke, and what was changed by hand; who makes new ids is found by a
 * signature only.
 */

#include "image/disk_read.h"

/*
 * @d: what disk_read() made of @fd. Errors: ERR_UNACCOUNTED with the offset in the file;
 * ERR_IO.
 */
int disk_account_esp(const struct disk_image *d, int fd, const char *name,
		     struct error *err) MUST_CHECK;

/*
 * The root: laid out again from its tree. Under verity every byte is below the root hash, and
 * nothing is done. Errors: ERR_UNACCOUNTED, ERR_IO.
 */
int disk_account_root(const struct disk_image *d, int fd, const char *name,
		      struct error *err) MUST_CHECK;

/* The ids are those that the tree gives. ERR_DIGEST. */
int disk_account_ids(const struct disk_image *d, const char *name, struct error *err) MUST_CHECK;

/*
 * What the UKI has twice: kernel and os-release are those of the root (where it has them), the
 * checksum of the file is right (a signed one's; others have none). ERR_DIGEST, ERR_UNACCOUNTED.
 */
int disk_account_uki(const struct disk_image *d, const char *name, struct error *err) MUST_CHECK;
