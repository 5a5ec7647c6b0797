#include "format/fat/fat_private.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"

/* FAT 1.03, "Boot Sector and BPB", for FAT32. */
enum boot_field {
	BOOT_JUMP = 0,
	BOOT_OEM = 3,
	BOOT_SECTOR_SIZE = 11,
	BOOT_PER_CLUSTER = 13,
	BOOT_RESERVED = 14,
	BOOT_COPIES = 16,
	BOOT_MEDIA = 21,
	BOOT_TRACK_SECTORS = 24,
	BOOT_HEADS = 26,
	BOOT_SECTORS = 32,
	BOOT_FAT_SECTORS = 36,
	BOOT_ROOT = 44,
	BOOT_INFO = 48,
	BOOT_BACKUP = 50,
	BOOT_DRIVE = 64,
	BOOT_EXTENDED = 66,
	BOOT_VOLUME_ID = 67,
	BOOT_LABEL = 71,
	BOOT_TYPE = 82,
	BOOT_SIGNATURE = 510,
};

/* "FAT32 FSInfo Sector Structure and Backup Boot Sector" */
enum info_field {
	INFO_LEAD = 0,
	INFO_STRUCTURE = 484,
	INFO_FREE = 488,
	INFO_NEXT = 492,
	INFO_TRAIL = 508,
};

/* "FAT 32 Byte Directory Entry Structure", "Long Directory Entries" */
enum entry_field {
	ENTRY_NAME = 0,
	ENTRY_ATTRIBUTES = 11,
	ENTRY_MADE_TIME = 14,
	ENTRY_MADE_DATE = 16,
	ENTRY_READ_DATE = 18,
	ENTRY_CLUSTER_HIGH = 20,
	ENTRY_TIME = 22,
	ENTRY_DATE = 24,
	ENTRY_CLUSTER_LOW = 26,
	ENTRY_SIZE = 28,
	LONG_CHECKSUM = 13,
};

#define ATTR_LABEL 0x08
#define ATTR_FOLDER 0x10
#define ATTR_ARCHIVE 0x20
#define ATTR_LONG 0x0f
#define LONG_LAST 0x40

#define INFO_SECTOR 1u
#define BACKUP_SECTOR 6u
#define BOOT_SECTORS_N 3u /* boot sector, FSInfo, one with a signature only */
#define MEDIA 0xf8u	  /* a fixed disk */
#define END_OF_CHAIN 0x0fffffffu
#define TIME_MIN 315532800ll  /* 1980-01-01T00:00:00Z */
#define TIME_MAX 4354819199ll /* 2107-12-31T23:59:59Z */

struct dos_time {
	uint16_t date, time;
};

/* "Date and Time Formats". UTC. The calendar of 400 years begins on 1 March. */
static struct dos_time dos_time(int64_t epoch)
{
	int64_t t = epoch < TIME_MIN ? TIME_MIN : epoch > TIME_MAX ? TIME_MAX : epoch;
	int64_t days = t / 86400 + 719468, second = t % 86400; /* since 0000-03-01 */
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */
	int64_t of_month = of_year - (153 * month + 2) / 5 + 1;

	year += 400 * era + (month >= 10);
	month = month < 10 ? month + 3 : month - 9;
	return (struct dos_time){
		.date = (uint16_t)((year - 1980) << 9 | month << 5 | of_month),
		.time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2),
	};
}

