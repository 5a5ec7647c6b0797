#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/fat/fat.h"
#include "tools/golden.h"

#define MIB (1u << 20)
#define EPOCH 1700000001 /* 2023-11-14T22:13:21Z */

#define FILE_OF(name, text)                                                                        \
	{                                                                                          \
		.path = { (name), sizeof(name) - 1 }, .data = {                                    \
			(const uint8_t *)(text),                                                   \
			sizeof(text) - 1                                                           \
		}                                                                                  \
	}

static const struct fat_options usual = { .volume_id = 0x12345678,
					  .label = { "ESP", 3 },
					  .epoch = EPOCH };

static enum err_code make(const struct fat_file *files, size_t n, const struct fat_options *o,
			  struct buf *to)
{
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out;

	if (fat_plan(files, n, o, &plan, &err) < 0) {
		cr_assert_null(plan);
		return err.code;
	}
	if (!to)
		return ERR_NONE;
	out = sink_to_buf(to);
	cr_assert_eq(fat_write(plan, out, &err), 0, "%s", err.message);
	cr_assert_eq(out->offset, fat_size(plan));
	cr_assert_eq(sink_close(out, &err), 0);
	return ERR_NONE;
}

static void expect(struct buf *in, size_t offset, const void *bytes, size_t n, const char *field)
{
	cr_assert_leq(offset + n, in->len);
	cr_assert(memcmp(in->ptr + offset, bytes, n) == 0, "%s", field);
	memset(in->ptr + offset, 0, n);
}

static void expect_le(struct buf *in, size_t offset, size_t n, uint32_t value, const char *field)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	expect(in, offset, bytes, n, field);
}

#define FAT_SECTORS 520u /* of a volume of 33 MiB */
#define CLUSTERS (33 * 2048 - 32 - 2 * FAT_SECTORS)
#define DATA ((32 + 2 * FAT_SECTORS) * 512)

/* FAT 1.03, "Boot Sector and BPB", "FAT32 FSInfo Sector" */
static void expect_reserved(struct buf *v, uint32_t used)
{
	static const size_t copies[] = { 0, 6 * 512 };

	for (size_t i = 0; i < 2; i++) {
		size_t at = copies[i];

		expect(v, at, "\xeb\x58\x90INGOT   ", 11, "BS_jmpBoot, BS_OEMName");
		expect(v, at + 11, "\0\2\1\x20\0\2", 6, "sector, cluster, reserved, copies");
		expect(v, at + 21, "\xf8", 1, "BPB_Media");
		expect_le(v, at + 24, 2, 63, "BPB_SecPerTrk");
		expect_le(v, at + 26, 2, 255, "BPB_NumHeads");
		expect_le(v, at + 32, 4, 33 * 2048, "BPB_TotSec32");
		expect_le(v, at + 36, 4, FAT_SECTORS, "BPB_FATSz32");
		expect_le(v, at + 44, 4, 2, "BPB_RootClus");
		expect_le(v, at + 48, 2, 1, "BPB_FSInfo");
		expect_le(v, at + 50, 2, 6, "BPB_BkBootSec");
		expect(v, at + 64, "\x80\0\x29", 3, "BS_DrvNum, BS_BootSig");
		expect_le(v, at + 67, 4, 0x12345678, "BS_VolID");
		expect(v, at + 71, "ESP        FAT32   ", 19, "BS_VolLab, BS_FilSysType");
		expect(v, at + 510, "\x55\xaa", 2, "signature");
		expect(v, at + 512, "RRaA", 4, "FSI_LeadSig");
		expect(v, at + 512 + 484, "rrAa", 4, "FSI_StrucSig");
		expect_le(v, at + 512 + 488, 4, CLUSTERS - used, "FSI_Free_Count");
		expect_le(v, at + 512 + 492, 4, 2 + used, "FSI_Nxt_Free");
		expect_le(v, at + 512 + 508, 4, 0xaa550000, "FSI_TrailSig");
		expect(v, at + 1024 + 510, "\x55\xaa", 2, "third sector");
	}
}

static void expect_fats(struct buf *v, const uint32_t *entries, size_t n)
{
	for (size_t copy = 0; copy < 2; copy++) {
		size_t at = (32 + copy * FAT_SECTORS) * 512;

		expect_le(v, at, 4, 0x0ffffff8, "FAT[0]");
		expect_le(v, at + 4, 4, 0x0fffffff, "FAT[1]");
		for (size_t i = 0; i < n; i++)
			expect_le(v, at + 8 + 4 * i, 4, entries[i], "chain");
	}
}

