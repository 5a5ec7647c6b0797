/* Evaluation of awk programs. */
#include "shell/awk.h"

static enum awk_flow run(struct awk *w, struct awk_node *node);

static struct awk_cell *cell_of(struct awk *w, const struct awk_node *node)
{
	struct awk_cell *cell =
		node->kind == N_LOCAL ? &w->frame[node->index] : &w->globals[node->index];

	return cell;
}

struct awk_array *awk_array_of(struct awk *w, struct awk_node *node)
{
	struct awk_cell *cell = NULL;

	if (node->kind != N_VARIABLE && node->kind != N_LOCAL)
		awk_refuse(w, "no array");
	cell = cell_of(w, node);
	/* An unset variable that was given to a function: the caller's becomes the array. */
	while (cell->kind == CELL_REFERENCE)
		cell = cell->target;
	if (cell->kind == CELL_UNSET) {
		cell->kind = CELL_ARRAY;
		cell->array = awk_new_array(w);
	}
	if (cell->kind != CELL_ARRAY)
		awk_refuse(w, "a scalar used as an array");
	return cell->array;
}

static struct str subscript(struct awk *w, struct awk_node *list)
{
	struct awk_value v = awk_evaluate(w, list);
	struct str key = awk_to_string(w, &v);

	for (list = list->next; list; list = list->next) {
		v = awk_evaluate(w, list);
		key = awk_concat(w, key, awk_special_text(w, V_SUBSEP));
		key = awk_concat(w, key, awk_to_string(w, &v));
	}
	return key;
}

void awk_assign(struct awk *w, struct awk_node *target, struct awk_value v)
{
	struct awk_cell *cell = NULL;
	struct awk_value n;
	struct str key;

	switch (target->kind) {
	case N_FIELD:
		n = awk_evaluate(w, target->a);
		awk_set_field(w, awk_to_number(w, &n), v);
		return;
	case N_INDEX:
		key = subscript(w, target->b);
		cell = awk_element(w, awk_array_of(w, target->a), key, true);
		break;
	case N_VARIABLE:
	case N_LOCAL:
		cell = cell_of(w, target);
		break;
	default:
		awk_refuse(w, "an assignment to what is no variable");
	}
	if (cell->kind == CELL_ARRAY)
		awk_refuse(w, "an array used as a scalar");
	/* Fields are split with the separator that was set when the record was read. */
	if (target->kind == N_VARIABLE && target->index == V_FS)
		(void)awk_field_count(w);
	if (target->kind == N_VARIABLE && target->index == V_NF) {
		awk_set_field_count(w, awk_to_number(w, &v));
		return;
	}
	cell->kind = CELL_SCALAR;
	cell->value = v;
}

static double arithmetic(struct awk *w, int op, double a, double b)
{
	switch (op) {
	case T_PLUS:
	case T_ADD_ASSIGN:
	case T_INCREMENT:
		return a + b;
	case T_MINUS:
	case T_SUB_ASSIGN:
	case T_DECREMENT:
		return a - b;
	case T_STAR:
	case T_MUL_ASSIGN:
		return a * b;
	case T_SLASH:
	case T_DIV_ASSIGN:
		if (b == 0)
			awk_refuse(w, "division by zero");
		return a / b;
	case T_PERCENT:
	case T_MOD_ASSIGN:
		if (b == 0)
			awk_refuse(w, "division by zero");
		if (a / b > 9e15 || a / b < -9e15)
			awk_refuse(w, "the rest of a large division");
		return a - b * (double)(long long)(a / b);
	default:
		break;
	}
	/* Whole powers only: they are exact, whatever the library of mathematics. */
	double power = 1;
	if (b < 0 || b > 1000 || b != (double)(int)b)
		awk_refuse(w, "this power");
	for (; b > 0; b--)
		power *= a;
	return power;
}

static struct awk_value assign_with(struct awk *w, struct awk_node *node)
{
	struct awk_value right = awk_evaluate(w, node->b), left;

	if (node->op != T_ASSIGN) {
		left = awk_evaluate(w, node->a);
		right = awk_number(
			arithmetic(w, node->op, awk_to_number(w, &left), awk_to_number(w, &right)));
	}
	awk_assign(w, node->a, right);
	return right;
}

static struct awk_value step(struct awk *w, struct awk_node *node)
{
	struct awk_value v = awk_evaluate(w, node->a);
	double before = awk_to_number(w, &v), after = arithmetic(w, node->op, before, 1);

	awk_assign(w, node->a, awk_number(after));
	return awk_number(node->kind == N_PRE ? after : before);
}

