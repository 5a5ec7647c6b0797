/* Lists, pipelines and simple commands. XCU 2.9, 2.10. */
#include "shell/parser.h"

#include "base/limits.h"

static bool is_closing(struct parser *p)
{
	static const char *const words[] = { "then", "else", "elif", "fi", "do", "done", "esac",
					     "}" };
	struct token *t = parser_token(p);

	if (t->kind == TOKEN_END)
		return true;
	if (t->kind == TOKEN_OPERATOR)
		return str_equal_cstr(t->op, ")") || str_has_prefix(t->op, STR(";;")) ||
		       str_equal_cstr(t->op, ";&");
	for (size_t i = 0; t->kind == TOKEN_WORD && i < sizeof(words) / sizeof(*words); i++)
		if (parser_keyword(p, words[i]))
			return true;
	return false;
}

/* ---- redirections ---- */

static enum redirect_kind kind_of(struct parser *p, struct str op)
{
	static const struct {
		const char *op;
		enum redirect_kind kind;
	} kinds[] = { { "<", REDIRECT_IN },	 { ">", REDIRECT_OUT },
		      { ">|", REDIRECT_CLOBBER }, { ">>", REDIRECT_APPEND },
		      { "<>", REDIRECT_BOTH },	 { "<&", REDIRECT_DUP_IN },
		      { ">&", REDIRECT_DUP_OUT }, { "<<", REDIRECT_HERE },
		      { "<<-", REDIRECT_HERE },	 { "<<<", REDIRECT_STRING },
		      { "&>", REDIRECT_ALL },	 { "&>>", REDIRECT_ALL_APPEND } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_equal_cstr(op, kinds[i].op))
			return kinds[i].kind;
	parser_fail(p, "redirection expected");
}

static bool is_redirection(const struct token *t)
{
	return t->kind == TOKEN_OPERATOR && (memchr(t->op.ptr, '<', t->op.len) ||
					     memchr(t->op.ptr, '>', t->op.len));
}

/* The end word of a here-document: its text with the quotes removed, nothing else. */
static void add_here(struct parser *p, struct redirect *r, const struct word *w, bool strip,
		     size_t start)
{
	struct pending_here *h = parser_new(p, sizeof(*h));
	char *end = arena_alloc(p->arena, p->at - start + 1);
	size_t n = 0;
	bool plain = true;

	for (size_t i = 0; i < w->n; i++)
		plain = plain && w->parts[i].kind == PART_TEXT;
	if (!plain)
		parser_refuse(p, "an expansion in the end word of a here-document");
	for (size_t i = 0; i < w->n; i++) {
		memcpy(end + n, w->parts[i].text.ptr, w->parts[i].text.len);
		n += w->parts[i].text.len;
	}
	*h = (struct pending_here){ .redirect = r, .end = { end, n }, .strip = strip,
				    .quoted = w->any_quote };
	*p->pending_end = h;
	p->pending_end = &h->next;
}

bool parser_redirect(struct parser *p, struct redirect ***end)
{
	struct token t = *parser_token(p);
	struct redirect *r;
	struct word *w;

	if (!is_redirection(&t))
		return false;
	parser_advance(p);
	r = parser_new(p, sizeof(*r));
	r->kind = kind_of(p, t.op);
	r->line = t.line;
	r->fd = t.io_number >= 0 ? (unsigned)t.io_number : t.op.ptr[0] == '<' ? 0 : 1;
	if (parser_token(p)->kind != TOKEN_WORD)
		parser_fail(p, "a word is expected after a redirection");
	w = p->token.word;
	if (r->kind == REDIRECT_HERE) {
		add_here(p, r, w, t.op.len == 3, p->token.start);
		r->word = NULL;
	} else {
		r->word = parser_tildes(p, w, false);
		if (p->bash && r->kind == REDIRECT_DUP_OUT && t.io_number < 0 &&
		    !(w->plain && w->text.len && strchr("0123456789-", w->text.ptr[0])) &&
		    w->n == 1 && w->parts[0].kind == PART_TEXT)
			r->kind = REDIRECT_ALL;
	}
	parser_advance(p);
	**end = r;
	*end = &r->next;
	return true;
}

struct redirect *parser_redirects(struct parser *p)
{
	struct redirect *first = NULL, **end = &first;

	while (parser_redirect(p, &end))
		;
	return first;
}

/* ---- assignments ---- */

