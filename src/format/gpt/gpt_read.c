/*
 * Reading a partition table: docs/formats/gpt.md, from UEFI 2.10, chapter 5. Both copies
 * must be whole and say the same: a disk that needs repair is no disk of ours. With other tools'
 * gpt_read_any() is less strict.
 */
#include "format/gpt/gpt.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"

#define ENTRY_SIZE 128u
#define HEADER_SIZE 92u

/* Section 5.3.2, "GPT Header". */
enum {
	AT_REVISION = 8,
	AT_HEADER_SIZE = 12,
	AT_HEADER_CRC = 16,
	AT_RESERVED = 20,
	AT_MY_LBA = 24,
	AT_ALTERNATE_LBA = 32,
	AT_FIRST_USABLE = 40,
	AT_LAST_USABLE = 48,
	AT_DISK_GUID = 56,
	AT_ENTRIES_LBA = 72,
	AT_ENTRY_COUNT = 80,
	AT_ENTRY_SIZE = 84,
	AT_ENTRIES_CRC = 88,
};

struct table {
	const char *which; /* "first", "second" */
	bool is_foreign;   /* gpt_read_any() */
	uint64_t first_usable, last_usable, entries_lba;
	uint32_t n, entries_crc;
	struct guid id;
	uint8_t entries[GPT_MAX_PARTITIONS * ENTRY_SIZE];
};

/* Appendix A: the first three fields are little-endian. */
static struct guid decode_guid(const uint8_t *p)
{
	static const uint8_t from[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct guid g;

	for (size_t i = 0; i < sizeof(from); i++)
		g.bytes[i] = p[from[i]];
	return g;
}

/* The address of a sector with 255 heads and 63 sectors; ffffff if it has none. */
static void chs_of(uint64_t lba, uint8_t ret[static 3])
{
	uint64_t cylinder = lba / 63 / 255;

	memset(ret, 0xff, 3);
	if (cylinder > 1023)
		return;
	ret[0] = (uint8_t)(lba / 63 % 255);
	ret[1] = (uint8_t)((lba % 63 + 1) | cylinder >> 8 << 6);
	ret[2] = (uint8_t)cylinder;
}

/* Section 5.2.3, "Protective MBR". */
static int check_mbr(const struct window *disk, uint64_t sectors, struct error *err)
{
	uint64_t covered = sectors - 1 < UINT32_MAX ? sectors - 1 : UINT32_MAX;
	uint8_t mbr[GPT_SECTOR];
	const uint8_t *record = mbr + 446;
	uint8_t chs[3];

	if (window_read(disk, 0, mbr, sizeof(mbr), err) < 0)
		return -1;
	if (mbr[510] != 0x55 || mbr[511] != 0xaa)
		return err_set(err, ERR_FORMAT, "the first sector is no master boot record");
	if (!bytes_are_zero(mbr, 446))
		return err_set(err, ERR_FORMAT, "the protective MBR holds boot code");
	if (record[4] != 0xee || record[0] != 0 || get_le32(record + 8) != 1)
		return err_set(err, ERR_FORMAT, "the master boot record does not protect a GPT");
	if (get_le32(record + 12) != covered)
		return err_set(err, ERR_FORMAT,
			       "the protective MBR covers %u sectors, and the disk has %llu",
			       get_le32(record + 12), (unsigned long long)sectors);
	chs_of(sectors - 1, chs);
	if (memcmp(record + 1, "\0\2\0", 3) != 0 ||
	    (memcmp(record + 5, chs, 3) != 0 && memcmp(record + 5, "\377\377\377", 3) != 0))
		return err_set(err, ERR_FORMAT, "the protective MBR's CHS addresses are wrong");
	if (!bytes_are_zero(record + 16, 48))
		return err_set(err, ERR_FORMAT, "the protective MBR has further partitions");
	return 0;
}

/* A record that protects the GPT is enough: GRUB's boot code lies before it. */
static int check_any_mbr(const struct window *disk, struct error *err)
{
	uint8_t mbr[GPT_SECTOR];

	if (window_read(disk, 0, mbr, sizeof(mbr), err) < 0)
		return -1;
	for (const uint8_t *record = mbr + 446; record < mbr + 510; record += 16)
		if (record[4] == 0xee && get_le16(mbr + 510) == 0xaa55)
			return 0;
	return err_set(err, ERR_FORMAT, "the master boot record does not protect a GPT");
}

static int check_header(const uint8_t *h, const char *which, uint64_t lba, uint64_t other,
			struct error *err)
{
	uint8_t copy[HEADER_SIZE];

