/* Words: quotes, and where what expands begins and ends. XCU 2.2, 2.6. */
#include "shell/parser.h"

#include "base/bytes.h"

struct builder {
	struct parser *p;
	struct part *parts;
	size_t n, capacity;
	char *text; /* of the TEXT part that grows; in the arena, for longjmp()'s sake */
	size_t len, room;
	bool quoted, open;
	bool any_quote;
};

static struct part *new_part(struct builder *b)
{
	if (b->n == b->capacity) {
		size_t wider = b->capacity ? 2 * b->capacity : 4;
		struct part *parts = arena_array(b->p->arena, wider, sizeof(*parts));

		if (b->n)
			memcpy(parts, b->parts, b->n * sizeof(*parts));
		b->parts = parts;
		b->capacity = wider;
	}
	b->parts[b->n] = (struct part){ 0 };
	return &b->parts[b->n++];
}

static void close_text(struct builder *b)
{
	struct part *part;

	if (!b->open)
		return;
	part = new_part(b);
	part->kind = PART_TEXT;
	part->quoted = b->quoted;
	part->text = arena_str(b->p->arena, (struct str){ b->text, b->len });
	b->len = 0;
	b->open = false;
}

static void add_text(struct builder *b, char c, bool quoted)
{
	if (b->open && b->quoted != quoted)
		close_text(b);
	b->open = true;
	b->quoted = quoted;
	if (b->len == b->room) {
		size_t wider = b->room ? 4 * b->room : 48;
		char *text = arena_alloc(b->p->arena, wider);

		if (b->len)
			memcpy(text, b->text, b->len);
		b->text = text;
		b->room = wider;
	}
	b->text[b->len++] = c;
}

/* Something quoted stands here, even if it is empty. */
static void open_quoted(struct builder *b)
{
	if (b->open && !b->quoted)
		close_text(b);
	b->open = true;
	b->quoted = true;
	b->any_quote = true;
}

static bool ends(const struct parser *p, enum word_mode mode, int c, int next, unsigned nested)
{
	switch (mode) {
	case WORD_PLAIN:
		return strchr(" \t\n;&|<>()", c) != NULL;
	case WORD_DOUBLE:
		return c == '"';
	case WORD_BRACE:
	case WORD_BRACE_DOUBLE:
		return c == '}';
	case WORD_BRACE_PIECE:
		return c == '}' || c == '/';
	case WORD_BRACE_SLICE:
		return c == '}' || (c == ':' && !nested);
	case WORD_ARITH:
		return c == ')' && next == ')' && !nested;
	case WORD_ARITH_FOR:
		return (c == ')' && next == ')' && !nested) || c == ';';
	case WORD_INDEX:
		return c == ']' && !nested;
	case WORD_REGEX:
		return strchr(" \t\n", c) && !nested;
	case WORD_HERE:
		return false;
	}
	(void)p;
	return false;
}

static void single_quotes(struct builder *b)
{
	struct parser *p = b->p;
	int c;

	parser_take(p);
	open_quoted(b);
	while ((c = parser_peek(p, 0)) != '\'') {
		if (c < 0)
			parser_fail(p, "unterminated quoted string");
		add_text(b, (char)c, true);
		parser_take(p);
	}
	parser_take(p);
}

static unsigned digits(struct parser *p, unsigned base, unsigned max)
{
	unsigned value = 0;

	while (max--) {
		int c = parser_peek(p, 0);
		unsigned d = c >= '0' && c <= '9' ? (unsigned)c - '0'
			     : c >= 'a' && c <= 'f' ? (unsigned)c - 'a' + 10
			     : c >= 'A' && c <= 'F' ? (unsigned)c - 'A' + 10
						    : 99;
		if (d >= base)
			break;
		value = value * base + d;
		parser_take(p);
	}
	return value;
}

static void add_code(struct builder *b, unsigned code)
{
	if (!(code & 255))
		parser_refuse(b->p, "a NUL character in $'...'");
	add_text(b, (char)code, true);
}

