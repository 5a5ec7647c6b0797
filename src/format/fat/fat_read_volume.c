/*
 * Boot sectors, FSInfo and FATs: Microsoft FAT32 File System Specification 1.03, "Boot
 * Sector and BPB", "FAT Data Structure", "FAT32 FSInfo Sector Structure and Backup Boot
 * Sector".
 */
#include "format/fat/fat_reader.h"

#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"

#define END_OF_CHAIN 0x0ffffff8u

static int wrong(struct error *err, const char *field, uint32_t value)
{
	return err_set(err, ERR_FORMAT, "%s in the boot sector of the FAT32 volume is %u", field,
		       value);
}

/* What FAT32 leaves no choice about, and what our volumes leave none about. */
static int check_constants(const uint8_t *b, struct error *err)
{
	if (b[0] != 0xeb || b[2] != 0x90 || b[510] != 0x55 || b[511] != 0xaa)
		return err_set(err, ERR_FORMAT, "the volume has no FAT boot sector");
	if (get_le16(b + 11) != FAT_SECTOR)
		return wrong(err, "BytsPerSec", get_le16(b + 11));
	if (b[13] == 0 || (b[13] & (b[13] - 1)) || b[13] * FAT_SECTOR > 32768)
		return wrong(err, "SecPerClus", b[13]);
	if (b[16] != 2)
		return wrong(err, "NumFATs", b[16]);
	if (get_le16(b + 17) || get_le16(b + 19) || get_le16(b + 22))
		return err_set(err, ERR_UNSUPPORTED, "the volume is FAT12 or FAT16, not FAT32");
	if (b[21] != 0xf8)
		return wrong(err, "Media", b[21]);
	if (get_le16(b + 40))
		return wrong(err, "ExtFlags", get_le16(b + 40));
	if (get_le16(b + 42))
		return wrong(err, "FSVer", get_le16(b + 42));
	if (get_le16(b + 48) != 1)
		return wrong(err, "FSInfo", get_le16(b + 48));
	if (get_le16(b + 50) != 6)
		return wrong(err, "BkBootSec", get_le16(b + 50));
	if (!bytes_are_zero(b + 52, 12) || b[65])
		return err_set(err, ERR_FORMAT, "reserved bytes of the boot sector are not zero");
	if (b[66] != 0x29)
		return wrong(err, "BootSig", b[66]);
	if (memcmp(b + 82, "FAT32   ", 8) != 0)
		return err_set(err, ERR_FORMAT, "the boot sector does not say FAT32");
	return 0;
}

static int plan_clusters(struct fat_reader *r, const uint8_t *b, struct error *err)
{
	uint64_t sectors = get_le32(b + 32), before;

	r->reserved = get_le16(b + 14);
	r->fat_sectors = get_le32(b + 36);
	r->root_cluster = get_le32(b + 44);
	before = r->reserved + 2ull * r->fat_sectors;
	if (r->reserved < 8)
		return wrong(err, "RsvdSecCnt", r->reserved);
	if (sectors * FAT_SECTOR > r->in->size || before >= sectors)
		return err_set(err, ERR_FORMAT,
			       "the FAT32 volume has %llu sectors, %llu of them before its data, "
			       "and the partition %llu bytes",
			       (unsigned long long)sectors, (unsigned long long)before,
			       (unsigned long long)r->in->size);
	sectors = (sectors - before) / b[13];
	if (sectors < 65525)
		return err_set(err, ERR_FORMAT, "%llu clusters are too few for FAT32",
			       (unsigned long long)sectors);
	if (sectors > FAT_MAX_CLUSTERS)
		return err_set(err, ERR_LIMIT, "the FAT32 volume has %llu clusters, more than %u",
			       (unsigned long long)sectors, FAT_MAX_CLUSTERS);
	r->n_clusters = (uint32_t)sectors;
	if (r->fat_sectors * 128ull < r->n_clusters + 2ull ||
	    r->fat_sectors > FAT_MAX_CLUSTERS / 128 + 64)
		return wrong(err, "FATSz32", r->fat_sectors);
	r->v.size = (uint64_t)get_le32(b + 32) * FAT_SECTOR;
	r->v.cluster_size = b[13] * FAT_SECTOR;
	r->v.data_offset = before * FAT_SECTOR;
	return 0;
}

