#pragma once

/*
 * format/fat/fat_reader.h - what the parts of the FAT32 reader share. Private to fat/.
 *
 * Spec:    as format/fat/fat.h.
 * Units:   bytes, sectors of 512 bytes, clusters from 2; times in seconds.
 * Bytes:   little-endian.
 * Depends: base/, io/. No files, no clock.
 */

#include "format/fat/fat.h"

#define FAT_SECTOR 512u
#define FAT_ENTRY_SIZE 32u
#define FAT_MAX_ENTRIES 65536u	    /* of one folder, by the specification; of all, by us */
#define FAT_MAX_CLUSTERS (1u << 24) /* 8 GiB of sectors; an ESP has some hundred MiB */
#define FAT_MAX_PATH 1024u	    /* bytes */

struct fat_reader {
	const struct window *in;
	struct arena *arena;
	struct fat_volume v;
	uint32_t root_cluster, reserved, fat_sectors; /* sectors of one FAT */
	uint32_t n_clusters;		/* they have the numbers 2 to n_clusters + 1 */
	uint32_t free_count, next_free; /* as FSInfo says */
	uint8_t *fat;			/* the first, of fat_sectors */
	uint8_t *used;			/* by cluster: 1 if a chain has it */
};

/* Boot sectors, FSInfo, both FATs: into *r. fat_reader_release() in any case. */
int fat_read_volume(struct fat_reader *r, struct error *err) MUST_CHECK;
void fat_reader_release(struct fat_reader *r);

/* The clusters of the chain that starts at @first, at most @max of them; in the arena. */
int fat_read_chain(struct fat_reader *r, uint32_t first, size_t max, struct str path,
		   const uint32_t **ret, size_t *ret_n, struct error *err) MUST_CHECK;

/* Whatever belongs to no chain is free, and FSInfo has counted right. */
int fat_check_free(const struct fat_reader *r, struct error *err) MUST_CHECK;

/* One name of a folder: a short entry with the long ones before it. */
struct fat_name {
	char text[256]; /* of the long entries, or of the short one */
	size_t len;
	char alias[13]; /* of the short one: "BOOTX64.EFI" */
	uint8_t attributes;
	uint32_t first_cluster, size;
	int64_t mtime; /* seconds */
};

enum {
	FAT_READ_ONLY = 1,
	FAT_HIDDEN = 2,
	FAT_SYSTEM = 4,
	FAT_LABEL = 8,
	FAT_FOLDER = 16,
	FAT_ARCHIVE = 32
};

/*
 * The name whose entries start at *at; *at is then behind it. Returns 1, or 0 at the end
 * of the folder (all zeros from there).
 */
int fat_read_name(struct bytes folder, size_t *at, struct str path, struct fat_name *ret,
		  struct error *err) MUST_CHECK;
