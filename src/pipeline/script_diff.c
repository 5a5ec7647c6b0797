#include "pipeline/script_diff.h"

#include "attest/line_diff.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

#define AROUND 2u /* lines of context */

/* One line of the result. */
struct change {
	char mark; /* ' ', '-' or '+' */
	struct str line;
};

struct changes {
	struct change *list;
	size_t n;
};

/* Without its line end. */
static void add(struct changes *c, char mark, struct str line)
{
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len--;
	c->list[c->n++] = (struct change){ mark, line };
}

/* What is gone before what came. */
static void list(const struct line_diff *d, struct changes *out)
{
	const struct line_diff_side *a = &d->a, *b = &d->b;
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		if (i < a->n && a->changed[i]) {
			add(out, '-', a->lines[i++]);
		} else if (k < b->n && b->changed[k]) {
			add(out, '+', b->lines[k++]);
		} else {
			add(out, ' ', a->lines[i++]);
			k++;
		}
	}
}

/* Whether line @i is a change or near one. */
static bool is_shown(const struct changes *c, size_t i)
{
	size_t from = i > AROUND ? i - AROUND : 0;

	for (size_t k = from; k < c->n && k <= i + AROUND; k++)
		if (c->list[k].mark != ' ')
			return true;
	return false;
}

static void print(const struct changes *c, const char *prefix, size_t max, struct buf *to)
{
	size_t told = 0, more = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (!is_shown(c, i))
			continue;
		if (told == max) {
			more++;
			continue;
		}
		told++;
		buf_printf(to, "%s%c ", prefix, c->list[i].mark);
		text_add_safe(to, c->list[i].line);
		buf_add_char(to, '\n');
	}
	if (more)
		buf_printf(to, "%s... and %zu more lines\n", prefix, more);
}

void script_diff(struct str before, struct str after, const char *prefix, size_t max,
		 struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct line_diff d;
	struct changes c = { 0 };

	if (!line_diff(before, after, &arena, &d)) {
		buf_printf(to, "%s(longer than can be compared)\n", prefix);
		return;
	}
	c.list = arena_array(&arena, d.a.n + d.b.n + 1, sizeof(*c.list));
	list(&d, &c);
	print(&c, prefix, max, to);
}
