#pragma once

/*
 * image/disk_read.h - a raw disk of ours, read back. Other tools': image/disk_foreign.h.
 *
 * Spec: docs/formats/disk.md; formats D1 (hostile input). From the outside in: GPT, ESP,
 * UKI, hash tree, root. What lies between the partitions is zero. Of a disk that fails
 * nothing is returned.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "format/blocks/block_files.h"
#include "format/ext4/ext4_read.h"
#include "format/erofs/erofs_read.h"
#include "format/fat/fat.h"
#include "format/gpt/gpt.h"
#include "format/pe/pe.h"

/* From the outside in. */
enum disk_step {
	DISK_STEP_TABLE,
	DISK_STEP_ESP,
	DISK_STEP_UKI,
	DISK_STEP_CMDLINE,
	DISK_STEP_VERITY,
	DISK_STEP_ROOT,
	DISK_STEP_COUNT,
};
extern const char *const disk_step_names[DISK_STEP_COUNT]; /* "the partition table", ... */

struct disk_damage {
	enum disk_step step;
	struct str reason;
};
#define DISK_DAMAGES_MAX 16u
#define DISK_REMARKS_MAX 8u

struct disk_image {
	struct arena arena;          /* all below lies here, or is owned */
	struct gpt gpt;
	const struct gpt_partition *esp_partition, *root_partition;
	const struct gpt_partition *hash_partition; /* or NULL: no verity */
	struct fat_volume esp;
	struct str uki_path;         /* on the ESP */
	struct buf uki_bytes;
	struct pe_file uki;
	struct digest authenticode;
	struct str signer;           /* who signed the UKI, by the certificate inside; or "" */
	struct str cmdline;          /* of the UKI */
	struct str kernel_version;   /* as the UKI says, or "" */
	enum { DISK_ROOT_EXT4 = 1, DISK_ROOT_EROFS } root_type;
	struct ext4_facts ext4;
	struct erofs_facts erofs;
	bool has_verity;
	struct digest root_hash;     /* that the command line names; checked */
	struct tree *tree;           /* of the root; owned */
	struct tree *initrd;         /* or NULL; owned */
	struct block_files *files;   /* contents of @tree; owned */
	/* disk_read_damaged(): what is wrong, and the step that nothing could be read of */
	struct disk_damage damages[DISK_DAMAGES_MAX];
	size_t n_damages;
	enum disk_step broken;       /* DISK_STEP_COUNT: all was read */
	/* disk_foreign_read(): what of another tool's disk was passed over, and why */
	bool is_foreign;
	struct str remarks[DISK_REMARKS_MAX];
	size_t n_remarks;
};

/* Whether @fd starts as a disk with a partition table does: its magic, no more. */
bool disk_is_one(int fd);

/*
 * @fd is borrowed until disk_image_free(). Errors: ERR_FORMAT, ERR_DIGEST the root is not
 * what its hash says, ERR_SIGNATURE the UKI's signature is of something else, ERR_LIMIT,
 * ERR_UNSUPPORTED.
 */
int disk_read(int fd, const char *name, struct disk_image **ret, struct error *err) MUST_CHECK;

/* The same, for who tells how far it came: *ret_step is the last one, on failure too. */
int disk_read_steps(int fd, const char *name, struct disk_image **ret, enum disk_step *ret_step,
		    struct error *err) MUST_CHECK;

/*
 * Of a damaged disk all that can be read: what is not as it should be is told in ->damages.
 * Before ->broken everything is there; what belongs to it and to later steps is not to be
 * looked at, but that ->tree is NULL or read. Errors: only those of reading the file itself.
 */
int disk_read_damaged(int fd, const char *name, struct disk_image **ret,
		      struct error *err) MUST_CHECK;

void disk_image_free(struct disk_image *d); /* NULL is allowed */
static inline void cleanup_disk_image(struct disk_image **d)
{
	disk_image_free(*d);
}
#define CLEANUP_DISK_IMAGE CLEANUP(cleanup_disk_image)
