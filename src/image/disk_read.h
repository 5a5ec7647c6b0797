#pragma once

/*
 * image/disk_read.h - a raw disk of ours, read back.
 *
 * Spec: docs/formats/disk.md; formats D1 (hostile input). From the outside in: GPT, ESP,
 * UKI, root, hash tree. Of a disk that fails nothing is returned.
 */

#include "base/arena.h"
#include "format/blocks/block_files.h"
#include "format/ext4/ext4_read.h"
#include "format/erofs/erofs_read.h"
#include "format/fat/fat.h"
#include "format/gpt/gpt.h"
#include "format/pe/pe.h"

struct disk_image {
	struct arena arena;          /* all below lies here, or is owned */
	struct gpt gpt;
	struct fat_volume esp;
	struct buf uki_bytes;
	struct pe_file uki;
	struct digest authenticode;
	struct str cmdline;          /* of the UKI */
	enum { DISK_ROOT_EXT4 = 1, DISK_ROOT_EROFS } root_type;
	struct ext4_facts ext4;
	struct erofs_facts erofs;
	bool has_verity;
	struct digest root_hash;     /* that the command line names; checked */
	struct tree *tree;           /* of the root; owned */
	struct tree *initrd;         /* or NULL; owned */
	struct block_files *files;   /* contents of @tree; owned */
};

/* @fd is borrowed until disk_image_free(). Errors: ERR_FORMAT, ERR_DIGEST, ... */
int disk_read(int fd, const char *name, struct disk_image **ret, struct error *err) MUST_CHECK;
void disk_image_free(struct disk_image *d); /* NULL is allowed */
static inline void cleanup_disk_image(struct disk_image **d)
{
	disk_image_free(*d);
}
#define CLEANUP_DISK_IMAGE CLEANUP(cleanup_disk_image)
