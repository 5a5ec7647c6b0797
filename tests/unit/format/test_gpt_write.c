#include <criterion/criterion.h>

#include "base/crc.h"
#include "base/endian.h"
#include "crypto/hash.h"
#include "format/gpt/gpt.h"
#include "tools/golden.h"

#define MIB (1ull << 20)

static struct guid guid(const char *text)
{
	struct guid g;

	cr_assert(guid_parse(str_of(text), &g));
	return g;
}

static struct gpt_partition partition(const char *id, const char *name, uint64_t size)
{
	struct gpt_partition p = { .id = guid(id), .name = str_of(name), .size = size };

	cr_assert(gpt_type(GPT_ROOT, STR("amd64"), &p.type));
	return p;
}

#define DISK "00112233-4455-4677-8899-aabbccddeeff"
#define ONE "10213243-5465-4687-98a9-bacbdcedfe0f"
#define TWO "20213243-5465-4687-98a9-bacbdcedfe0f"

/* Head and tail of @g, planned. */
struct parts {
	struct buf head, tail;
};

static struct parts write_gpt(struct gpt *g)
{
	struct parts p = { BUF_INIT(2 * MIB), BUF_INIT(4 * MIB) };
	struct error err = ERR_INIT;
	struct sink *head = sink_to_buf(&p.head), *tail = sink_to_buf(&p.tail);

	cr_assert_eq(gpt_plan(g, &err), 0, "%s", err.message);
	cr_assert_eq(gpt_write_head(g, head, &err), 0);
	cr_assert_eq(gpt_write_tail(g, tail, &err), 0);
	cr_assert_eq(sink_close(head, &err), 0);
	cr_assert_eq(sink_close(tail, &err), 0);
	return p;
}

static void parts_release(struct parts *p)
{
	buf_release(&p->head);
	buf_release(&p->tail);
}

/* Compares and erases: what is left at the end must be zero. */
static void expect(struct buf *in, size_t offset, const char *bytes, size_t n, const char *field)
{
	cr_assert_leq(offset + n, in->len);
	cr_assert(memcmp(in->ptr + offset, bytes, n) == 0, "%s", field);
	memset(in->ptr + offset, 0, n);
}

static void expect_le(struct buf *in, size_t offset, size_t n, uint64_t value, const char *field)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	expect(in, offset, (const char *)bytes, n, field);
}

static void expect_rest_zero(const struct buf *in)
{
	for (size_t i = 0; i < in->len; i++)
		cr_assert_eq(in->ptr[i], 0, "byte %zu", i);
}

/* UEFI 2.10, table 5.5; @entries_at: of the 128 entries in @in. */
static void expect_header(struct buf *in, size_t at, size_t entries_at, uint64_t my, uint64_t other,
			  uint64_t last_usable, uint64_t entries_lba)
{
	uint32_t entries_crc = crc32_add(0, (struct bytes){ in->ptr + entries_at, 16384 }), crc;
	uint8_t copy[92];

	memcpy(copy, in->ptr + at, sizeof(copy));
	put_le32(copy + 16, 0);
	crc = crc32_add(0, BYTES_OF(copy));
	expect(in, at, "EFI PART\0\0\1\0\x5c\0\0", 16, "signature, revision, size");
	expect_le(in, at + 16, 4, crc, "HeaderCRC32");
	expect_le(in, at + 24, 8, my, "MyLBA");
	expect_le(in, at + 32, 8, other, "AlternateLBA");
	expect_le(in, at + 40, 8, 2048, "FirstUsableLBA");
	expect_le(in, at + 48, 8, last_usable, "LastUsableLBA");
	expect(in, at + 56, "\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16,
	       "DiskGUID");
	expect_le(in, at + 72, 8, entries_lba, "PartitionEntryLBA");
	expect_le(in, at + 80, 4, 128, "NumberOfPartitionEntries");
	expect_le(in, at + 84, 4, 128, "SizeOfPartitionEntry");
	expect_le(in, at + 88, 4, entries_crc, "PartitionEntryArrayCRC32");
}

/* Table 5.6 */
static void expect_entry(struct buf *in, size_t at, const char *id, uint64_t first, uint64_t last,
			 uint64_t attributes, const char *name)
{
	expect(in, at, "\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09", 16,
	       "PartitionTypeGUID");
	expect(in, at + 16, id, 16, "UniquePartitionGUID");
	expect_le(in, at + 32, 8, first, "StartingLBA");
	expect_le(in, at + 40, 8, last, "EndingLBA");
	expect_le(in, at + 48, 8, attributes, "Attributes");
	for (size_t i = 0; name[i]; i++)
		expect_le(in, at + 56 + 2 * i, 2, (uint8_t)name[i], "PartitionName");
}

#define ONE_ON_DISK "\x43\x32\x21\x10\x65\x54\x87\x46\x98\xa9\xba\xcb\xdc\xed\xfe\x0f"
#define TWO_ON_DISK "\x43\x32\x21\x20\x65\x54\x87\x46\x98\xa9\xba\xcb\xdc\xed\xfe\x0f"

