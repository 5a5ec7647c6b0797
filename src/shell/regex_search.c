/*
 * Searching. Without back-references all ways are walked at once, a character at
 * a time (Thompson); of two that stand at the same place the one that began
 * earlier stays. That finds where the leftmost-longest match begins and ends; the
 * groups are traced afterwards, in regex_trace.c.
 */
#include <assert.h>

#include "shell/regex_private.h"

static size_t utf8_length(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len == 0 || p[0] > 0xf4 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

size_t regex_character(struct str text, size_t at)
{
	size_t len = utf8_length((const unsigned char *)text.ptr + at, text.len - at);

	return len ? len : 1;
}

uint32_t regex_decode(const struct regex *re, struct str text, size_t at, size_t *ret_len)
{
	const unsigned char *p = (const unsigned char *)text.ptr + at;
	size_t len = 0;
	uint32_t c = 0;

	*ret_len = 1;
	if (p[0] < 0x80 || re->flags & REGEX_BYTES)
		return p[0];
	len = utf8_length(p, text.len - at);
	if (len == 0)
		return REGEX_INVALID_BASE + p[0];
	c = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*ret_len = len;
	return c;
}

/* Whether a word's character is at @at (before it: @back). Beyond ASCII: unknown. */
static bool is_word(struct regex *re, struct str text, size_t at, bool back)
{
	unsigned char c = 0;

	if (back ? at == 0 : at >= text.len)
		return false;
	c = (unsigned char)text.ptr[back ? at - 1 : at];
	if (c >= 128 && !(re->flags & REGEX_BYTES))
		re->reason = "words with characters beyond ASCII";
	return charclass_has(CHARCLASS_WORD, c);
}

bool regex_assertion_holds(struct regex *re, enum regex_assertion a, struct str text, size_t at)
{
	bool lines = re->flags & REGEX_LINES;

	switch (a) {
	case REGEX_BEGIN:
		return at == 0 || (lines && text.ptr[at - 1] == '\n');
	case REGEX_END:
		return at == text.len || (lines && text.ptr[at] == '\n');
	case REGEX_TEXT_BEGIN:
		return at == 0;
	case REGEX_TEXT_END:
		return at == text.len;
	case REGEX_WORD_BEGIN:
		return !is_word(re, text, at, true) && is_word(re, text, at, false);
	case REGEX_WORD_END:
		return is_word(re, text, at, true) && !is_word(re, text, at, false);
	case REGEX_WORD_EDGE:
		return is_word(re, text, at, true) != is_word(re, text, at, false);
	case REGEX_NO_WORD_EDGE:
		return is_word(re, text, at, true) == is_word(re, text, at, false);
	}
	return false;
}

static bool has_thread(const struct regex_threads *t, uint32_t pc)
{
	return t->place[pc] < t->n && t->list[t->place[pc]].pc == pc;
}

struct search {
	struct regex *re;
	struct str text;
	size_t best_from, best_to;
	bool found;
};

/* Adds @pc and all that can be reached from it without a character. */
static void follow(struct search *s, struct regex_threads *to, uint32_t pc, size_t start, size_t at)
{
	struct regex *re = s->re;
	uint32_t n = 0;

	re->stack[n++] = pc;
	while (n > 0) {
		const struct regex_op_code *code = NULL;

		pc = re->stack[--n];
		if (has_thread(to, pc))
			continue;
		re->steps++;
		to->place[pc] = to->n;
		to->list[to->n++] = (struct regex_thread){ pc, start };
		code = &re->code[pc];
		switch (code->op) {
		case OP_SPLIT:
		case OP_LOOP:
			re->stack[n++] = code->y;
			re->stack[n++] = code->x;
			break;
		case OP_JUMP:
			re->stack[n++] = code->x;
			break;
		case OP_SAVE:
		case OP_MARK:
			re->stack[n++] = pc + 1;
			break;
		case OP_ASSERT:
			if (regex_assertion_holds(re, (enum regex_assertion)code->x, s->text, at))
				re->stack[n++] = pc + 1;
			break;
		case OP_MATCH:
			if (!s->found || start <= s->best_from) {
				s->found = true;
				s->best_from = start;
				s->best_to = at;
			}
			break;
		case OP_CHAR:
		case OP_ANY:
		case OP_SET:
		case OP_BACK:
			break;
		}
	}
}

static bool fits(struct regex *re, const struct regex_op_code *code, uint32_t c)
{
	enum charclass_answer has = CHARCLASS_NO;

	switch (code->op) {
	case OP_CHAR:
		if (re->flags & REGEX_ICASE && c < 128)
			c = ascii_lower((unsigned char)c);
		return code->x == c;
	case OP_ANY:
		return c < REGEX_INVALID_BASE;
	case OP_SET:
		has = regex_set_has(code->set, c);
		if (has == CHARCLASS_UNKNOWN)
			re->reason = "a class of characters beyond ASCII";
		return has == CHARCLASS_YES;
	default:
		return false;
	}
}

static void step(struct search *s, uint32_t c, size_t next_at)
{
	struct regex *re = s->re;
	struct regex_threads swap = re->now;

	re->next.n = 0;
	for (uint32_t i = 0; i < re->now.n; i++) {
		const struct regex_thread *t = &re->now.list[i];

		re->steps++;
		if (s->found && t->start > s->best_from)
			break; /* they are in order of their starts */
		if (fits(re, &re->code[t->pc], c))
			follow(s, &re->next, t->pc + 1, t->start, next_at);
	}
	re->now = re->next;
	re->next = swap;
}

static enum regex_answer walk(struct search *s, size_t from)
{
	struct regex *re = s->re;
	size_t at = from;

	re->now.n = 0;
	for (;;) {
		size_t len = 1;
		uint32_t c = 0;

		if (re->now.n == 0 && !s->found && !re->maybe_empty) {
			while (at < s->text.len && !re->first[(unsigned char)s->text.ptr[at]])
				at++;
		}
		if (!s->found)
			follow(s, &re->now, 0, at, at);
		if (at >= s->text.len || (s->found && re->now.n == 0) || re->reason)
			break;
		c = regex_decode(re, s->text, at, &len);
		at += len;
		step(s, c, at);
		if (re->spent + re->steps > REGEX_STEPS_MAX)
			re->reason = "too many steps";
	}
	return re->reason ? REGEX_GAVE_UP : s->found ? REGEX_MATCH : REGEX_NO_MATCH;
}

static enum regex_answer search_back(struct regex *re, struct str text, size_t from,
				     struct regex_span *spans, unsigned n_spans)
{
	for (size_t at = from; at <= text.len;) {
		enum regex_answer answer = regex_try(re, text, at, spans, n_spans);

		if (answer != REGEX_NO_MATCH)
			return answer;
		at += at < text.len && !(re->flags & REGEX_BYTES) ? regex_character(text, at) : 1;
	}
	return REGEX_NO_MATCH;
}

uint64_t regex_steps(const struct regex *re)
{
	return re->steps;
}

enum regex_answer regex_search(struct regex *re, struct str text, size_t from,
			       struct regex_span *spans, unsigned n_spans)
{
	struct search s = { .re = re, .text = text };
	struct regex_span own[1];
	enum regex_answer answer = REGEX_NO_MATCH;

	assert(from <= text.len && n_spans <= REGEX_SPANS);
	re->spent += re->steps;
	re->steps = 0;
	re->reason = NULL;
	if (!spans || n_spans == 0) {
		spans = own;
		n_spans = 1;
	}
	if (re->has_back)
		return search_back(re, text, from, spans, n_spans);
	answer = walk(&s, from);
	if (answer != REGEX_MATCH)
		return answer;
	for (unsigned i = 0; i < n_spans; i++)
		spans[i] = (struct regex_span){ REGEX_UNSET, REGEX_UNSET };
	spans[0] = (struct regex_span){ s.best_from, s.best_to };
	if (n_spans > 1 && re->n_groups > 0)
		return regex_trace(re, text, s.best_from, s.best_to, spans, n_spans);
	return REGEX_MATCH;
}
