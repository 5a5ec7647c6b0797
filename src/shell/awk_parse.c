/* awk programs into nodes: statements, functions, rules. */
#include "shell/awk.h"

static struct awk_node *read_statement(struct awk *w);

static void skip_terminators(struct awk *w)
{
	while (w->token == T_NEWLINE || w->token == T_SEMICOLON)
		awk_next_token(w);
}

static struct awk_node *read_print(struct awk *w)
{
	struct awk_node *node =
		awk_node_new(w, w->token == T_PRINT ? N_PRINT : N_PRINTF, NULL, NULL);

	awk_next_token(w);
	if (w->token != T_NEWLINE && w->token != T_SEMICOLON && w->token != T_RBRACE &&
	    w->token != T_GREATER && w->token != T_APPEND && w->token != T_PIPE &&
	    w->token != T_END)
		node->a = awk_read_list(w, true);
	if (node->a && node->a->kind == N_GROUP && !node->a->next)
		node->a = node->a->a;
	if (w->token == T_PIPE)
		awk_refuse(w, "output to a pipe");
	if (w->token == T_GREATER || w->token == T_APPEND) {
		node->op = (int)w->token;
		awk_next_token(w);
		node->b = awk_read_concat(w, true, false);
	}
	return node;
}

static struct awk_node *read_simple(struct awk *w)
{
	struct awk_node *node = NULL;

	if (w->token == T_PRINT || w->token == T_PRINTF)
		return read_print(w);
	if (w->token != T_DELETE)
		return awk_node_new(w, N_EXPRESSION, awk_read_expression(w, false, false), NULL);
	awk_next_token(w);
	if (w->token != T_NAME)
		awk_refuse(w, "syntax error");
	node = awk_node_new(w, N_DELETE, awk_read_name(w), NULL);
	if (awk_takes(w, T_LBRACKET)) {
		node->b = awk_read_list(w, false);
		awk_expect(w, T_RBRACKET);
	}
	return node;
}

static struct awk_node *read_body(struct awk *w)
{
	struct awk_node *body = NULL;

	awk_skip_newlines(w);
	if (awk_takes(w, T_SEMICOLON))
		return awk_node_new(w, N_BLOCK, NULL, NULL);
	awk_deeper(w);
	body = read_statement(w);
	w->depth--;
	return body;
}

static struct awk_node *read_for(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_FOR, NULL, NULL);
	size_t at = 0;
	struct str word;

	awk_expect(w, T_LPAREN);
	at = w->at;
	word = w->word;
	if (w->token == T_NAME) {
		struct awk_node *name = awk_read_name(w);

		if (awk_takes(w, T_IN) && w->token == T_NAME) {
			node->a = name;
			node->b = awk_read_name(w);
			if (awk_takes(w, T_RPAREN)) {
				node->kind = N_FOR_IN;
				node->e = read_body(w);
				return node;
			}
		}
		w->at = at;
		w->word = word;
		w->token = T_NAME;
		node->a = node->b = NULL;
	}
	if (w->token != T_SEMICOLON)
		node->a = read_simple(w);
	awk_expect(w, T_SEMICOLON);
	awk_skip_newlines(w);
	if (w->token != T_SEMICOLON)
		node->b = awk_read_expression(w, false, false);
	awk_expect(w, T_SEMICOLON);
	awk_skip_newlines(w);
	if (w->token != T_RPAREN)
		node->d = read_simple(w);
	awk_expect(w, T_RPAREN);
	node->e = read_body(w);
	return node;
}

static struct awk_node *read_condition(struct awk *w)
{
	struct awk_node *node = NULL;

	awk_expect(w, T_LPAREN);
	awk_skip_newlines(w);
	node = awk_read_expression(w, false, false);
	awk_skip_newlines(w);
	awk_expect(w, T_RPAREN);
	return node;
}

static struct awk_node *read_if(struct awk *w)
{
	struct awk_node *node = awk_node_new(w, N_IF, read_condition(w), NULL);
	size_t at = 0;
	enum awk_token token = T_END;

	node->b = read_body(w);
	at = w->at;
	token = w->token;
	skip_terminators(w);
	if (awk_takes(w, T_ELSE)) {
		node->d = read_body(w);
	} else {
		w->at = at;
		w->token = token;
		if (token != T_NEWLINE && token != T_SEMICOLON && token != T_RBRACE &&
		    token != T_END)
			awk_skip_newlines(w);
	}
	return node;
}

static struct awk_node *read_block(struct awk *w)
{
	struct awk_node *block = awk_node_new(w, N_BLOCK, NULL, NULL), **last = &block->a;