	if (memcmp(h, "EFI PART", 8) != 0)
		return err_set(err, ERR_FORMAT, "there is no %s GPT header in sector %llu", which,
			       (unsigned long long)lba);
	if (get_le32(h + AT_REVISION) != 0x00010000 || get_le32(h + AT_HEADER_SIZE) != HEADER_SIZE)
		return err_set(err, ERR_FORMAT, "the %s GPT header has revision %x and %u bytes",
			       which, get_le32(h + AT_REVISION), get_le32(h + AT_HEADER_SIZE));
	memcpy(copy, h, HEADER_SIZE);
	put_le32(copy + AT_HEADER_CRC, 0);
	if (crc32_add(0, BYTES_OF(copy)) != get_le32(h + AT_HEADER_CRC))
		return err_set(err, ERR_FORMAT, "the checksum of the %s GPT header is wrong",
			       which);
	if (get_le32(h + AT_RESERVED) || !bytes_are_zero(h + HEADER_SIZE, GPT_SECTOR - HEADER_SIZE))
		return err_set(err, ERR_FORMAT, "reserved bytes of the %s GPT header are not zero",
			       which);
	if (get_le64(h + AT_MY_LBA) != lba || get_le64(h + AT_ALTERNATE_LBA) != other)
		return err_set(err, ERR_FORMAT,
			       "the %s GPT header names sectors %llu and %llu, not %llu and %llu",
			       which, (unsigned long long)get_le64(h + AT_MY_LBA),
			       (unsigned long long)get_le64(h + AT_ALTERNATE_LBA),
			       (unsigned long long)lba, (unsigned long long)other);
	return 0;
}

/* Tables have 16,384 bytes at least (5.3.1), and nobody needs more. */
static int check_sizes(const uint8_t *h, const struct table *t, struct error *err)
{
	uint32_t size = get_le32(h + AT_ENTRY_SIZE), n = get_le32(h + AT_ENTRY_COUNT);

	if (size != ENTRY_SIZE || n > GPT_MAX_PARTITIONS || n == 0 ||
	    (n < GPT_MAX_PARTITIONS && !t->is_foreign))
		return err_set(err, ERR_FORMAT,
			       "the %s GPT header has %u entries of %u bytes, not %u of %u",
			       t->which, n, size, GPT_MAX_PARTITIONS, ENTRY_SIZE);
	return 0;
}

static int read_table(const struct window *disk, uint64_t lba, uint64_t other, struct table *t,
		      struct error *err)
{
	uint8_t h[GPT_SECTOR];

	if (window_read(disk, lba * GPT_SECTOR, h, sizeof(h), err) < 0)
		return -1;
	if (t->is_foreign) /* a disk that has grown since has its second copy anywhere */
		other = get_le64(h + AT_ALTERNATE_LBA);
	if (check_header(h, t->which, lba, other, err) < 0 || check_sizes(h, t, err) < 0)
		return -1;
	t->first_usable = get_le64(h + AT_FIRST_USABLE);
	t->last_usable = get_le64(h + AT_LAST_USABLE);
	t->entries_lba = get_le64(h + AT_ENTRIES_LBA);
	t->n = get_le32(h + AT_ENTRY_COUNT);
	t->entries_crc = get_le32(h + AT_ENTRIES_CRC);
	t->id = decode_guid(h + AT_DISK_GUID);
	if (t->entries_lba >= disk->size / GPT_SECTOR)
		return err_set(err, ERR_FORMAT, "the %s partition table lies in sector %llu",
			       t->which, (unsigned long long)t->entries_lba);
	if (window_read(disk, t->entries_lba * GPT_SECTOR, t->entries, t->n * ENTRY_SIZE, err) < 0)
		return -1;
	if (crc32_add(0, (struct bytes){ t->entries, t->n * ENTRY_SIZE }) != t->entries_crc)
		return err_set(err, ERR_FORMAT, "the checksum of the %s partition table is wrong",
			       t->which);
	return 0;
}

/* Headers and tables before and after all that is usable, and the same in both copies. */
static int check_tables(const struct table *a, const struct table *b, uint64_t last,
			struct error *err)
{
	uint64_t sectors = ((uint64_t)a->n * ENTRY_SIZE + GPT_SECTOR - 1) / GPT_SECTOR;

