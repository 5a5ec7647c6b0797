#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "crypto/hash.h"
#include "format/pe/pe.h"
#include "unit/format/pe_fixture.h"

static const struct pe_section parts[] = {
	{ STR(".linux"), { (const uint8_t *)"kernel", 6 } },
	{ STR(".cmdline"), { (const uint8_t *)"quiet", 5 } },
};

static void make_uki(const struct stub_shape *shape, struct buf *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf stub = BUF_INIT(1u << 20);

	stub_make(shape, &stub);
	cr_assert_eq(uki_build(buf_bytes(&stub), parts, 2, to, &err), 0, "%s", err.message);
}

static enum err_code read_code(struct bytes file)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct pe_file f;
	int r = pe_read(file, &arena, &f, &err);

	cr_assert_eq(r < 0, err.code != ERR_NONE);
	return err.code;
}

static struct digest hash_of(const struct buf *file)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest d = { { 0 } };

	cr_assert_eq(pe_authenticode(buf_bytes(file), &d, &err), 0, "%s", err.message);
	return d;
}

static bool hash_equals(const struct buf *file, const struct digest *d)
{
	struct digest got = hash_of(file);

	return digest_equal(&got, d);
}

Test(pe_read, what_was_built_is_read)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct pe_file f;

	make_uki(&shape_13, &uki);
	cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &err), 0, "%s", err.message);
	cr_assert(str_equal_cstr(f.machine, "amd64"));
	cr_assert_eq(f.n_sections, 8);
	cr_assert(str_equal_cstr(bytes_str(pe_section_of(&f, STR(".linux"))->data), "kernel"));
	cr_assert(str_equal_cstr(bytes_str(pe_section_of(&f, STR(".cmdline"))->data), "quiet"));
	cr_assert_null(pe_section_of(&f, STR(".initrd")));
	cr_assert_null(f.signature.ptr);
}

Test(pe_read, memory_beyond_the_file_is_zeros_and_is_measured_so)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20), full = BUF_INIT(1u << 20);
	struct uki_measurement a[UKI_MEASUREMENTS], b[UKI_MEASUREMENTS];
	struct pe_file f;
	size_t n;
	uint8_t *row;

	make_uki(&shape_13, &uki);
	row = uki.ptr + 0x58 + 240 + 40 * 7;
	put_le32(row + 8, 0x900);
	cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &err), 0, "%s", err.message);
	cr_assert_eq(f.zeros[7], 0x700);
	cr_assert_eq(uki_measure(&f, a, &n, &err), 0);
	buf_add(&full, uki.ptr, uki.len);
	buf_add_zeros(&full, 0x800);
	put_le32(full.ptr + 0x58 + 240 + 40 * 7 + 16, 0xa00);
	cr_assert_eq(pe_read(buf_bytes(&full), &arena, &f, &err), 0, "%s", err.message);
	cr_assert_eq(f.zeros[7], 0);
	cr_assert_eq(uki_measure(&f, b, &n, &err), 0);
	cr_assert(digest_equal(&a[0].pcr11, &b[0].pcr11));
}

Test(pe_read, a_file_cut_anywhere_is_refused_or_lacks_no_section)
{
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);

	make_uki(&shape_12, &uki);
	for (size_t len = 0; len < uki.len; len++)
		cr_assert_eq(read_code((struct bytes){ uki.ptr, len }), ERR_FORMAT, "%zu", len);
}

/* Field by field: each of these makes a file that some reader would take otherwise. */
Test(pe_read, headers_that_lie_are_refused)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *what;
	} lies[] = {
		{ 0x3c, 0xfffffff0, "the header's place" },
		{ 0x40 + 6, 97, "number of sections" },
		{ 0x40 + 6, 0xffff, "number of sections" },
		{ 0x40 + 20, 100, "a short optional header" },
		{ 0x58, 0x10b, "PE32" },
		{ 0x58 + 32, 0, "no alignment of sections" },
		{ 0x58 + 36, 513, "a file alignment that is no power of two" },
		{ 0x58 + 56, 0x1000, "an image smaller than its sections" },
		{ 0x58 + 60, 0x100, "headers that end in the section table" },
		{ 0x58 + 60, 0x800, "headers over sections" },
		{ 0x58 + 60, 0x7fffffff, "headers beyond the file" },
		{ 0x58 + 108, 17, "directories" },
		{ 0x58 + 112 + 32, 8, "a certificate table without a size" },
		{ 0x58 + 112 + 36, 8, "a certificate table over the headers" },
		{ 0x58 + 240 + 8, 0xffffffff, "VirtualSize" },
		{ 0x58 + 240 + 8, 0x1001, "sections that overlap in memory" },
		{ 0x58 + 240 + 12, 0xffffffff, "VirtualAddress" },
		{ 0x58 + 240 + 16, 0x400, "sections that overlap in the file" },
		{ 0x58 + 240 + 16, 0xffffffff, "SizeOfRawData" },
		{ 0x58 + 240 + 20, 0, "data over the headers" },
		{ 0x58 + 240 + 20, 0xffffffff, "PointerToRawData" },
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);

		make_uki(&shape_13, &uki);
		put_le32(uki.ptr + lies[i].at, lies[i].value);
		cr_assert_eq(read_code(buf_bytes(&uki)), ERR_FORMAT, "%s", lies[i].what);
	}
}

Test(pe_read, a_name_that_stands_twice_is_refused)
{
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);

	make_uki(&shape_13, &uki);
	memcpy(uki.ptr + 0x58 + 240 + 40 * 2, ".linux\0", 8);
	cr_assert_eq(read_code(buf_bytes(&uki)), ERR_FORMAT);
}

