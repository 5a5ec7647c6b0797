#include "attest/diff_content.h"

#define PIECE 65536u
#define NEAR 16u /* bytes: what lies nearer is one range */

struct comparing {
	struct arena *arena;
	struct content_diff *d;
	uint64_t offset;
};

static void add_byte(struct comparing *c, uint64_t at)
{
	struct content_diff *d = c->d;
	struct content_diff_range *last = d->n_ranges ? &d->ranges[d->n_ranges - 1] : NULL;

	d->n_differing++;
	if (last && d->n_ranges == d->n_ranges_all && at <= last->end + NEAR) {
		last->end = at + 1;
		return;
	}
	/* Of those that are not told one by one only the number is kept. */
	if (d->n_ranges == CONTENT_DIFF_RANGES) {
		d->n_ranges_all += at > c->offset + NEAR || d->n_ranges_all == d->n_ranges;
		c->offset = at;
		return;
	}
	d->ranges[d->n_ranges++] = (struct content_diff_range){ at, at + 1, STR("") };
	d->n_ranges_all = d->n_ranges;
	c->offset = at;
}

static void compare(struct comparing *c, uint64_t offset, const uint8_t *a, const uint8_t *b,
		    size_t n)
{
	if (memcmp(a, b, n) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			add_byte(c, offset + i);
}

static int fill(struct source *s, uint8_t *to, size_t *ret, struct error *err)
{
	size_t got = 1;

	for (*ret = 0; *ret < PIECE && got; *ret += got)
		if (source_read(s, to + *ret, PIECE - *ret, &got, err) < 0)
			return -1;
	return 0;
}

int diff_sources(struct source *in_a, struct source *in_b, struct arena *arena,
		 struct content_diff *ret, struct error *err)
{
	CLEANUP_SOURCE struct source *a = in_a, *b = in_b;
	struct content_diff d = { .kind = CONTENT_DIFF_BYTES, .text = STR("") };
	struct comparing c = { .arena = arena, .d = &d };
	uint8_t *piece_a = arena_alloc(arena, PIECE), *piece_b = arena_alloc(arena, PIECE);
	size_t n, m;

	d.ranges = arena_array(arena, CONTENT_DIFF_RANGES, sizeof(*d.ranges));
	do {
		if (fill(a, piece_a, &n, err) < 0 || fill(b, piece_b, &m, err) < 0)
			return -1;
		compare(&c, d.size_a < d.size_b ? d.size_a : d.size_b, piece_a, piece_b,
			n < m ? n : m);
		d.size_a += n;
		d.size_b += m;
	} while (n == PIECE && m == PIECE);
	while (n) {
		if (source_read(a, piece_a, PIECE, &n, err) < 0)
			return -1;
		d.size_a += n;
	}
	while (m) {
		if (source_read(b, piece_b, PIECE, &m, err) < 0)
			return -1;
		d.size_b += m;
	}
	*ret = d;
	return 0;
}

static int load(const struct content_reader *reader, const struct content *c, struct arena *arena,
		struct bytes *ret, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(DIFF_CONTENT_MAX);

	if (content_load(reader, c, &data, err) < 0)
		return -1;
	*ret = arena_bytes(arena, buf_bytes(&data));
	return 0;
}

static int stream(const struct content_reader *reader_a, const struct content *a,
		  const struct content_reader *reader_b, const struct content *b,
		  struct arena *arena, struct content_diff *ret, struct error *err)
{
	CLEANUP_SOURCE struct source *in_a = NULL;
	struct source *in_b, *taken;

	if (content_open(reader_a, a, &in_a, err) < 0 || content_open(reader_b, b, &in_b, err) < 0)
		return -1;
	taken = in_a;
	in_a = NULL;
	return diff_sources(taken, in_b, arena, ret, err);
}

/* What @from holds is views into an arena that goes. */
static void keep(const struct content_diff *from, struct arena *arena, struct content_diff *ret)
{
	*ret = *from;
	ret->text = arena_str(arena, from->text);
	ret->ranges = arena_array(arena, from->n_ranges + 1, sizeof(*ret->ranges));
	for (size_t i = 0; i < from->n_ranges; i++) {
		ret->ranges[i] = from->ranges[i];
		ret->ranges[i].what = arena_str(arena, from->ranges[i].what);
	}
}

int diff_content(const struct content_reader *reader_a, const struct content *a,
		 const struct content_reader *reader_b, const struct content *b,
		 struct arena *arena, struct content_diff *ret, struct error *err)
{
	CLEANUP_ARENA struct arena work = ARENA_INIT;
	struct bytes data_a, data_b;
	struct content_diff d;

	if (a->size > DIFF_CONTENT_MAX || b->size > DIFF_CONTENT_MAX) {
		if (stream(reader_a, a, reader_b, b, &work, &d, err) < 0)
			return -1;
	} else if (load(reader_a, a, &work, &data_a, err) < 0 ||
		   load(reader_b, b, &work, &data_b, err) < 0 ||
		   content_diff(data_a, data_b, &work, &d, err) < 0) {
		return -1;
	}
	keep(&d, arena, ret);
	return 0;
}
