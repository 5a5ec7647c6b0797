#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/block_map.h"

#define BLOCK 65536u

/* A file of @size bytes, all a hole. */
static int hole(uint64_t size)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void put(int fd, uint64_t offset, const void *data, size_t size)
{
	cr_assert_eq(pwrite(fd, data, size, (off_t)offset), (ssize_t)size);
}

static struct block_map map_of(int fd, uint64_t offset, uint64_t size)
{
	struct window w = { fd, "disk", offset, size };
	struct error err = ERR_INIT;
	struct block_map m = { 0 };

	cr_assert_eq(block_map_make(&w, BLOCK, &m, &err), 0);
	return m;
}

Test(block_map, one_byte_makes_a_block_data)
{
	static const uint64_t at[] = { 0, BLOCK - 1, 5 * BLOCK, 40 * BLOCK - 1, 100 * BLOCK - 1 };
	CLEANUP_CLOSE int fd = hole(100 * BLOCK);
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		put(fd, at[i], "x", 1);
	m = map_of(fd, 0, 100 * BLOCK);
	cr_assert_eq(m.n, 100);
	cr_assert_eq(m.n_data, 4);
	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(block_map_has(&m, i), i == 0 || i == 5 || i == 39 || i == 99);
}

Test(block_map, zeros_that_were_written_are_zeros)
{
	CLEANUP_FREE uint8_t *zeros = mem_alloc(8 * BLOCK);
	CLEANUP_CLOSE int fd = hole(64 * BLOCK);
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };

	put(fd, 3 * BLOCK, zeros, 8 * BLOCK);
	m = map_of(fd, 0, 64 * BLOCK);
	cr_assert_eq(m.n_data, 0);
}

Test(block_map, a_window_may_lie_anywhere_in_a_file)
{
	CLEANUP_CLOSE int fd = hole(80 * BLOCK);
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };

	put(fd, 7 * BLOCK, "before", 6);
	put(fd, 70 * BLOCK + 512, "behind", 6);
	put(fd, 20 * BLOCK + 512, "x", 1);
	m = map_of(fd, 8 * BLOCK + 512, 62 * BLOCK);
	cr_assert_eq(m.n_data, 1);
	cr_assert(block_map_has(&m, 12));
}

Test(block_map, the_last_block_may_be_short_and_reads_with_zeros)
{
	CLEANUP_CLOSE int fd = hole(2 * BLOCK);
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };
	struct error err = ERR_INIT;
	uint8_t block[BLOCK];

	put(fd, BLOCK + 10, "abcdef", 6);
	m = map_of(fd, 0, BLOCK + 13);
	cr_assert_eq(m.n, 2);
	cr_assert_eq(m.n_data, 1);
	memset(block, 1, sizeof(block));
	cr_assert_eq(block_map_read(&m, 1, block, &err), 0);
	cr_assert_eq(memcmp(block + 10, "abc\0\0\0", 6), 0);
	for (size_t i = 13; i < BLOCK; i++)
		cr_assert_eq(block[i], 0);
}

Test(block_map, an_empty_window_has_no_blocks)
{
	CLEANUP_CLOSE int fd = hole(10);
	CLEANUP_BLOCK_MAP struct block_map m = map_of(fd, 5, 0);

	cr_assert_eq(m.n, 0);
	cr_assert_eq(m.n_data, 0);
}

Test(block_map, a_file_that_ends_too_early_fails)
{
	CLEANUP_CLOSE int fd = hole(BLOCK);
	struct window w = { fd, "disk", 0, 2 * BLOCK };
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;

	put(fd, 0, "x", 1);
	cr_assert_eq(block_map_make(&w, BLOCK, &m, &err), -1);
	cr_assert_eq(err.code, ERR_FORMAT);
}

Test(block_map, more_than_64_tib_are_refused_before_memory_is_taken)
{
	CLEANUP_CLOSE int fd = hole(0);
	struct window w = { fd, "disk", 0, (64ull << 40) + 1 };
	CLEANUP_BLOCK_MAP struct block_map m = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(block_map_make(&w, BLOCK, &m, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
}
