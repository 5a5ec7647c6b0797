/*
 * Going back and forth. Where the end of the match is known, a place in the
 * program at a place in the text needs to be tried once only: a set of those that
 * were remembers it. With back-references what a group holds decides too, so all
 * ways are tried, up to a number of steps.
 */
#include <assert.h>

#include "shell/regex_private.h"

#define SLOTS (2 * REGEX_SPANS)
#define RESTORE UINT32_MAX
#define SEEN_WORDS ((size_t)1 << 23) /* 64 MiB of memory */

struct trace {
	struct regex *re;
	struct str text;
	size_t from, to;
	size_t n_ways;
	size_t slots[SLOTS];
	size_t *loops;
	bool exact; /* ends at @to, every place once */
};

static void push(struct trace *t, uint32_t pc, uint32_t slot, size_t at)
{
	struct regex *re = t->re;

	if (t->n_ways == re->ways_capacity) {
		size_t capacity = re->ways_capacity ? 2 * re->ways_capacity : 256;
		struct regex_way *more = arena_array(re->arena, capacity, sizeof(*more));

		if (t->n_ways > 0)
			memcpy(more, re->ways, t->n_ways * sizeof(*more));
		re->ways = more;
		re->ways_capacity = capacity;
	}
	re->ways[t->n_ways++] = (struct regex_way){ pc, slot, at };
}

/* Slots at SLOTS and above are loops. */
static void set_slot(struct trace *t, uint32_t slot, size_t at)
{
	size_t *place = slot < SLOTS ? &t->slots[slot] : &t->loops[slot - SLOTS];

	push(t, RESTORE, slot, *place);
	*place = at;
}

static bool was_seen(struct trace *t, uint32_t pc, size_t at)
{
	size_t bit = (at - t->from) * t->re->n + pc;
	uint64_t mask = (uint64_t)1 << (bit % 64);
	bool seen = t->re->seen[bit / 64] & mask;

	t->re->seen[bit / 64] |= mask;
	return seen;
}

static bool same_text(const struct regex *re, const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];

		if (x != y && !(re->flags & REGEX_ICASE && ascii_lower(x) == ascii_lower(y)))
			return false;
	}
	return true;
}

static bool take_back(struct trace *t, uint32_t group, size_t *at)
{
	size_t from = t->slots[2 * group], to = t->slots[2 * group + 1];

	if (from == REGEX_UNSET || to == REGEX_UNSET || to < from || t->text.len - *at < to - from)
		return false;
	if (!same_text(t->re, t->text.ptr + from, t->text.ptr + *at, to - from))
		return false;
	*at += to - from;
	return true;
}

static bool take_character(struct trace *t, const struct regex_op_code *code, size_t *at)
{
	struct regex *re = t->re;
	enum charclass_answer has = CHARCLASS_NO;
	size_t len = 1;
	uint32_t c = 0;

	if (*at >= t->text.len)
		return false;
	c = regex_decode(re, t->text, *at, &len);
	*at += len;
	if (code->op == OP_ANY)
		return c < REGEX_INVALID_BASE;
	if (code->op == OP_CHAR)
		return code->x ==
		       (re->flags & REGEX_ICASE && c < 128 ? ascii_lower((unsigned char)c) : c);
	has = regex_set_has(code->set, c);
	if (has == CHARCLASS_UNKNOWN)
		re->reason = "a class of characters beyond ASCII";
	return has == CHARCLASS_YES;
}

