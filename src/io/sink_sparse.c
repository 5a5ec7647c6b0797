#include "io/sink_sparse.h"

#include <stdlib.h>

#include "base/mem.h"

#define BLOCK SPARSE_BLOCK_SIZE

struct sparse_sink {
	struct sink sink;
	struct sink *next;
	uint64_t hole; /* bytes of zeros that were not passed on yet */
	size_t n;      /* bytes of @block */
	uint8_t block[BLOCK];
};

static int pass_hole(struct sparse_sink *s, struct error *err)
{
	uint64_t hole = s->hole;

	s->hole = 0;
	return hole ? sink_hole(s->next, hole, err) : 0;
}

/* As many blocks from the start of @data as are alike: zeros, or not. */
static int pass_run(struct sparse_sink *s, struct bytes *data, struct error *err)
{
	bool zero = bytes_are_zero(data->ptr, BLOCK);
	struct bytes run = { data->ptr, BLOCK };

	while (data->len - run.len >= BLOCK && bytes_are_zero(data->ptr + run.len, BLOCK) == zero)
		run.len += BLOCK;
	data->ptr += run.len;
	data->len -= run.len;
	if (zero) {
		s->hole += run.len;
		return 0;
	}
	return pass_hole(s, err) < 0 ? -1 : sink_write(s->next, run, err);
}

static int fill_block(struct sparse_sink *s, struct bytes *data, struct error *err)
{
	size_t n = data->len < BLOCK - s->n ? data->len : BLOCK - s->n;
	struct bytes block = { s->block, BLOCK };

	memcpy(s->block + s->n, data->ptr, n);
	s->n += n;
	data->ptr += n;
	data->len -= n;
	if (s->n < BLOCK)
		return 0;
	s->n = 0;
	return pass_run(s, &block, err);
}

static int sparse_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct sparse_sink *s = (struct sparse_sink *)sink;

	while (data.len) {
		bool whole = s->n == 0 && data.len >= BLOCK;

		if ((whole ? pass_run(s, &data, err) : fill_block(s, &data, err)) < 0)
			return -1;
	}
	return 0;
}

static int sparse_close(struct sink *sink, struct error *err)
{
	struct sparse_sink *s = (struct sparse_sink *)sink;
	int r = 0;

	if (!sink->failed)
		r = pass_hole(s, err);
	if (!sink->failed && r == 0)
		r = sink_write(s->next, (struct bytes){ s->block, s->n }, err);
	free(s);
	return r;
}

struct sink *sparse_sink(struct sink *next)
{
	static const struct sink_ops ops = { .write = sparse_write, .close = sparse_close };
	struct sparse_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	return &s->sink;
}
