#include "io/sink_both.h"

#include <stdlib.h>

#include "base/mem.h"

struct both {
	struct sink sink; /* first: it is cast */
	struct sink *a, *b;
};

static int both_write(struct sink *sink, struct bytes data, struct error *err)
{
	const struct both *s = (const struct both *)sink;

	return sink_write(s->a, data, err) < 0 ? -1 : sink_write(s->b, data, err);
}

static int both_hole(struct sink *sink, uint64_t len, struct error *err)
{
	const struct both *s = (const struct both *)sink;

	return sink_hole(s->a, len, err) < 0 ? -1 : sink_hole(s->b, len, err);
}

static int both_close(struct sink *sink, struct error *err)
{
	(void)err;
	free(sink);
	return 0;
}

struct sink *sink_to_both(struct sink *a, struct sink *b)
{
	static const struct sink_ops ops = { .write = both_write,
					     .hole = both_hole,
					     .close = both_close };
	struct both *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->a = a;
	s->b = b;
	return &s->sink;
}
