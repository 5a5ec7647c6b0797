#include "attest/line_diff.h"

#include <stdlib.h>

#include "base/mem.h"

static size_t count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n + (text.len && text.ptr[text.len - 1] != '\n');
}

static void split_lines(struct str text, struct arena *arena, struct line_diff_side *ret)
{
	size_t n = count_lines(text), i = 0;

	*ret = (struct line_diff_side){
		.lines = arena_array(arena, n, sizeof(*ret->lines)),
		.ids = arena_array(arena, n, sizeof(*ret->ids)),
		.changed = arena_array(arena, n, sizeof(*ret->changed)),
		.n = n,
	};
	while (text.len) {
		size_t end = str_find_char(text, '\n');

		end += end < text.len;
		ret->lines[i++] = (struct str){ text.ptr, end };
		text = (struct str){ text.ptr + end, text.len - end };
	}
}

/* ---- ids ---- */

struct entry {
	struct str line;
	uint32_t *id;
};

/* Short ones first: lines of one length are compared, and no hash can be made to collide. */
static int by_line(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->line.len != b->line.len)
		return a->line.len < b->line.len ? -1 : 1;
	return memcmp(a->line.ptr, b->line.ptr, a->line.len);
}

static uint32_t number_lines(struct line_diff *d)
{
	size_t n = d->a.n + d->b.n;
	struct entry *all = mem_array(n, sizeof(*all));
	uint32_t id = 0;

	for (size_t i = 0; i < d->a.n; i++)
		all[i] = (struct entry){ d->a.lines[i], &d->a.ids[i] };
	for (size_t i = 0; i < d->b.n; i++)
		all[d->a.n + i] = (struct entry){ d->b.lines[i], &d->b.ids[i] };
	qsort(all, n, sizeof(*all), by_line);
	for (size_t i = 0; i < n; i++) {
		id += i && by_line(&all[i - 1], &all[i]) != 0;
		*all[i].id = id;
	}
	free(all);
	return n ? id + 1 : 0;
}

/* ---- what only one side has ---- */

#define IN_A 1
#define IN_B 2

/* Lines that the other side has nowhere have changed: the search needs not see them. */
static void keep_common(struct line_diff_side *s, const uint8_t *where, struct arena *arena,
			struct line_diff_ids *ret)
{
	uint32_t *ids = arena_array(arena, s->n, sizeof(*ids));
	uint32_t *places = arena_array(arena, s->n, sizeof(*places));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		s->changed[i] = where[s->ids[i]] != (IN_A | IN_B);
		if (s->changed[i])
			continue;
		ids[n] = s->ids[i];
		places[n++] = (uint32_t)i;
	}
	*ret = (struct line_diff_ids){ ids, places, n, s->changed };
}

static void mark(struct line_diff *d, uint32_t n_ids, struct arena *arena)
{
	uint8_t *where = mem_array(n_ids, 1);
	struct line_diff_ids a, b;

	for (size_t i = 0; i < d->a.n; i++)
		where[d->a.ids[i]] |= IN_A;
	for (size_t i = 0; i < d->b.n; i++)
		where[d->b.ids[i]] |= IN_B;
	keep_common(&d->a, where, arena, &a);
	keep_common(&d->b, where, arena, &b);
	line_diff_mark(&a, &b);
	free(where);
}

/* ---- where a change is told ---- */

/* gaps[k]: there are changed lines between the unchanged ones k - 1 and k. */
static bool *find_gaps(const struct line_diff_side *s)
{
	bool *gaps = mem_array(s->n + 1, sizeof(*gaps));
	size_t k = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->changed[i])
			gaps[k] = true;
		else
			k++;
	}
	return gaps;
}

/* Lines [start, end) of a run of changes, with @k unchanged ones before it. */
struct run {
	size_t start, end, k;
};

static void slide_up(struct line_diff_side *s, struct run *r)
{
	while (r->start && s->ids[r->start - 1] == s->ids[r->end - 1]) {
		s->changed[--r->start] = true;
		s->changed[--r->end] = false;
		r->k--;
		while (r->start && s->changed[r->start - 1])
			r->start--;
	}
}

/* As far as it goes. Returns the last end where the other side changes too, or SIZE_MAX. */
static size_t slide_down(struct line_diff_side *s, struct run *r, const bool *gaps)
{
	size_t met = gaps[r->k] ? r->end : SIZE_MAX;

	while (r->end < s->n && s->ids[r->start] == s->ids[r->end]) {
		s->changed[r->start++] = false;
		s->changed[r->end++] = true;
		r->k++;
		while (r->end < s->n && s->changed[r->end])
			r->end++;
		if (gaps[r->k])
			met = r->end;
	}
	return met;
}

static void slide_back(struct line_diff_side *s, struct run *r, size_t end)
{
	while (r->end > end) {
		s->changed[--r->start] = true;
		s->changed[--r->end] = false;
		r->k--;
	}
}

/*
 * A run of changes between equal lines may be told in several places. It goes as far down as
 * it can, which is where people see a paragraph end, unless the other side changes too at
 * one of these places: then both are told together.
 */
static void slide(struct line_diff_side *s, const struct line_diff_side *other)
{
	bool *gaps = find_gaps(other);
	size_t k = 0;

	for (size_t i = 0; i < s->n;) {
		struct run r = { i, i, k };
		size_t length, met;

		if (!s->changed[i]) {
			i++;
			k++;
			continue;
		}
		while (r.end < s->n && s->changed[r.end])
			r.end++;
		do {
			length = r.end - r.start;
			slide_up(s, &r);
			met = slide_down(s, &r, gaps);
		} while (r.end - r.start != length); /* it has met another run */
		slide_back(s, &r, met);
		i = r.end;
		k = r.k;
	}
	free(gaps);
}

bool line_diff(struct str a, struct str b, struct arena *arena, struct line_diff *ret)
{
	if (count_lines(a) + count_lines(b) > LINE_DIFF_LINES_MAX)
		return false;
	split_lines(a, arena, &ret->a);
	split_lines(b, arena, &ret->b);
	mark(ret, number_lines(ret), arena);
	slide(&ret->a, &ret->b);
	slide(&ret->b, &ret->a);
	return true;
}
