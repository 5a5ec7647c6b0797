/* Characters and tokens; here-documents are read where a line ends. XCU 2.3, 2.7.4. */
#include "shell/parser.h"

#include "base/limits.h"

void parser_fail(struct parser *p, const char *reason)
{
	p->reason = reason;
	longjmp(p->fail, 1);
}

void parser_refuse(struct parser *p, const char *reason)
{
	p->refused = true;
	parser_fail(p, reason);
}

void parser_enter(struct parser *p)
{
	if (++p->depth > LIMIT_SHELL_DEPTH)
		parser_refuse(p, "it nests too deeply");
}

void *parser_new(struct parser *p, size_t size)
{
	return arena_alloc(p->arena, size);
}

/* @list: address of an array of pointers in the arena; grows at powers of two. */
void parser_append(struct parser *p, void *list, size_t *n, void *item)
{
	void **items;

	memcpy(&items, list, sizeof(items));
	if ((*n & (*n - 1)) == 0) {
		void **wider = arena_array(p->arena, *n ? 2 * *n : 1, sizeof(*wider));

		if (*n)
			memcpy(wider, items, *n * sizeof(*wider));
		items = wider;
		memcpy(list, &items, sizeof(items));
	}
	items[(*n)++] = item;
}

int parser_peek(const struct parser *p, size_t ahead)
{
	return p->at + ahead < p->text.len ? (unsigned char)p->text.ptr[p->at + ahead] : -1;
}

/* What is read twice ("((" may be arithmetic) could be read 2^n times when it nests. */
void parser_take(struct parser *p)
{
	if (++*p->total > LIMIT_SHELL_READS)
		parser_refuse(p, "it takes too long to read");
	if (p->text.ptr[p->at++] == '\n' && !p->fixed_line)
		p->line++;
}

bool parser_continuation(struct parser *p)
{
	if (parser_peek(p, 0) != '\\' || parser_peek(p, 1) != '\n')
		return false;
	parser_take(p);
	parser_take(p);
	return true;
}

void parser_blanks(struct parser *p)
{
	for (;;) {
		int c = parser_peek(p, 0);

		if (c == ' ' || c == '\t')
			parser_take(p);
		else if (!parser_continuation(p))
			break;
	}
	if (parser_peek(p, 0) == '#')
		while (parser_peek(p, 0) >= 0 && parser_peek(p, 0) != '\n')
			parser_take(p);
}

/* ---- here-documents ---- */

/* Whether the text goes on with a line that is @end; passes over it. */
static bool here_ends(struct parser *p, const struct pending_here *h)
{
	size_t at = p->at, len = h->end.len;

	if (h->strip)
		while (at < p->text.len && p->text.ptr[at] == '\t')
			at++;
	if (p->text.len - at < len || memcmp(p->text.ptr + at, h->end.ptr, len))
		return false;
	at += len;
	if (at < p->text.len && p->text.ptr[at] != '\n')
		return false;
	while (p->at < at || (p->at < p->text.len && p->at == at))
		parser_take(p);
	return true;
}

/* In the arena, for longjmp()'s sake; of many here-documents each takes what it needs. */
struct here_text {
	char *ptr;
	size_t n, room;
};

static void here_add(struct parser *p, struct here_text *t, char c)
{
	if (t->n == t->room) {
		size_t wider = t->room ? 4 * t->room : 256;
		char *ptr = arena_alloc(p->arena, wider);

		if (t->n)
			memcpy(ptr, t->ptr, t->n);
		t->ptr = ptr;
		t->room = wider;
	}
	t->ptr[t->n++] = c;
}

/* One line into @text; with a quoted end a backslash is a character like others. */
static void here_line(struct parser *p, const struct pending_here *h, struct here_text *text)
{
	bool joined;

	do {
		joined = false;
		if (h->strip)
			while (parser_peek(p, 0) == '\t')
				parser_take(p);
		while (p->at < p->text.len) {
			char c = p->text.ptr[p->at];
			int next = parser_peek(p, 1);

			parser_take(p);
			if (c == '\\' && !h->quoted && next == '\n') {
				parser_take(p);
				joined = true;
				break;
			}
			here_add(p, text, c);
			if (c == '\\' && !h->quoted && next >= 0) {
				here_add(p, text, (char)next);
				parser_take(p);
			} else if (c == '\n') {
				return;
			}
		}
	} while (joined && p->at < p->text.len);
}

