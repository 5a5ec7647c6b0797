/* Expressions of awk: recursive descent, one function a level of precedence. */
#include "shell/awk.h"

static struct awk_node *read_unary(struct awk *w, bool no_greater, bool no_in);

struct awk_node *awk_node_new(struct awk *w, enum awk_kind kind, struct awk_node *a,
			      struct awk_node *b)
{
	struct awk_node *node = arena_alloc(&w->arena, sizeof(*node));

	node->kind = kind;
	node->a = a;
	node->b = b;
	return node;
}

bool awk_takes(struct awk *w, enum awk_token token)
{
	if (w->token != token)
		return false;
	awk_next_token(w);
	return true;
}

void awk_expect(struct awk *w, enum awk_token token)
{
	if (!awk_takes(w, token))
		awk_refuse(w, "syntax error");
}

void awk_skip_newlines(struct awk *w)
{
	while (w->token == T_NEWLINE)
		awk_next_token(w);
}

void awk_deeper(struct awk *w)
{
	if (++w->depth > AWK_DEPTH_MAX)
		awk_refuse(w, "too deep a program");
}

unsigned awk_global(struct awk *w, struct str name)
{
	for (unsigned i = 0; i < w->n_globals; i++) {
		if (str_equal(w->names[i], name))
			return i;
	}
	if (w->n_globals == sizeof(w->names) / sizeof(w->names[0]))
		awk_refuse(w, "too many variables");
	w->names[w->n_globals] = name;
	return w->n_globals++;
}

struct awk_node *awk_read_name(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_VARIABLE, NULL, NULL);

	for (unsigned i = 0; w->current && i < w->current->n_params; i++) {
		if (str_equal(w->current->params[i], w->word)) {
			node->kind = N_LOCAL;
			node->index = i;
			awk_next_token(w);
			return node;
		}
	}
	node->index = awk_global(w, w->word);
	awk_next_token(w);
	return node;
}

/* Expressions with commas between them, as a list. */
struct awk_node *awk_read_list(struct awk *w, bool no_greater)
{
	struct awk_node *first = awk_read_expression(w, no_greater, false), **last = &first->next;

	while (awk_takes(w, T_COMMA)) {
		awk_skip_newlines(w);
		*last = awk_read_expression(w, no_greater, false);
		last = &(*last)->next;
	}
	return first;
}

struct awk_function *awk_find_function(struct awk *w, struct str name)
{
	for (unsigned i = 0; i < w->n_functions; i++) {
		if (str_equal(w->functions[i].name, name))
			return &w->functions[i];
	}
	if (w->n_functions == sizeof(w->functions) / sizeof(w->functions[0]))
		awk_refuse(w, "too many functions");
	w->functions[w->n_functions].name = name;
	return &w->functions[w->n_functions++];
}

static struct awk_node *read_arguments(struct awk *w)
{
	struct awk_node *list = NULL;

	awk_expect(w, T_LPAREN);
	awk_skip_newlines(w);
	if (w->token != T_RPAREN)
		list = awk_read_list(w, false);
	awk_skip_newlines(w);
	awk_expect(w, T_RPAREN);
	return list;
}

static struct awk_node *read_builtin(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_BUILTIN, NULL, NULL);

	node->op = awk_builtin_of(w->word);
	if (node->op == F_REFUSED)
		awk_refuse(w, "a function that is not known");
	awk_next_token(w);
	if (w->token == T_LPAREN)
		node->a = read_arguments(w);
	else if (node->op != F_LENGTH)
		awk_refuse(w, "syntax error");
	return node;
}

static struct awk_node *read_call(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_CALL, NULL, NULL);

	node->index = (unsigned)(awk_find_function(w, w->word) - w->functions);
	awk_next_token(w);
	node->a = read_arguments(w);
	return node;
}

/* "(" expression ")", or a list of subscripts for "in" and print. */
static struct awk_node *read_parenthesis(struct awk *w)
{
	struct awk_node *node = NULL;

	awk_next_token(w);
	awk_deeper(w);
	awk_skip_newlines(w);
	node = awk_read_list(w, false);
	w->depth--;
	awk_skip_newlines(w);
	awk_expect(w, T_RPAREN);
	return awk_node_new(w, N_GROUP, node, NULL);
}

