#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/endian.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/verity/verity.h"

#define BLOCK VERITY_BLOCK_SIZE

static const uint8_t uuid[16] = { 0x6b, 0x1e, 0x6d, 0x21, 0xa1, 0xd3, 0x4f, 0x45,
				  0x9a, 0x3e, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 };
static const uint8_t salt[32] = {
	0xe4, 0x8d, 0xa6, 0x09, 0x05, 0x52, 0x04, 0xe8, 0x9a, 0xe5, 0x3b, 0x65, 0x5c, 0xa2, 0x21, 0x6d,
	0xd9, 0x83, 0xcf, 0x3c, 0xb8, 0x29, 0xf3, 0x4f, 0x63, 0xa2, 0x97, 0xd1, 0x06, 0xd5, 0x3e, 0x2d,
};

static struct verity *new_verity(struct bytes with_salt)
{
	struct verity_options o = { .salt = with_salt };

	memcpy(o.uuid, uuid, sizeof(uuid));
	return verity_new(&o);
}

/* @n blocks of which each starts with its number. */
static void feed(struct verity *v, uint64_t n)
{
	struct error err = ERR_INIT;
	struct sink *s = verity_sink(v, NULL);
	uint8_t block[BLOCK] = { 0 };

	for (uint64_t i = 0; i < n; i++) {
		put_le64(block, i + 1);
		cr_assert_eq(sink_write(s, BYTES_OF(block), &err), 0);
	}
	cr_assert_eq(sink_close(s, &err), 0, "%s", err.message);
}

