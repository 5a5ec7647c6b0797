/*
 * Nodes of a regular expression to a program. Concatenations and alternatives are
 * lists in their second operand, walked in a loop: depth is that of parentheses.
 */
#include <assert.h>

#include "shell/regex_private.h"

struct emitter {
	struct regex *re;
	uint32_t capacity;
	bool full;
};

static void emit(struct emitter *e, const struct regex_node *node);

static uint32_t add(struct emitter *e, struct regex_op_code code)
{
	struct regex *re = e->re;

	if (re->n >= REGEX_INSTRUCTIONS_MAX) {
		e->full = true;
		return 0;
	}
	if (re->n == e->capacity) {
		struct regex_op_code *more = NULL;

		e->capacity = e->capacity ? 2 * e->capacity : 32;
		more = arena_array(re->arena, e->capacity, sizeof(*more));
		if (re->n > 0)
			memcpy(more, re->code, re->n * sizeof(*more));
		re->code = more;
	}
	re->code[re->n] = code;
	return re->n++;
}

static void emit_either(struct emitter *e, const struct regex_node *node)
{
	uint32_t chain = UINT32_MAX;

	for (; node->kind == NODE_EITHER && !e->full; node = node->b) {
		uint32_t split = add(e, (struct regex_op_code){ .op = OP_SPLIT }), jump = 0;

		e->re->code[split].x = e->re->n;
		emit(e, node->a);
		/* Jumps to the end are chained through y until it is known. */
		jump = add(e, (struct regex_op_code){ .op = OP_JUMP, .y = chain });
		chain = jump;
		e->re->code[split].y = e->re->n;
	}
	emit(e, node);
	while (chain != UINT32_MAX && !e->full) {
		uint32_t next = e->re->code[chain].y;

		e->re->code[chain].x = e->re->n;
		chain = next;
	}
}

/* x* is (x+)?: so that an empty iteration is made once, as glibc does. */
static void emit_plus(struct emitter *e, const struct regex_node *body)
{
	uint32_t loop = e->re->n_loops++;
	uint32_t mark = add(e, (struct regex_op_code){ .op = OP_MARK, .x = loop }), end = 0;

	emit(e, body);
	end = add(e, (struct regex_op_code){ .op = OP_LOOP, .x = mark, .z = loop });
	e->re->code[end].y = e->re->n;
}

static void emit_repeat(struct emitter *e, const struct regex_node *node)
{
	bool endless = node->max == UINT32_MAX;
	uint32_t copies = endless && node->min > 0 ? node->min - 1 : node->min, n_splits = 0;
	uint32_t chain = UINT32_MAX;

	for (uint32_t i = 0; i < copies && !e->full; i++)
		emit(e, node->a);
	if (endless && node->min > 0) {
		emit_plus(e, node->a);
		return;
	}
	n_splits = endless ? 1 : node->max - node->min;
	for (uint32_t i = 0; i < n_splits && !e->full; i++) {
		uint32_t split = add(e, (struct regex_op_code){ .op = OP_SPLIT, .y = chain });

		chain = split;
		e->re->code[split].x = e->re->n;
		if (endless)
			emit_plus(e, node->a);
		else
			emit(e, node->a);
	}
	while (chain != UINT32_MAX && !e->full) {
		uint32_t next = e->re->code[chain].y;

		e->re->code[chain].y = e->re->n;
		chain = next;
	}
}

static void emit_group(struct emitter *e, const struct regex_node *node)
{
	bool kept = node->number < REGEX_SPANS;

	if (kept)
		add(e, (struct regex_op_code){ .op = OP_SAVE, .x = 2 * node->number });
	emit(e, node->a);
	if (kept)
		add(e, (struct regex_op_code){ .op = OP_SAVE, .x = 2 * node->number + 1 });
}