/* bash: $'...' */
static void ansi_quotes(struct builder *b)
{
	static const char from[] = "abeEfnrtv\\'\"?", to[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	struct parser *p = b->p;
	int c;

	parser_take(p);
	parser_take(p);
	open_quoted(b);
	while ((c = parser_peek(p, 0)) != '\'') {
		const char *known;

		if (c < 0)
			parser_fail(p, "unterminated quoted string");
		parser_take(p);
		if (c != '\\') {
			add_text(b, (char)c, true);
			continue;
		}
		c = parser_peek(p, 0);
		known = c > 0 ? strchr(from, c) : NULL;
		if (known) {
			parser_take(p);
			add_text(b, to[known - from], true);
		} else if (c >= '0' && c <= '7') {
			add_code(b, digits(p, 8, 3));
		} else if (c == 'x') {
			parser_take(p);
			add_code(b, digits(p, 16, 2));
		} else if (c == 'u' || c == 'U' || c == 'c') {
			parser_refuse(p, "this escape in $'...'");
		} else {
			add_text(b, '\\', true);
		}
	}
	parser_take(p);
}

static void backslash(struct builder *b, enum word_mode mode)
{
	struct parser *p = b->p;
	int next = parser_peek(p, 1);
	bool keeps = false; /* a backslash before any other character stays */

	if (next == '\n') {
		parser_take(p);
		parser_take(p);
		return;
	}
	if (mode == WORD_DOUBLE)
		keeps = next < 0 || !strchr("$`\"\\", next);
	else if (mode == WORD_BRACE_DOUBLE)
		keeps = next < 0 || !strchr("$`\"\\}", next);
	else if (mode == WORD_HERE || mode == WORD_ARITH || mode == WORD_ARITH_FOR)
		keeps = next < 0 || !strchr("$`\\", next);
	parser_take(p);
	if (keeps || next < 0) {
		add_text(b, '\\', mode != WORD_PLAIN && mode != WORD_BRACE);
		return;
	}
	b->any_quote = true;
	add_text(b, (char)next, true);
	parser_take(p);
}

static void read_parts(struct builder *b, enum word_mode mode, bool quoted);

static void double_quotes(struct builder *b)
{
	size_t n = b->n, len = b->len;

	parser_take(b->p);
	b->any_quote = true;
	read_parts(b, WORD_DOUBLE, true);
	/* "" makes a field, but "$@" may make none. */
	if (b->n == n && b->len == len)
		open_quoted(b);
	if (parser_peek(b->p, 0) != '"')
		parser_fail(b->p, "unterminated quoted string");
	parser_take(b->p);
}

static void dollar(struct builder *b, enum word_mode mode, bool quoted)
{
	struct parser *p = b->p;
	struct part part = { 0 };
	int next = parser_peek(p, 1);

	if (p->bash && !quoted && next == '\'' && mode != WORD_HERE) {
		ansi_quotes(b);
		return;
	}
	if (p->bash && !quoted && next == '"') {
		parser_take(p);
		return;
	}
	part.quoted = quoted;
	parser_dollar(p, &part, quoted, mode);
	if (part.kind == PART_TEXT) {
		for (size_t i = 0; i < part.text.len; i++)
			add_text(b, part.text.ptr[i], quoted);
		return;
	}
	close_text(b);
	*new_part(b) = part;
}

/* bash: @(a|b) and the like need extglob; patterns of T know them or refuse. */
static bool extended(struct builder *b, enum word_mode mode, int c)
{
	struct parser *p = b->p;
	unsigned nested = 0;

	if (!p->bash || mode != WORD_PLAIN || !strchr("@?*+!", c) || parser_peek(p, 1) != '(')
		return false;
	if (c != '@' && c != '?' && c != '*' && c != '+' && c != '!')
		return false;
	do {
		c = parser_peek(p, 0);
		if (c < 0 || c == '\n')
			parser_fail(p, "unterminated pattern");
		nested += c == '(';
		nested -= c == ')';
		add_text(b, (char)c, false);
		parser_take(p);
	} while (nested || c != ')');
	return true;
}

static void special(struct builder *b, enum word_mode mode, bool quoted, int c)
{
	struct parser *p = b->p;
	bool here = mode == WORD_HERE || mode == WORD_ARITH || mode == WORD_ARITH_FOR;

	if (c == '\\') {
		backslash(b, quoted && mode == WORD_BRACE ? WORD_BRACE_DOUBLE : mode);
	} else if (c == '$') {
		dollar(b, mode, quoted);
	} else if (c == '`') {
		struct part part = { .kind = PART_COMMAND, .quoted = quoted };

		parser_backquote(p, &part, mode == WORD_DOUBLE || mode == WORD_BRACE_DOUBLE);
		close_text(b);
		*new_part(b) = part;
	} else if (c == '"' && !here) {
		double_quotes(b);
	} else if (c == '\'' && !quoted && !here) {
		single_quotes(b);
	} else if (c == '"' && here && mode != WORD_HERE) {
		parser_take(p); /* quotes in arithmetic mean nothing */
	} else {
		add_text(b, (char)c, quoted);
		parser_take(p);
	}
}

static void read_parts(struct builder *b, enum word_mode mode, bool quoted)
{
	struct parser *p = b->p;
	unsigned nested = 0;
	int c;

	while ((c = parser_peek(p, 0)) >= 0) {
		if (ends(p, mode, c, parser_peek(p, 1), nested))
			return;
		if (c == 0)
			parser_fail(p, "a NUL character");
		if (mode == WORD_BRACE_DOUBLE && c == '"') {
			/* "${x-"y"}": quotes inside come in pairs */
			double_quotes(b);
			continue;
		}
		if (extended(b, mode, c))
			continue;
		if (strchr("\\$`\"'", c)) {
			special(b, mode, quoted, c);
			continue;
		}
		if (mode == WORD_ARITH || mode == WORD_ARITH_FOR || mode == WORD_REGEX ||
		    mode == WORD_BRACE_SLICE) {
			nested += c == '(' || (mode == WORD_BRACE_SLICE && c == '?');
			if ((c == ')' || (mode == WORD_BRACE_SLICE && c == ':')) && nested)
				nested--;
		} else if (mode == WORD_INDEX) {
			nested += c == '[';
			nested -= c == ']';
		}
		add_text(b, (char)c, quoted);
		parser_take(p);
	}
}

static bool is_plain(const struct word *w, bool bash)
{
	if (w->n != 1 || w->parts[0].kind != PART_TEXT || w->parts[0].quoted)
		return false;
	for (size_t i = 0; i < w->parts[0].text.len; i++)
		if (strchr(bash ? "*?[\\{~+@!(" : "*?[\\~", w->parts[0].text.ptr[i]))
			return false;
	return true;
}

struct word *parser_word(struct parser *p, enum word_mode mode)
{
	struct word *w = parser_new(p, sizeof(*w));
	static const char none[] = "";
	bool quoted = mode == WORD_DOUBLE || mode == WORD_BRACE_DOUBLE || mode == WORD_HERE ||
		      mode == WORD_ARITH || mode == WORD_ARITH_FOR;
	struct builder b = { .p = p };

	parser_enter(p);
	w->line = p->line;
	read_parts(&b, mode, quoted);
	close_text(&b);
	p->depth--;
	w->parts = b.parts;
	w->n = b.n;
	w->any_quote = b.any_quote;
	w->plain = is_plain(w, p->bash);
	w->text = w->n && w->parts[0].kind == PART_TEXT ? w->parts[0].text : str_of(none);
	return w;
}

/* ---- tildes: XCU 2.6.1 ---- */

static struct part *split_tilde(struct parser *p, struct part *out, struct str *text, bool last,
				bool assignment)
{
	size_t n = 1;

	while (n < text->len && text->ptr[n] != '/' && !(assignment && text->ptr[n] == ':'))
		n++;
	if (n == text->len && !last)
		return out;
	for (size_t i = 1; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+",
			    text->ptr[i]))
			return out;
	*out++ = (struct part){ .kind = PART_TILDE,
				.text = arena_str(p->arena, (struct str){ text->ptr + 1, n - 1 }) };
	text->ptr += n;
	text->len -= n;
	return out;
}

