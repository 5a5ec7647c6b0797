/* Compound commands, XCU 2.9.4, and those that bash adds. */
#include "shell/parser.h"

static struct ast *new_ast(struct parser *p, enum ast_kind kind)
{
	struct ast *a = parser_new(p, sizeof(*a));

	a->kind = kind;
	a->line = parser_token(p)->line;
	return a;
}

static void expect_keyword(struct parser *p, const char *word, const char *reason)
{
	if (!parser_keyword(p, word))
		parser_fail(p, reason);
	parser_advance(p);
}

static struct ast *body_of(struct parser *p)
{
	struct ast *list = parser_list(p);

	if (!list)
		parser_fail(p, "a command is expected");
	return list;
}

static struct ast *if_clause(struct parser *p)
{
	struct ast *a = new_ast(p, AST_IF);

	parser_advance(p);
	for (;;) {
		parser_append(p, &a->items, &a->n_items, body_of(p));
		expect_keyword(p, "then", "'then' expected");
		parser_append(p, &a->items, &a->n_items, body_of(p));
		if (!parser_keyword(p, "elif"))
			break;
		parser_advance(p);
	}
	if (parser_keyword(p, "else")) {
		parser_advance(p);
		parser_append(p, &a->items, &a->n_items, body_of(p));
	}
	expect_keyword(p, "fi", "'fi' expected");
	return a;
}

static struct ast *while_clause(struct parser *p, bool until)
{
	struct ast *a = new_ast(p, AST_WHILE);

	a->until = until;
	parser_advance(p);
	a->test = body_of(p);
	expect_keyword(p, "do", "'do' expected");
	a->body = body_of(p);
	expect_keyword(p, "done", "'done' expected");
	return a;
}

static struct ast *arithmetic_for(struct parser *p, struct ast *a)
{
	a->kind = AST_ARITH_FOR;
	for (size_t i = 0; i < 3; i++) {
		a->arith[i] = parser_word(p, WORD_ARITH_FOR);
		if (parser_peek(p, 0) != (i < 2 ? ';' : ')'))
			parser_fail(p, "';' expected");
		parser_take(p);
	}
	if (parser_peek(p, 0) != ')')
		parser_fail(p, "'))' expected");
	parser_take(p);
	if (parser_operator(p, ";"))
		parser_advance(p);
	parser_newlines(p);
	expect_keyword(p, "do", "'do' expected");
	a->body = body_of(p);
	expect_keyword(p, "done", "'done' expected");
	return a;
}

static struct ast *for_clause(struct parser *p)
{
	struct ast *a = new_ast(p, AST_FOR);

	parser_advance(p);
	if (p->bash) {
		parser_blanks(p);
		if (parser_peek(p, 0) == '(' && parser_peek(p, 1) == '(') {
			p->at += 2;
			return arithmetic_for(p, a);
		}
	}
	if (parser_token(p)->kind != TOKEN_WORD || !parser_is_name(p->token.word->text) ||
	    p->token.word->n != 1 || p->token.word->parts[0].quoted)
		parser_fail(p, "bad for loop variable");
	a->name = p->token.word->text;
	parser_advance(p);
	if (parser_operator(p, ";")) {
		parser_advance(p);
		parser_newlines(p);
	} else {
		parser_newlines(p);
		if (parser_keyword(p, "in")) {
			parser_advance(p);
			a->in = true;
			while (parser_token(p)->kind == TOKEN_WORD) {
				struct word *w = parser_tildes(p, p->token.word, false);

				parser_append(p, &a->words, &a->n_words, w);
				parser_advance(p);
			}
			if (!parser_operator(p, ";") && p->token.kind != TOKEN_NEWLINE)
				parser_fail(p, "';' or a new line is expected");
			parser_advance(p);
			parser_newlines(p);
		}
	}
	if (p->bash && parser_keyword(p, "{"))
		parser_refuse(p, "for with braces");
	expect_keyword(p, "do", "'do' expected");
	a->body = body_of(p);
	expect_keyword(p, "done", "'done' expected");
	return a;
}