static void write_tree(const struct verity *v, struct buf *to)
{
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	cr_assert_eq(verity_write(v, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
}

static const char *root_hex(const struct verity *v, char text[static DIGEST_HEX_MAX])
{
	struct digest d = verity_root(v);

	return digest_hex(&d, text);
}

Test(verity_write, the_vector_of_cryptsetup_gives_its_root_hash)
{
	CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
	struct error err = ERR_INIT;
	struct sink *s = verity_sink(v, NULL);
	char text[DIGEST_HEX_MAX];

	cr_assert_eq(sink_hole(s, 8u << 20, &err), 0);
	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert_str_eq(root_hex(v, text),
			 "e522df0f97da4febb882ac40f30b37dc0b444bf6df418929463fa25280f09d5c");
}

Test(verity_write, a_device_of_one_block_has_a_superblock_and_no_tree)
{
	CLEANUP_VERITY struct verity *v = new_verity((struct bytes){ NULL, 0 });
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	uint8_t block[BLOCK] = { 1 };
	struct digest root, expected = hash_bytes(BYTES_OF(block));

	feed(v, 1);
	root = verity_root(v);
	cr_assert(digest_equal(&root, &expected));
	write_tree(v, &out);
	cr_assert_eq(out.len, BLOCK);
	cr_assert_eq(verity_size(BLOCK), BLOCK);
}

Test(verity_write, the_superblock_has_each_field_at_its_place)
{
	CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	uint8_t expected[BLOCK] = "verity\0\0\1\0\0\0\1";

	feed(v, 3);
	write_tree(v, &out);
	memcpy(expected + 16, uuid, sizeof(uuid));
	memcpy(expected + 32, "sha256", 6);
	put_le32(expected + 64, BLOCK);
	put_le32(expected + 68, BLOCK);
	put_le64(expected + 72, 3);
	put_le16(expected + 80, sizeof(salt));
	memcpy(expected + 88, salt, sizeof(salt));
	cr_assert(memcmp(out.ptr, expected, BLOCK) == 0);
}

/* The digest of @block as the tree holds it. */
static struct digest salted(const uint8_t *block)
{
	uint8_t both[sizeof(salt) + BLOCK];

	memcpy(both, salt, sizeof(salt));
	memcpy(both + sizeof(salt), block, BLOCK);
	return hash_bytes(BYTES_OF(both));
}

Test(verity_write, the_root_level_comes_first_and_each_level_starts_a_block)
{
	CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	uint8_t data[BLOCK] = { 0 };
	struct digest root = { { 0 } }, d;

	feed(v, 129);
	write_tree(v, &out);
	cr_assert_eq(out.len, 4 * BLOCK);
	put_le64(data, 129);
	d = salted(data); /* the first of the second block of level 0 */
	cr_assert(memcmp(out.ptr + 3 * BLOCK, d.bytes, DIGEST_SIZE) == 0);
	for (size_t i = 3 * BLOCK + DIGEST_SIZE; i < out.len; i++)
		cr_assert_eq(out.ptr[i], 0);
	d = salted(out.ptr + 3 * BLOCK);
	cr_assert(memcmp(out.ptr + BLOCK + DIGEST_SIZE, d.bytes, DIGEST_SIZE) == 0);
	d = salted(out.ptr + BLOCK);
	root = verity_root(v);
	cr_assert(digest_equal(&d, &root));
}

Test(verity_write, a_level_gets_another_above_it_at_129_blocks)
{
	static const struct {
		uint64_t data, all;
	} blocks[] = {
		{ 1, 1 },	      { 2, 2 },		 { 127, 2 },
		{ 128, 2 },	      { 129, 4 },	 { 256, 4 },
		{ 257, 5 },	      { 16384, 1 + 1 + 128 }, { 16385, 1 + 1 + 2 + 129 },
		{ 128 * 16384, 1 + 1 + 128 + 16384 },
		{ 128 * 16384 + 1, 1 + 1 + 2 + 129 + 16385 },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		cr_expect_eq(verity_size(blocks[i].data * BLOCK), blocks[i].all * BLOCK,
			     "%llu", (unsigned long long)blocks[i].data);
}

Test(verity_write, what_is_written_is_as_long_as_was_said)
{
	static const uint64_t counts[] = { 1, 2, 127, 128, 129, 1000, 16384, 16385 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
		CLEANUP_BUF struct buf out = BUF_INIT(1u << 22);

		feed(v, counts[i]);
		write_tree(v, &out);
		cr_assert_eq(out.len, verity_size(counts[i] * BLOCK));
	}
}

Test(verity_write, pieces_and_holes_give_the_same_tree_as_whole_blocks)
{
	uint8_t data[10 * BLOCK] = { 0 };
	CLEANUP_VERITY struct verity *whole = new_verity(BYTES_OF(salt));
	CLEANUP_BUF struct buf expected = BUF_INIT(1u << 20), passed = BUF_INIT(1u << 20);
	struct error err = ERR_INIT;
	struct sink *s = verity_sink(whole, NULL);

	for (size_t i = 0; i < 3 * BLOCK + 100; i++)
		data[i] = data[sizeof(data) - 1 - i] = (uint8_t)(i * 7 + 1);
	cr_assert_eq(sink_write(s, BYTES_OF(data), &err), 0);
	cr_assert_eq(sink_close(s, &err), 0);
	write_tree(whole, &expected);
	for (size_t piece = 1; piece < 3 * BLOCK; piece = piece * 3 + 1) {
		CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
		CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
		struct sink *next = sink_to_buf(&passed);
		size_t at = 0;

		buf_reset(&passed);
		s = verity_sink(v, next);
		for (; at < 3 * BLOCK + 100; at += piece)
			cr_assert_eq(sink_write(s, (struct bytes){ data + at, piece }, &err), 0);
		/* zeros up to somewhere in the block that ends in data again */
		cr_assert_eq(sink_hole(s, 7 * BLOCK - 100 - at, &err), 0);
		at = 7 * BLOCK - 100;
		cr_assert_eq(sink_write(s, (struct bytes){ data + at, sizeof(data) - at }, &err),
			     0);
		cr_assert_eq(sink_close(s, &err), 0);
		cr_assert_eq(sink_close(next, &err), 0);
		write_tree(v, &out);
		cr_assert(bytes_equal(buf_bytes(&out), buf_bytes(&expected)), "%zu", piece);
		cr_assert(bytes_equal(buf_bytes(&passed), BYTES_OF(data)));
	}
}

Test(verity_write, a_salt_may_have_256_bytes)
{
	uint8_t long_salt[256], both[256 + BLOCK] = { 0 };
	CLEANUP_VERITY struct verity *v = NULL;
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	struct digest root, expected;

	memset(long_salt, 0xa5, sizeof(long_salt));
	v = new_verity(BYTES_OF(long_salt));
	feed(v, 1);
	memcpy(both, long_salt, sizeof(long_salt));
	both[256] = 1;
	expected = hash_bytes(BYTES_OF(both));
	root = verity_root(v);
	cr_assert(digest_equal(&root, &expected));
	write_tree(v, &out);
	cr_assert_eq(get_le16(out.ptr + 80), 256);
	cr_assert(memcmp(out.ptr + 88, long_salt, 256) == 0);
}

static void assert_refused(uint64_t size, const char *message)
{
	CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *s = verity_sink(v, NULL);

	cr_assert_eq(sink_hole(s, size, &err), 0);
	cr_assert_eq(sink_close(s, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	cr_assert_str_eq(err.message, message);
}

Test(verity_write, only_whole_blocks_are_covered_and_at_least_one)
{
	assert_refused(0, "dm-verity covers whole blocks of 4096 bytes, not 0 bytes");
	assert_refused(4095, "dm-verity covers whole blocks of 4096 bytes, not 4095 bytes");
	assert_refused(8193, "dm-verity covers whole blocks of 4096 bytes, not 8193 bytes");
}

Test(verity_write, a_sink_that_fails_fails_the_writer)
{
	CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));

	feed(v, 300);
	for (size_t room = 0; room < verity_size(300 * BLOCK); room += 1000) {
		CLEANUP_BUF struct buf part = BUF_INIT(room);
		CLEANUP_ERR struct error err = ERR_INIT;
		struct sink *out = sink_to_buf(&part);

		cr_assert_eq(verity_write(v, out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		cr_assert_eq(sink_close(out, &err), -1);
	}
}

/* Golden: a change of these bytes needs another VERITY_WRITER_VERSION. */
Test(verity_write, golden_devices_keep_their_bytes)
{
	static const struct {
		uint64_t blocks;
		const char *root, *bytes;
	} golden[] = {
		{ 1, "ad3da80a3f1eb8599667d9ee6e2ac963d3def678914c2550b39c5acfc982cebd",
		  "0f3367b62d162abd1535686f995b4870b3231a53fd6a075fa1012ff52ce23fd6" },
		{ 128, "24fbec6646381004e082f0f02dbe40946fdc9e2df553075a7b6bd39a433b2ceb",
		  "93cd1b74de33843001c2cc23003075b32414814d0d0be89c8497c0bebd819803" },
		{ 129, "eb5560a374624656684533bf4d00a72a902381aecf8b2cf9e6bf733535061dc3",
		  "0a918970615cad5a8faa839c6d5705faae5e4959bec2d2185008acf8322f107f" },
		{ 16385, "8ec47058423a1d9a6703b807b7fafcf920d6fc219222e39321d3f1a415c8df55",
		  "fd29a46fd11947983304b1441284eea4a558ad8cd5942d4f0157bdd25da408b7" },
	};

	cr_assert_eq(VERITY_WRITER_VERSION, 1);
	for (size_t i = 0; i < sizeof(golden) / sizeof(*golden); i++) {
		CLEANUP_VERITY struct verity *v = new_verity(BYTES_OF(salt));
		CLEANUP_BUF struct buf out = BUF_INIT(1u << 22);
		char root[DIGEST_HEX_MAX], text[DIGEST_HEX_MAX];
		struct digest d;

		feed(v, golden[i].blocks);
		write_tree(v, &out);
		d = hash_bytes(buf_bytes(&out));
		cr_expect_str_eq(root_hex(v, root), golden[i].root, "%s", root);
		cr_expect_str_eq(digest_hex(&d, text), golden[i].bytes, "%s", text);
	}
}
