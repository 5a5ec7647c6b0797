#include "format/gpt/gpt.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"

/*
 * UEFI 2.10, 5.3.2 and 5.3.3: where the fields lie. Two copies of header and entries:
 * LBA 1 and 2..33 at the start; the last LBA and the 32 before it at the end.
 */
enum header_field {
	HEADER_SIGNATURE = 0,
	HEADER_REVISION = 8,
	HEADER_HEADER_SIZE = 12,
	HEADER_CRC = 16,
	HEADER_MY_LBA = 24,
	HEADER_ALTERNATE_LBA = 32,
	HEADER_FIRST_USABLE_LBA = 40,
	HEADER_LAST_USABLE_LBA = 48,
	HEADER_DISK_GUID = 56,
	HEADER_ENTRIES_LBA = 72,
	HEADER_ENTRY_COUNT = 80,
	HEADER_ENTRY_SIZE = 84,
	HEADER_ENTRIES_CRC = 88,
	HEADER_END = 92,
};

enum entry_field {
	ENTRY_TYPE = 0,
	ENTRY_ID = 16,
	ENTRY_FIRST_LBA = 32,
	ENTRY_LAST_LBA = 40,
	ENTRY_ATTRIBUTES = 48,
	ENTRY_NAME = 56, /* 36 units of UTF-16LE */
	ENTRY_END = 128,
};

/* 5.2.3: protective MBR, its one record. */
enum mbr_field {
	MBR_RECORD = 446,
	MBR_OS_TYPE = MBR_RECORD + 4,
	MBR_FIRST_LBA = MBR_RECORD + 8,
	MBR_SECTORS = MBR_RECORD + 12,
	MBR_SIGNATURE = 510,
};

#define REVISION 0x00010000u
#define ENTRIES_SIZE (GPT_MAX_PARTITIONS * ENTRY_END)
#define ENTRIES_SECTORS (ENTRIES_SIZE / GPT_SECTOR)
#define COPY_SECTORS (1 + ENTRIES_SECTORS) /* of a header and its entries */
#define NAME_MAX_UNITS 36u
#define SIZE_MAX_DISK (1ull << 62) /* bytes; sums below can't overflow */

static_assert(ENTRIES_SIZE % GPT_SECTOR == 0, "entries fill whole sectors");
static_assert(ENTRY_NAME + 2 * NAME_MAX_UNITS == ENTRY_END, "the name ends the entry");

static uint64_t align_up(uint64_t v)
{
	return (v + GPT_ALIGNMENT - 1) & ~(uint64_t)(GPT_ALIGNMENT - 1);
}

static bool guid_is_same(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool guid_is_zero(const struct guid *g)
{
	return guid_is_same(g, &(struct guid){ { 0 } });
}

/* What an entry can't say, or what would read as something else. */
static int check_partition(const struct gpt_partition *p, struct error *err)
{
	if (p->size == 0 || p->size % GPT_SECTOR || p->size > SIZE_MAX_DISK)
		return err_set(err, ERR_UNSUPPORTED, "a partition of %llu bytes",
			       (unsigned long long)p->size);
	if (guid_is_zero(&p->type) || guid_is_zero(&p->id))
		return err_set(err, ERR_UNSUPPORTED, "a type or id of zeros");
	if (p->name.len > NAME_MAX_UNITS)
		return err_set(err, ERR_UNSUPPORTED, "the name has %zu letters; the limit is %u",
			       p->name.len, NAME_MAX_UNITS);
	for (size_t i = 0; i < p->name.len; i++)
		if (p->name.ptr[i] < 0x20 || p->name.ptr[i] > 0x7e)
			return err_set(err, ERR_UNSUPPORTED, "the name is not printable ASCII");
	return 0;
}

static int refuse_id(const struct guid *id, struct error *err)
{
	char text[GUID_TEXT_MAX];

	return err_set(err, ERR_UNSUPPORTED, "the id %s stands twice", guid_format(id, text));
}

static int check_ids(const struct gpt *g, struct error *err)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct guid *id = &g->partitions[i].id;

		if (guid_is_same(id, &g->id))
			return refuse_id(id, err);
		for (size_t j = 0; j < i; j++)
			if (guid_is_same(id, &g->partitions[j].id))
				return refuse_id(id, err);
	}
	return 0;
}

int gpt_plan(struct gpt *g, struct error *err)
{
	uint64_t at = GPT_ALIGNMENT;

	if (g->n > GPT_MAX_PARTITIONS)
		return err_set(err, ERR_LIMIT, "%zu partitions; the limit is %u", g->n,
			       GPT_MAX_PARTITIONS);
	for (size_t i = 0; i < g->n; i++)
		if (check_partition(&g->partitions[i], err) < 0)
			return err_while(err, "placing partition %zu", i + 1);
	if (check_ids(g, err) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		if (g->partitions[i].size > SIZE_MAX_DISK - at)
			return err_set(err, ERR_LIMIT, "the disk would have more than %llu bytes",
				       SIZE_MAX_DISK);
		g->partitions[i].offset = at;
		at = align_up(at + g->partitions[i].size);
	}
	g->size = align_up(at + COPY_SECTORS * GPT_SECTOR);
	return 0;
}