static void read_label(struct fat_reader *r, const uint8_t *b)
{
	size_t n = 11;

	r->v.volume_id = get_le32(b + 67);
	memcpy(r->v.label, b + 71, n);
	while (n && r->v.label[n - 1] == ' ')
		n--;
	memset(r->v.label + n, 0, sizeof(r->v.label) - n);
}

static int check_label(const struct fat_reader *r, struct error *err)
{
	for (const char *p = r->v.label; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return err_set(err, ERR_FORMAT,
				       "the label of the FAT32 volume is not ASCII");
	return 0;
}

static int read_boot(struct fat_reader *r, struct error *err)
{
	uint8_t boot[3 * FAT_SECTOR], copy[3 * FAT_SECTOR];

	if (window_read(r->in, 0, boot, sizeof(boot), err) < 0 || check_constants(boot, err) < 0 ||
	    plan_clusters(r, boot, err) < 0)
		return -1;
	read_label(r, boot);
	if (check_label(r, err) < 0 ||
	    window_read(r->in, 6 * FAT_SECTOR, copy, sizeof(copy), err) < 0)
		return -1;
	if (memcmp(boot, copy, FAT_SECTOR) != 0)
		return err_set(err, ERR_FORMAT, "the copy of the FAT32 boot sector differs");
	return 0;
}

/* The copy's counts may be older: mtools, like others, only keeps the first. */
static int read_info(struct fat_reader *r, uint32_t sector, struct error *err)
{
	uint8_t s[FAT_SECTOR];

	if (window_read(r->in, sector * FAT_SECTOR, s, sizeof(s), err) < 0)
		return -1;
	if (get_le32(s) != 0x41615252 || get_le32(s + 484) != 0x61417272 ||
	    get_le32(s + 508) != 0xaa550000 || !bytes_are_zero(s + 4, 480) ||
	    !bytes_are_zero(s + 496, 12))
		return err_set(err, ERR_FORMAT, "sector %u of the FAT32 volume is no FSInfo",
			       sector);
	r->free_count = get_le32(s + 488);
	r->next_free = get_le32(s + 492);
	return 0;
}

/* Sectors 2 and 8 may hold the signature of a boot sector, and no code. */
static int check_reserved(const struct fat_reader *r, struct error *err)
{
	uint8_t s[FAT_SECTOR];

	for (uint32_t i = 2; i < r->reserved; i++) {
		if (i == 6 || i == 7)
			continue;
		if (window_read(r->in, (uint64_t)i * FAT_SECTOR, s, sizeof(s), err) < 0)
			return -1;
		if ((i == 2 || i == 8) && s[510] == 0x55 && s[511] == 0xaa)
			s[510] = s[511] = 0;
		if (!bytes_are_zero(s, sizeof(s)))
			return err_set(err, ERR_FORMAT,
				       "reserved sector %u of the FAT32 volume is not zero", i);
	}
	return 0;
}

static int compare_fats(const struct fat_reader *r, uint64_t size, struct error *err)
{
	uint64_t second = (uint64_t)r->reserved * FAT_SECTOR + size;
	uint8_t copy[64 * FAT_SECTOR];

	for (uint64_t at = 0; at < size; at += sizeof(copy)) {
		size_t now = size - at < sizeof(copy) ? (size_t)(size - at) : sizeof(copy);

		if (window_read(r->in, second + at, copy, now, err) < 0)
			return -1;
		if (memcmp(copy, r->fat + at, now) != 0)
			return err_set(err, ERR_FORMAT, "the two FATs differ");
	}
	return 0;
}

static int read_fats(struct fat_reader *r, struct error *err)
{
	uint64_t size = (uint64_t)r->fat_sectors * FAT_SECTOR;
	size_t end = ((size_t)r->n_clusters + 2) * 4;

	r->fat = mem_alloc((size_t)size);
	r->used = mem_alloc((size_t)r->n_clusters + 2);
	if (window_read(r->in, (uint64_t)r->reserved * FAT_SECTOR, r->fat, (size_t)size, err) < 0 ||
	    compare_fats(r, size, err) < 0)
		return -1;
	if (get_le32(r->fat) != 0x0ffffff8)
		return err_set(err, ERR_FORMAT, "entry 0 of the FAT is %08x", get_le32(r->fat));
	/* The top bits of the second say that the volume was closed cleanly, without errors. */
	if ((get_le32(r->fat + 4) | 7) != 0x0fffffff)
		return err_set(err, ERR_FORMAT, "entry 1 of the FAT is %08x", get_le32(r->fat + 4));
	if (!bytes_are_zero(r->fat + end, (size_t)size - end))
		return err_set(err, ERR_FORMAT, "the FAT has entries after its last cluster");
	return 0;
}

int fat_read_volume(struct fat_reader *r, struct error *err)
{
	if (read_boot(r, err) < 0 || read_info(r, 7, err) < 0 || read_info(r, 1, err) < 0)
		return -1;
	if (check_reserved(r, err) < 0)
		return -1;
	return read_fats(r, err);
}

void fat_reader_release(struct fat_reader *r)
{
	free(r->fat);
	free(r->used);
}

/* Marks the chain's clusters and counts them. */
static int walk_chain(struct fat_reader *r, uint32_t first, size_t max, struct str path,
		      size_t *ret, struct error *err)
{
	uint32_t cluster = first;
	size_t n = 0;

	do {
		if (cluster < 2 || cluster - 2 >= r->n_clusters)
			return err_set(err, ERR_FORMAT, "'/" STR_FMT "' has cluster %u",
				       STR_ARG(path), cluster);
		if (r->used[cluster])
			return err_set(err, ERR_FORMAT,
				       "'/" STR_FMT "' has cluster %u, which is in use",
				       STR_ARG(path), cluster);
		if (n++ == max)
			return err_set(err, ERR_FORMAT, "'/" STR_FMT "' has more than %zu clusters",
				       STR_ARG(path), max);
		r->used[cluster] = 1;
		cluster = get_le32(r->fat + 4 * (size_t)cluster);
	} while (cluster < END_OF_CHAIN);
	if (cluster > 0x0fffffff)
		return err_set(err, ERR_FORMAT, "the chain of '/" STR_FMT "' ends with %08x",
			       STR_ARG(path), cluster);
	*ret = n;
	return 0;
}

int fat_read_chain(struct fat_reader *r, uint32_t first, size_t max, struct str path,
		   const uint32_t **ret, size_t *ret_n, struct error *err)
{
	uint32_t *list, cluster = first;
	size_t n = 0;

	if (walk_chain(r, first, max, path, &n, err) < 0)
		return -1;
	list = arena_array(r->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[i] = cluster;
		cluster = get_le32(r->fat + 4 * (size_t)cluster);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int fat_check_free(const struct fat_reader *r, struct error *err)
{
	uint32_t n = 0;

	for (uint32_t cluster = 2; cluster < r->n_clusters + 2; cluster++) {
		if (r->used[cluster])
			continue;
		n++;
		if (get_le32(r->fat + 4 * (size_t)cluster))
			return err_set(err, ERR_FORMAT, "cluster %u is in no file, and not free",
				       cluster);
	}
	if (r->free_count != n && r->free_count != UINT32_MAX)
		return err_set(err, ERR_FORMAT, "FSInfo counts %u free clusters, and there are %u",
			       r->free_count, n);
	if (r->next_free != UINT32_MAX && (r->next_free < 2 || r->next_free - 2 > r->n_clusters))
		return err_set(err, ERR_FORMAT, "FSInfo names cluster %u as the next free one",
			       r->next_free);
	return 0;
}
