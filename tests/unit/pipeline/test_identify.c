#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "pipeline/identify.h"

#define MIB (1u << 20)

/* A file of @size bytes with a byte at each of @places, and holes between them. */
static int make_file(size_t size, const size_t *places, size_t n, struct digest *want)
{
	CLEANUP_FREE uint8_t *all = mem_alloc(size ? size : 1);
	char path[] = "/tmp/ingot-identify-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	unlink(path);
	memset(all, 0, size);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	for (size_t i = 0; i < n; i++) {
		all[places[i]] = (uint8_t)(i + 1);
		cr_assert_eq(pwrite(fd, &all[places[i]], 1, (off_t)places[i]), 1);
	}
	*want = hash_bytes((struct bytes){ all, size });
	return fd;
}

Test(identify, a_file_has_the_digest_of_its_bytes_wherever_its_holes_are)
{
	static const size_t places[] = { 0, MIB - 1, MIB, 3 * MIB + 17, 5 * MIB };
	static const struct {
		size_t size, first, n;
	} files[] = {
		{ 0, 0, 0 },
		{ 1, 0, 1 },
		{ 1, 0, 0 },
		{ 3 * MIB + 5, 0, 0 },
		{ 3 * MIB + 18, 0, 4 },
		{ 3 * MIB + 18, 3, 1 },
		{ 6 * MIB, 2, 3 },
		{ 5 * MIB + 1, 4, 1 },
		{ 7 * MIB + 3, 0, 5 },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct digest want, got;
		CLEANUP_CLOSE int fd =
			make_file(files[i].size, places + files[i].first, files[i].n, &want);

		cr_assert_eq(identify_digest(fd, "a file", &got, &err), 0, "%s", err.message);
		cr_assert(digest_equal(&got, &want), "file %zu", i);
	}
}
