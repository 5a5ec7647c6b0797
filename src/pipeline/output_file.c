#include "pipeline/output_file.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/sink_thread.h"

#define STEP (16u << 20) /* bytes between two reports */

/* Counts what passes, for people. */
struct counter {
	struct sink sink;
	struct sink *next; /* owned */
	struct context *context;
	uint64_t bytes, told, expected;
};

static void tell(struct counter *s, bool ended)
{
	uint64_t bytes = s->bytes < s->expected ? s->bytes : s->expected;

	s->told = s->bytes;
	context_progress(s->context, PHASE_DISK, ended, 1, ended ? s->expected : bytes,
			 s->expected);
}

static int counter_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct counter *s = (struct counter *)sink;

	s->bytes += data.len;
	if (s->bytes - s->told >= STEP)
		tell(s, false);
	return sink_write(s->next, data, err);
}

static int counter_hole(struct sink *sink, uint64_t len, struct error *err)
{
	return sink_hole(((struct counter *)sink)->next, len, err);
}

static int counter_close(struct sink *sink, struct error *err)
{
	struct counter *s = (struct counter *)sink;
	int r;

	s->next->failed |= sink->failed;
	r = sink_close(s->next, err);
	tell(s, true);
	free(s);
	return r;
}

static struct sink *counter_new(struct sink *next, struct context *c, uint64_t expected)
{
	static const struct sink_ops ops = { .write = counter_write,
					     .hole = counter_hole,
					     .close = counter_close };
	struct counter *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	s->context = c;
	s->expected = expected;
	tell(s, false);
	return &s->sink;
}

static void start(struct output_file *f, struct context *c, struct sink *file, uint64_t expected)
{
	f->file = file;
	f->written = sink_in_thread(f->file);
	f->hashed = hash_sink(f->written, &f->digest);
	f->out = counter_new(sink_in_thread(f->hashed), c, expected);
}

int output_file_open(struct output_file *f, struct context *c, int outputs, struct str name,
		     uint64_t expected, struct error *err)
{
	CLEANUP_FREE char *file = mem_str(name);

	if (file_draft_open(&f->draft, outputs, file, 0666, err) < 0) {
		(void)err_while(err, "writing to '%s'", c->outputs_path);
		return err_hint(err, "'--outputs DIR' writes elsewhere");
	}
	start(f, c, sink_to_synced_fd(f->draft.fd, file), expected);
	return 0;
}

void output_file_discard(struct output_file *f, struct context *c, uint64_t expected)
{
	start(f, c, sink_to_nothing(), expected);
}

int output_file_end(struct output_file *f, bool failed, struct error *err)
{
	int r;

	f->out->failed |= failed;
	f->size = f->out->offset;
	r = sink_close(f->out, err);
	f->out = NULL;
	f->hashed->failed |= r < 0;
	r = sink_close(f->hashed, err);
	f->written->failed |= r < 0;
	r = sink_close(f->written, err);
	f->file->failed |= r < 0;
	return sink_close(f->file, err);
}

void output_file_release(struct output_file *f)
{
	CLEANUP_ERR struct error dropped = ERR_INIT;

	if (f->out)
		(void)!output_file_end(f, true, &dropped);
	file_draft_release(&f->draft);
}
