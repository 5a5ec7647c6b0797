#pragma once

/*
 * image/disk_account.h - every byte of the EFI system partition is accounted for.
 *
 * Spec: docs/formats/disk.md. FAT hides things: in clusters that are free, behind the end of
 * a file, in files that nobody boots. So what disk_write() would have written is made again
 * and compared.
 */

#include "image/disk_read.h"

/*
 * @d: what disk_read() made of @fd. Errors: ERR_UNACCOUNTED with the offset in the file;
 * ERR_IO.
 */
int disk_account_esp(const struct disk_image *d, int fd, const char *name,
		     struct error *err) MUST_CHECK;