	if (a->n != b->n || a->first_usable != b->first_usable ||
	    a->last_usable != b->last_usable ||
	    memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes)) != 0 ||
	    memcmp(a->entries, b->entries, (size_t)a->n * ENTRY_SIZE) != 0)
		return err_set(err, ERR_FORMAT, "the two copies of the GPT differ");
	if (bytes_are_zero(a->id.bytes, sizeof(a->id.bytes)))
		return err_set(err, ERR_FORMAT, "the disk has no GUID");
	if (a->entries_lba < 2 || a->first_usable < a->entries_lba + sectors ||
	    a->first_usable > a->last_usable || a->last_usable >= b->entries_lba ||
	    b->entries_lba + sectors > last)
		return err_set(
			err, ERR_FORMAT, "usable sectors %llu to %llu overlap the partition tables",
			(unsigned long long)a->first_usable, (unsigned long long)a->last_usable);
	return 0;
}

static int read_name(const struct table *t, const uint8_t *entry, uint32_t number,
		     struct arena *arena, struct str *ret, struct error *err)
{
	const uint8_t *units = entry + 56;
	char text[36];
	size_t n = 0;

	for (; n < sizeof(text) && get_le16(units + 2 * n); n++) {
		uint16_t unit = get_le16(units + 2 * n);

		if ((unit < 0x20 || unit > 0x7e) && t->is_foreign)
			unit = '?';
		if (unit < 0x20 || unit > 0x7e)
			return err_set(err, ERR_FORMAT, "the name of partition %u is not ASCII",
				       number);
		text[n] = (char)unit;
	}
	if (!t->is_foreign && !bytes_are_zero(units + 2 * n, 72 - 2 * n))
		return err_set(err, ERR_FORMAT, "the name of partition %u goes on after its end",
			       number);
	*ret = arena_str(arena, (struct str){ text, n });
	return 0;
}

/* Section 5.3.3, "GPT Partition Entry Array". */
static int read_entry(const struct table *t, uint32_t i, struct arena *arena,
		      struct gpt_partition *ret, struct error *err)
{
	const uint8_t *e = t->entries + i * ENTRY_SIZE;
	uint64_t first = get_le64(e + 32), last = get_le64(e + 40);

	ret->type = decode_guid(e);
	ret->id = decode_guid(e + 16);
	ret->attributes = get_le64(e + 48);
	if (bytes_are_zero(ret->id.bytes, sizeof(ret->id.bytes)))
		return err_set(err, ERR_FORMAT, "partition %u has no GUID", i + 1);
	if (first < t->first_usable || last > t->last_usable || first > last)
		return err_set(err, ERR_FORMAT,
			       "partition %u has sectors %llu to %llu, and %llu to %llu are usable",
			       i + 1, (unsigned long long)first, (unsigned long long)last,
			       (unsigned long long)t->first_usable,
			       (unsigned long long)t->last_usable);
	/* bits 3 to 47 must be zero */
	if (!t->is_foreign && ret->attributes & 0x0000fffffffffff8ull)
		return err_set(err, ERR_FORMAT, "partition %u has reserved attributes %llx", i + 1,
			       (unsigned long long)ret->attributes);
	ret->offset = first * GPT_SECTOR;
	ret->size = (last - first + 1) * GPT_SECTOR;
	return read_name(t, e, i + 1, arena, &ret->name, err);
}

