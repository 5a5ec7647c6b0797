#define _GNU_SOURCE
#include "unit/format/window_fixture.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

struct window window_of(struct bytes data)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert(fd >= 0);
	for (size_t done = 0; done < data.len;) {
		ssize_t n = write(fd, data.ptr + done, data.len - done);

		assert(n > 0);
		done += (size_t)n;
	}
	return (struct window){ fd, "image", 0, data.len };
}

void window_set(const struct window *w, uint64_t offset, uint8_t value)
{
	ssize_t n = pwrite(w->fd, &value, 1, (off_t)offset);

	assert(n == 1);
	(void)n;
}
