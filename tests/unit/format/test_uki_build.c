#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "format/pe/pe.h"
#include "unit/format/pe_fixture.h"
#include "tools/golden.h"

#define SECTION(n, text)                                                                           \
	{                                                                                          \
		STR(n),                                                                            \
		{                                                                                  \
			(const uint8_t *)(text), sizeof(text) - 1                                  \
		}                                                                                  \
	}

static const struct pe_section usual[] = {
	SECTION(".linux", "kernel"), SECTION(".osrel", "ID=test\n"), SECTION(".cmdline", "quiet"),
	SECTION(".uname", "6.12"),   SECTION(".initrd", "070701"),
};

static int build(const struct stub_shape *shape, const struct pe_section *s, size_t n,
		 struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf stub = BUF_INIT(1u << 20);

	stub_make(shape, &stub);
	return uki_build(buf_bytes(&stub), s, n, to, err);
}

static char *refusal(const struct stub_shape *shape, const struct pe_section *s, size_t n,
		     enum err_code code)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);

	cr_assert_eq(build(shape, s, n, &uki, &err), -1);
	cr_assert_eq(err.code, code, "%d %s", err.code, err.message);
	cr_assert_eq(uki.len, 0);
	return strdup(err.message);
}

Test(uki_build, headers_say_what_was_added)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	const uint8_t *row;

	cr_assert_eq(build(&shape_13, usual, 5, &uki, &err), 0, "%s", err.message);
	cr_assert_eq(get_le16(uki.ptr + 0x46), 11);
	cr_assert_eq(get_le32(uki.ptr + 0x58 + 4), 0x400, "SizeOfCode");
	cr_assert_eq(get_le32(uki.ptr + 0x58 + 8), 0x200 * 9, "SizeOfInitializedData");
	cr_assert_eq(get_le32(uki.ptr + 0x58 + 56), 0x1000 * 12, "SizeOfImage");
	cr_assert_eq(get_le32(uki.ptr + 0x58 + 64), 0, "CheckSum");
	/* The last one is the kernel. */
	row = uki.ptr + 0x58 + 240 + 40 * 10;
	cr_assert_eq(memcmp(row, ".linux\0", 8), 0);
	cr_assert_eq(get_le32(row + 8), 6, "VirtualSize");
	cr_assert_eq(get_le32(row + 12), 0x1000 * 11, "VirtualAddress");
	cr_assert_eq(get_le32(row + 16), 0x200, "SizeOfRawData");
	cr_assert_eq(get_le32(row + 20), 0x600 + 0x200 * 10, "PointerToRawData");
	cr_assert_eq(get_le64(row + 24), 0, "relocations and line numbers");
	cr_assert_eq(get_le32(row + 32), 0, "their numbers");
	cr_assert_eq(get_le32(row + 36), 0x40000020, "Characteristics");
	cr_assert_eq(uki.len, 0x600 + 0x200 * 11);
}

Test(uki_build, sections_come_in_one_order_whatever_order_they_are_given_in)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf a = BUF_INIT(1u << 20), b = BUF_INIT(1u << 20);
	struct pe_section other[5];

	for (size_t i = 0; i < 5; i++)
		other[i] = usual[4 - i];
	cr_assert_eq(build(&shape_13, usual, 5, &a, &err), 0);
	cr_assert_eq(build(&shape_13, other, 5, &b, &err), 0);
	cr_assert(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
}

Test(uki_build, a_symbol_table_at_the_end_is_cut)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf with = BUF_INIT(1u << 20), without = BUF_INIT(1u << 20);
	struct stub_shape shape = shape_12;

	cr_assert_eq(build(&shape, usual, 5, &with, &err), 0);
	shape.tail = 0;
	cr_assert_eq(build(&shape, usual, 5, &without, &err), 0);
	cr_assert(bytes_equal(buf_bytes(&with), buf_bytes(&without)));
}