	awk_expect(w, T_LBRACE);
	awk_deeper(w);
	for (skip_terminators(w); w->token != T_RBRACE; skip_terminators(w)) {
		*last = read_statement(w);
		last = &(*last)->next;
	}
	w->depth--;
	awk_next_token(w);
	return block;
}

static void end_simple(struct awk *w)
{
	if (w->token == T_NEWLINE || w->token == T_SEMICOLON)
		awk_next_token(w);
	else if (w->token != T_RBRACE && w->token != T_END)
		awk_refuse(w, "syntax error");
}

static struct awk_node *read_jump(struct awk *w)
{
	static const struct {
		enum awk_token token;
		enum awk_kind kind;
	} jumps[] = {
		{ T_BREAK, N_BREAK },	    { T_CONTINUE, N_CONTINUE }, { T_NEXT, N_NEXT },
		{ T_NEXTFILE, N_NEXTFILE }, { T_EXIT, N_EXIT },		{ T_RETURN, N_RETURN }
	};

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct awk_node *node = NULL;

		if (!awk_takes(w, jumps[i].token))
			continue;
		node = awk_node_new(w, jumps[i].kind, NULL, NULL);
		if ((node->kind == N_EXIT || node->kind == N_RETURN) && w->token != T_NEWLINE &&
		    w->token != T_SEMICOLON && w->token != T_RBRACE && w->token != T_END)
			node->a = awk_read_expression(w, false, false);
		return node;
	}
	return NULL;
}

static struct awk_node *read_statement(struct awk *w)
{
	struct awk_node *node = NULL;

	switch (w->token) {
	case T_LBRACE:
		return read_block(w);
	case T_IF:
		awk_next_token(w);
		return read_if(w);
	case T_FOR:
		awk_next_token(w);
		return read_for(w);
	case T_WHILE:
		awk_next_token(w);
		node = awk_node_new(w, N_WHILE, read_condition(w), NULL);
		node->b = read_body(w);
		return node;
	case T_DO:
		awk_next_token(w);
		node = awk_node_new(w, N_DO, NULL, read_body(w));
		skip_terminators(w);
		awk_expect(w, T_WHILE);
		node->a = read_condition(w);
		break;
	default:
		node = read_jump(w);
		if (!node)
			node = read_simple(w);
		break;
	}
	end_simple(w);
	return node;
}

static void read_function(struct awk *w)
{
	struct awk_function *f = NULL;

	if (w->token != T_NAME && w->token != T_FUNCTION_NAME)
		awk_refuse(w, "syntax error");
	f = awk_find_function(w, w->word);
	if (f->defined)
		awk_refuse(w, "a function that is defined twice");
	f->defined = true;
	awk_next_token(w);
	awk_expect(w, T_LPAREN);
	while (w->token == T_NAME) {
		if (f->n_params == sizeof(f->params) / sizeof(f->params[0]))
			awk_refuse(w, "too many parameters");
		f->params[f->n_params++] = w->word;
		awk_next_token(w);
		if (!awk_takes(w, T_COMMA))
			break;
		awk_skip_newlines(w);
	}
	awk_expect(w, T_RPAREN);
	awk_skip_newlines(w);
	w->current = f;
	f->body = read_block(w);
	w->current = NULL;
}

static void read_rule(struct awk *w)
{
	struct awk_rule *rule = &w->rules[w->n_rules];

	if (awk_takes(w, T_FUNCTION)) {
		read_function(w);
		return;
	}
	if (++w->n_rules == sizeof(w->rules) / sizeof(w->rules[0]))
		awk_refuse(w, "too many rules");
	rule->kind = w->token == T_BEGIN	 ? RULE_BEGIN
		     : w->token == T_END_PATTERN ? RULE_END
						 : RULE_MAIN;
	if (rule->kind != RULE_MAIN) {
		awk_next_token(w);
		rule->body = read_block(w);
		return;
	}
	if (w->token != T_LBRACE) {
		rule->pattern = awk_read_expression(w, false, false);
		if (awk_takes(w, T_COMMA)) {
			awk_skip_newlines(w);
			rule->to = awk_read_expression(w, false, false);
		}
	}
	if (w->token == T_LBRACE)
		rule->body = read_block(w);
}

void awk_parse(struct awk *w)
{
	awk_next_token(w);
	for (skip_terminators(w); w->token != T_END; skip_terminators(w))
		read_rule(w);
	for (unsigned i = 0; i < w->n_functions; i++) {
		if (!w->functions[i].defined)
			awk_refuse(w, "a function that is not defined");
	}
}