static void case_patterns(struct parser *p, struct case_item *item)
{
	for (;;) {
		if (parser_token(p)->kind != TOKEN_WORD)
			parser_fail(p, "a pattern is expected");
		parser_append(p, &item->patterns, &item->n_patterns,
			      parser_tildes(p, p->token.word, false));
		parser_advance(p);
		if (!parser_operator(p, "|"))
			break;
		parser_advance(p);
	}
	if (!parser_operator(p, ")"))
		parser_fail(p, "')' expected");
	parser_advance(p);
}

static void add_case(struct parser *p, struct ast *a, const struct case_item *item)
{
	size_t n = a->n_cases;

	if ((n & (n - 1)) == 0) {
		struct case_item *wider = arena_array(p->arena, n ? 2 * n : 1, sizeof(*wider));

		if (n)
			memcpy(wider, a->cases, n * sizeof(*wider));
		a->cases = wider;
	}
	a->cases[a->n_cases++] = *item;
}

static struct ast *case_clause(struct parser *p)
{
	struct ast *a = new_ast(p, AST_CASE);

	parser_advance(p);
	if (parser_token(p)->kind != TOKEN_WORD)
		parser_fail(p, "a word is expected after 'case'");
	parser_append(p, &a->words, &a->n_words, parser_tildes(p, p->token.word, false));
	parser_advance(p);
	parser_newlines(p);
	expect_keyword(p, "in", "'in' expected");
	for (;;) {
		struct case_item item = { 0 };

		parser_newlines(p);
		if (parser_keyword(p, "esac"))
			break;
		if (parser_operator(p, "("))
			parser_advance(p);
		case_patterns(p, &item);
		item.body = parser_list(p);
		if (p->bash && parser_operator(p, ";&"))
			item.end = CASE_FALL;
		else if (p->bash && parser_operator(p, ";;&"))
			item.end = CASE_NEXT;
		else if (!parser_operator(p, ";;")) {
			add_case(p, a, &item);
			break;
		}
		add_case(p, a, &item);
		parser_advance(p);
	}
	expect_keyword(p, "esac", "'esac' expected");
	return a;
}

static struct ast *enclosed(struct parser *p, enum ast_kind kind)
{
	struct ast *a = new_ast(p, kind);

	parser_advance(p);
	a->body = body_of(p);
	if (kind == AST_SUBSHELL) {
		if (!parser_operator(p, ")"))
			parser_fail(p, "')' expected");
		parser_advance(p);
	} else {
		expect_keyword(p, "}", "'}' expected");
	}
	return a;
}

/* bash: ((...)); the first '(' has been read ahead. NULL: a subshell after all. */
static struct ast *arithmetic(struct parser *p)
{
	struct ast *a;
	size_t start = p->at;
	unsigned line = p->line;

	if (!p->bash || parser_peek(p, 0) != '(' || p->at != p->token.start + 1)
		return NULL;
	a = new_ast(p, AST_ARITH);
	parser_take(p);
	a->arith[0] = parser_word(p, WORD_ARITH);
	if (parser_peek(p, 0) != ')') {
		p->at = start;
		p->line = line;
		return NULL;
	}
	p->at += 2;
	parser_advance(p);
	return a;
}

struct ast *parser_compound(struct parser *p)
{
	struct ast *a;

	if (parser_operator(p, "(")) {
		a = arithmetic(p);
		return a ? a : enclosed(p, AST_SUBSHELL);
	}
	if (parser_token(p)->kind != TOKEN_WORD)
		return NULL;
	if (parser_keyword(p, "{"))
		return enclosed(p, AST_GROUP);
	if (parser_keyword(p, "if"))
		return if_clause(p);
	if (parser_keyword(p, "for"))
		return for_clause(p);
	if (parser_keyword(p, "case"))
		return case_clause(p);
	if (parser_keyword(p, "while"))
		return while_clause(p, false);
	if (parser_keyword(p, "until"))
		return while_clause(p, true);
	if (p->bash && parser_keyword(p, "[[")) {
		a = new_ast(p, AST_COND);
		parser_advance(p);
		a->cond = parser_cond(p);
		expect_keyword(p, "]]", "']]' expected");
		return a;
	}
	if (p->bash && (parser_keyword(p, "select") || parser_keyword(p, "coproc")))
		parser_refuse(p, "select, coproc");
	return NULL;
}