static int by_offset(const void *a, const void *b)
{
	const struct gpt_partition *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int check_partitions(const struct gpt *g, struct error *err)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct gpt_partition *p = &g->partitions[i];

		if (i && p[-1].offset + p[-1].size > p->offset)
			return err_set(err, ERR_FORMAT, "two partitions overlap at byte %llu",
				       (unsigned long long)p->offset);
		for (size_t k = 0; k < i; k++)
			if (memcmp(g->partitions[k].id.bytes, p->id.bytes, 16) == 0)
				return err_set(err, ERR_FORMAT,
					       "two partitions have the same GUID");
	}
	return 0;
}

static int read_partitions(const struct table *t, struct arena *arena, struct gpt *g,
			   struct error *err)
{
	g->partitions = arena_array(arena, t->n, sizeof(*g->partitions));
	for (uint32_t i = 0; i < t->n; i++) {
		const uint8_t *e = t->entries + i * ENTRY_SIZE;

		if (!bytes_are_zero(e, 16)) {
			if (read_entry(t, i, arena, &g->partitions[g->n], err) < 0)
				return -1;
			g->n++;
		} else if (!bytes_are_zero(e, ENTRY_SIZE)) {
			return err_set(err, ERR_FORMAT, "unused partition %u is not zero", i + 1);
		}
	}
	qsort(g->partitions, g->n, sizeof(*g->partitions), by_offset);
	return check_partitions(g, err);
}

/* Two tables are too much for the stack of a thread. */
static int read_both(const struct window *disk, struct table *t, struct arena *arena, struct gpt *g,
		     struct error *err)
{
	uint64_t last = disk->size / GPT_SECTOR - 1;

	t[0].which = "first";
	t[1].which = "second";
	if (check_mbr(disk, last + 1, err) < 0 || read_table(disk, 1, last, &t[0], err) < 0 ||
	    read_table(disk, last, 1, &t[1], err) < 0 || check_tables(&t[0], &t[1], last, err) < 0)
		return -1;
	g->id = t[0].id;
	return read_partitions(&t[0], arena, g, err);
}

static int read_first(const struct window *disk, struct table *t, struct arena *arena,
		      struct gpt *g, struct error *err)
{
	t->which = "first";
	t->is_foreign = true;
	if (check_any_mbr(disk, err) < 0 || read_table(disk, 1, 0, t, err) < 0)
		return -1;
	if (t->last_usable >= disk->size / GPT_SECTOR)
		return err_set(err, ERR_FORMAT,
			       "the disk has %llu sectors, and sector %llu is said to be usable: "
			       "it is cut off",
			       (unsigned long long)(disk->size / GPT_SECTOR),
			       (unsigned long long)t->last_usable);
	g->id = t->id;
	return read_partitions(t, arena, g, err);
}

static int read_gpt(const struct window *disk, bool any, struct arena *arena, struct gpt *ret,
		    struct error *err)
{
	struct gpt g = { .size = disk->size };
	struct table *tables;
	int r;

	if (disk->size % GPT_SECTOR || disk->size / GPT_SECTOR < 6)
		return err_set(err, ERR_FORMAT, "%llu bytes are no disk with a GPT",
			       (unsigned long long)disk->size);
	tables = mem_array(2, sizeof(*tables));
	r = any ? read_first(disk, tables, arena, &g, err)
		: read_both(disk, tables, arena, &g, err);
	free(tables);
	if (r == 0)
		*ret = g;
	return r;
}

int gpt_read(const struct window *disk, struct arena *arena, struct gpt *ret, struct error *err)
{
	return read_gpt(disk, false, arena, ret, err);
}

int gpt_read_any(const struct window *disk, struct arena *arena, struct gpt *ret,
		 struct error *err)
{
	return read_gpt(disk, true, arena, ret, err);
}
