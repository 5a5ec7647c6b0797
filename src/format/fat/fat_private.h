#pragma once

/* Between the files of the FAT32 writer. */

#include "base/strtab.h"
#include "format/fat/fat.h"

#define FAT_SECTOR      512u
#define FAT_RESERVED    32u    /* sectors before the first FAT */
#define FAT_COPIES      2u
#define FAT_ENTRY       32u    /* bytes of one entry of a folder */
#define FAT_SHORT_LEN   11u    /* name and extension, padded with blanks */
#define FAT_LONG_UNITS  13u    /* letters of one long-name entry */
#define FAT_NAME_MAX    255u
#define FAT_FIRST       2u     /* number of the first cluster */

/* A file or folder; in the plan's arena. */
struct fat_node {
	struct str path;  /* "" for the root */
	struct str name;
	struct bytes data;
	bool folder;
	bool has_long;    /* the short name alone does not say it */
	char short_name[FAT_SHORT_LEN];
	struct fat_node *parent, *next;        /* next in the same folder */
	struct fat_node *children, *last_child; /* in canonical order */
	uint32_t number;  /* of the folder, for keys */
	uint32_t n_entries; /* folder: entries in it */
	uint32_t cluster, n_clusters;
};

/* What follows from the size of the volume; all in sectors but for @clusters. */
struct fat_geometry {
	uint64_t sectors;
	uint32_t per_cluster, fat, clusters;
};

struct fat_plan {
	struct arena arena;
	struct fat_options options;
	char label[FAT_SHORT_LEN];
	struct fat_node **nodes; /* in canonical order; the root first */
	size_t n, capacity;
	struct fat_geometry geometry;
	uint32_t used;           /* clusters */
};

/* Whether FAT can hold @name at all. */
bool fat_is_name(struct str name);

/* Gives the children of @folder their short names. @taken: of all folders. */
void fat_name_children(struct fat_node *folder, struct strtab *taken);

/* Entries that @n takes in its folder. */
uint32_t fat_entries_of(const struct fat_node *n);

/* Of a short name, for its long-name entries (FAT 1.03, "ChkSum()"). */
uint8_t fat_checksum(const char short_name[static FAT_SHORT_LEN]);