/* ---- bash: [[ ]] ---- */

static struct cond *new_cond(struct parser *p, enum cond_kind kind)
{
	struct cond *c = parser_new(p, sizeof(*c));

	c->kind = kind;
	return c;
}

static struct word *cond_word(struct parser *p)
{
	struct word *w;

	if (parser_token(p)->kind != TOKEN_WORD)
		parser_fail(p, "a word is expected in [[ ]]");
	w = p->token.word;
	parser_advance(p);
	return parser_tildes(p, w, false);
}

static bool is_unary(struct str s)
{
	return s.len == 2 && s.ptr[0] == '-' && strchr("abcdefghknoprstuvwxzGLNORS", s.ptr[1]);
}

static bool is_binary(const struct token *t)
{
	static const char *const ops[] = { "=",	  "==",	 "!=",	"=~",  "-eq", "-ne", "-lt",
					   "-le", "-gt", "-ge", "-nt", "-ot", "-ef" };

	if (t->kind == TOKEN_OPERATOR)
		return t->io_number < 0 &&
		       (str_equal_cstr(t->op, "<") || str_equal_cstr(t->op, ">"));
	if (t->kind != TOKEN_WORD || t->word->n != 1 || t->word->parts[0].quoted)
		return false;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (str_equal_cstr(t->word->text, ops[i]))
			return true;
	return false;
}

static struct cond *cond_primary(struct parser *p)
{
	struct cond *c;
	struct token *t = parser_token(p);

	if (parser_operator(p, "(")) {
		parser_advance(p);
		c = parser_cond(p);
		if (!parser_operator(p, ")"))
			parser_fail(p, "')' expected");
		parser_advance(p);
		return c;
	}
	if (t->kind == TOKEN_WORD && t->word->plain && is_unary(t->word->text)) {
		struct str op = t->word->text;

		parser_advance(p);
		if (parser_token(p)->kind == TOKEN_WORD && !parser_keyword(p, "]]") &&
		    !is_binary(parser_token(p))) {
			c = new_cond(p, COND_UNARY);
			c->op = op;
			c->left = cond_word(p);
			return c;
		}
		parser_refuse(p, "this use of [[ ]]");
	}
	c = new_cond(p, COND_WORD);
	c->left = cond_word(p);
	if (is_binary(parser_token(p))) {
		t = parser_token(p);
		c->kind = COND_BINARY;
		c->op = t->kind == TOKEN_WORD ? t->word->text : t->op;
		parser_advance(p);
		if (str_equal_cstr(c->op, "=~")) {
			parser_blanks(p);
			c->right = parser_word(p, WORD_REGEX);
		} else {
			c->right = cond_word(p);
		}
	}
	return c;
}

static struct cond *cond_not(struct parser *p)
{
	struct cond *c;

	parser_newlines(p);
	if (!parser_keyword(p, "!")) {
		c = cond_primary(p);
		parser_newlines(p);
		return c;
	}
	parser_enter(p);
	parser_advance(p);
	c = new_cond(p, COND_NOT);
	c->a = cond_not(p);
	p->depth--;
	return c;
}

static struct cond *cond_and(struct parser *p)
{
	struct cond *c = cond_not(p);

	while (parser_operator(p, "&&")) {
		struct cond *both = new_cond(p, COND_AND);

		parser_advance(p);
		both->a = c;
		both->b = cond_not(p);
		c = both;
	}
	return c;
}

struct cond *parser_cond(struct parser *p)
{
	struct cond *c;

	parser_enter(p);
	c = cond_and(p);
	while (parser_operator(p, "||")) {
		struct cond *either = new_cond(p, COND_OR);

		parser_advance(p);
		either->a = c;
		either->b = cond_and(p);
		c = either;
	}
	p->depth--;
	return c;
}