static void emit(struct emitter *e, const struct regex_node *node)
{
	for (; node->kind == NODE_CONCAT && !e->full; node = node->b)
		emit(e, node->a);
	if (e->full)
		return;
	switch (node->kind) {
	case NODE_EMPTY:
	case NODE_CONCAT:
		break;
	case NODE_CHAR:
		add(e, (struct regex_op_code){ .op = OP_CHAR, .x = node->number });
		break;
	case NODE_ANY:
		add(e, (struct regex_op_code){ .op = OP_ANY });
		break;
	case NODE_SET:
		add(e, (struct regex_op_code){ .op = OP_SET, .set = node->set });
		break;
	case NODE_ASSERT:
		add(e, (struct regex_op_code){ .op = OP_ASSERT, .x = node->number });
		break;
	case NODE_BACK:
		add(e, (struct regex_op_code){ .op = OP_BACK, .x = node->number });
		break;
	case NODE_EITHER:
		emit_either(e, node);
		break;
	case NODE_REPEAT:
		emit_repeat(e, node);
		break;
	case NODE_GROUP:
		emit_group(e, node);
		break;
	}
}

/* Bytes that a character of the program can begin with. */
static void add_first(struct regex *re, const struct regex_op_code *code)
{
	bool bytes = re->flags & REGEX_BYTES;

	for (uint32_t c = 0; c < 256; c++) {
		unsigned char low = (unsigned char)c;

		if (!bytes && c >= 128)
			re->first[c] = true; /* begin of any character; what it is shows later */
		else if (code->op == OP_ANY)
			re->first[c] = true;
		else if (code->op == OP_SET)
			re->first[c] |= regex_set_has(code->set, c) != CHARCLASS_NO;
		else if (code->op == OP_CHAR)
			re->first[c] |= code->x == c ||
					(re->flags & REGEX_ICASE && code->x == ascii_lower(low));
	}
}

static void find_first(struct regex *re)
{
	uint32_t *stack = arena_array(re->arena, 2 * (size_t)re->n + 2, sizeof(*stack)), n = 0;
	bool *seen = arena_array(re->arena, re->n, sizeof(*seen));

	stack[n++] = 0;
	while (n > 0) {
		uint32_t pc = stack[--n];
		const struct regex_op_code *code = &re->code[pc];

		if (seen[pc])
			continue;
		seen[pc] = true;
		switch (code->op) {
		case OP_CHAR:
		case OP_ANY:
		case OP_SET:
			add_first(re, code);
			break;
		case OP_MATCH:
		case OP_BACK:
			re->maybe_empty = true;
			break;
		case OP_SPLIT:
		case OP_LOOP:
			stack[n++] = code->y;
			stack[n++] = code->x;
			break;
		case OP_JUMP:
			stack[n++] = code->x;
			break;
		case OP_ASSERT:
		case OP_SAVE:
		case OP_MARK:
			stack[n++] = pc + 1;
			break;
		}
	}
}

bool regex_emit(struct regex *re, const struct regex_node *root)
{
	struct emitter e = { .re = re };

	if (re->flags & REGEX_WHOLE)
		add(&e, (struct regex_op_code){ .op = OP_ASSERT, .x = REGEX_TEXT_BEGIN });
	emit(&e, root);
	if (re->flags & REGEX_WHOLE)
		add(&e, (struct regex_op_code){ .op = OP_ASSERT, .x = REGEX_TEXT_END });
	add(&e, (struct regex_op_code){ .op = OP_MATCH });
	if (e.full)
		return false;
	find_first(re);
	return true;
}

struct regex *regex_compile(struct arena *arena, struct str pattern, unsigned flags,
			    const char **ret_reason)
{
	struct regex *re = arena_alloc(arena, sizeof(*re));
	struct regex_node *root = NULL;

	re->arena = arena;
	re->flags = flags;
	root = regex_parse(re, pattern, ret_reason);
	if (!root)
		return NULL;
	if (!regex_emit(re, root)) {
		*ret_reason = "too large a regular expression";
		return NULL;
	}
	re->now.list = arena_array(arena, re->n, sizeof(*re->now.list));
	re->now.place = arena_array(arena, re->n, sizeof(*re->now.place));
	re->next.list = arena_array(arena, re->n, sizeof(*re->next.list));
	re->next.place = arena_array(arena, re->n, sizeof(*re->next.place));
	re->stack = arena_array(arena, 2 * (size_t)re->n + 2, sizeof(*re->stack));
	re->loops = arena_array(arena, re->n_loops + 1, sizeof(*re->loops));
	return re;
}

unsigned regex_groups(const struct regex *re)
{
	return re->n_groups;
}

const char *regex_reason(const struct regex *re)
{
	return re->reason ? re->reason : "";
}
