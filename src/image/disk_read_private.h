#pragma once

/* image/disk_read_private.h - what the readers of disks share. Private. */

#include "image/disk_read.h"

struct disk_reader {
	struct window whole;
	struct window part[GPT_ROLE_COUNT];
	struct disk_image *d;
	enum disk_step step; /* at which it is */
	bool tolerant;	     /* what is wrong is told, and passed by if it can be */
};

struct disk_reader disk_reader_of(int fd, const char *name, struct disk_image *d);

/* Of d->uki_bytes: sections, command line, signature, initrd. */
int disk_read_uki(struct disk_reader *r, struct error *err) MUST_CHECK;

/* The file system in r->part[GPT_ROOT]. */
int disk_read_root_tree(struct disk_reader *r, struct error *err) MUST_CHECK;
