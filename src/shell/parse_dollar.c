/* What a dollar sign or a backquote begins. XCU 2.6.2, 2.6.3, 2.6.4. */
#include "shell/parser.h"

#include "base/limits.h"

static bool is_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_special(int c)
{
	return c > 0 && strchr("@*#?-$!", c);
}

bool parser_is_name(struct str s)
{
	if (!s.len || !is_name_start((unsigned char)s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_name_start((unsigned char)s.ptr[i]) && !is_digit((unsigned char)s.ptr[i]))
			return false;
	return true;
}

static struct str take_name(struct parser *p)
{
	size_t start = p->at;

	if (is_digit(parser_peek(p, 0)))
		while (is_digit(parser_peek(p, 0)))
			parser_take(p);
	else if (is_name_start(parser_peek(p, 0)))
		while (is_name_start(parser_peek(p, 0)) || is_digit(parser_peek(p, 0)))
			parser_take(p);
	else
		parser_take(p);
	return (struct str){ p->text.ptr + start, p->at - start };
}

/* A list up to the ')' that ends it, in the middle of a word. */
static struct ast *inner_list(struct parser *p)
{
	struct token token = p->token;
	struct pending_here *pending = p->pending, **pending_end = p->pending_end;
	struct ast *list;

	p->token = (struct token){ 0 };
	p->pending = NULL;
	p->pending_end = &p->pending;
	list = parser_list(p);
	if (!parser_operator(p, ")"))
		parser_fail(p, "')' expected");
	/* Not advanced by the token reader: what follows belongs to the word. */
	if (p->pending)
		parser_fail(p, "unterminated here-document");
	p->token = token;
	p->pending = pending;
	p->pending_end = pending ? pending_end : &p->pending;
	return list;
}

/* "$((": arithmetic if it ends with "))" - else a subshell in a substitution. */
static bool is_arithmetic(struct parser *p)
{
	unsigned nested = 0;

	for (size_t i = p->at + 3; i < p->text.len; i++) {
		char c = p->text.ptr[i];

		if (++*p->total > LIMIT_SHELL_READS)
			parser_refuse(p, "it takes too long to read");
		if (c == '(')
			nested++;
		else if (c == ')' && nested)
			nested--;
		else if (c == ')')
			return i + 1 < p->text.len && p->text.ptr[i + 1] == ')';
		else if (c == '\\')
			i++;
	}
	return true;
}

void parser_dollar(struct parser *p, struct part *part, bool quoted, enum word_mode mode)
{
	int next;

	(void)mode;
	parser_take(p);
	while (parser_continuation(p))
		;
	next = parser_peek(p, 0);
	if (next == '(') {
		p->at--;
		if (parser_peek(p, 2) == '(' && is_arithmetic(p)) {
			p->at += 3;
			part->kind = PART_ARITH;
			part->word = parser_word(p, WORD_ARITH);
			if (parser_peek(p, 0) != ')')
				parser_fail(p, "unterminated arithmetic expansion");
			p->at += 2;
			return;
		}
		p->at += 2;
		part->kind = PART_COMMAND;
		part->command = inner_list(p);
	} else if (next == '{') {
		parser_take(p);
		parser_brace(p, part, quoted);
	} else if (is_name_start(next) || is_special(next)) {
		part->kind = PART_PARAM;
		part->text = take_name(p);
	} else if (is_digit(next)) {
		part->kind = PART_PARAM;
		part->text = (struct str){ p->text.ptr + p->at, 1 };
		parser_take(p);
	} else if (next == '[' && p->bash) {
		parser_refuse(p, "$[...]");
	} else {
		part->kind = PART_TEXT;
		part->text = STR("$");
	}
}

void parser_backquote(struct parser *p, struct part *part, bool in_double)
{
	unsigned line = p->line;
	size_t end = p->at + 1, n = 0;
	char *text;
	int c;

	while (end < p->text.len && p->text.ptr[end] != '`')
		end += p->text.ptr[end] == '\\' ? 2 : 1;
	if (end >= p->text.len)
		parser_fail(p, "unterminated backquote");
	text = arena_alloc(p->arena, end - p->at);

	parser_take(p);
	part->backquote = true;
	while ((c = parser_peek(p, 0)) != '`') {
		if (c == '\\') {
			int next = parser_peek(p, 1);

			if (next > 0 && (strchr("`\\$", next) || (in_double && next == '"')))
				parser_take(p);
		}
		text[n++] = p->text.ptr[p->at];
		parser_take(p);
	}
	parser_take(p);
	part->command = parser_inner_program(p, (struct str){ text, n }, line);
}

static void bash_operator(struct parser *p, struct part *part, bool quoted)
{
	int c = parser_peek(p, 0), next = parser_peek(p, 1);

	if (c == '/') {
		part->op = next == '/'   ? PARAM_REPLACE_ALL
			   : next == '#' ? PARAM_REPLACE_HEAD
			   : next == '%' ? PARAM_REPLACE_TAIL
					 : PARAM_REPLACE;
		p->at += part->op == PARAM_REPLACE ? 1 : 2;
		part->word = parser_word(p, WORD_BRACE_PIECE);
		if (parser_peek(p, 0) == '/') {
			parser_take(p);
			part->second = parser_word(p, quoted ? WORD_BRACE_DOUBLE : WORD_BRACE);
		}
	} else if (c == '^' || c == ',') {
		bool all = next == c;

		part->op = c == '^' ? (all ? PARAM_UPPER_ALL : PARAM_UPPER)
				    : (all ? PARAM_LOWER_ALL : PARAM_LOWER);
		p->at += all ? 2 : 1;
		part->word = parser_word(p, WORD_BRACE);
	} else if (c == '@') {
		parser_refuse(p, "${...@...}");
	} else {
		part->op = PARAM_BAD;
	}
}

static void operator_of(struct parser *p, struct part *part, bool quoted)
{
	static const char ops[] = "-=?+";
	static const enum param_op of[] = { PARAM_DEFAULT, PARAM_ASSIGN, PARAM_ERROR, PARAM_OTHER };
	int c = parser_peek(p, 0), next = parser_peek(p, 1);

	if (c == ':' && next > 0 && strchr(ops, next)) {
		part->colon = true;
		parser_take(p);
		c = next;
	} else if (c == ':' && p->bash) {
		parser_take(p);
		part->op = PARAM_SLICE;
		part->word = parser_word(p, WORD_BRACE_SLICE);
		if (parser_peek(p, 0) == ':') {
			parser_take(p);
			part->second = parser_word(p, WORD_BRACE_SLICE);
		}
		return;
	}
	if (c > 0 && strchr(ops, c)) {
		part->op = of[strchr(ops, c) - ops];
		parser_take(p);
		part->word = parser_word(p, quoted ? WORD_BRACE_DOUBLE : WORD_BRACE);
		if (!quoted)
			part->word = parser_tildes(p, part->word, false);
	} else if (c == '%' || c == '#') {
		bool twice = parser_peek(p, 1) == c;

		part->op = c == '%' ? (twice ? PARAM_SUFFIX_LONG : PARAM_SUFFIX)
				    : (twice ? PARAM_PREFIX_LONG : PARAM_PREFIX);
		p->at += twice ? 2 : 1;
		part->word = parser_word(p, WORD_BRACE);
		part->word = parser_tildes(p, part->word, false);
	} else if (p->bash) {
		bash_operator(p, part, quoted);
	} else {
		part->op = PARAM_BAD;
	}
}

/* dash finds a bad substitution when it is expanded; its end must be found here. */
static void skip_bad(struct parser *p)
{
	struct word *rest = parser_word(p, WORD_BRACE);

	(void)rest;
}

static bool begins_name(int c)
{
	return is_name_start(c) || is_digit(c) || is_special(c);
}

static void index_of(struct parser *p, struct part *part)
{
	if (!p->bash || parser_peek(p, 0) != '[' || !parser_is_name(part->text))
		return;
	parser_take(p);
	part->index = parser_word(p, WORD_INDEX);
	if (parser_peek(p, 0) != ']')
		parser_fail(p, "']' expected");
	parser_take(p);
}

static void close_brace(struct parser *p, struct part *part)
{
	if (parser_peek(p, 0) != '}' && part->op != PARAM_PLAIN && part->op != PARAM_BAD)
		part->op = PARAM_BAD;
	if (parser_peek(p, 0) != '}')
		skip_bad(p);
	if (parser_peek(p, 0) != '}')
		parser_fail(p, "'}' expected");
	parser_take(p);
}

void parser_brace(struct parser *p, struct part *part, bool quoted)
{
	int c = parser_peek(p, 0), next = parser_peek(p, 1);
	int third = parser_peek(p, 2);

	parser_enter(p);
	part->kind = PART_PARAM;
	if (c == '#' && begins_name(next) &&
	    (is_name_start(next) || is_digit(next) || third == '}')) {
		parser_take(p);
		part->op = PARAM_LENGTH;
		part->text = take_name(p);
		index_of(p, part);
		if (parser_peek(p, 0) != '}')
			part->op = PARAM_BAD;
	} else if (p->bash && c == '!' && is_name_start(next)) {
		parser_take(p);
		part->text = take_name(p);
		index_of(p, part);
		part->op = part->index ? PARAM_KEYS : PARAM_INDIRECT;
		c = parser_peek(p, 0);
		if ((c == '*' || c == '@') && parser_peek(p, 1) == '}') {
			part->op = PARAM_NAMES;
			part->second = NULL;
			part->colon = c == '@';
			parser_take(p);
		} else if (c != '}') {
			parser_refuse(p, "${!...} with an operator");
		}
	} else if (begins_name(c)) {
		part->text = take_name(p);
		index_of(p, part);
		while (parser_continuation(p))
			;
		if (parser_peek(p, 0) != '}')
			operator_of(p, part, quoted);
	} else {
		part->op = PARAM_BAD;
	}
	close_brace(p, part);
	p->depth--;
}