Test(uki_build, headers_without_room_are_refused_with_the_numbers)
{
	static const struct pe_section many[] = {
		SECTION(".linux", "k"),	 SECTION(".osrel", "o"),   SECTION(".cmdline", "c"),
		SECTION(".initrd", "i"), SECTION(".ucode", "m"),   SECTION(".splash", "s"),
		SECTION(".uname", "u"),	 SECTION(".pcrpkey", "p"),
	};
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	CLEANUP_FREE char *message = refusal(&shape_12, many, 8, ERR_LIMIT);

	cr_assert_str_eq(message, "the stub's headers have room for 7 more sections, 8 are needed");
	cr_assert_eq(build(&shape_12, many, 7, &uki, &err), 0, "%s", err.message);
}

Test(uki_build, a_section_that_the_stub_has_is_refused)
{
	static const struct pe_section twice[] = { SECTION(".sbat", "sbat,1") };
	static const struct pe_section nothing[] = { { STR(".cmdline"), { NULL, 0 } } };
	CLEANUP_FREE char *message = refusal(&shape_13, twice, 1, ERR_FORMAT);
	CLEANUP_FREE char *empty = refusal(&shape_13, nothing, 1, ERR_FORMAT);

	cr_assert_str_eq(message, "the stub already has a section '.sbat'");
	cr_assert_str_eq(empty, "section '.cmdline' would be empty");
}

Test(uki_build, what_lies_behind_the_section_table_is_not_overwritten)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf stub = BUF_INIT(1u << 20), uki = BUF_INIT(1u << 20);
	static const uint8_t nop[] = { 0x1f, 0x20, 0x03, 0xd5 };
	size_t end = 0x40 + 24 + 240 + 40 * 6;

	stub_make(&shape_13, &stub);
	stub.ptr[end + 3] = 1;
	cr_assert_eq(uki_build(buf_bytes(&stub), usual, 5, &uki, &err), -1);
	cr_assert_eq(err.code, ERR_FORMAT);
	err_release(&err);
	/* But Debian 12 fills the headers for arm64 with no-operations. */
	for (size_t i = end; i < 0x600; i++)
		stub.ptr[i] = nop[i % 4];
	cr_assert_eq(uki_build(buf_bytes(&stub), usual, 5, &uki, &err), 0, "%s", err.message);
	cr_assert_eq(get_le32(uki.ptr + end + 24), 0);
}

Test(uki_build, sizes_above_the_limit_are_refused_before_anything_is_made)
{
	/* Never read: the length alone is looked at. */
	const struct pe_section large[] = { { STR(".initrd"),
					      { (const uint8_t *)"", LIMIT_UKI_SIZE } } };
	const struct pe_section huge[] = { { STR(".initrd"), { (const uint8_t *)"", SIZE_MAX } } };
	CLEANUP_FREE char *a = refusal(&shape_13, large, 1, ERR_LIMIT);
	CLEANUP_FREE char *b = refusal(&shape_13, huge, 1, ERR_LIMIT);

	cr_assert(strstr(a, "the limit is 1073741824"), "%s", a);
	cr_assert(strstr(b, "the limit is 1073741824"), "%s", b);
}

/* ---- golden ---- */

/* A case is a tree: /debian12 or nothing, and a file a section. */
static struct digest digest_of(const char *name, const struct golden_case *c)
{
	static const char *const names[] = { ".cmdline", ".initrd", ".linux", ".osrel", ".uname" };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct pe_section sections[5];
	size_t n = 0;

	for (size_t i = 0; i < 5; i++) {
		const struct node *f = tree_find(c->tree, str_of(names[i]));

		if (f)
			sections[n++] = (struct pe_section){
				str_of(names[i]), { f->inode->content.data, f->inode->content.size }
			};
	}
	cr_assert_eq(build(tree_find(c->tree, STR("debian12")) ? &shape_12 : &shape_13, sections, n,
			   &uki, &err),
		     0, "%s: %s", name, err.message);
	return hash_bytes(buf_bytes(&uki));
}

Test(uki_build, golden_images_keep_their_bytes)
{
	cr_assert_geq(golden_run("uki", UKI_WRITER_VERSION, digest_of), 3);
}