/* NAME=, bash also NAME+= and NAME[..]=. Length of that prefix, or 0. */
static size_t assignment_prefix(const struct parser *p, struct str raw, size_t *ret_name)
{
	size_t n = 0, nested = 0;

	while (n < raw.len && parser_is_name((struct str){ raw.ptr, n + 1 }))
		n++;
	if (!n)
		return 0;
	*ret_name = n;
	if (p->bash && n < raw.len && raw.ptr[n] == '[') {
		do {
			nested += raw.ptr[n] == '[';
			nested -= raw.ptr[n] == ']';
			if (strchr(" \t\n;&|<>()", raw.ptr[n]))
				return 0;
			n++;
		} while (nested && n < raw.len);
	}
	if (p->bash && n + 1 < raw.len && raw.ptr[n] == '+' && raw.ptr[n + 1] == '=')
		return n + 2;
	return n < raw.len && raw.ptr[n] == '=' ? n + 1 : 0;
}

/* The first part of @w without its first @n bytes. */
static struct word *without_prefix(struct parser *p, const struct word *w, size_t n)
{
	struct word *value = memcpy(parser_new(p, sizeof(*value)), w, sizeof(*w));
	struct part *parts = arena_array(p->arena, w->n, sizeof(*parts));

	memcpy(parts, w->parts, w->n * sizeof(*parts));
	parts[0].text.ptr += n;
	parts[0].text.len -= n;
	value->parts = parts;
	if (!parts[0].text.len) {
		value->parts++;
		value->n--;
	}
	value->plain = w->plain;
	value->text = value->n && value->parts[0].kind == PART_TEXT ? value->parts[0].text
								    : STR("");
	if (!value->n)
		value->plain = false;
	return parser_tildes(p, value, true);
}

static bool take_assignment(struct parser *p, struct assign *a)
{
	struct token *t = parser_token(p);
	struct word *w = t->word;
	struct str raw;
	size_t n, name = 0;

	if (t->kind != TOKEN_WORD || !w->n || w->parts[0].kind != PART_TEXT || w->parts[0].quoted)
		return false;
	raw = (struct str){ p->text.ptr + t->start, p->at - t->start };
	n = assignment_prefix(p, raw, &name);
	if (!n)
		return false;
	*a = (struct assign){ .name = arena_str(p->arena, (struct str){ raw.ptr, name }) };
	a->append = raw.ptr[n - 2] == '+' && n >= 2;
	if (raw.ptr[name] == '[') {
		size_t end = n - 1 - a->append;

		a->index = parser_text(p, (struct str){ raw.ptr + name + 1, end - name - 2 },
				       WORD_ARITH, p->line);
		if (w->parts[0].text.len < n || memcmp(w->parts[0].text.ptr, raw.ptr, n))
			parser_refuse(p, "an expansion in the index of an assignment");
	} else if (w->parts[0].text.len < n || memcmp(w->parts[0].text.ptr, raw.ptr, n)) {
		return false; /* a continuation stands in it: not in Debian's scripts */
	}
	if (p->bash && n == raw.len && parser_peek(p, 0) == '(') {
		parser_take(p);
		parser_advance(p);
		a->array = true;
		parser_array(p, a);
		return true;
	}
	a->value = without_prefix(p, w, n);
	parser_advance(p);
	return true;
}

/* bash: x=(a b [i]=c); the '(' has been read. */
void parser_array(struct parser *p, struct assign *a)
{
	size_t n_keys = 0;

	for (;;) {
		struct token *t;

		parser_newlines(p);
		t = parser_token(p);
		if (parser_operator(p, ")"))
			break;
		if (t->kind != TOKEN_WORD)
			parser_fail(p, "')' expected");
		if (t->word->text.len && t->word->text.ptr[0] == '[' && t->word->n &&
		    !t->word->parts[0].quoted && memchr(t->word->text.ptr, '=', t->word->text.len))
			parser_refuse(p, "an array with keys");
		parser_append(p, &a->keys, &n_keys, NULL);
		parser_append(p, &a->items, &a->n_items, parser_tildes(p, t->word, false));
		parser_advance(p);
	}
	parser_advance(p);
}

static void add_assignment(struct parser *p, struct ast *command, const struct assign *a)
{
	struct assign *wider;
	size_t n = command->n_assigns;

	if ((n & (n - 1)) == 0) {
		wider = arena_array(p->arena, n ? 2 * n : 1, sizeof(*wider));
		if (n)
			memcpy(wider, command->assigns, n * sizeof(*wider));
		command->assigns = wider;
	}
	command->assigns[command->n_assigns++] = *a;
}

/* ---- simple commands ---- */

static bool declares(const struct parser *p, struct str word)
{
	static const char *const posix[] = { "export", "readonly", "local" };
	static const char *const bash[] = { "declare", "typeset" };

	for (size_t i = 0; i < 3; i++)
		if (str_equal_cstr(word, posix[i]))
			return true;
	for (size_t i = 0; p->bash && i < 2; i++)
		if (str_equal_cstr(word, bash[i]))
			return true;
	return false;
}