Test(gpt_write, every_field_is_where_uefi_has_it)
{
	struct gpt_partition list[] = { partition(ONE, "esp", 3 * MIB - 512),
					partition(TWO, "r", 512) };
	struct gpt g = { .id = guid(DISK), .partitions = list, .n = 2 };
	CLEANUP(parts_release) struct parts p = { 0 };

	list[1].attributes = GPT_READ_ONLY | GPT_NO_AUTO;
	p = write_gpt(&g);
	cr_assert_eq(g.size, 6 * MIB);
	cr_assert_eq(list[0].offset, MIB);
	cr_assert_eq(list[1].offset, 4 * MIB);
	cr_assert_eq(p.head.len, MIB);
	cr_assert_eq(p.tail.len, 2 * MIB - 512);

	/* 5.2.3: the protective MBR */
	expect(&p.head, 446, "\0\0\2\0\xee\xff\xff\xff\1\0\0\0\xff\x2f\0\0", 16, "record");
	expect(&p.head, 510, "\x55\xaa", 2, "signature");
	expect_header(&p.head, 512, 1024, 1, 12287, 12254, 2);
	expect_entry(&p.head, 1024, ONE_ON_DISK, 2048, 8190, 0, "esp");
	expect_entry(&p.head, 1024 + 128, TWO_ON_DISK, 8192, 8192, 0x9ull << 60, "r");
	expect_rest_zero(&p.head);

	expect_header(&p.tail, p.tail.len - 512, p.tail.len - 33 * 512, 12287, 1, 12254, 12255);
	expect_entry(&p.tail, p.tail.len - 33 * 512, ONE_ON_DISK, 2048, 8190, 0, "esp");
	expect_entry(&p.tail, p.tail.len - 33 * 512 + 128, TWO_ON_DISK, 8192, 8192, 0x9ull << 60,
		     "r");
	expect_rest_zero(&p.tail);
}

static enum err_code plan(struct gpt_partition *list, size_t n)
{
	struct gpt g = { .id = guid(DISK), .partitions = list, .n = n };
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(gpt_plan(&g, &err) < 0, err.code != ERR_NONE);
	return err.code;
}

Test(gpt_write, what_an_entry_can_not_say_is_refused)
{
	struct gpt_partition p[2] = { partition(ONE, "a", 512), partition(TWO, "b", 512) };
	struct gpt_partition good = p[0];

	cr_assert_eq(plan(p, 2), ERR_NONE);
	p[0].size = 0;
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED);
	p[0].size = 513;
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED);
	p[0] = good;
	p[0].name = STR("1234567890123456789012345678901234567");
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED);
	p[0].name.len = 36;
	cr_assert_eq(plan(p, 2), ERR_NONE);
	p[0].name = STR("\xc3\xa4");
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED);
	p[0] = good;
	memset(&p[0].type, 0, sizeof(p[0].type));
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED, "an entry without a type is not there");
}

Test(gpt_write, ids_that_stand_twice_are_refused)
{
	struct gpt_partition p[2] = { partition(ONE, "a", 512), partition(ONE, "b", 512) };

	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED);
	p[1].id = guid(DISK);
	cr_assert_eq(plan(p, 2), ERR_UNSUPPORTED, "the disk's own counts as well");
}

Test(gpt_write, sums_do_not_overflow)
{
	struct gpt_partition p[2] = { partition(ONE, "a", 1ull << 62),
				      partition(TWO, "b", 1ull << 62) };

	cr_assert_eq(plan(p, 2), ERR_LIMIT);
	p[0].size = UINT64_MAX - 511;
	cr_assert_eq(plan(p, 1), ERR_UNSUPPORTED);
}

Test(gpt_write, golden_disks_keep_their_bytes)
{
	static const uint64_t sizes[3][2] = { { 33 * MIB, 512 },
					      { 512, 4096 },
					      { MIB, 5ull << 30 } };
	static const char *const names[] = { "usual", "small", "large" };

	for (size_t i = 0; i < 3; i++) {
		struct gpt_partition list[] = { partition(ONE, "esp", sizes[i][0]),
						partition(TWO, "root", sizes[i][1]) };
		struct gpt g = { .id = guid(DISK), .partitions = list, .n = 2 };
		CLEANUP(parts_release) struct parts p = { 0 };
		struct hash *h = hash_new();
		struct digest digest;

		list[1].attributes = GPT_GROW_FS;
		p = write_gpt(&g);
		hash_add(h, buf_bytes(&p.head));
		hash_add(h, buf_bytes(&p.tail));
		digest = hash_finish(h);
		hash_free(h);
		golden_check("gpt", names[i], GPT_WRITER_VERSION, &digest);
	}
}

Test(gpt_write, a_failing_sink_fails_the_writer)
{
	struct gpt_partition list[] = { partition(ONE, "a", MIB) };
	struct gpt g = { .id = guid(DISK), .partitions = list, .n = 1 };
	struct error err = ERR_INIT;

	cr_assert_eq(gpt_plan(&g, &err), 0);
	for (size_t room = 0; room < 20000; room += 511) {
		CLEANUP_BUF struct buf to = BUF_INIT(room);
		struct sink *out = sink_to_buf(&to);

		cr_assert_eq(gpt_write_head(&g, out, &err), -1);
		cr_assert_eq(sink_close(out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		err_release(&err);
	}
}