static bool matches(struct awk *w, struct awk_node *node)
{
	struct awk_value left = awk_evaluate(w, node->a), right;
	struct regex *re = node->b->regex;
	struct regex_span span;

	if (node->b->kind != N_REGEX) {
		right = awk_evaluate(w, node->b);
		re = awk_regex(w, awk_to_string(w, &right));
	}
	return awk_search(w, re, awk_to_string(w, &left), 0, &span);
}

static bool compare(struct awk *w, struct awk_node *node)
{
	struct awk_value a = awk_evaluate(w, node->a), b = awk_evaluate(w, node->b);
	int order = awk_compare(w, &a, &b);

	switch (node->op) {
	case T_LESS:
		return order < 0;
	case T_LESS_EQUAL:
		return order <= 0;
	case T_EQUAL:
		return order == 0;
	case T_NOT_EQUAL:
		return order != 0;
	case T_GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

static struct awk_value call(struct awk *w, struct awk_node *node)
{
	struct awk_function *f = &w->functions[node->index];
	struct awk_cell *frame = arena_array(&w->arena, f->n_params + 1, sizeof(*frame));
	struct awk_cell *saved = w->frame;
	unsigned n = 0;

	if (++w->calls > AWK_CALLS_MAX || w->arena.used > AWK_MEMORY_MAX)
		awk_refuse(w, "too many calls inside each other");
	for (struct awk_node *arg = node->a; arg; arg = arg->next, n++) {
		struct awk_cell *cell = NULL;

		if (n == f->n_params)
			awk_refuse(w, "a function with too many arguments");
		if (arg->kind == N_VARIABLE || arg->kind == N_LOCAL) {
			cell = cell_of(w, arg);
			while (cell->kind == CELL_REFERENCE)
				cell = cell->target;
			if (cell->kind == CELL_ARRAY) {
				frame[n] = *cell;
				continue;
			}
			if (cell->kind == CELL_UNSET) {
				frame[n].kind = CELL_REFERENCE;
				frame[n].target = cell;
				continue;
			}
		}
		frame[n].kind = CELL_SCALAR;
		frame[n].value = awk_evaluate(w, arg);
	}
	w->frame = frame;
	w->returned = (struct awk_value){ .flags = 0 };
	if (run(w, f->body) == FLOW_EXIT)
		awk_refuse(w, "exit inside of a function");
	w->frame = saved;
	w->calls--;
	return w->returned;
}

/* 1, 0 at the end, -1 if there is no such file. */
static struct awk_value read_record(struct awk *w, struct awk_node *node)
{
	struct str record;
	bool found = false;

	if (node->b) {
		struct awk_value v = awk_evaluate(w, node->b);
		int outcome = 0;
		struct awk_stream *s = awk_stream(w, awk_to_string(w, &v), false, false, &outcome);

		if (outcome > 0)
			return awk_number(-1);
		found = awk_next_record(w, &s->input, &record);
	} else {
		found = awk_read_main(w, &record);
	}
	if (!found)
		return awk_number(0);
	if (node->a)
		awk_assign(w, node->a, awk_input(record));
	else
		awk_set_record(w, record);
	return awk_number(1);
}

static struct awk_value scalar(struct awk *w, const struct awk_node *node)
{
	struct awk_cell *cell = cell_of(w, node);

	if (node->kind == N_VARIABLE && node->index == V_NF)
		return awk_number(awk_field_count(w));
	while (cell->kind == CELL_REFERENCE)
		cell = cell->target;
	if (cell->kind == CELL_ARRAY)
		awk_refuse(w, "an array used as a scalar");
	return cell->value;
}

static bool test(struct awk *w, struct awk_node *node)
{
	struct awk_value v = awk_evaluate(w, node);

	return awk_to_bool(w, &v);
}

static struct awk_value operate(struct awk *w, struct awk_node *node)
{
	struct awk_value a, b;
	struct awk_cell *cell = NULL;
	struct str key;

	switch (node->kind) {
	case N_CONCAT:
		a = awk_evaluate(w, node->a);
		b = awk_evaluate(w, node->b);
		return awk_string(awk_concat(w, awk_to_string(w, &a), awk_to_string(w, &b)));
	case N_BINARY:
		a = awk_evaluate(w, node->a);
		b = awk_evaluate(w, node->b);
		return awk_number(
			arithmetic(w, node->op, awk_to_number(w, &a), awk_to_number(w, &b)));
	case N_NEGATE:
	case N_PLUS:
		a = awk_evaluate(w, node->a);
		return awk_number(node->kind == N_PLUS ? awk_to_number(w, &a)
						       : 0 - awk_to_number(w, &a));
	case N_FIELD:
		a = awk_evaluate(w, node->a);
		return awk_field(w, awk_to_number(w, &a));
	case N_INDEX:
		key = subscript(w, node->b);
		cell = awk_element(w, awk_array_of(w, node->a), key, true);
		return cell->value;
	case N_IN:
		key = subscript(w, node->a->kind == N_GROUP ? node->a->a : node->a);
		return awk_number(awk_element(w, awk_array_of(w, node->b), key, false) != NULL);
	default:
		awk_refuse(w, "syntax error");
	}
}

struct awk_value awk_evaluate(struct awk *w, struct awk_node *node)
{
	struct regex_span span;
	struct awk_value record;

	if (++w->steps > AWK_STEPS_MAX)
		awk_refuse(w, "too many steps");
	switch (node->kind) {
	case N_NUMBER:
		return awk_number(node->number);
	case N_STRING:
		return awk_string(node->text);
	case N_REGEX:
		record = awk_field(w, 0);
		return awk_number(awk_search(w, node->regex, record.text, 0, &span));
	case N_VARIABLE:
	case N_LOCAL:
		return scalar(w, node);
	case N_GROUP:
		if (node->a->next)
			awk_refuse(w, "syntax error");
		return awk_evaluate(w, node->a);
	case N_ASSIGN:
		return assign_with(w, node);
	case N_CONDITION:
		return awk_evaluate(w, test(w, node->a) ? node->b : node->d);
	case N_OR:
		return awk_number(test(w, node->a) || test(w, node->b));
	case N_AND:
		return awk_number(test(w, node->a) && test(w, node->b));
	case N_NOT:
		return awk_number(!test(w, node->a));
	case N_MATCH:
	case N_NO_MATCH:
		return awk_number(matches(w, node) == (node->kind == N_MATCH));
	case N_COMPARE:
		return awk_number(compare(w, node));
	case N_PRE:
	case N_POST:
		return step(w, node);
	case N_CALL:
		return call(w, node);
	case N_BUILTIN:
		return awk_call_builtin(w, node);
	case N_GETLINE:
		return read_record(w, node);
	default:
		return operate(w, node);
	}
}

/* ---- statements ---- */

static void print(struct awk *w, struct awk_node *node)
{
	struct awk_stream *to = NULL;
	struct awk_value v, args[64];
	struct str text = STR("");
	unsigned n = 0;
	int outcome = 0;

	for (struct awk_node *arg = node->a; arg; arg = arg->next) {
		if (n == sizeof(args) / sizeof(args[0]))
			awk_refuse(w, "too many arguments");
		args[n++] = awk_evaluate(w, arg);
	}
	if (node->kind == N_PRINTF && n == 0)
		awk_refuse(w, "printf of nothing");
	if (node->kind == N_PRINTF) {
		text = awk_format(w, awk_to_string(w, &args[0]), args + 1, n - 1);
	} else {
		if (n == 0)
			args[n++] = awk_field(w, 0);
		for (unsigned i = 0; i < n; i++) {
			if (i > 0)
				text = awk_concat(w, text, awk_special_text(w, V_OFS));
			text = awk_concat(w, text, awk_to_output(w, &args[i]));
		}
		text = awk_concat(w, text, awk_special_text(w, V_ORS));
	}
	if (node->b) {
		v = awk_evaluate(w, node->b);
		to = awk_stream(w, awk_to_string(w, &v), true, node->op == T_APPEND, &outcome);
		if (outcome > 0)
			awk_refuse(w, "a file that can't be written");
	}
	awk_put(w, to, text);
}

static enum awk_flow run_for_in(struct awk *w, struct awk_node *node)
{
	struct awk_array *a = awk_array_of(w, node->b);
	struct awk_node *body = node->e;

	while (body->kind == N_BLOCK && body->a && !body->a->next)
		body = body->a;
	/*
	 * mawk's order is that of its hash table: only what can't show it is run. That of
	 * the environment depends on whoever called dpkg: it is in byte order, as for env.
	 */
	if (a->n_present > 1 && !(body->kind == N_DELETE && body->b) &&
	    a != w->globals[V_ENVIRON].array)
		awk_refuse(w, "the order of an array's elements");
	for (uint32_t i = 0; i < a->n; i++) {
		enum awk_flow flow = FLOW_GO;

		if (!a->present[i])
			continue;
		awk_assign(w, node->a, awk_input(a->keys[i]));
		flow = run(w, node->e);
		if (flow != FLOW_GO && flow != FLOW_CONTINUE)
			return flow == FLOW_BREAK ? FLOW_GO : flow;
	}
	return FLOW_GO;
}

static enum awk_flow run_loop(struct awk *w, struct awk_node *node)
{
	bool first = node->kind == N_DO;
	struct awk_node *test_node = node->kind == N_FOR ? node->b : node->a;
	struct awk_node *body = node->kind == N_FOR ? node->e : node->b;

	if (node->kind == N_FOR && node->a)
		(void)run(w, node->a);
	while (first || !test_node || test(w, test_node)) {
		enum awk_flow flow = run(w, body);

		first = false;
		if (++w->steps > AWK_STEPS_MAX)
			awk_refuse(w, "too many steps");
		if (flow == FLOW_BREAK)
			break;
		if (flow != FLOW_GO && flow != FLOW_CONTINUE)
			return flow;
		if (node->kind == N_FOR && node->d)
			(void)run(w, node->d);
	}
	return FLOW_GO;
}

static enum awk_flow run_block(struct awk *w, struct awk_node *list)
{
	for (; list; list = list->next) {
		enum awk_flow flow = run(w, list);

		if (flow != FLOW_GO)
			return flow;
	}
	return FLOW_GO;
}

static enum awk_flow run(struct awk *w, struct awk_node *node)
{
	struct awk_value v;

	switch (node->kind) {
	case N_BLOCK:
		return run_block(w, node->a);
	case N_PRINT:
	case N_PRINTF:
		print(w, node);
		return FLOW_GO;
	case N_IF:
		if (test(w, node->a))
			return run(w, node->b);
		return node->d ? run(w, node->d) : FLOW_GO;
	case N_WHILE:
	case N_DO:
	case N_FOR:
		return run_loop(w, node);
	case N_FOR_IN:
		return run_for_in(w, node);
	case N_BREAK:
		return FLOW_BREAK;
	case N_CONTINUE:
		return FLOW_CONTINUE;
	case N_NEXT:
		return FLOW_NEXT;
	case N_NEXTFILE:
		return FLOW_NEXTFILE;
	case N_EXIT:
		if (node->a) {
			v = awk_evaluate(w, node->a);
			w->status = (int)((long long)awk_to_number(w, &v) & 255);
		}
		return FLOW_EXIT;
	case N_RETURN:
		v = (struct awk_value){ .flags = 0 };
		if (node->a)
			v = awk_evaluate(w, node->a);
		w->returned = v;
		return FLOW_RETURN;
	case N_DELETE:
		if (node->b)
			awk_delete(awk_array_of(w, node->a), subscript(w, node->b));
		else
			awk_clear(awk_array_of(w, node->a));
		return FLOW_GO;
	case N_EXPRESSION:
		(void)awk_evaluate(w, node->a);
		return FLOW_GO;
	default:
		awk_refuse(w, "syntax error");
	}
}

static bool selects(struct awk *w, struct awk_rule *rule)
{
	if (!rule->pattern)
		return true;
	if (!rule->to)
		return test(w, rule->pattern);
	if (!rule->inside && !test(w, rule->pattern))
		return false;
	rule->inside = !test(w, rule->to);
	return true;
}

/* The rules of one kind, for one record. */
static enum awk_flow run_rules(struct awk *w, int kind)
{
	static struct awk_node whole = { .kind = N_PRINT };

	for (unsigned i = 0; i < w->n_rules; i++) {
		struct awk_rule *rule = &w->rules[i];
		enum awk_flow flow = FLOW_GO;

		if ((int)rule->kind != kind || !selects(w, rule))
			continue;
		flow = run(w, rule->body ? rule->body : &whole);
		if (flow == FLOW_EXIT || flow == FLOW_NEXT || flow == FLOW_NEXTFILE)
			return flow;
	}
	return FLOW_GO;
}

void awk_run(struct awk *w)
{
	bool has_main = false;
	struct str record;
	enum awk_flow flow = run_rules(w, RULE_BEGIN);

	for (unsigned i = 0; i < w->n_rules; i++)
		has_main |= w->rules[i].kind != RULE_BEGIN;
	while (flow != FLOW_EXIT && has_main && awk_read_main(w, &record)) {
		awk_set_record(w, record);
		flow = run_rules(w, RULE_MAIN);
		if (flow == FLOW_NEXTFILE)
			w->has_input = false;
	}
	(void)run_rules(w, RULE_END);
	awk_close_all(w);
}
