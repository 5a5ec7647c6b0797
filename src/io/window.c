#define _GNU_SOURCE
#include "io/window.h"

#include <errno.h>
#include <unistd.h>

static bool is_inside(const struct window *w, uint64_t offset, uint64_t size)
{
	return offset <= w->size && size <= w->size - offset;
}

static int refuse(const struct window *w, uint64_t offset, uint64_t size, struct error *err)
{
	return err_set(err, ERR_FORMAT,
		       "'%s' ends at byte %llu, and %llu bytes at byte %llu are asked for", w->name,
		       (unsigned long long)w->size, (unsigned long long)size,
		       (unsigned long long)offset);
}

int window_read(const struct window *w, uint64_t offset, uint8_t *to, size_t size,
		struct error *err)
{
	if (!is_inside(w, offset, size))
		return refuse(w, offset, size, err);
	while (size) {
		ssize_t n = pread(w->fd, to, size, (off_t)(w->offset + offset));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", w->name);
		if (n == 0)
			return err_set(err, ERR_FORMAT, "unexpected end of '%s'", w->name);
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int window_part(const struct window *w, uint64_t offset, uint64_t size, struct window *ret,
		struct error *err)
{
	if (!is_inside(w, offset, size))
		return refuse(w, offset, size, err);
	*ret = (struct window){ w->fd, w->name, w->offset + offset, size };
	return 0;
}

uint64_t window_next_data(const struct window *w, uint64_t offset)
{
	off_t at = lseek(w->fd, (off_t)(w->offset + offset), SEEK_DATA);

	if (at < 0) /* nothing behind it, or the file system can't say */
		return errno == ENXIO ? w->size : offset;
	if ((uint64_t)at >= w->offset + w->size)
		return w->size;
	return (uint64_t)at - w->offset;
}