/* The first three fields are integers and lie there little-endian (appendix A). */
static void put_guid(uint8_t *to, const struct guid *g)
{
	static const uint8_t from[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < sizeof(from); i++)
		to[i] = g->bytes[from[i]];
}

static void encode_entry(const struct gpt_partition *p, uint8_t *e)
{
	put_guid(e + ENTRY_TYPE, &p->type);
	put_guid(e + ENTRY_ID, &p->id);
	put_le64(e + ENTRY_FIRST_LBA, p->offset / GPT_SECTOR);
	put_le64(e + ENTRY_LAST_LBA, (p->offset + p->size) / GPT_SECTOR - 1);
	put_le64(e + ENTRY_ATTRIBUTES, p->attributes);
	for (size_t i = 0; i < p->name.len; i++)
		put_le16(e + ENTRY_NAME + 2 * i, (uint8_t)p->name.ptr[i]);
}

/* All ENTRIES_SIZE bytes. Owned. */
static uint8_t *encode_entries(const struct gpt *g)
{
	uint8_t *entries = mem_alloc(ENTRIES_SIZE);

	for (size_t i = 0; i < g->n; i++)
		encode_entry(&g->partitions[i], entries + i * ENTRY_END);
	return entries;
}

static void encode_header(const struct gpt *g, bool backup, const uint8_t *entries, uint8_t *h)
{
	uint64_t last = g->size / GPT_SECTOR - 1;

	memcpy(h + HEADER_SIGNATURE, "EFI PART", 8);
	put_le32(h + HEADER_REVISION, REVISION);
	put_le32(h + HEADER_HEADER_SIZE, HEADER_END);
	put_le64(h + HEADER_MY_LBA, backup ? last : 1);
	put_le64(h + HEADER_ALTERNATE_LBA, backup ? 1 : last);
	put_le64(h + HEADER_FIRST_USABLE_LBA, GPT_ALIGNMENT / GPT_SECTOR);
	put_le64(h + HEADER_LAST_USABLE_LBA, last - COPY_SECTORS);
	put_guid(h + HEADER_DISK_GUID, &g->id);
	put_le64(h + HEADER_ENTRIES_LBA, backup ? last - ENTRIES_SECTORS : 2);
	put_le32(h + HEADER_ENTRY_COUNT, GPT_MAX_PARTITIONS);
	put_le32(h + HEADER_ENTRY_SIZE, ENTRY_END);
	put_le32(h + HEADER_ENTRIES_CRC, crc32_add(0, (struct bytes){ entries, ENTRIES_SIZE }));
	put_le32(h + HEADER_CRC, crc32_add(0, (struct bytes){ h, HEADER_END }));
}

static void encode_mbr(const struct gpt *g, uint8_t *mbr)
{
	uint64_t sectors = g->size / GPT_SECTOR - 1;

	/* CHS 0/0/2 to the end of what CHS can say, as table 5.4 has it */
	memcpy(mbr + MBR_RECORD, "\x00\x00\x02\x00\xee\xff\xff\xff", 8);
	put_le32(mbr + MBR_FIRST_LBA, 1);
	put_le32(mbr + MBR_SECTORS, sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors);
	put_le16(mbr + MBR_SIGNATURE, 0xaa55);
}

int gpt_write_head(const struct gpt *g, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *entries = encode_entries(g);
	uint8_t sectors[2 * GPT_SECTOR] = { 0 };

	assert(g->size && g->size % GPT_ALIGNMENT == 0);
	encode_mbr(g, sectors);
	encode_header(g, false, entries, sectors + GPT_SECTOR);
	if (sink_write(out, BYTES_OF(sectors), err) < 0 ||
	    sink_write(out, (struct bytes){ entries, ENTRIES_SIZE }, err) < 0)
		return -1;
	return sink_hole(out, GPT_ALIGNMENT - sizeof(sectors) - ENTRIES_SIZE, err);
}

/* Where the last partition ends; the first would start there if there is none. */
static uint64_t end_of_partitions(const struct gpt *g)
{
	const struct gpt_partition *last = g->n ? &g->partitions[g->n - 1] : NULL;

	return last ? last->offset + last->size : GPT_ALIGNMENT;
}

int gpt_write_tail(const struct gpt *g, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *entries = encode_entries(g);
	uint8_t header[GPT_SECTOR] = { 0 };

	encode_header(g, true, entries, header);
	if (sink_hole(out, g->size - COPY_SECTORS * GPT_SECTOR - end_of_partitions(g), err) < 0 ||
	    sink_write(out, (struct bytes){ entries, ENTRIES_SIZE }, err) < 0)
		return -1;
	return sink_write(out, BYTES_OF(header), err);
}
