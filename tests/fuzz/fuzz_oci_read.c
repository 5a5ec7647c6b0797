/* Any bytes as an image tar: refused, or all of its digests are right. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/oci_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct oci_image *image = NULL;
	struct error err = ERR_INIT;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	r = oci_read(fd, "fuzz.oci.tar", 1, &image, &err);
	if ((r < 0) != (err.code != ERR_NONE) || (r < 0) != (image == NULL))
		abort();
	oci_image_free(image);
	err_release(&err);
	close(fd);
	return 0;
}