Test(pe_sign, every_byte_counts_but_the_checksum_and_where_the_signature_lies)
{
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct digest d;

	make_uki(&shape_13, &uki);
	d = hash_of(&uki);
	for (size_t i = 0x600; i < uki.len; i++) {
		uki.ptr[i] ^= 1;
		cr_assert_not(hash_equals(&uki, &d), "%zu", i);
		uki.ptr[i] ^= 1;
	}
	for (size_t i = 64; i < 68; i++) {
		uki.ptr[0x58 + i] ^= 1;
		cr_assert(hash_equals(&uki, &d));
	}
}

Test(pe_sign, a_signature_does_not_change_the_hash_and_is_found_again)
{
	static const uint8_t pkcs7[] = "not parsed here";

	for (size_t len = 1; len <= 9; len++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
		struct pe_file f;
		struct digest d;

		make_uki(&shape_12, &uki);
		d = hash_of(&uki);
		cr_assert_eq(pe_attach(&uki, (struct bytes){ pkcs7, len }, &err), 0);
		cr_assert(hash_equals(&uki, &d));
		cr_assert_eq(uki.len % 8, 0);
		cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &err), 0, "%s", err.message);
		cr_assert(bytes_equal(f.signature, (struct bytes){ pkcs7, len }));
		cr_assert_eq(pe_attach(&uki, (struct bytes){ pkcs7, len }, &err), -1);
		cr_assert_eq(err.code, ERR_FORMAT);
	}
}

/* Of the specification: words added with the carry, the field as zeros, then the length. */
Test(pe_sign, the_checksum_is_that_of_the_specification)
{
	static const uint8_t pkcs7[] = "x";
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	uint64_t sum = 0;
	uint32_t said;

	make_uki(&shape_12, &uki);
	cr_assert_eq(pe_attach(&uki, (struct bytes){ pkcs7, 1 }, &err), 0);
	said = get_le32(uki.ptr + 0x98 + 64);
	put_le32(uki.ptr + 0x98 + 64, 0);
	for (size_t i = 0; i < uki.len; i += 2)
		sum += get_le16(uki.ptr + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	cr_assert_eq(said, sum + uki.len);
}

Test(pe_sign, a_file_with_a_gap_has_no_hash)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct digest d;

	make_uki(&shape_13, &uki);
	put_le32(uki.ptr + 0x58 + 240 + 16, 0x100);
	cr_assert_eq(pe_authenticode(buf_bytes(&uki), &d, &err), -1);
	cr_assert_eq(err.code, ERR_FORMAT);
	cr_assert(strstr(err.message, "256 bytes between its sections"), "%s", err.message);
}

Test(pe_sign, bytes_behind_the_certificate_and_other_types_are_refused)
{
	static const uint8_t pkcs7[] = "x";
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = { { 0, 10 }, { 0, 17 }, { 0, 8 }, { 4, 1 }, { 6, 1 }, { 15, 1 } };

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
		size_t table;

		make_uki(&shape_13, &uki);
		table = uki.len;
		cr_assert_eq(pe_attach(&uki, (struct bytes){ pkcs7, 1 }, &err), 0);
		uki.ptr[table + changes[i].at] = changes[i].value;
		/* A length of 10 is right of another signature. */
		cr_assert_eq(read_code(buf_bytes(&uki)), i == 0 ? 0 : ERR_FORMAT, "%zu", i);
	}
}

/* ---- measurement ---- */

static void extend(struct digest *pcr, struct bytes data)
{
	struct digest event = hash_bytes(data);
	uint8_t both[64];

	memcpy(both, pcr->bytes, 32);
	memcpy(both + 32, event.bytes, 32);
	*pcr = hash_bytes(BYTES_OF(both));
}

static struct digest measured(const struct stub_shape *shape)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct uki_measurement m[UKI_MEASUREMENTS];
	struct pe_file f;
	size_t n;

	make_uki(shape, &uki);
	cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &err), 0);
	cr_assert_eq(uki_measure(&f, m, &n, &err), 0, "%s", err.message);
	cr_assert_str_eq(m[0].phase, "");
	cr_assert_str_eq(m[3].phase, "sysinit:ready:shutdown");
	return m[0].pcr11;
}

Test(uki_measure, names_and_contents_in_the_order_of_the_stub)
{
	struct digest pcr = { { 0 } }, got = measured(&shape_12);
	uint8_t sbat[0x1f0];

	extend(&pcr, BYTES_OF(".linux"));
	extend(&pcr, str_bytes(STR("kernel")));
	extend(&pcr, BYTES_OF(".cmdline"));
	extend(&pcr, str_bytes(STR("quiet")));
	cr_assert(digest_equal(&pcr, &got), "252");
	memset(sbat, 'C', sizeof(sbat));
	extend(&pcr, BYTES_OF(".sbat"));
	extend(&pcr, BYTES_OF(sbat));
	got = measured(&shape_13);
	cr_assert(digest_equal(&pcr, &got), "257 measures the stub's .sbat, too");
}

Test(uki_measure, a_stub_that_is_not_known_is_refused)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	struct uki_measurement m[UKI_MEASUREMENTS];
	struct stub_shape shape = shape_13;
	struct pe_file f;
	size_t n;

	shape.version = 254;
	make_uki(&shape, &uki);
	cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &err), 0);
	cr_assert_eq(uki_measure(&f, m, &n, &err), -1);
	cr_assert_eq(err.code, ERR_UNSUPPORTED);
	cr_assert(strstr(err.message, "254"), "%s", err.message);
}
