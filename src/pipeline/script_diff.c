#include "pipeline/script_diff.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

#define AROUND 2u                /* lines of context */
#define CELLS_MAX (4u << 20)     /* of the table; above, all between is told as replaced */

struct lines {
	struct str *line;
	size_t n;
};

/* One line of the result. */
struct change {
	char mark; /* ' ', '-' or '+' */
	struct str line;
};

struct changes {
	struct change *list;
	size_t n;
};

static struct lines split(struct str text, struct arena *arena)
{
	struct lines l = { arena_array(arena, text.len + 1, sizeof(struct str)), 0 };
	struct str line;

	if (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	while (str_split(&text, '\n', &line))
		l.line[l.n++] = line;
	return l;
}

static void add(struct changes *c, char mark, struct str line)
{
	c->list[c->n++] = (struct change){ mark, line };
}

/* Longest common subsequence of what lies between the common head and tail. */
static void compare(const struct str *a, size_t n, const struct str *b, size_t m,
		    struct arena *arena, struct changes *out)
{
	size_t width = m + 1, i = 0, k = 0;
	uint32_t *common = NULL;

	if (n && m && n * m <= CELLS_MAX) {
		common = arena_array(arena, (n + 1) * width, sizeof(*common));
		for (size_t x = n; x-- > 0;)
			for (size_t y = m; y-- > 0;) {
				uint32_t right = common[x * width + y + 1];
				uint32_t below = common[(x + 1) * width + y];

				common[x * width + y] =
					str_equal(a[x], b[y]) ? common[(x + 1) * width + y + 1] + 1
					: below >= right      ? below
							      : right;
			}
	}
	while (i < n || k < m) {
		if (common && i < n && k < m && str_equal(a[i], b[k])) {
			add(out, ' ', a[i++]);
			k++;
		} else if (i < n && (k == m || !common || common[(i + 1) * width + k] >=
								  common[i * width + k + 1])) {
			add(out, '-', a[i++]);
		} else {
			add(out, '+', b[k++]);
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
	struct lines a = split(before, &arena), b = split(after, &arena);
	struct changes c = { arena_array(&arena, a.n + b.n + 1, sizeof(struct change)), 0 };
	size_t head = 0, tail = 0;

	while (head < a.n && head < b.n && str_equal(a.line[head], b.line[head]))
		add(&c, ' ', a.line[head++]);
	while (tail < a.n - head && tail < b.n - head &&
	       str_equal(a.line[a.n - 1 - tail], b.line[b.n - 1 - tail]))
		tail++;
	compare(a.line + head, a.n - head - tail, b.line + head, b.n - head - tail, &arena, &c);
	for (size_t i = a.n - tail; i < a.n; i++)
		add(&c, ' ', a.line[i]);
	print(&c, prefix, max, to);
}