/* "FAT 32 Byte Directory Entry Structure" */
static void expect_entry(struct buf *v, size_t at, const char *name, uint8_t attributes,
			 uint32_t cluster, uint32_t size)
{
	expect(v, at, name, 11, name);
	expect(v, at + 11, &attributes, 1, "DIR_Attr");
	if (attributes != 8) {
		expect(v, at + 14, "\xaa\xb1\x6e\x57\x6e\x57", 6, "DIR_Crt*, DIR_LstAccDate");
		expect_le(v, at + 20, 2, cluster >> 16, "DIR_FstClusHI");
	}
	expect(v, at + 22, "\xaa\xb1\x6e\x57", 4, "DIR_Wrt*");
	expect_le(v, at + 26, 2, cluster & 0xffff, "DIR_FstClusLO");
	expect_le(v, at + 28, 4, size, "DIR_FileSize");
}

static void expect_rest_zero(const struct buf *v)
{
	for (size_t i = 0; i < v->len; i++)
		cr_assert_eq(v->ptr[i], 0, "byte %zu", i);
}

#define CLUSTER(n) (DATA + ((n)-2) * 512)

Test(fat_write, every_field_is_where_the_specification_has_it)
{
	char big[1025];
	struct fat_file files[] = {
		{ STR("EFI/BOOT/BOOTX64.EFI"), { (const uint8_t *)big, sizeof(big) } },
		FILE_OF("EMPTY", ""),
		FILE_OF("loader.conf", "x"),
	};
	static const uint32_t chains[] = { 0x0fffffff, 0x0fffffff, 0x0fffffff, /* folders */
					   6,	       7,	   0x0fffffff, 0x0fffffff };
	CLEANUP_BUF struct buf v = BUF_INIT(40 * MIB);

	memset(big, 'b', sizeof(big));
	cr_assert_eq(make(files, 3, &usual, &v), ERR_NONE);
	cr_assert_eq(v.len, 33 * MIB);
	expect_reserved(&v, 7);
	expect_fats(&v, chains, 7);
	expect_entry(&v, CLUSTER(2), "ESP        ", 0x08, 0, 0);
	expect_entry(&v, CLUSTER(2) + 32, "EFI        ", 0x10, 3, 0);
	expect_entry(&v, CLUSTER(2) + 64, "EMPTY      ", 0x20, 0, 0);
	expect(&v, CLUSTER(2) + 96, "\x41l\0o\0a\0d\0e\0\x0f\0", 13, "long name");
	/* "ChkSum()" of "LOADER~1CON", by hand */
	v.ptr[CLUSTER(2) + 96 + 13] = 0;
	expect(&v, CLUSTER(2) + 96 + 14, "r\0.\0c\0o\0n\0f\0\0\0\0\0\xff\xff", 18, "rest of it");
	expect_entry(&v, CLUSTER(2) + 128, "LOADER~1CON", 0x20, 8, 1);
	expect_entry(&v, CLUSTER(3), ".          ", 0x10, 3, 0);
	expect_entry(&v, CLUSTER(3) + 32, "..         ", 0x10, 0, 0);
	expect_entry(&v, CLUSTER(3) + 64, "BOOT       ", 0x10, 4, 0);
	expect_entry(&v, CLUSTER(4), ".          ", 0x10, 4, 0);
	expect_entry(&v, CLUSTER(4) + 32, "..         ", 0x10, 3, 0);
	expect_entry(&v, CLUSTER(4) + 64, "BOOTX64 EFI", 0x20, 5, 1025);
	expect(&v, CLUSTER(5), big, sizeof(big), "content");
	expect(&v, CLUSTER(8), "x", 1, "content");
	expect_rest_zero(&v);
}

/* The short names of files of the root, in the order of the folder. */
static void expect_aliases(const struct fat_file *files, size_t n, const char *expected)
{
	CLEANUP_BUF struct buf v = BUF_INIT(40 * MIB), names = BUF_INIT(4096);
	struct fat_options o = { .epoch = EPOCH };

	cr_assert_eq(make(files, n, &o, &v), ERR_NONE);
	for (size_t at = CLUSTER(2); v.ptr[at]; at += 32)
		if (v.ptr[at + 11] != 0x0f)
			buf_printf(&names, "%.11s|", (const char *)v.ptr + at);
	cr_assert_str_eq(buf_cstr(&names), expected);
}