/* Follows one way until it ends. True: it ended in a match, at *at. */
static bool follow_way(struct trace *t, uint32_t pc, size_t *at)
{
	struct regex *re = t->re;

	for (;;) {
		const struct regex_op_code *code = &re->code[pc];

		re->steps++;
		if (t->exact && was_seen(t, pc, *at))
			return false;
		switch (code->op) {
		case OP_CHAR:
		case OP_ANY:
		case OP_SET:
			if (!take_character(t, code, at) || (t->exact && *at > t->to))
				return false;
			pc++;
			break;
		case OP_ASSERT:
			if (!regex_assertion_holds(re, (enum regex_assertion)code->x, t->text, *at))
				return false;
			pc++;
			break;
		case OP_BACK:
			if (!take_back(t, code->x, at))
				return false;
			pc++;
			break;
		case OP_SAVE:
			set_slot(t, code->x, *at);
			pc++;
			break;
		case OP_MARK:
			set_slot(t, SLOTS + code->x, *at);
			pc++;
			break;
		case OP_LOOP:
			if (t->loops[code->z] == *at) {
				pc = code->y;
				break;
			}
			push(t, code->y, 0, *at);
			pc = code->x;
			break;
		case OP_SPLIT:
			push(t, code->y, 0, *at);
			pc = code->x;
			break;
		case OP_JUMP:
			pc = code->x;
			break;
		case OP_MATCH:
			return !t->exact || *at == t->to;
		}
	}
}

static void begin(struct trace *t)
{
	for (unsigned i = 0; i < SLOTS; i++)
		t->slots[i] = REGEX_UNSET;
	t->loops = t->re->loops;
	for (unsigned i = 0; i < t->re->n_loops; i++)
		t->loops[i] = REGEX_UNSET;
	push(t, 0, 0, t->from);
}

static void give(const struct trace *t, size_t to, struct regex_span *spans, unsigned n_spans)
{
	spans[0] = (struct regex_span){ t->from, to };
	for (unsigned i = 1; i < n_spans; i++) {
		spans[i] = (struct regex_span){ t->slots[2 * i], t->slots[2 * i + 1] };
		if (spans[i].from == REGEX_UNSET || spans[i].to == REGEX_UNSET)
			spans[i] = (struct regex_span){ REGEX_UNSET, REGEX_UNSET };
	}
}

/* The next way to try, after slots were put back. False: none is left. */
static bool next_way(struct trace *t, uint32_t *ret_pc, size_t *ret_at)
{
	while (t->n_ways > 0) {
		struct regex_way way = t->re->ways[--t->n_ways];

		if (way.pc != RESTORE) {
			*ret_pc = way.pc;
			*ret_at = way.at;
			return true;
		}
		if (way.slot < SLOTS)
			t->slots[way.slot] = way.at;
		else
			t->loops[way.slot - SLOTS] = way.at;
	}
	return false;
}

enum regex_answer regex_trace(struct regex *re, struct str text, size_t from, size_t to,
			      struct regex_span *spans, unsigned n_spans)
{
	struct trace t = { .re = re, .text = text, .from = from, .to = to, .exact = true };
	size_t words = (to - from + 1) * re->n / 64 + 1, at = from;
	uint32_t pc = 0;

	re->reason = "too long a match";
	if (words > SEEN_WORDS)
		return REGEX_GAVE_UP;
	re->reason = NULL;
	if (words > re->seen_capacity) {
		re->seen = arena_array(re->arena, 2 * words, sizeof(*re->seen));
		re->seen_capacity = 2 * words;
	}
	memset(re->seen, 0, words * sizeof(*re->seen));
	begin(&t);
	while (next_way(&t, &pc, &at)) {
		if (follow_way(&t, pc, &at)) {
			give(&t, to, spans, n_spans);
			return REGEX_MATCH;
		}
		if (re->reason)
			return REGEX_GAVE_UP;
	}
	re->reason = "a match whose groups can't be found";
	return REGEX_GAVE_UP;
}

enum regex_answer regex_try(struct regex *re, struct str text, size_t from,
			    struct regex_span *spans, unsigned n_spans)
{
	struct trace t = { .re = re, .text = text, .from = from };
	size_t at = from, best = 0;
	uint32_t pc = 0;
	bool found = false;

	begin(&t);
	while (next_way(&t, &pc, &at)) {
		if (follow_way(&t, pc, &at) && (!found || at > best)) {
			found = true;
			best = at;
			give(&t, at, spans, n_spans);
			if (at == text.len)
				break;
		}
		if (re->steps > REGEX_BACK_STEPS_MAX || re->spent > REGEX_STEPS_MAX)
			re->reason = "too many steps for back-references";
		if (re->reason)
			return REGEX_GAVE_UP;
	}
	return found ? REGEX_MATCH : REGEX_NO_MATCH;
}
