#pragma once

/* image/disk_private.h - what the files of the disk writer share. Private. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "format/erofs/erofs.h"
#include "format/ext4/ext4.h"
#include "format/fat/fat.h"
#include "format/verity/verity.h"
#include "image/disk.h"

/* Partitions in their order on disk. */
enum disk_part { DISK_ESP, DISK_ROOT, DISK_VERITY, DISK_PARTS };

struct disk {
	struct arena arena;
	struct disk_input in;
	struct digest seed;	/* of the tree: what ids derive from */
	struct ext4_plan *ext4; /* one of these two */
	struct erofs_plan *erofs;
	uint64_t root_size;    /* bytes that the file system has */
	struct verity *verity; /* or NULL */
	struct buf uki;
	struct fat_plan *esp;
	struct gpt_partition parts[DISK_PARTS];
	struct gpt gpt;
	struct disk_facts facts;
	/* What it was before disk_sign(); esp NULL: it is not signed. */
	struct {
		struct buf uki;
		struct fat_plan *esp;
		struct gpt_partition parts[DISK_PARTS];
		struct gpt gpt;
	} before;
};

/*
 * How a root of @t is laid out. @size: of the recipe; 0: by what is in it. Ids are left out, and
 * o->size: a fixed one is first tried.
 */
struct ext4_options disk_ext4_options(const struct tree *t, int64_t epoch, uint64_t size,
				      bool grow);
struct erofs_options disk_erofs_options(int64_t epoch);

/* The file system, its verity tree and its hash. */
int disk_plan_root(struct disk *d, struct error *err) MUST_CHECK;
int disk_write_root(const struct disk *d, struct sink *out, struct error *err) MUST_CHECK;

/* d->uki, without a signature. Needs the ids of the partitions. */
int disk_make_uki(struct disk *d, struct error *err) MUST_CHECK;

/* Roles of ids that the tree gives: docs/determinism.md. */
#define DISK_ROLE_DISK	     "disk"
#define DISK_ROLE_ESP	     "esp partition"
#define DISK_ROLE_VOLUME     "esp volume"
#define DISK_ROLE_ROOT	     "root partition"
#define DISK_ROLE_FILES	     "root file system"
#define DISK_ROLE_HASH_SEED  "root hash seed"

/*
 * HMAC-SHA-256(seed, role). docs/determinism.md lists the roles: no other may be used, and
 * none twice.
 */
struct digest disk_id(const struct disk *d, const char *role);
struct digest disk_id_of(const struct digest *seed, const char *role);
/* Its first 16 bytes as a UUID of version 4. */
struct guid disk_uuid(const struct disk *d, const char *role);

/* Of the EFI system partition, for a UKI of @size bytes. */
uint64_t disk_esp_size(uint64_t size);
#define DISK_ESP_LABEL STR("ESP")
