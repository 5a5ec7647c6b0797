/* Any bytes as a bundle: refused, or its files lie inside of it, in order. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/oci_artifact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena arena = ARENA_INIT;
	struct oci_artifact a = { 0 };
	struct error err = ERR_INIT;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	r = oci_artifact_read(fd, "fuzz.bundle", STR("application/vnd.ingot.bundle.v1"), &arena, &a,
			      &err);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	for (size_t i = 0; r == 0 && i < a.n_files; i++)
		if (a.files[i].offset > size || a.files[i].size > size - a.files[i].offset ||
		    oci_artifact_find(&a, a.files[i].name) != &a.files[i])
			abort();
	arena_release(&arena);
	err_release(&err);
	close(fd);
	return 0;
}