static void encode_boot(const struct fat_plan *p, uint8_t *b)
{
	const struct fat_geometry *g = &p->geometry;

	memcpy(b + BOOT_JUMP, "\xeb\x58\x90", 3);
	memcpy(b + BOOT_OEM, "INGOT   ", 8);
	put_le16(b + BOOT_SECTOR_SIZE, FAT_SECTOR);
	b[BOOT_PER_CLUSTER] = (uint8_t)g->per_cluster;
	put_le16(b + BOOT_RESERVED, FAT_RESERVED);
	b[BOOT_COPIES] = FAT_COPIES;
	b[BOOT_MEDIA] = MEDIA;
	put_le16(b + BOOT_TRACK_SECTORS, 63); /* no one asks, but 0 divides */
	put_le16(b + BOOT_HEADS, 255);
	put_le32(b + BOOT_SECTORS, (uint32_t)g->sectors);
	put_le32(b + BOOT_FAT_SECTORS, g->fat);
	put_le32(b + BOOT_ROOT, FAT_FIRST);
	put_le16(b + BOOT_INFO, INFO_SECTOR);
	put_le16(b + BOOT_BACKUP, BACKUP_SECTOR);
	b[BOOT_DRIVE] = 0x80;
	b[BOOT_EXTENDED] = 0x29;
	put_le32(b + BOOT_VOLUME_ID, p->options.volume_id);
	memcpy(b + BOOT_LABEL, p->label, FAT_SHORT_LEN);
	memcpy(b + BOOT_TYPE, "FAT32   ", 8);
	put_le16(b + BOOT_SIGNATURE, 0xaa55);
}

static void encode_info(const struct fat_plan *p, uint8_t *b)
{
	uint32_t left = p->geometry.clusters - p->used;

	put_le32(b + INFO_LEAD, 0x41615252);
	put_le32(b + INFO_STRUCTURE, 0x61417272);
	put_le32(b + INFO_FREE, left);
	put_le32(b + INFO_NEXT, left ? FAT_FIRST + p->used : UINT32_MAX);
	put_le32(b + INFO_TRAIL, 0xaa550000);
}

static int write_reserved(const struct fat_plan *p, struct sink *out, struct error *err)
{
	uint8_t sectors[FAT_RESERVED * FAT_SECTOR] = { 0 };

	encode_boot(p, sectors);
	encode_info(p, sectors + INFO_SECTOR * FAT_SECTOR);
	put_le16(sectors + (BOOT_SECTORS_N - 1) * FAT_SECTOR + BOOT_SIGNATURE, 0xaa55);
	memcpy(sectors + BACKUP_SECTOR * FAT_SECTOR, sectors, BOOT_SECTORS_N * FAT_SECTOR);
	return sink_write(out, BYTES_OF(sectors), err);
}

/* A run of clusters in the table: each names the next. */
static void add_chain(struct buf *fat, const struct fat_node *n)
{
	uint8_t *to = buf_reserve(fat, (size_t)n->n_clusters * 4);

	for (uint32_t i = 0; i < n->n_clusters; i++)
		put_le32(to + 4 * (size_t)i,
			 i + 1 < n->n_clusters ? n->cluster + i + 1 : END_OF_CHAIN);
	fat->len += (size_t)n->n_clusters * 4;
}

static int write_fats(const struct fat_plan *p, struct sink *out, struct error *err)
{
	size_t size = (size_t)p->geometry.fat * FAT_SECTOR;
	CLEANUP_BUF struct buf fat = BUF_INIT(size);
	uint8_t first[8];

	put_le32(first, 0x0fffff00 | MEDIA);
	put_le32(first + 4, END_OF_CHAIN); /* and: unmounted cleanly, no errors */
	buf_add(&fat, first, sizeof(first));
	for (int folders = 1; folders >= 0; folders--)
		for (size_t i = 0; i < p->n; i++)
			if (p->nodes[i]->folder == folders)
				add_chain(&fat, p->nodes[i]);
	assert(fat.len == ((size_t)FAT_FIRST + p->used) * 4);
	for (unsigned i = 0; i < FAT_COPIES; i++)
		if (sink_write(out, buf_bytes(&fat), err) < 0 ||
		    sink_hole(out, size - fat.len, err) < 0)
			return -1;
	return 0;
}

static void add_entry(const struct fat_plan *p, struct buf *to, const char *short_name,
		      uint8_t attributes, uint32_t cluster, uint32_t size)
{
	struct dos_time t = dos_time(p->options.epoch);
	uint8_t e[FAT_ENTRY] = { 0 };

	memcpy(e + ENTRY_NAME, short_name, FAT_SHORT_LEN);
	e[ENTRY_ATTRIBUTES] = attributes;
	if (attributes != ATTR_LABEL) {
		put_le16(e + ENTRY_MADE_TIME, t.time);
		put_le16(e + ENTRY_MADE_DATE, t.date);
		put_le16(e + ENTRY_READ_DATE, t.date);
	}
	put_le16(e + ENTRY_CLUSTER_HIGH, (uint16_t)(cluster >> 16));
	put_le16(e + ENTRY_TIME, t.time);
	put_le16(e + ENTRY_DATE, t.date);
	put_le16(e + ENTRY_CLUSTER_LOW, (uint16_t)cluster);
	put_le32(e + ENTRY_SIZE, size);
	buf_add(to, e, sizeof(e));
}

