#pragma once

/*
 * image/disk_unsigned.h - which disk it was before Secure Boot signed it.
 *
 * Spec: design.md, section 9; docs/formats/disk.md. Who has neither key nor signature makes
 * that disk: by its digest both know that they speak of the same one.
 */

#include "image/disk_read.h"

/*
 * disk_unsigned() - the digest of the disk without the signature in its UKI
 * @d:   what disk_read() made of @fd
 *
 * The EFI system partition is laid out anew, the root is read again. *ret_known is false,
 * and *ret unset, if nothing is signed or the disk is not as disk_write() lays one out.
 */
int disk_unsigned(const struct disk_image *d, int fd, const char *name, struct digest *ret,
		  bool *ret_known, struct error *err) MUST_CHECK;
