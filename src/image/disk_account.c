#include "image/disk_account.h"

#include <stdlib.h>

#include "base/mem.h"
#include "image/disk_private.h"

#define PIECE (64u * 1024) /* bytes */

/* ---- a sink that compares what it gets with what is there ---- */

struct compare_sink {
	struct sink sink;
	struct window there;
	uint8_t piece[PIECE];
};

static int differs(const struct compare_sink *s, uint64_t at, struct error *err)
{
	return err_set(err, ERR_UNACCOUNTED,
		       "'%s': byte %llu: the EFI system partition is not what follows from the "
		       "file that it boots",
		       s->there.name, (unsigned long long)(s->there.offset + at));
}

/* @want NULL: zeros. */
static int compare(struct compare_sink *s, uint64_t at, const uint8_t *want, size_t n,
		   struct error *err)
{
	size_t i = 0;

	if (at > s->there.size || s->there.size - at < n)
		return differs(s, s->there.size, err);
	if (window_read(&s->there, at, s->piece, n, err) < 0)
		return -1;
	if (want && memcmp(want, s->piece, n) == 0)
		return 0;
	while (i < n && s->piece[i] == (want ? want[i] : 0))
		i++;
	return i < n ? differs(s, at + i, err) : 0;
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

static int compare_hole(struct sink *sink, uint64_t len, struct error *err)
{
	struct compare_sink *s = (struct compare_sink *)sink;

	for (uint64_t at = 0; at < len; at += PIECE) {
		size_t n = len - at < PIECE ? (size_t)(len - at) : PIECE;

		if (compare(s, sink->offset + at, NULL, n, err) < 0)
			return -1;
	}
	return 0;
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

static struct sink *compare_sink(const struct window *there)
{
	static const struct sink_ops ops = { compare_write, compare_hole, compare_close };
	struct compare_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->there = *there;
	return &s->sink;
}

/* ---- what must be there ---- */

static const struct fat_entry *uki_entry(const struct disk_image *d)
{
	const struct fat_entry *e = d->esp.entries;

	while (!str_equal(e->path, d->uki_path))
		e++; /* disk_read() has found it */
	return e;
}

int disk_account_esp(const struct disk_image *d, int fd, const char *name, struct error *err)
{
	const struct fat_file file = { .path = d->uki_path, .data = buf_bytes(&d->uki_bytes) };
	const struct fat_options options = {
		.volume_id = d->esp.volume_id,
		.label = DISK_ESP_LABEL,
		.epoch = uki_entry(d)->mtime,
		.size = d->esp.size,
	};
	const struct window there = { fd, name, d->esp_partition->offset, d->esp.size };
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	struct sink *out;

	if (fat_plan(&file, 1, &options, &plan, err) < 0)
		return err_while(err, "laying the EFI system partition of '%s' out again", name);
	out = compare_sink(&there);
	if (fat_write(plan, out, err) < 0)
		out->failed = true;
	return sink_close(out, err);
}