Test(fat_write, aliases_follow_the_basis_name_algorithm)
{
	struct fat_file files[] = {
		FILE_OF(".hidden", ""),		  FILE_OF("A.B.C", ""),
		FILE_OF("TextFile.Mine.txt", ""), FILE_OF("lower.txt", ""),
		FILE_OF("two words", ""),	  FILE_OF("x+y", ""),
	};

	expect_aliases(files, 6,
		       "HIDDEN~1   |A~1     C  |TEXTFI~1TXT|LOWER   TXT|TWOWOR~1   |X_Y~1      |");
}

Test(fat_write, an_alias_never_takes_the_name_of_another_file)
{
	struct fat_file files[] = {
		FILE_OF("LONGNA~1.TXT", ""),	FILE_OF("long name a.txt", ""),
		FILE_OF("long name b.txt", ""), FILE_OF("long name c.txt", ""),
		FILE_OF("longname.txt", ""),
	};

	expect_aliases(files, 5, "LONGNA~1TXT|LONGNA~2TXT|LONGNA~3TXT|LONGNA~4TXT|LONGNAMETXT|");
}

Test(fat_write, numbers_of_two_digits_shorten_the_basis)
{
	struct fat_file files[12];
	char names[12][32];
	CLEANUP_BUF struct buf expected = BUF_INIT(4096);

	for (unsigned i = 0; i < 12; i++) {
		snprintf(names[i], sizeof(names[i]), "a long name %02u", i);
		files[i] = (struct fat_file){ .path = str_of(names[i]) };
		buf_printf(&expected, i < 9 ? "ALONGN~%u   |" : "ALONG~%u   |", i + 1);
	}
	expect_aliases(files, 12, buf_cstr(&expected));
}

static enum err_code plan_one(const char *path)
{
	struct fat_file f = { .path = str_of(path) };

	return make(&f, 1, &usual, NULL);
}

Test(fat_write, names_that_fat_can_not_hold_are_refused)
{
	static const char *const bad[] = { "",	   "/",	 "a/", "/a",  "a//b",  ".",   "..",
					   "a/..", "a.", "a ", "a:",  "a*",    "a?",  "a\\b",
					   "a|",   "a<", "a>", "a\"", "a\x7f", "a\n", "\xc3\xa4" };
	char name[257] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(plan_one(bad[i]), ERR_UNSUPPORTED, "'%s'", bad[i]);
	memset(name, 'n', 256);
	cr_assert_eq(plan_one(name), ERR_UNSUPPORTED);
	name[255] = 0;
	cr_assert_eq(plan_one(name), ERR_NONE);
}

static enum err_code plan_two(const char *a, const char *b)
{
	struct fat_file files[] = { { .path = str_of(a) }, { .path = str_of(b) } };

	return make(files, 2, &usual, NULL);
}

Test(fat_write, paths_that_clash_are_refused)
{
	cr_assert_eq(plan_two("a", "a"), ERR_UNSUPPORTED);
	cr_assert_eq(plan_two("a", "A"), ERR_UNSUPPORTED);
	cr_assert_eq(plan_two("efi/a", "EFI/b"), ERR_UNSUPPORTED);
	cr_assert_eq(plan_two("a", "a/b"), ERR_UNSUPPORTED);
	cr_assert_eq(plan_two("a/b", "a"), ERR_UNSUPPORTED);
	cr_assert_eq(plan_two("efi/a", "efi/b"), ERR_NONE);
}

Test(fat_write, labels_have_eleven_letters_of_the_common_set)
{
	static const char *const bad[] = { "esp", "TWELVE LETTE", "A.B", " A", "\xc4" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fat_options o = { .label = str_of(bad[i]) };

		cr_assert_eq(make(NULL, 0, &o, NULL), ERR_UNSUPPORTED, "'%s'", bad[i]);
	}
}