/* An argument NAME=VALUE of export and its like: the value doesn't split, tildes count. */
static void add_argument(struct parser *p, struct ast *command)
{
	struct assign a = { 0 };
	struct word *w;

	if (command->declares) {
		size_t start = parser_token(p)->start;
		struct word *whole = parser_token(p)->word;

		if (take_assignment(p, &a)) {
			if (!a.array && (a.index || a.append)) {
				if (a.index)
					parser_refuse(p, "an index in a declaration");
				(void)start;
			}
			(void)whole;
			/* a word stands in its place, so that the order is kept */
			parser_append(p, &command->words, &command->n_words, NULL);
			add_assignment(p, command, &a);
			return;
		}
	}
	w = parser_token(p)->word;
	parser_append(p, &command->words, &command->n_words, parser_tildes(p, w, false));
	parser_advance(p);
}

static struct ast *function(struct parser *p, struct str name, unsigned line)
{
	struct ast *f = parser_new(p, sizeof(*f));

	f->kind = AST_FUNCTION;
	f->line = line;
	f->name = arena_str(p->arena, name);
	parser_newlines(p);
	f->body = parser_compound(p);
	if (!f->body)
		parser_fail(p, "the body of a function is expected");
	f->body->redirects = parser_redirects(p);
	return f;
}

static bool is_function_name(const struct parser *p, struct str s)
{
	if (!p->bash)
		return parser_is_name(s);
	for (size_t i = 0; i < s.len; i++)
		if (strchr("$`\\\"'=", s.ptr[i]))
			return false;
	return s.len != 0;
}

static struct ast *simple(struct parser *p)
{
	struct ast *c = parser_new(p, sizeof(*c));
	struct redirect **end = &c->redirects;
	struct assign a;

	c->kind = AST_SIMPLE;
	c->line = parser_token(p)->line;
	for (;;) {
		if (parser_redirect(p, &end))
			continue;
		if (parser_token(p)->kind != TOKEN_WORD)
			break;
		if (!c->n_words && take_assignment(p, &a)) {
			add_assignment(p, c, &a);
			continue;
		}
		if (!c->n_words) {
			struct word *first = parser_token(p)->word;

			if (first->n == 1 && first->parts[0].kind == PART_TEXT &&
			    !first->parts[0].quoted && declares(p, first->text) && !c->n_assigns)
				c->declares = true;
		}
		add_argument(p, c);
		if (c->n_words == 1 && !c->n_assigns && !c->redirects && c->words[0]->n == 1 &&
		    c->words[0]->parts[0].kind == PART_TEXT && !c->words[0]->parts[0].quoted &&
		    parser_operator(p, "(")) {
			parser_advance(p);
			if (!parser_operator(p, ")") ||
			    !is_function_name(p, c->words[0]->text))
				parser_fail(p, "bad function name or ')' expected");
			parser_advance(p);
			return function(p, c->words[0]->text, c->line);
		}
	}
	if (!c->n_words && !c->n_assigns && !c->redirects)
		parser_fail(p, "a command is expected");
	return c;
}

struct ast *parser_command(struct parser *p)
{
	struct ast *c;

	parser_enter(p);
	if (p->bash && parser_keyword(p, "function")) {
		unsigned line = parser_token(p)->line;
		struct str name;

		parser_advance(p);
		if (parser_token(p)->kind != TOKEN_WORD)
			parser_fail(p, "the name of a function is expected");
		name = p->token.word->text;
		parser_advance(p);
		if (parser_operator(p, "(")) {
			parser_advance(p);
			if (!parser_operator(p, ")"))
				parser_fail(p, "')' expected");
			parser_advance(p);
		}
		c = function(p, name, line);
	} else {
		c = parser_compound(p);
		if (c)
			c->redirects = parser_redirects(p);
		else
			c = simple(p);
	}
	p->depth--;
	return c;
}

/* ---- pipelines and lists ---- */

/* bash: |& is 2>&1 | */
static void join_errors(struct parser *p, struct ast *c)
{
	struct redirect **end = &c->redirects, *r = parser_new(p, sizeof(*r));
	static struct part one = { .kind = PART_TEXT, .text = { "1", 1 } };
	struct word *w = parser_new(p, sizeof(*w));

	*w = (struct word){ .parts = &one, .n = 1, .plain = true, .text = STR("1") };
	*r = (struct redirect){ .kind = REDIRECT_DUP_OUT, .fd = 2, .word = w, .line = c->line };
	while (*end)
		end = &(*end)->next;
	*end = r;
}

static struct ast *pipeline(struct parser *p)
{
	struct ast *pipe = parser_new(p, sizeof(*pipe)), *c;

