#define _GNU_SOURCE
#include "io/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/interrupt.h"

#define FD_BUFFER_SIZE (256u * 1024) /* bytes; larger writes go straight through */
#define EARLY_STEP (8u << 20)	     /* bytes */

int sink_write(struct sink *s, struct bytes data, struct error *err)
{
	if (s->failed)
		return -1;
	if (data.len && s->ops->write(s, data, err) < 0) {
		s->failed = true;
		return -1;
	}
	s->offset += data.len;
	return 0;
}

static int write_zeros(struct sink *s, uint64_t len, struct error *err)
{
	static const uint8_t zeros[4096];

	while (len) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		if (s->ops->write(s, (struct bytes){ zeros, n }, err) < 0)
			return -1;
		len -= n;
	}
	return 0;
}

int sink_hole(struct sink *s, uint64_t len, struct error *err)
{
	if (s->failed)
		return -1;
	if (len && (s->ops->hole ? s->ops->hole : write_zeros)(s, len, err) < 0) {
		s->failed = true;
		return -1;
	}
	s->offset += len;
	return 0;
}

int sink_align(struct sink *s, uint64_t align, struct error *err)
{
	assert(align && (align & (align - 1)) == 0);
	return sink_hole(s, -s->offset & (align - 1), err);
}

int sink_close(struct sink *s, struct error *err)
{
	bool failed = s->failed;
	CLEANUP_ERR struct error second = ERR_INIT;

	/* After a failure *err is taken: what close says then is dropped. */
	if (s->ops->close(s, failed ? &second : err) < 0)
		failed = true;
	return failed ? -1 : 0;
}

struct buf_sink {
	struct sink sink;
	struct buf *buf;
};

static int buf_sink_write(struct sink *s, struct bytes data, struct error *err)
{
	struct buf *buf = ((struct buf_sink *)s)->buf;

	if (data.len > buf->max - buf->len)
		return err_set(err, ERR_LIMIT, "more than %zu bytes", buf->max);
	buf_add(buf, data.ptr, data.len);
	return 0;
}

static int plain_close(struct sink *s, struct error *err)
{
	(void)err;
	free(s);
	return 0;
}

struct sink *sink_to_buf(struct buf *buf)
{
	static const struct sink_ops ops = { .write = buf_sink_write, .close = plain_close };
	struct buf_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->buf = buf;
	return &s->sink;
}

static int nothing_write(struct sink *s, struct bytes data, struct error *err)
{
	(void)s, (void)data, (void)err;
	return 0;
}

static int nothing_hole(struct sink *s, uint64_t len, struct error *err)
{
	(void)s, (void)len, (void)err;
	return 0;
}

struct sink *sink_to_nothing(void)
{
	static const struct sink_ops ops = { .write = nothing_write, .hole = nothing_hole,
					     .close = plain_close };
	struct sink *s = mem_alloc(sizeof(*s));

	s->ops = &ops;
	return s;
}

struct fd_sink {
	struct sink sink;
	int fd;
	bool ends_in_hole;
	bool early;
	char *name;
	uint64_t at, begun; /* early: bytes handed to the system; where its disk has to begin */
	size_t n;
	uint8_t pending[FD_BUFFER_SIZE];
};

/* A hint only: what can't begin early is done by the sync. */
static void begin_early(struct fd_sink *s)
{
	if (!s->early || s->at - s->begun < EARLY_STEP)
		return;
	(void)sync_file_range(s->fd, (off_t)s->begun, (off_t)(s->at - s->begun),
			      SYNC_FILE_RANGE_WRITE);
	s->begun = s->at;
}

static int write_fully(struct fd_sink *s, struct bytes data, struct error *err)
{
	while (data.len) {
		ssize_t n = write(s->fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return err_sys(err, n < 0 ? errno : ENOSPC, "cannot write '%s'", s->name);
		data.ptr += n;
		data.len -= (size_t)n;
		s->at += (uint64_t)n;
		if (data.len && interrupted()) /* a pipe that nobody reads */
			return err_set(err, ERR_INTERRUPTED, "interrupted");
	}
	begin_early(s);
	return 0;
}

static int flush(struct fd_sink *s, struct error *err)
{
	size_t n = s->n;

	s->n = 0;
	return write_fully(s, (struct bytes){ s->pending, n }, err);
}

static int fd_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct fd_sink *s = (struct fd_sink *)sink;

	s->ends_in_hole = false;
	if (data.len > FD_BUFFER_SIZE - s->n && flush(s, err) < 0)
		return -1;
	if (data.len >= FD_BUFFER_SIZE)
		return write_fully(s, data, err);
	memcpy(s->pending + s->n, data.ptr, data.len);
	s->n += data.len;
	return 0;
}

static int fd_hole(struct sink *sink, uint64_t len, struct error *err)
{
	struct fd_sink *s = (struct fd_sink *)sink;

	if (len < 4096) {
		static const uint8_t zeros[4096];

		return fd_write(sink, (struct bytes){ zeros, (size_t)len }, err);
	}
	if (flush(s, err) < 0)
		return -1;
	if (lseek(s->fd, (off_t)len, SEEK_CUR) < 0)
		return err_sys(err, errno, "cannot seek in '%s'", s->name);
	s->at += len;
	s->ends_in_hole = true;
	return 0;
}

static int fd_close(struct sink *sink, struct error *err)
{
	struct fd_sink *s = (struct fd_sink *)sink;
	int r = 0;
	off_t end;

	if (!sink->failed)
		r = flush(s, err);
	if (r == 0 && !sink->failed && s->ends_in_hole) {
		end = lseek(s->fd, 0, SEEK_CUR);
		if (end < 0 || ftruncate(s->fd, end) < 0)
			r = err_sys(err, errno, "cannot set the length of '%s'", s->name);
	}
	free(s->name);
	free(s);
	return r;
}

struct sink *sink_to_fd(int fd, const char *name)
{
	static const struct sink_ops ops = { .write = fd_write, .hole = fd_hole,
					     .close = fd_close };
	struct fd_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->fd = fd;
	s->name = mem_strdup(name);
	return &s->sink;
}

struct sink *sink_to_synced_fd(int fd, const char *name)
{
	struct sink *sink = sink_to_fd(fd, name);
	struct fd_sink *s = (struct fd_sink *)sink;
	off_t at = lseek(fd, 0, SEEK_CUR);

	s->early = at >= 0;
	s->at = s->begun = at >= 0 ? (uint64_t)at : 0;
	return sink;
}
