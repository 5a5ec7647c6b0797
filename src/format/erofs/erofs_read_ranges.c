/*
 * Who has which bytes of the image. A block that two files share would let a small image
 * make endless work, and a byte that nobody has would be one that nobody looks at.
 */
#include "format/erofs/erofs_reader.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

int erofs_wrong(struct error *err, uint64_t inode, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(err, ERR_FORMAT, "inode %llu of the EROFS %s", (unsigned long long)inode,
		       text);
}

void erofs_ranges_init(struct erofs_ranges *r, uint64_t size)
{
	*r = (struct erofs_ranges){ .size = size,
				    .blocks = mem_alloc((size_t)(size / EROFS_BLOCK / 8 + 1)) };
}

void erofs_ranges_release(struct erofs_ranges *r)
{
	free(r->list);
	free(r->blocks);
}

int erofs_claim(struct erofs_ranges *r, uint64_t start, uint64_t size, bool shared, uint64_t inode,
		struct error *err)
{
	if (start > r->size || size > r->size - start)
		return erofs_wrong(err, inode, "has %llu bytes at byte %llu, outside of it",
				   (unsigned long long)size, (unsigned long long)start);
	if (size == 0)
		return 0;
	if (r->n && !shared && !r->list[r->n - 1].shared && r->list[r->n - 1].end == start) {
		r->list[r->n - 1].end = start + size;
		return 0;
	}
	MEM_GROW(r->list, r->n, r->capacity);
	r->list[r->n++] = (struct erofs_range){ start, start + size, shared };
	return 0;
}

int erofs_claim_blocks(struct erofs_ranges *r, uint64_t start, uint64_t size, uint64_t inode,
		       struct error *err)
{
	if (erofs_claim(r, start, size, false, inode, err) < 0)
		return -1;
	for (uint64_t i = start / EROFS_BLOCK; i < (start + size) / EROFS_BLOCK; i++) {
		if (r->blocks[i / 8] & 1u << i % 8)
			return erofs_wrong(err, inode, "has block %llu, which is in use",
					   (unsigned long long)i);
		r->blocks[i / 8] = (uint8_t)(r->blocks[i / 8] | 1u << i % 8);
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct erofs_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static int check_gap(const struct window *in, uint64_t start, uint64_t end, struct error *err)
{
	uint8_t piece[16 * EROFS_BLOCK];

	for (uint64_t at = start; at < end; at += sizeof(piece)) {
		size_t now = end - at < sizeof(piece) ? (size_t)(end - at) : sizeof(piece);

		if (window_read(in, at, piece, now, err) < 0)
			return -1;
		if (!bytes_are_zero(piece, now))
			return err_set(err, ERR_FORMAT,
				       "bytes %llu to %llu of the EROFS belong to nothing, and are "
				       "not zero",
				       (unsigned long long)start, (unsigned long long)end);
	}
	return 0;
}

int erofs_check_ranges(struct erofs_ranges *r, const struct window *in, struct error *err)
{
	uint64_t end = 0;

	qsort(r->list, r->n, sizeof(*r->list), by_start);
	for (size_t i = 0; i < r->n; i++) {
		const struct erofs_range *e = &r->list[i];

		if (i && e->shared && e[-1].shared && e->start == e[-1].start &&
		    e->end == e[-1].end)
			continue;
		if (e->start < end)
			return err_set(err, ERR_FORMAT, "byte %llu of the EROFS is in use twice",
				       (unsigned long long)e->start);
		if (check_gap(in, end, e->start, err) < 0)
			return -1;
		end = e->end;
	}
	return check_gap(in, end, r->size, err);
}
