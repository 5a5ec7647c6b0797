#include "attest/unified_diff.h"

#include "attest/line_diff.h"
#include "base/cleanup.h"
#include "base/text.h"

#define AROUND 3u   /* lines of context */
#define LEAD_IN 60u /* bytes of a long line before what changed in it */
#define LINE_GROWN (4 * UNIFIED_DIFF_LINE_MAX + 256) /* bytes of a shown line, escapes and all */

struct writer {
	struct line_diff d;
	struct buf text;
	struct unified_diff *ret;
};

/* Lines [a0, a1) of A and [b0, b1) of B: a run of changes, or a hunk. */
struct part {
	size_t a0, a1, b0, b1;
};

/* The next run of changes from @at on; false at the end. */
static bool next_change(const struct line_diff *d, struct part at, struct part *ret)
{
	size_t a = at.a1, b = at.b1;

	while (a < d->a.n && b < d->b.n && !d->a.changed[a] && !d->b.changed[b]) {
		a++;
		b++;
	}
	*ret = (struct part){ a, a, b, b };
	while (ret->a1 < d->a.n && d->a.changed[ret->a1])
		ret->a1++;
	while (ret->b1 < d->b.n && d->b.changed[ret->b1])
		ret->b1++;
	return ret->a1 > a || ret->b1 > b;
}

/* ---- one line ---- */

static bool is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A tab drives no terminal. */
static void add_text(struct buf *to, struct str text)
{
	struct str piece;
	bool first = true;

	while (str_split(&text, '\t', &piece)) {
		if (!first)
			buf_add_char(to, '\t');
		text_add_safe(to, piece);
		first = false;
	}
}

/* Where a long line is shown from: some bytes before it differs from @twin. */
static size_t window_start(struct str line, struct str twin)
{
	size_t same = 0;

	while (same < line.len && same < twin.len && line.ptr[same] == twin.ptr[same])
		same++;
	if (twin.len == 0 || same < 3 * UNIFIED_DIFF_LINE_MAX / 4)
		return 0;
	same = same < line.len ? same : line.len - 1;
	same -= LEAD_IN;
	while (same && is_inside_character(line.ptr[same]))
		same--;
	return same;
}

/* @twin: what it became or was, or "". */
static void add_line(struct buf *to, char mark, struct str line, struct str twin)
{
	bool ends = line.len && line.ptr[line.len - 1] == '\n';
	size_t start = 0, end;

	line.len -= ends;
	buf_add_char(to, mark);
	if (line.len > UNIFIED_DIFF_LINE_MAX)
		start = window_start(line, twin);
	end = line.len - start > UNIFIED_DIFF_LINE_MAX ? start + UNIFIED_DIFF_LINE_MAX : line.len;
	while (end < line.len && is_inside_character(line.ptr[end]))
		end++;
	if (start)
		buf_printf(to, "[%zu bytes] ", start);
	add_text(to, (struct str){ line.ptr + start, end - start });
	if (end < line.len)
		buf_printf(to, " [%zu bytes]", line.len - end);
	buf_add_char(to, '\n');
	if (!ends)
		buf_add_cstr(to, "\\ No newline at end of file\n");
}

/* ---- hunks ---- */

/* False when nothing more fits. */
static bool put_line(struct writer *w, char mark, struct str line, struct str twin)
{
	if (w->ret->is_cut || w->text.len + LINE_GROWN > UNIFIED_DIFF_TEXT_MAX) {
		w->ret->is_cut = true;
		return false;
	}
	add_line(&w->text, mark, line, twin);
	return true;
}

static struct str twin_of(const struct line_diff_side *s, size_t start, size_t end, size_t i)
{
	return start + i < end ? s->lines[start + i] : STR("");
}

static void put_change(struct writer *w, struct part c)
{
	const struct line_diff_side *a = &w->d.a, *b = &w->d.b;

	for (size_t i = c.a0; i < c.a1; i++)
		if (!put_line(w, '-', a->lines[i], twin_of(b, c.b0, c.b1, i - c.a0)))
			return;
	for (size_t i = c.b0; i < c.b1; i++)
		if (!put_line(w, '+', b->lines[i], twin_of(a, c.a0, c.a1, i - c.b0)))
			return;
}

/* An empty range is told by the line before it; a count of 1 is left out. */
static void add_range(struct buf *to, char sign, size_t start, size_t end)
{
	buf_printf(to, "%c%zu", sign, start + (end > start));
	if (end - start != 1)
		buf_printf(to, ",%zu", end - start);
}

static void put_hunk(struct writer *w, struct part hunk)
{
	struct part c = { .a1 = hunk.a0, .b1 = hunk.b0 };

	if (w->ret->is_cut || w->text.len + 2 * LINE_GROWN > UNIFIED_DIFF_TEXT_MAX) {
		w->ret->is_cut = true;
		return;
	}
	buf_add_cstr(&w->text, "@@ ");
	add_range(&w->text, '-', hunk.a0, hunk.a1);
	buf_add_char(&w->text, ' ');
	add_range(&w->text, '+', hunk.b0, hunk.b1);
	buf_add_cstr(&w->text, " @@\n");
	for (size_t at = hunk.a0;; at = c.a1) {
		bool more = next_change(&w->d, c, &c) && c.a1 <= hunk.a1 && c.b1 <= hunk.b1;

		for (size_t end = more ? c.a0 : hunk.a1; at < end; at++)
			if (!put_line(w, ' ', w->d.a.lines[at], STR("")))
				return;
		if (!more)
			return;
		put_change(w, c);
	}
}

static size_t less(size_t n, size_t by)
{
	return n > by ? n - by : 0;
}

static void widen(const struct line_diff *d, struct part *hunk)
{
	size_t before = hunk->a0 < hunk->b0 ? hunk->a0 : hunk->b0, after;

	before = before < AROUND ? before : AROUND;
	after = less(d->a.n, hunk->a1) < AROUND ? less(d->a.n, hunk->a1) : AROUND;
	hunk->a0 -= before;
	hunk->b0 -= before;
	hunk->a1 += after;
	hunk->b1 += after;
}

static void put_hunks(struct writer *w)
{
	struct part c = { 0 }, hunk = { 0 };
	bool open = false;

	while (next_change(&w->d, c, &c)) {
		w->ret->n_removed += c.a1 - c.a0;
		w->ret->n_added += c.b1 - c.b0;
		if (open && c.a0 - hunk.a1 <= 2 * AROUND) {
			hunk.a1 = c.a1;
			hunk.b1 = c.b1;
			continue;
		}
		if (open) {
			widen(&w->d, &hunk);
			put_hunk(w, hunk);
		}
		hunk = c;
		open = true;
	}
	if (open) {
		widen(&w->d, &hunk);
		put_hunk(w, hunk);
	}
}

bool unified_diff(struct str a, struct str b, struct arena *arena, struct unified_diff *ret)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct writer w = { .text = BUF_INIT(2 * UNIFIED_DIFF_TEXT_MAX), .ret = ret };

	*ret = (struct unified_diff){ 0 };
	if (!line_diff(a, b, &scratch, &w.d))
		return false;
	put_hunks(&w);
	ret->text = arena_str(arena, buf_str(&w.text));
	buf_release(&w.text);
	return true;
}