Test(fat_write, a_folder_of_more_than_65536_entries_is_refused)
{
	size_t n = 65537;
	CLEANUP_FREE struct fat_file *files = mem_array(n, sizeof(*files));
	CLEANUP_FREE char *names = mem_array(n, 16);
	struct fat_options o = { .epoch = EPOCH };

	for (size_t i = 0; i < n; i++) {
		snprintf(names + 16 * i, 16, "%08zu", i);
		files[i].path = str_of(names + 16 * i);
	}
	cr_assert_eq(make(files, n, &o, NULL), ERR_LIMIT);
	cr_assert_eq(make(files, n - 1, &o, NULL), ERR_NONE);
	o.label = STR("X");
	cr_assert_eq(make(files, n - 1, &o, NULL), ERR_LIMIT, "the label is an entry");
}

Test(fat_write, a_fixed_size_is_checked_with_the_numbers)
{
	struct fat_options o = { .size = 32 * MIB };
	struct fat_plan *plan = NULL;
	struct error err = ERR_INIT;

	cr_assert_eq(fat_plan(NULL, 0, &o, &plan, &err), -1);
	cr_assert_str_eq(err.message, "the files do not fit into a FAT32 volume of 33554432 bytes: "
				      "they need 33 MiB");
	err_release(&err);
	o.size = 33 * MIB + 1;
	cr_assert_eq(make(NULL, 0, &o, NULL), ERR_UNSUPPORTED);
	o.size = 1;
	cr_assert_eq(make(NULL, 0, &o, NULL), ERR_UNSUPPORTED);
	o.size = 512;
	cr_assert_eq(make(NULL, 0, &o, NULL), ERR_LIMIT);
	o.size = 3ull << 40;
	cr_assert_eq(make(NULL, 0, &o, NULL), ERR_LIMIT);
}

Test(fat_write, the_smallest_size_is_one_that_is_enough_and_a_mib_less_is_not)
{
	CLEANUP_FREE uint8_t *zeros = mem_alloc(40 * MIB);

	for (size_t size = 30 * MIB; size < 36 * MIB; size += 333333) {
		struct fat_file f = { STR("F"), { zeros, size } };
		CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
		struct fat_options o = { .epoch = EPOCH };
		struct error err = ERR_INIT;

		cr_assert_eq(fat_plan(&f, 1, &o, &plan, &err), 0);
		o.size = fat_size(plan);
		cr_assert_eq(o.size % MIB, 0);
		cr_assert_eq(make(&f, 1, &o, NULL), ERR_NONE);
		o.size -= MIB;
		cr_assert_eq(make(&f, 1, &o, NULL), ERR_LIMIT);
	}
}

Test(fat_write, golden_volumes_keep_their_bytes)
{
	struct fat_file boot[] = { FILE_OF("EFI/BOOT/BOOTX64.EFI", "MZ, and more") };
	struct fat_file names[] = { FILE_OF("EFI/Linux/web 1.4.0.efi", "1"),
				    FILE_OF("EFI/Linux/web-1.4.1+b.efi", "2"),
				    FILE_OF("EFI/EMPTY", ""),
				    FILE_OF("loader/entries.srel", "type1\n") };
	const struct {
		const char *name;
		const struct fat_file *files;
		size_t n;
		uint64_t size;
	} cases[] = { { "empty", NULL, 0, 0 },
		      { "boot", boot, 1, 0 },
		      { "names", names, 4, 0 },
		      { "fixed-size", boot, 1, 64 * MIB },
		      { "clusters-4k", boot, 1, 300 * MIB } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
		struct fat_options o = usual;
		struct error err = ERR_INIT;
		struct digest digest;
		struct sink *out = hash_sink(NULL, &digest);

		o.size = cases[i].size;
		cr_assert_eq(fat_plan(cases[i].files, cases[i].n, &o, &plan, &err), 0);
		cr_assert_eq(fat_write(plan, out, &err), 0);
		cr_assert_eq(sink_close(out, &err), 0);
		golden_check("fat", cases[i].name, FAT_WRITER_VERSION, &digest);
	}
}

Test(fat_write, a_failing_sink_fails_the_writer)
{
	struct fat_file files[] = { FILE_OF("EFI/BOOT/BOOTX64.EFI", "data") };
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	struct error err = ERR_INIT;

	cr_assert_eq(fat_plan(files, 1, &usual, &plan, &err), 0);
	for (size_t room = 0; room < 600000; room += 40001) {
		CLEANUP_BUF struct buf to = BUF_INIT(room);
		struct sink *out = sink_to_buf(&to);

		cr_assert_eq(fat_write(plan, out, &err), -1);
		cr_assert_eq(sink_close(out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		err_release(&err);
	}
}
