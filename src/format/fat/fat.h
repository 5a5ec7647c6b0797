#pragma once

/*
 * format/fat/fat.h - FAT32, for the EFI system partition.
 *
 * Spec:    Microsoft FAT32 File System Specification 1.03 (formats A7;
 *          docs/formats/fat.md).
 * Units:   bytes; sectors are 512 bytes. Times in seconds.
 * Bytes:   little-endian.
 * Depends: base/, io/. No files, no clock; ids come in.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "io/window.h"

#define FAT_WRITER_VERSION 1

struct fat_file {
	struct str path;   /* "EFI/BOOT/BOOTX64.EFI": ASCII; folders are made */
	struct bytes data; /* borrowed until fat_write() has ended */
};

struct fat_options {
	uint32_t volume_id;
	struct str label;  /* at most 11 of A-Z 0-9 space - _ */
	int64_t epoch;     /* clamped to 1980-01-01 and 2107-12-31 */
	uint64_t size;     /* of the volume; 0: as small as it can be, in MiB */
};

struct fat_plan;

/*
 * @files in any order; each path once. Errors: ERR_LIMIT with the numbers if they do not
 * fit; ERR_UNSUPPORTED a name that FAT can't hold, or two that differ in case only. Owned.
 */
int fat_plan(const struct fat_file *files, size_t n, const struct fat_options *o,
	     struct fat_plan **ret, struct error *err) MUST_CHECK;
void fat_plan_free(struct fat_plan *p); /* NULL is allowed */
static inline void cleanup_fat_plan(struct fat_plan **p)
{
	fat_plan_free(*p);
}
#define CLEANUP_FAT_PLAN CLEANUP(cleanup_fat_plan)

uint64_t fat_size(const struct fat_plan *p);
int fat_write(const struct fat_plan *p, struct sink *out, struct error *err) MUST_CHECK;

/* A file found by fat_read(). */
struct fat_entry {
	struct str path;     /* long names where there are, else as "BOOT/X.EFI" */
	bool is_folder;
	uint64_t size;       /* bytes */
	int64_t mtime;       /* seconds */
	const uint32_t *clusters; /* in order */
	size_t n_clusters;
};

struct fat_volume {
	uint32_t volume_id;
	char label[12];
	uint64_t size, cluster_size, data_offset; /* cluster 2 is at data_offset */
	struct fat_entry *entries; /* sorted by path */
	size_t n;
};

/*
 * Reads and checks a FAT32 volume: boot sectors, FSInfo, both FATs, chains, names and
 * their checksums. Written by itself from the specification. In @arena. ERR_FORMAT.
 */
int fat_read(const struct window *in, struct arena *arena, struct fat_volume *ret,
	     struct error *err) MUST_CHECK;
/* The bytes of a file, appended to @to; ERR_LIMIT above to->max. */
int fat_load(const struct window *in, const struct fat_volume *v, const struct fat_entry *e,
	     struct buf *to, struct error *err) MUST_CHECK;
