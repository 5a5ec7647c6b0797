#define _GNU_SOURCE
#include "io/source.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"

#define COPY_SIZE (128u * 1024) /* bytes */

int source_read(struct source *s, uint8_t *to, size_t size, size_t *ret_n, struct error *err)
{
	size_t n = 0;

	if (s->failed)
		return -1;
	if (s->ops->read(s, to, size, &n, err) < 0) {
		s->failed = true;
		return -1;
	}
	s->offset += n;
	*ret_n = n;
	return 0;
}

static int unexpected_end(struct source *s, struct error *err)
{
	s->failed = true;
	return err_set(err, ERR_FORMAT, "unexpected end at offset %llu",
		       (unsigned long long)s->offset);
}

int source_read_exactly(struct source *s, uint8_t *to, size_t size, struct error *err)
{
	while (size) {
		size_t n;

		if (source_read(s, to, size, &n, err) < 0)
			return -1;
		if (n == 0)
			return unexpected_end(s, err);
		to += n;
		size -= n;
	}
	return 0;
}

static int skip_some(struct source *s, size_t size, size_t *ret_n, struct error *err)
{
	uint8_t block[8192];
	size_t n = 0;

	if (!s->ops->skip)
		return source_read(s, block, size < sizeof(block) ? size : sizeof(block), ret_n,
				   err);
	if (s->failed)
		return -1;
	if (s->ops->skip(s, size, &n, err) < 0) {
		s->failed = true;
		return -1;
	}
	s->offset += n;
	*ret_n = n;
	return 0;
}

int source_skip_exactly(struct source *s, uint64_t size, struct error *err)
{
	while (size) {
		size_t n = 0;

		if (skip_some(s, size < SIZE_MAX ? (size_t)size : SIZE_MAX, &n, err) < 0)
			return -1;
		if (n == 0)
			return unexpected_end(s, err);
		size -= n;
	}
	return 0;
}

int source_read_all(struct source *s, struct buf *to, struct error *err)
{
	for (;;) {
		size_t room = to->max - to->len, n;
		uint8_t extra;

		if (room > COPY_SIZE)
			room = COPY_SIZE;
		if (source_read(s, room ? buf_reserve(to, room) : &extra, room ? room : 1, &n,
				err) < 0)
			return -1;
		if (n == 0)
			return 0;
		if (room == 0)
			return err_set(err, ERR_LIMIT, "more than %zu bytes", to->max);
		to->len += n;
		to->ptr[to->len] = 0;
	}
}

int source_copy(struct source *s, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *block = mem_alloc(COPY_SIZE);

	for (;;) {
		size_t n;

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (source_read(s, block, COPY_SIZE, &n, err) < 0)
			return -1;
		if (n == 0)
			return 0;
		if (sink_write(out, (struct bytes){ block, n }, err) < 0)
			return -1;
	}
}

void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}

struct bytes_source {
	struct source source;
	struct bytes left;
};

static int bytes_read(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
		      struct error *err)
{
	struct bytes *left = &((struct bytes_source *)s)->left;

	(void)err;
	if (size > left->len)
		size = left->len;
	*ret_n = size;
	if (!size)
		return 0; /* NULL + 0 is undefined */
	memcpy(to, left->ptr, size);
	left->ptr += size;
	left->len -= size;
	return 0;
}

static void bytes_close(struct source *s)
{
	free(s);
}

struct source *source_of_bytes(struct bytes data)
{
	static const struct source_ops ops = { .read = bytes_read, .close = bytes_close };
	struct bytes_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->left = data;
	return &s->source;
}

struct fd_source {
	struct source source;
	int fd;
	uint64_t offset, left;
	char *name;
};

static int fd_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		   struct error *err)
{
	struct fd_source *s = (struct fd_source *)source;
	ssize_t n;

	if (size > s->left)
		size = (size_t)s->left;
	do
		n = pread(s->fd, to, size, (off_t)s->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "cannot read '%s'", s->name);
	s->offset += (uint64_t)n;
	s->left -= (uint64_t)n;
	*ret_n = (size_t)n;
	return 0;
}

static void fd_close(struct source *source)
{
	struct fd_source *s = (struct fd_source *)source;

	free(s->name);
	free(s);
}

struct source *source_of_fd(int fd, uint64_t offset, uint64_t size, const char *name)
{
	static const struct source_ops ops = { .read = fd_read, .close = fd_close };
	struct fd_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->fd = fd;
	s->offset = offset;
	s->left = size;
	s->name = mem_strdup(name);
	return &s->source;
}
