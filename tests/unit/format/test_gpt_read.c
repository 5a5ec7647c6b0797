#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "format/gpt/gpt.h"
#include "unit/format/window_fixture.h"

#define MIB (1u << 20)

static struct guid guid(const char *text)
{
	struct guid g;

	cr_assert(guid_parse(str_of(text), &g));
	return g;
}

/* Two partitions, of 3 MiB and of 5 sectors. */
static void make(struct buf *to)
{
	struct gpt_partition list[2] = {
		{ .id = guid("10213243-5465-4687-98a9-bacbdcedfe0f"),
		  .name = STR("esp"),
		  .size = 3 * MIB,
		  .attributes = GPT_NO_AUTO },
		{ .id = guid("20213243-5465-4687-98a9-bacbdcedfe0f"),
		  .name = STR("root"),
		  .size = 5 * GPT_SECTOR,
		  .attributes = GPT_READ_ONLY | GPT_GROW_FS },
	};
	struct gpt g = { .id = guid("00112233-4455-4677-8899-aabbccddeeff"),
			 .partitions = list,
			 .n = 2 };
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	cr_assert(gpt_type(GPT_ESP, STR(""), &list[0].type));
	cr_assert(gpt_type(GPT_ROOT, STR("arm64"), &list[1].type));
	cr_assert_eq(gpt_plan(&g, &err), 0);
	cr_assert_eq(gpt_write_head(&g, out, &err), 0);
	cr_assert_eq(sink_hole(out, list[1].offset + list[1].size - to->len, &err), 0);
	cr_assert_eq(gpt_write_tail(&g, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(to->len, g.size);
}

Test(gpt_read, what_was_written_is_read)
{
	CLEANUP_BUF struct buf disk = BUF_INIT(16 * MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	char text[GUID_TEXT_MAX];
	struct error err = ERR_INIT;
	struct window w;
	struct gpt g;

	make(&disk);
	w = window_of(buf_bytes(&disk));
	cr_assert_eq(gpt_read(&w, &arena, &g, &err), 0, "%s", err.message);
	cr_assert_str_eq(guid_format(&g.id, text), "00112233-4455-4677-8899-aabbccddeeff");
	cr_assert_eq(g.n, 2);
	cr_assert_eq(g.size, disk.len);
	cr_assert_eq(g.partitions[0].offset, MIB);
	cr_assert_eq(g.partitions[0].size, 3 * MIB);
	cr_assert_eq(g.partitions[0].attributes, GPT_NO_AUTO);
	cr_assert(str_equal(g.partitions[0].name, STR("esp")));
	cr_assert_str_eq(guid_format(&g.partitions[0].type, text),
			 "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	cr_assert_eq(g.partitions[1].offset, 4 * MIB);
	cr_assert_eq(g.partitions[1].size, 5 * GPT_SECTOR);
	cr_assert(str_equal(g.partitions[1].name, STR("root")));
	cr_assert_str_eq(guid_format(&g.partitions[1].id, text),
			 "20213243-5465-4687-98a9-bacbdcedfe0f");
	close(w.fd);
}

static void assert_refused(const struct window *w, uint64_t at)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct gpt g;

	cr_assert_eq(gpt_read(w, &arena, &g, &err), -1, "a flip at byte %llu",
		     (unsigned long long)at);
	cr_assert_eq(err.code, ERR_FORMAT, "%s", err.message);
}

/* Bytes [from, to), each with one of its bits turned over. */
static void flip_all(const struct window *w, const struct buf *disk, size_t from, size_t to)
{
	for (size_t at = from; at < to; at++) {
		window_set(w, at, (uint8_t)(disk->ptr[at] ^ 1u << (at * 7 % 8)));
		assert_refused(w, at);
		window_set(w, at, disk->ptr[at]);
	}
}

Test(gpt_read, a_flipped_bit_in_either_copy_is_found, .timeout = 120)
{
	CLEANUP_BUF struct buf disk = BUF_INIT(16 * MIB);
	struct window w;

	make(&disk);
	w = window_of(buf_bytes(&disk));
	flip_all(&w, &disk, 0, 2 * GPT_SECTOR + 3 * 128);
	flip_all(&w, &disk, 33 * GPT_SECTOR, 34 * GPT_SECTOR);
	flip_all(&w, &disk, disk.len - 33 * GPT_SECTOR, disk.len - 33 * GPT_SECTOR + 3 * 128);
	flip_all(&w, &disk, disk.len - 2 * GPT_SECTOR, disk.len);
	close(w.fd);
}

Test(gpt_read, a_disk_that_was_cut_or_made_longer_is_refused)
{
	CLEANUP_BUF struct buf disk = BUF_INIT(16 * MIB);
	static const int64_t changes[] = { -1, 1, 512, -512, -(int64_t)MIB };
	struct window w;

	make(&disk);
	buf_add_zeros(&disk, MIB);
	w = window_of(buf_bytes(&disk));
	for (size_t i = 0; i < 5; i++) {
		w.size = (uint64_t)((int64_t)(disk.len - MIB) + changes[i]);
		assert_refused(&w, 0);
	}
	for (w.size = 0; w.size < 40 * GPT_SECTOR; w.size += 256)
		assert_refused(&w, 0);
	close(w.fd);
}

/* As gpt_read_any(): 0, or the code of the error. */
static int read_any(const struct window *w, struct gpt *ret, struct arena *arena)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	return gpt_read_any(w, arena, ret, &err) < 0 ? (int)err.code : 0;
}

Test(gpt_read, of_another_tools_disk_the_first_copy_is_enough)
{
	CLEANUP_BUF struct buf disk = BUF_INIT(16 * MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct window w;
	struct gpt g;

	make(&disk);
	memcpy(disk.ptr, "GRUB", 4);			   /* boot code */
	memset(disk.ptr + disk.len - GPT_SECTOR, 0, GPT_SECTOR); /* the second copy */
	buf_add_zeros(&disk, MIB);			   /* it has grown */
	w = window_of(buf_bytes(&disk));
	assert_refused(&w, 0);
	cr_assert_eq(read_any(&w, &g, &arena), 0);
	cr_assert_eq(g.n, 2);
	cr_assert(str_equal_cstr(g.partitions[1].name, "root"));
	close(w.fd);
}

Test(gpt_read, of_another_tools_disk_checksums_and_bounds_count)
{
	CLEANUP_BUF struct buf disk = BUF_INIT(16 * MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct window w;
	struct gpt g;

	make(&disk);
	w = window_of(buf_bytes(&disk));
	for (size_t at = GPT_SECTOR; at < 2 * GPT_SECTOR + 3 * 128; at++) {
		window_set(&w, at, disk.ptr[at] ^ 1);
		cr_assert_eq(read_any(&w, &g, &arena), ERR_FORMAT, "byte %zu", at);
		window_set(&w, at, disk.ptr[at]);
	}
	w.size = disk.len - 34 * GPT_SECTOR; /* cut off */
	cr_assert_eq(read_any(&w, &g, &arena), ERR_FORMAT);
	w.size = disk.len;
	window_set(&w, 450, 0x83); /* the record in the MBR protects nothing */
	cr_assert_eq(read_any(&w, &g, &arena), ERR_FORMAT);
	close(w.fd);
}

Test(gpt_read, guids_are_read_in_either_case_and_nothing_else_is_one)
{
	static const char *const bad[] = {
		"",
		"00112233-4455-4677-8899-aabbccddeef",
		"00112233-4455-4677-8899-aabbccddeeff0",
		"00112233+4455-4677-8899-aabbccddeeff",
		"0011223-34455-4677-8899-aabbccddeeff",
		"00112233-4455-4677-8899-aabbccddeefg",
	};
	char text[GUID_TEXT_MAX];
	struct guid g = guid("00112233-4455-4677-8899-AABBCCDDEEFF");

	cr_assert_str_eq(guid_format(&g, text), "00112233-4455-4677-8899-aabbccddeeff");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_not(guid_parse(str_of(bad[i]), &g), "%s", bad[i]);
}