struct word *parser_tildes(struct parser *p, struct word *w, bool assignment)
{
	size_t count = 0;
	struct part *parts, *out;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; w->parts[i].kind == PART_TEXT && !w->parts[i].quoted &&
				   k < w->parts[i].text.len; k++)
			count += w->parts[i].text.ptr[k] == '~';
	if (!count)
		return w;
	parts = out = arena_array(p->arena, w->n + 2 * count + 1, sizeof(*parts));
	for (size_t i = 0; i < w->n; i++) {
		struct str text = w->parts[i].text, rest;

		if (w->parts[i].kind != PART_TEXT || w->parts[i].quoted) {
			*out++ = w->parts[i];
			continue;
		}
		if (i == 0 && text.len && text.ptr[0] == '~')
			out = split_tilde(p, out, &text, i + 1 == w->n, assignment);
		while (assignment && text.len) {
			size_t k = 0;

			while (k + 1 < text.len && !(text.ptr[k] == ':' && text.ptr[k + 1] == '~'))
				k++;
			if (k + 1 >= text.len)
				break;
			*out++ = (struct part){ .kind = PART_TEXT, .text = { text.ptr, k + 1 } };
			rest = (struct str){ text.ptr + k + 1, text.len - k - 1 };
			out = split_tilde(p, out, &rest, i + 1 == w->n, true);
			if (rest.ptr == text.ptr + k + 1) {
				*out++ = (struct part){ .kind = PART_TEXT,
							.text = { rest.ptr, 1 } };
				rest.ptr++;
				rest.len--;
			}
			text = rest;
		}
		if (text.len)
			*out++ = (struct part){ .kind = PART_TEXT, .text = text };
	}
	w = memcpy(parser_new(p, sizeof(*w)), w, sizeof(*w));
	w->parts = parts;
	w->n = (size_t)(out - parts);
	w->plain = false;
	return w;
}