static bool is_target(const struct awk_node *node)
{
	return node->kind == N_VARIABLE || node->kind == N_LOCAL || node->kind == N_FIELD ||
	       node->kind == N_INDEX;
}

static struct awk_node *read_primary(struct awk *w);

static struct awk_node *read_getline(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_GETLINE, NULL, NULL);

	awk_next_token(w);
	if (w->token == T_NAME || w->token == T_DOLLAR)
		node->a = read_primary(w);
	if (awk_takes(w, T_LESS))
		node->b = read_primary(w);
	return node;
}

static struct awk_node *read_field(struct awk *w)
{
	struct awk_node *inner = NULL;

	awk_next_token(w);
	awk_deeper(w);
	if (w->token == T_MINUS || w->token == T_INCREMENT || w->token == T_DECREMENT ||
	    w->token == T_NOT || w->token == T_PLUS)
		inner = read_unary(w, false, false);
	else
		inner = read_primary(w);
	w->depth--;
	return awk_node_new(w, N_FIELD, inner, NULL);
}

static struct awk_node *read_primary(struct awk *w)
{
	struct awk_node *node = NULL;
	const char *reason = NULL;

	switch (w->token) {
	case T_NUMBER:
		node = awk_node_new(w, N_NUMBER, NULL, NULL);
		node->number = w->number;
		awk_next_token(w);
		return node;
	case T_STRING:
		node = awk_node_new(w, N_STRING, NULL, NULL);
		node->text = w->word;
		awk_next_token(w);
		return node;
	case T_SLASH:
	case T_DIV_ASSIGN:
		awk_read_regex(w);
		node = awk_node_new(w, N_REGEX, NULL, NULL);
		node->text = w->word;
		node->regex = regex_compile(&w->arena, w->word,
					    REGEX_EXTENDED | REGEX_BYTES | REGEX_AWK, &reason);
		if (!node->regex)
			awk_refuse(w, reason);
		awk_next_token(w);
		return node;
	case T_NAME:
		node = awk_read_name(w);
		if (w->token != T_LBRACKET)
			return node;
		awk_next_token(w);
		node = awk_node_new(w, N_INDEX, node, awk_read_list(w, false));
		awk_expect(w, T_RBRACKET);
		return node;
	case T_DOLLAR:
		return read_field(w);
	case T_LPAREN:
		return read_parenthesis(w);
	case T_BUILTIN:
		return read_builtin(w);
	case T_FUNCTION_NAME:
		return read_call(w);
	case T_GETLINE:
		return read_getline(w);
	default:
		awk_refuse(w, "syntax error");
	}
}

static struct awk_node *read_postfix(struct awk *w)
{
	struct awk_node *node = read_primary(w);

	if (is_target(node) && (w->token == T_INCREMENT || w->token == T_DECREMENT)) {
		node = awk_node_new(w, N_POST, node, NULL);
		node->op = (int)w->token;
		awk_next_token(w);
	}
	return node;
}

static struct awk_node *read_power(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = NULL;

	if (w->token == T_INCREMENT || w->token == T_DECREMENT) {
		int op = (int)w->token;

		awk_next_token(w);
		node = read_primary(w);
		if (!is_target(node))
			awk_refuse(w, "syntax error");
		node = awk_node_new(w, N_PRE, node, NULL);
		node->op = op;
	} else {
		node = read_postfix(w);
	}
	if (!awk_takes(w, T_CARET))
		return node;
	node = awk_node_new(w, N_BINARY, node, read_unary(w, no_greater, no_in));
	node->op = T_CARET;
	return node;
}

static struct awk_node *read_unary(struct awk *w, bool no_greater, bool no_in)
{
	enum awk_token token = w->token;
	struct awk_node *node = NULL;

	if (token != T_NOT && token != T_MINUS && token != T_PLUS)
		return read_power(w, no_greater, no_in);
	awk_next_token(w);
	awk_deeper(w);
	node = awk_node_new(w,
			    token == T_NOT     ? N_NOT
			    : token == T_MINUS ? N_NEGATE
					       : N_PLUS,
			    read_unary(w, no_greater, no_in), NULL);
	w->depth--;
	return node;
}