static void read_here(struct parser *p, struct pending_here *h)
{
	struct here_text read = { 0 };
	unsigned line = p->line;
	struct word *w = NULL;
	struct str text;

	while (p->at < p->text.len && !here_ends(p, h))
		here_line(p, h, &read);
	text = (struct str){ read.n ? read.ptr : "", read.n };
	if (h->quoted) {
		w = parser_new(p, sizeof(*w));
		w->parts = parser_new(p, sizeof(*w->parts));
		w->n = 1;
		w->parts[0] = (struct part){ .kind = PART_TEXT, .quoted = true,
					     .text = text };
	} else {
		w = parser_text(p, text, WORD_HERE, line);
	}
	h->redirect->word = w;
}

static void read_heres(struct parser *p)
{
	struct pending_here *h = p->pending;

	p->pending = NULL;
	p->pending_end = &p->pending;
	for (; h; h = h->next)
		read_here(p, h);
}

/* ---- tokens ---- */

static size_t operator_length(const struct parser *p)
{
	/* Longest first. */
	static const char *const ops[] = { "<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&",
					   "<>",  ">|", ";",  "&",  "|",  "<",	">",  "(",
					   ")" };
	static const char *const bash_ops[] = { ";;&", "&>>", "<<<", ";&", "&>", "|&" };

	if (p->bash)
		for (size_t i = 0; i < sizeof(bash_ops) / sizeof(*bash_ops); i++) {
			size_t n = strlen(bash_ops[i]);

			if (p->text.len - p->at >= n &&
			    !memcmp(p->text.ptr + p->at, bash_ops[i], n))
				return n;
		}
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t n = strlen(ops[i]);

		if (p->text.len - p->at >= n && !memcmp(p->text.ptr + p->at, ops[i], n))
			return n;
	}
	return 0;
}

/* "2>" but not "2 >" and not "x2>". */
static int io_number(struct parser *p)
{
	int c = parser_peek(p, 0), next = parser_peek(p, 1);

	if (c < '0' || c > '9')
		return -1;
	if (next == '<' || next == '>')
		return c - '0';
	if (next >= '0' && next <= '9' && (parser_peek(p, 2) == '<' || parser_peek(p, 2) == '>'))
		parser_refuse(p, "a descriptor above 9");
	return -1;
}

struct token *parser_token(struct parser *p)
{
	struct token *t = &p->token;
	size_t n;
	int c;

	if (t->kind != TOKEN_NONE)
		return t;
	parser_blanks(p);
	*t = (struct token){ .line = p->line, .start = p->at, .io_number = -1 };
	c = parser_peek(p, 0);
	if (c < 0) {
		if (p->pending)
			read_heres(p);
		t->kind = TOKEN_END;
		return t;
	}
	if (c == '\n') {
		parser_take(p);
		read_heres(p);
		t->kind = TOKEN_NEWLINE;
		return t;
	}
	t->io_number = io_number(p);
	if (t->io_number >= 0)
		parser_take(p);
	n = operator_length(p);
	if (n) {
		if (p->bash && n == 1 && parser_peek(p, 1) == '(' && strchr("<>", parser_peek(p, 0)))
			parser_refuse(p, "process substitution");
		t->kind = TOKEN_OPERATOR;
		t->op = (struct str){ p->text.ptr + p->at, n };
		p->at += n;
		return t;
	}
	t->kind = TOKEN_WORD;
	{
		struct word *w = parser_word(p, WORD_PLAIN);

		p->token.word = w;
	}
	return &p->token;
}

void parser_advance(struct parser *p)
{
	p->token.kind = TOKEN_NONE;
}

bool parser_operator(struct parser *p, const char *op)
{
	struct token *t = parser_token(p);

	return t->kind == TOKEN_OPERATOR && str_equal_cstr(t->op, op);
}

/* An unquoted word that the grammar gives a meaning here. */
bool parser_keyword(struct parser *p, const char *word)
{
	struct token *t = parser_token(p);

	if (t->kind != TOKEN_WORD || t->word->n != 1 || t->word->parts[0].quoted ||
	    t->word->parts[0].kind != PART_TEXT)
		return false;
	return str_equal_cstr(t->word->text, word);
}

void parser_newlines(struct parser *p)
{
	while (parser_token(p)->kind == TOKEN_NEWLINE)
		parser_advance(p);
}
