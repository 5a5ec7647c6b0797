/*
 * The middle snake of Myers' paper: two walks over the edit graph, one from each end, meet
 * in the middle of a shortest path; both halves are then solved the same way. Halves
 * wait on a heap, not on the stack.
 */
#include <assert.h>
#include <stdlib.h>

#include "attest/line_diff.h"
#include "base/mem.h"

#define BUDGET (32u << 20) /* steps of the walks: a quarter of a second */
#define POOR_COST 128	   /* rounds of a walk when that is used up */

struct box {
	int64_t a0, a1, b0, b1; /* lines [a0, a1) of A against [b0, b1) of B */
};

struct marking {
	const struct line_diff_ids *a, *b;
	int64_t *forward, *backward; /* by diagonal: how far along A each walk came */
	int64_t budget;
	struct box *boxes;
	size_t n_boxes, capacity;
};

/* One walk's diagonals at work. */
struct reach {
	int64_t min, max;
};

static bool equal_at(const struct marking *m, int64_t x, int64_t y)
{
	return m->a->ids[x] == m->b->ids[y];
}

static void widen(struct reach *r, int64_t low, int64_t high, int64_t *v, int64_t barrier)
{
	if (r->min > low)
		v[--r->min - 1] = barrier;
	else
		r->min++;
	if (r->max < high)
		v[++r->max + 1] = barrier;
	else
		r->max--;
}

static bool step_forward(struct marking *m, const struct box *b, struct reach *f,
			 const struct reach *meet, int64_t *ret_x, int64_t *ret_y)
{
	int64_t *v = m->forward;

	widen(f, b->a0 - b->b1, b->a1 - b->b0, v, -1);
	for (int64_t d = f->max; d >= f->min; d -= 2) {
		int64_t x = v[d - 1] < v[d + 1] ? v[d + 1] : v[d - 1] + 1, from = x;

		while (x < b->a1 && x - d < b->b1 && equal_at(m, x, x - d))
			x++;
		m->budget -= 1 + x - from;
		v[d] = x;
		if (meet && meet->min <= d && d <= meet->max && m->backward[d] <= x) {
			*ret_x = x;
			*ret_y = x - d;
			return true;
		}
	}
	return false;
}

static bool step_backward(struct marking *m, const struct box *b, struct reach *k,
			  const struct reach *meet, int64_t *ret_x, int64_t *ret_y)
{
	int64_t *v = m->backward;

	widen(k, b->a0 - b->b1, b->a1 - b->b0, v, INT64_MAX);
	for (int64_t d = k->max; d >= k->min; d -= 2) {
		int64_t x = v[d - 1] < v[d + 1] ? v[d - 1] : v[d + 1] - 1, from = x;

		while (x > b->a0 && x - d > b->b0 && equal_at(m, x - 1, x - d - 1))
			x--;
		m->budget -= 1 + from - x;
		v[d] = x;
		if (meet && meet->min <= d && d <= meet->max && x <= m->forward[d]) {
			*ret_x = x;
			*ret_y = x - d;
			return true;
		}
	}
	return false;
}

/* The point that the forward walk reached at the lowest cost for its way. */
static void give_up(const struct marking *m, const struct box *b, const struct reach *f,
		    int64_t *ret_x, int64_t *ret_y)
{
	int64_t best = -1;

	for (int64_t d = f->max; d >= f->min; d -= 2) {
		int64_t x = m->forward[d] < b->a1 ? m->forward[d] : b->a1, y = x - d;

		if (y > b->b1) {
			x = b->b1 + d;
			y = b->b1;
		}
		if (x + y > best) {
			best = x + y;
			*ret_x = x;
			*ret_y = y;
		}
	}
}

/* A point through which a short path goes; neither corner of the box. */
static void split(struct marking *m, const struct box *b, int64_t *ret_x, int64_t *ret_y)
{
	int64_t start = b->a0 - b->b0, end = b->a1 - b->b1;
	struct reach f = { start, start }, k = { end, end };
	bool odd = (start - end) & 1;

	m->forward[start] = b->a0;
	m->backward[end] = b->a1;
	for (int64_t cost = 1;; cost++) {
		if (step_forward(m, b, &f, odd ? &k : NULL, ret_x, ret_y) ||
		    step_backward(m, b, &k, odd ? NULL : &f, ret_x, ret_y))
			return;
		if (m->budget < 0 && cost >= POOR_COST) {
			give_up(m, b, &f, ret_x, ret_y);
			return;
		}
	}
}

static void push(struct marking *m, int64_t a0, int64_t a1, int64_t b0, int64_t b1)
{
	if (a0 == a1 && b0 == b1)
		return;
	MEM_GROW(m->boxes, m->n_boxes, m->capacity);
	m->boxes[m->n_boxes++] = (struct box){ a0, a1, b0, b1 };
}

static void solve(struct marking *m, struct box b)
{
	int64_t x = 0, y = 0;

	while (b.a0 < b.a1 && b.b0 < b.b1 && equal_at(m, b.a0, b.b0)) {
		b.a0++;
		b.b0++;
	}
	while (b.a0 < b.a1 && b.b0 < b.b1 && equal_at(m, b.a1 - 1, b.b1 - 1)) {
		b.a1--;
		b.b1--;
	}
	if (b.a0 == b.a1 || b.b0 == b.b1) {
		for (; b.a0 < b.a1; b.a0++)
			m->a->changed[m->a->places[b.a0]] = true;
		for (; b.b0 < b.b1; b.b0++)
			m->b->changed[m->b->places[b.b0]] = true;
		return;
	}
	split(m, &b, &x, &y);
	assert(x >= b.a0 && x <= b.a1 && y >= b.b0 && y <= b.b1);
	assert(x + y > b.a0 + b.b0 && x + y < b.a1 + b.b1);
	push(m, x, b.a1, y, b.b1);
	push(m, b.a0, x, b.b0, y);
}

void line_diff_mark(const struct line_diff_ids *a, const struct line_diff_ids *b)
{
	size_t diagonals = a->n + b->n + 5;
	int64_t *both = mem_array(2 * diagonals, sizeof(*both));
	struct marking m = { .a = a, .b = b, .budget = BUDGET };

	m.forward = both + b->n + 2;
	m.backward = both + diagonals + b->n + 2;
	push(&m, 0, (int64_t)a->n, 0, (int64_t)b->n);
	while (m.n_boxes)
		solve(&m, m.boxes[--m.n_boxes]);
	free(m.boxes);
	free(both);
}