static struct awk_node *read_binary(struct awk *w, bool no_greater, bool no_in, unsigned level)
{
	struct awk_node *node = level == 0 ? read_unary(w, no_greater, no_in)
					   : read_binary(w, no_greater, no_in, level - 1);

	for (;;) {
		enum awk_token t = w->token;
		bool here = level == 0 ? t == T_STAR || t == T_SLASH || t == T_PERCENT
				       : t == T_PLUS || t == T_MINUS;

		if (!here)
			return node;
		awk_next_token(w);
		node = awk_node_new(w, N_BINARY, node,
				    level == 0 ? read_unary(w, no_greater, no_in)
					       : read_binary(w, no_greater, no_in, level - 1));
		node->op = (int)t;
	}
}

static bool begins_operand(const struct awk *w)
{
	switch (w->token) {
	case T_NUMBER:
	case T_STRING:
	case T_NAME:
	case T_FUNCTION_NAME:
	case T_BUILTIN:
	case T_DOLLAR:
	case T_NOT:
	case T_LPAREN:
	case T_MINUS:
	case T_PLUS:
	case T_INCREMENT:
	case T_DECREMENT:
		return true;
	default:
		return false;
	}
}

struct awk_node *awk_read_concat(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = read_binary(w, no_greater, no_in, 1);

	while (begins_operand(w))
		node = awk_node_new(w, N_CONCAT, node, read_binary(w, no_greater, no_in, 1));
	return node;
}

static struct awk_node *read_comparison(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = awk_read_concat(w, no_greater, no_in);
	enum awk_token t = w->token;

	if (t == T_PIPE && !no_greater)
		awk_refuse(w, "a pipe");
	if (t != T_LESS && t != T_LESS_EQUAL && t != T_EQUAL && t != T_NOT_EQUAL &&
	    t != T_GREATER_EQUAL && (t != T_GREATER || no_greater))
		return node;
	awk_next_token(w);
	node = awk_node_new(w, N_COMPARE, node, awk_read_concat(w, no_greater, no_in));
	node->op = (int)t;
	return node;
}

static struct awk_node *read_match(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = read_comparison(w, no_greater, no_in);

	while (w->token == T_TILDE || w->token == T_NO_MATCH) {
		enum awk_kind kind = w->token == T_TILDE ? N_MATCH : N_NO_MATCH;

		awk_next_token(w);
		node = awk_node_new(w, kind, node, read_comparison(w, no_greater, no_in));
	}
	while (!no_in && awk_takes(w, T_IN)) {
		if (w->token != T_NAME)
			awk_refuse(w, "syntax error");
		node = awk_node_new(w, N_IN, node, awk_read_name(w));
	}
	return node;
}

static struct awk_node *read_and(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = read_match(w, no_greater, no_in);

	while (awk_takes(w, T_AND)) {
		awk_skip_newlines(w);
		node = awk_node_new(w, N_AND, node, read_match(w, no_greater, no_in));
	}
	return node;
}

static struct awk_node *read_or(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = read_and(w, no_greater, no_in);

	while (awk_takes(w, T_OR)) {
		awk_skip_newlines(w);
		node = awk_node_new(w, N_OR, node, read_and(w, no_greater, no_in));
	}
	return node;
}

struct awk_node *awk_read_expression(struct awk *w, bool no_greater, bool no_in)
{
	struct awk_node *node = NULL;

	awk_deeper(w);
	node = read_or(w, no_greater, no_in);
	if (awk_takes(w, T_QUESTION)) {
		awk_skip_newlines(w);
		node = awk_node_new(w, N_CONDITION, node,
				    awk_read_expression(w, no_greater, no_in));
		awk_skip_newlines(w);
		awk_expect(w, T_COLON);
		awk_skip_newlines(w);
		node->d = awk_read_expression(w, no_greater, no_in);
	} else if (w->token >= T_ASSIGN && w->token <= T_POW_ASSIGN) {
		int op = (int)w->token;

		if (!is_target(node))
			awk_refuse(w, "an assignment to what is no variable");
		awk_next_token(w);
		awk_skip_newlines(w);
		node = awk_node_new(w, N_ASSIGN, node, awk_read_expression(w, no_greater, no_in));
		node->op = op;
	}
	w->depth--;
	return node;
}