/* Part @i (from 0) of a long name: its letters, one NUL, then ones. */
static void add_long_entry(struct buf *to, const struct fat_node *n, uint32_t i, bool last)
{
	static const uint8_t at[FAT_LONG_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	uint8_t e[FAT_ENTRY] = { 0 };

	e[ENTRY_NAME] = (uint8_t)((i + 1) | (last ? LONG_LAST : 0));
	e[ENTRY_ATTRIBUTES] = ATTR_LONG;
	e[LONG_CHECKSUM] = fat_checksum(n->short_name);
	for (uint32_t k = 0; k < FAT_LONG_UNITS; k++) {
		size_t letter = (size_t)i * FAT_LONG_UNITS + k;

		put_le16(e + at[k], letter < n->name.len    ? (uint8_t)n->name.ptr[letter]
				    : letter == n->name.len ? 0
							    : 0xffff);
	}
	buf_add(to, e, sizeof(e));
}

static void add_child(const struct fat_plan *p, struct buf *to, const struct fat_node *n)
{
	uint32_t parts = fat_entries_of(n) - 1;

	for (uint32_t i = parts; i > 0; i--)
		add_long_entry(to, n, i - 1, i == parts);
	add_entry(p, to, n->short_name, n->folder ? ATTR_FOLDER : ATTR_ARCHIVE, n->cluster,
		  (uint32_t)n->data.len);
}

static int write_folder(const struct fat_plan *p, const struct fat_node *folder, struct sink *out,
			struct error *err)
{
	size_t size = (size_t)folder->n_clusters * p->geometry.per_cluster * FAT_SECTOR;
	CLEANUP_BUF struct buf entries = BUF_INIT(size);
	const struct fat_node *up = folder->parent;

	if (!up && p->options.label.len)
		add_entry(p, &entries, p->label, ATTR_LABEL, 0, 0);
	if (up) { /* ".." of a folder in the root says 0 */
		add_entry(p, &entries, ".          ", ATTR_FOLDER, folder->cluster, 0);
		add_entry(p, &entries, "..         ", ATTR_FOLDER, up->parent ? up->cluster : 0, 0);
	}
	for (const struct fat_node *n = folder->children; n; n = n->next)
		add_child(p, &entries, n);
	assert(entries.len == (size_t)folder->n_entries * FAT_ENTRY);
	if (sink_write(out, buf_bytes(&entries), err) < 0)
		return -1;
	return sink_hole(out, size - entries.len, err);
}

static int write_file(const struct fat_plan *p, const struct fat_node *n, struct sink *out,
		      struct error *err)
{
	uint64_t size = (uint64_t)n->n_clusters * p->geometry.per_cluster * FAT_SECTOR;

	if (sink_write(out, n->data, err) < 0)
		return -1;
	return sink_hole(out, size - n->data.len, err);
}

int fat_write(const struct fat_plan *p, struct sink *out, struct error *err)
{
	const struct fat_geometry *g = &p->geometry;
	uint64_t start = out->offset, used = FAT_RESERVED + FAT_COPIES * (uint64_t)g->fat +
					     (uint64_t)p->used * g->per_cluster;

	if (write_reserved(p, out, err) < 0 || write_fats(p, out, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (p->nodes[i]->folder && write_folder(p, p->nodes[i], out, err) < 0)
			return -1;
	for (size_t i = 0; i < p->n; i++)
		if (!p->nodes[i]->folder && write_file(p, p->nodes[i], out, err) < 0)
			return -1;
	assert(out->offset - start == used * FAT_SECTOR);
	return sink_hole(out, (g->sectors - used) * FAT_SECTOR, err);
}
