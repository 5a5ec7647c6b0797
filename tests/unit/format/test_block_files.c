#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "compress/lz4.h"
#include "crypto/hash.h"
#include "format/blocks/block_files.h"

#define FILE_SIZE 1000000u

/* A file of bytes that repeat nowhere near, in memory. */
static int make_file(uint8_t *bytes)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	for (uint32_t i = 0; i < FILE_SIZE; i++)
		bytes[i] = (uint8_t)((i * 2654435761u) >> 13);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, FILE_SIZE), FILE_SIZE);
	return fd;
}

static uint8_t image[FILE_SIZE];

Test(block_files, a_file_of_runs_and_holes_is_hashed_and_read_back)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 1000, FILE_SIZE - 1000 };
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(&in);
	struct block_extent runs[] = {
		{ 500000, 300001, false, 0 }, { 0, 70000, true, 0 }, { 3, 17, false, 0 }, { 99, 0, false, 0 }
	};
	CLEANUP_BUF struct buf expected = BUF_INIT(1u << 20), got = BUF_INIT(1u << 20);
	struct error err = ERR_INIT;
	struct content c;
	struct digest digest;

	buf_add(&expected, image + 501000, 300001);
	buf_add_zeros(&expected, 70000);
	buf_add(&expected, image + 1003, 17);
	digest = hash_bytes(buf_bytes(&expected));
	cr_assert_eq(block_files_add(f, runs, 4, &c, &err), 0, "%s", err.message);
	memset(runs, 0xff, sizeof(runs)); /* it has its own copy */
	cr_assert_eq(c.size, expected.len);
	cr_assert(digest_equal(&c.digest, &digest));
	for (unsigned i = 0; i < 2; i++) {
		buf_reset(&got);
		cr_assert_eq(content_load(block_files_reader(f), &c, &got, &err), 0);
		cr_assert(bytes_equal(buf_bytes(&got), buf_bytes(&expected)));
	}
}

Test(block_files, no_bytes_are_the_empty_content)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 0, FILE_SIZE };
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(&in);
	struct block_extent none = { 0, 0, true, 0 };
	struct error err = ERR_INIT;
	struct content c = { .size = 1 };

	cr_assert_eq(block_files_add(f, NULL, 0, &c, &err), 0);
	cr_assert_eq(c.where, CONTENT_EMPTY);
	cr_assert_eq(block_files_add(f, &none, 1, &c, &err), 0);
	cr_assert(digest_equal(&c.digest, &content_empty.digest));
}

Test(block_files, a_byte_that_changed_since_is_found_when_it_is_read)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 0, FILE_SIZE };
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(&in);
	struct block_extent run = { 4096, 10000, false, 0 };
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct content c;

	cr_assert_eq(block_files_add(f, &run, 1, &c, &err), 0);
	cr_assert_eq(pwrite(fd, "!", 1, 14095), 1);
	cr_assert_eq(content_load(block_files_reader(f), &c, &got, &err), -1);
	cr_assert_eq(err.code, ERR_DIGEST);
}

static enum err_code code_of(const struct window *in, uint64_t limit,
			     const struct block_extent *runs, size_t n)
{
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(in);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct content c;

	block_files_limit(f, limit);
	cr_assert_eq(block_files_add(f, runs, n, &c, &err) < 0, err.code != ERR_NONE);
	return err.code;
}

Test(block_files, runs_outside_the_window_and_endless_zeros_are_refused)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 0, FILE_SIZE };
	const struct block_extent last = { FILE_SIZE - 10, 10, false, 0 };
	const struct block_extent beyond = { FILE_SIZE - 10, 11, false, 0 };
	const struct block_extent wraps = { UINT64_MAX - 4, 10, false, 0 };
	const struct block_extent endless[] = { { 0, 10, true, 0 }, { 0, UINT64_MAX - 5, true, 0 } };
	const struct block_extent twice[] = { { 0, FILE_SIZE, false, 0 }, { 0, FILE_SIZE, false, 0 } };

	cr_assert_eq(code_of(&in, 0, &last, 1), ERR_NONE);
	cr_assert_eq(code_of(&in, 0, &beyond, 1), ERR_FORMAT);
	cr_assert_eq(code_of(&in, 0, &wraps, 1), ERR_FORMAT);
	cr_assert_eq(code_of(&in, BLOCK_FILES_EXCESS_MAX, endless, 2), ERR_LIMIT);
	cr_assert_eq(code_of(&in, FILE_SIZE, twice, 2), ERR_NONE);
	cr_assert_eq(code_of(&in, FILE_SIZE - 1, twice, 2), ERR_LIMIT);
}

/* A block of LZ4 between bytes as they are. */
static size_t put_packed(int fd, const uint8_t *data, size_t size)
{
	CLEANUP_LZ4 struct lz4 *z = lz4_new();
	uint8_t block[4096];
	size_t used = 0, n = lz4_encode(z, (struct bytes){ data, size }, block, 4096, &used);

	cr_assert_eq(used, size);
	cr_assert_eq(pwrite(fd, block, n, 5000), (ssize_t)n);
	return n;
}

Test(block_files, what_is_packed_is_read_as_what_it_was)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 0, FILE_SIZE };
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(&in);
	CLEANUP_BUF struct buf expected = BUF_INIT(1u << 20), got = BUF_INIT(1u << 20);
	static const uint8_t zeros[100000];
	uint32_t packed = (uint32_t)put_packed(fd, zeros, sizeof(zeros));
	struct block_extent runs[] = { { 7, 100, false, 0 },
				       { 5000, sizeof(zeros), false, packed },
				       { 9, 30, false, 0 } };
	struct error err = ERR_INIT;
	struct source *source;
	struct content c;
	size_t n = 1;

	buf_add(&expected, image + 7, 100);
	buf_add(&expected, zeros, sizeof(zeros));
	buf_add(&expected, image + 9, 30);
	cr_assert_eq(block_files_add(f, runs, 3, &c, &err), 0, "%s", err.message);
	cr_assert_eq(content_open(block_files_reader(f), &c, &source, &err), 0);
	for (size_t step = 1; n; step = step * 3 % 5003) {
		cr_assert_eq(source_read(source, buf_reserve(&got, step), step, &n, &err), 0);
		got.len += n;
	}
	source_close(source);
	cr_assert(bytes_equal(buf_bytes(&got), buf_bytes(&expected)));
}

Test(block_files, what_is_packed_gives_neither_more_nor_less)
{
	CLEANUP_CLOSE int fd = make_file(image);
	struct window in = { fd, "image", 0, FILE_SIZE };
	CLEANUP_BLOCK_FILES struct block_files *f = block_files_new(&in);
	static const uint8_t zeros[1000];
	uint32_t packed = (uint32_t)put_packed(fd, zeros, sizeof(zeros));
	struct block_extent wrong[] = { { 5000, 999, false, packed },
					{ 5000, 1001, false, packed },
					{ 5000, 1000, false, packed - 1 },
					{ 5000, 1000, false, packed + 1 },
					{ 5000, 255u * packed + 1, false, packed },
					{ FILE_SIZE - 5, 1000, false, packed },
					{ 5000, 1000, false, BLOCK_FILES_PACKED_MAX + 1 } };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct content c;

		cr_assert_lt(block_files_add(f, &wrong[i], 1, &c, &err), 0, "%zu", i);
		cr_assert_eq(err.code, ERR_FORMAT);
	}
}