	pipe->kind = AST_PIPELINE;
	pipe->line = parser_token(p)->line;
	while (parser_keyword(p, "!")) {
		if (pipe->negate && !p->bash)
			parser_fail(p, "a command is expected after '!'");
		pipe->negate = !pipe->negate;
		parser_advance(p);
	}
	if (p->bash && parser_keyword(p, "time"))
		parser_refuse(p, "time");
	for (;;) {
		bool both;

		c = parser_command(p);
		parser_append(p, &pipe->items, &pipe->n_items, c);
		both = p->bash && parser_operator(p, "|&");
		if (!both && !parser_operator(p, "|"))
			break;
		if (both)
			join_errors(p, c);
		parser_advance(p);
		parser_newlines(p);
	}
	return pipe->n_items == 1 && !pipe->negate ? c : pipe;
}

static struct ast *and_or(struct parser *p)
{
	struct ast *list = NULL, *c = pipeline(p);

	while (parser_operator(p, "&&") || parser_operator(p, "||")) {
		bool is_or = parser_token(p)->op.ptr[0] == '|';

		parser_advance(p);
		parser_newlines(p);
		if (!list) {
			list = parser_new(p, sizeof(*list));
			list->kind = AST_AND_OR;
			list->line = c->line;
			parser_append(p, &list->items, &list->n_items, c);
		}
		c = pipeline(p);
		/* The node of its own carries the operator. */
		if (c->is_or != is_or) {
			c = memcpy(parser_new(p, sizeof(*c)), c, sizeof(*c));
			c->is_or = is_or;
		}
		parser_append(p, &list->items, &list->n_items, c);
	}
	return list ? list : c;
}

struct ast *parser_list(struct parser *p)
{
	struct ast *list = NULL;

	parser_newlines(p);
	while (!is_closing(p)) {
		struct ast *c = and_or(p);
		bool more = false;

		if (!list) {
			list = parser_new(p, sizeof(*list));
			list->kind = AST_LIST;
			list->line = c->line;
		}
		if (parser_operator(p, "&")) {
			c->background = true;
			more = true;
		} else if (parser_operator(p, ";")) {
			more = true;
		} else if (parser_token(p)->kind == TOKEN_NEWLINE) {
			more = true;
		}
		parser_append(p, &list->items, &list->n_items, c);
		if (!more)
			break;
		parser_advance(p);
		parser_newlines(p);
	}
	return list;
}

/* ---- entry points ---- */

static struct ast *program(struct parser *p)
{
	struct ast *list;

	/* A real shell drops it or ends there: nothing that a script means. */
	if (p->text.len && memchr(p->text.ptr, 0, p->text.len))
		parser_refuse(p, "a NUL character");
	parser_enter(p);
	list = parser_list(p);
	if (parser_token(p)->kind != TOKEN_END)
		parser_fail(p, "unexpected token");
	return list;
}

int parser_program(struct arena *arena, struct str text, unsigned line, bool fixed_line, bool bash,
		   struct ast **ret, unsigned *ret_line, const char **ret_reason,
		   bool *ret_refused)
{
	struct parser *p = arena_alloc(arena, sizeof(*p));

	*p = (struct parser){ .arena = arena, .text = text, .line = line,
			      .fixed_line = fixed_line, .bash = bash };
	p->pending_end = &p->pending;
	p->total = &p->taken;
	if (setjmp(p->fail)) {
		*ret_line = p->line;
		*ret_reason = p->reason;
		*ret_refused = p->refused;
		return 1;
	}
	*ret = program(p);
	return 0;
}

static struct parser *inner(struct parser *outer, struct str text, unsigned line)
{
	struct parser *p = parser_new(outer, sizeof(*p));

	*p = (struct parser){ .arena = outer->arena, .text = text, .line = line,
			      .bash = outer->bash, .depth = outer->depth,
			      .total = outer->total };
	p->pending_end = &p->pending;
	return p;
}

_Noreturn static void fail_too(struct parser *outer, const struct parser *p)
{
	outer->refused = p->refused;
	parser_fail(outer, p->reason);
}

struct word *parser_text(struct parser *outer, struct str text, enum word_mode mode,
			 unsigned line)
{
	struct parser *p = inner(outer, text, line);

	p->fixed_line = true;
	if (setjmp(p->fail))
		fail_too(outer, p);
	return parser_word(p, mode);
}

struct ast *parser_inner_program(struct parser *outer, struct str text, unsigned line)
{
	struct parser *p = inner(outer, text, line);

	p->fixed_line = outer->fixed_line;
	if (setjmp(p->fail))
		fail_too(outer, p);
	return program(p);
}
