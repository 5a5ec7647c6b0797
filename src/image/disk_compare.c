#include "image/disk_compare.h"

#include <stdlib.h>

#include "base/mem.h"

#define PIECE (64u * 1024) /* bytes */

struct compare_sink {
	struct sink sink;
	struct window there;
	const char *what;
	struct disk_contents *contents; /* or NULL */
	uint64_t skip_from, skip_to;    /* the next contents */
	uint8_t piece[PIECE];
};

static int differs(const struct compare_sink *s, uint64_t at, struct error *err)
{
	return err_set(err, ERR_UNACCOUNTED, "'%s': byte %llu: %s", s->there.name,
		       (unsigned long long)(s->there.offset + at), s->what);
}

static const uint8_t zeros[PIECE];

static int compare(struct compare_sink *s, uint64_t at, const uint8_t *want, size_t n,
		   struct error *err)
{
	size_t i = 0;

	if (at > s->there.size || s->there.size - at < n)
		return differs(s, s->there.size, err);
	if (window_read(&s->there, at, s->piece, n, err) < 0)
		return -1;
	if (memcmp(want, s->piece, n) == 0)
		return 0;
	while (s->piece[i] == want[i])
		i++;
	return differs(s, at + i, err);
}

static int compare_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct compare_sink *s = (struct compare_sink *)sink;

	for (size_t at = 0; at < data.len; at += PIECE) {
		size_t n = data.len - at < PIECE ? data.len - at : PIECE;

		if (compare(s, sink->offset + at, data.ptr + at, n, err) < 0)
			return -1;
	}
	return 0;
}

/* Holes of the file are zeros that need not be read. */
static int compare_zeros(struct compare_sink *s, uint64_t from, uint64_t to, struct error *err)
{
	if (to > s->there.size)
		return differs(s, s->there.size, err);
	while (from < to && (from = window_next_data(&s->there, from)) < to) {
		size_t n = to - from < PIECE ? (size_t)(to - from) : PIECE;

		if (compare(s, from, zeros, n, err) < 0)
			return -1;
		from += n;
	}
	return 0;
}

static void next_contents(struct compare_sink *s)
{
	uint64_t size = 0;

	s->skip_from = s->skip_to = UINT64_MAX;
	if (!s->contents || !s->contents->next(s->contents, &s->skip_from, &size))
		s->skip_from = UINT64_MAX;
	else
		s->skip_to = s->skip_from + size;
}

static int compare_hole(struct sink *sink, uint64_t len, struct error *err)
{
	struct compare_sink *s = (struct compare_sink *)sink;
	uint64_t from = sink->offset, to = from + len;

	while (s->skip_from < to) {
		if (s->skip_from > from && compare_zeros(s, from, s->skip_from, err) < 0)
			return -1;
		if (s->skip_to > from)
			from = s->skip_to < to ? s->skip_to : to;
		if (s->skip_to > to)
			return 0;
		next_contents(s);
	}
	return compare_zeros(s, from, to, err);
}

static int compare_close(struct sink *sink, struct error *err)
{
	struct compare_sink *s = (struct compare_sink *)sink;
	uint64_t end = sink->offset, size = s->there.size;
	bool failed = sink->failed;

	if (!failed && end != size)
		(void)differs(s, end, err);
	free(s);
	return failed || end != size ? -1 : 0;
}

struct sink *disk_compare(const struct window *there, const char *what,
			  struct disk_contents *contents)
{
	static const struct sink_ops ops = { compare_write, compare_hole, compare_close };
	struct compare_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->there = *there;
	s->what = what;
	s->contents = contents;
	next_contents(s);
	return &s->sink;
}
