/*
 * What a License field says in its first line, as an SPDX expression.
 *
 * DEP-5: "and" binds tighter than "or", a comma less than both: "A or B, and C" is
 * (A OR B) AND C. A line that can't be read so is one licence by that name, which SPDX's
 * list doesn't have.
 */

#include "attest/copyright_private.h"
#include "attest/spdx_licences.h"
#include "base/text.h"
#include "crypto/hash.h"

#define TOKENS_MAX 256u
#define DEPTH_MAX 8u /* of parentheses */

enum kind { ATOM, AND, OR };

struct term {
	enum kind kind;
	struct str atom;
	struct term **parts; /* AND, OR: two or more, none of the same kind */
	size_t n, capacity;
};

struct parser {
	struct copyright_work *w;
	struct str text; /* below the line */
	struct str tokens[TOKENS_MAX];
	size_t n, at;
	unsigned depth;
};

static struct term *parse_list(struct parser *p);

static bool is_sign(char c)
{
	return c == ',' || c == '(' || c == ')' || c == '|';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool split(struct parser *p, struct str line)
{
	size_t i = 0;

	while (i < line.len) {
		size_t start = i;

		if (is_blank(line.ptr[i])) {
			i++;
			continue;
		}
		if (p->n == TOKENS_MAX)
			return false;
		if (is_sign(line.ptr[i]))
			i++;
		else
			while (i < line.len && !is_blank(line.ptr[i]) && !is_sign(line.ptr[i]))
				i++;
		p->tokens[p->n++] = (struct str){ line.ptr + start, i - start };
	}
	return p->n != 0;
}

static bool next_is(const struct parser *p, const char *word)
{
	struct str t;

	if (p->at == p->n)
		return false;
	t = p->tokens[p->at];
	if (t.len != strlen(word))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if ((t.ptr[i] | 0x20) != (word[i] | 0x20))
			return false;
	return true;
}

static bool take(struct parser *p, const char *word)
{
	if (!next_is(p, word))
		return false;
	p->at++;
	return true;
}

static bool take_operator(struct parser *p, enum kind *ret)
{
	if (take(p, "and")) {
		*ret = AND;
		return true;
	}
	*ret = OR;
	return take(p, "or") || take(p, "|");
}

static struct term *atom(struct parser *p, struct str text)
{
	struct term *t = arena_alloc(p->w->arena, sizeof(*t));

	t->kind = ATOM;
	t->atom = text;
	return t;
}

static void add_part(struct parser *p, struct term *list, struct term *part)
{
	for (size_t i = 0; part->kind == list->kind && i < part->n; i++)
		add_part(p, list, part->parts[i]);
	for (size_t i = 0; part->kind == ATOM && i < list->n; i++)
		if (list->parts[i]->kind == ATOM && str_equal(list->parts[i]->atom, part->atom))
			return;
	if (part->kind == list->kind)
		return;
	ARENA_GROW(p->w->arena, list->parts, list->n, list->capacity);
	list->parts[list->n++] = part;
}

static struct term *join(struct parser *p, enum kind kind, struct term *a, struct term *b)
{
	struct term *t = arena_alloc(p->w->arena, sizeof(*t));

	t->kind = kind;
	add_part(p, t, a);
	add_part(p, t, b);
	return t->n == 1 ? t->parts[0] : t; /* "MIT or MIT" */
}

/* Words up to the next operator or sign, one blank between them. */
static struct str take_words(struct parser *p, bool stop_at_with)
{
	CLEANUP_BUF struct buf words = BUF_INIT(COPYRIGHT_SIZE_MAX);

	while (p->at < p->n && !next_is(p, "and") && !next_is(p, "or") &&
	       !is_sign(*p->tokens[p->at].ptr) && !(stop_at_with && next_is(p, "with"))) {
		if (words.len)
			buf_add_char(&words, ' ');
		buf_add_str(&words, p->tokens[p->at++]);
	}
	return arena_str(p->w->arena, buf_str(&words));
}

static struct str without_word(struct str text, struct str word)
{
	struct str lowered;

	if (text.len <= word.len)
		return text;
	lowered = (struct str){ text.ptr + text.len - word.len, word.len };
	for (size_t i = 0; i < word.len; i++)
		if ((lowered.ptr[i] | 0x20) != (word.ptr[i] | 0x20))
			return text;
	return str_trim((struct str){ text.ptr, text.len - word.len });
}

static struct term *parse_licence(struct parser *p)
{
	struct arena *arena = p->w->arena;
	struct str name = take_words(p, true), id, exception, with;

	if (!name.len)
		return NULL;
	id = spdx_licence(name, arena);
	if (!take(p, "with"))
		return atom(p, id.len ? id : copyright_reference(p->w, name, p->text));
	with = take_words(p, false);
	exception = spdx_exception(
		without_word(without_word(with, STR(" exceptions")), STR(" exception")));
	if (id.len && exception.len && str_find_char(id, ' ') == id.len)
		return atom(p, str_of(arena_printf(arena, STR_FMT " WITH " STR_FMT, STR_ARG(id),
						   STR_ARG(exception))));
	name = str_of(arena_printf(arena, STR_FMT " with " STR_FMT, STR_ARG(name), STR_ARG(with)));
	return atom(p, copyright_reference(p->w, name, p->text));
}

static struct term *parse_part(struct parser *p)
{
	struct term *t;

	if (!take(p, "("))
		return parse_licence(p);
	if (++p->depth > DEPTH_MAX)
		return NULL;
	t = parse_list(p);
	p->depth--;
	return take(p, ")") ? t : NULL;
}

/* "A and B or C": "and" first. */
static struct term *parse_or(struct parser *p)
{
	struct term *all = NULL, *run = parse_part(p), *part;
	enum kind kind;

	while (run && take_operator(p, &kind)) {
		part = parse_part(p);
		if (!part)
			return NULL;
		if (kind == AND) {
			run = join(p, AND, run, part);
		} else {
			all = all ? join(p, OR, all, run) : run;
			run = part;
		}
	}
	return run && all ? join(p, OR, all, run) : run;
}

/*
 * What stands between commas. A comma alone means "and", unless there is an "or" beside it:
 * of "A, B or C" nobody can say what is meant.
 */
static struct term *parse_list(struct parser *p)
{
	struct term *all = parse_or(p), *part;

	while (all && take(p, ",")) {
		enum kind kind = AND;
		bool said = take_operator(p, &kind);

		if (p->at == p->n && !said)
			return all; /* at the end of the line */
		part = parse_or(p);
		if (!part || (!said && (all->kind == OR || part->kind == OR)))
			return NULL;
		all = join(p, said ? kind : AND, all, part);
	}
	return all;
}

static void format(const struct term *t, bool inside, struct buf *to)
{
	bool parentheses = inside && t->kind != ATOM;

	if (t->kind == ATOM) {
		buf_add_str(to, t->atom);
		return;
	}
	if (parentheses)
		buf_add_char(to, '(');
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_add_cstr(to, t->kind == AND ? " AND " : " OR ");
		format(t->parts[i], true, to);
	}
	if (parentheses)
		buf_add_char(to, ')');
}

/* All of what an image holds must be complied with: paragraphs are joined by AND, each once. */
static void add_conjunct(struct copyright_work *w, const struct term *t)
{
	CLEANUP_BUF struct buf text = BUF_INIT(COPYRIGHT_SIZE_MAX);
	uint32_t number, before = w->conjuncts.n;
	struct str key;

	format(t, true, &text);
	if (w->expression.len + text.len + 5 > COPYRIGHT_LICENCE_MAX) {
		w->too_much = true;
		return;
	}
	number = strtab_intern(&w->conjuncts, buf_str(&text), &key);
	if (number < before)
		return;
	if (w->n_conjuncts++)
		buf_add_cstr(&w->expression, " AND ");
	buf_add_str(&w->expression, key);
	buf_reset(&text);
	format(t, false, &text);
	if (w->n_conjuncts == 1)
		w->only = arena_str(w->arena, buf_str(&text));
}

void copyright_add(struct copyright_work *w, struct str synopsis, struct str text)
{
	struct parser p = { .w = w, .text = text };
	size_t n_texts = w->n_texts;
	struct term *t = NULL;

	if (split(&p, synopsis))
		t = parse_list(&p);
	if (!t || p.at < p.n) {
		/* No id stays that the expression doesn't use. */
		if (n_texts < w->n_texts)
			w->n_texts = n_texts;
		t = atom(&p,
			 copyright_reference(w, synopsis.len ? synopsis : STR("unnamed"), text));
	}
	if (w->too_much)
		return;
	for (size_t i = 0; t->kind == AND && i < t->n; i++)
		add_conjunct(w, t->parts[i]);
	if (t->kind != AND)
		add_conjunct(w, t);
}

static bool is_idstring(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

/* Letters, digits, '.' and '-' (annex D); at most 64 of them. */
static void add_sanitised(struct str name, struct buf *to)
{
	size_t start = to->len;

	for (size_t i = 0; i < name.len && to->len - start < 64; i++) {
		if (is_idstring(name.ptr[i]) && name.ptr[i] != '-')
			buf_add_char(to, name.ptr[i]);
		else if (to->len > start && to->ptr[to->len - 1] != '-')
			buf_add_char(to, '-');
	}
	while (to->len > start && to->ptr[to->len - 1] == '-')
		to->len--;
	if (to->len == start)
		buf_add_cstr(to, "unnamed");
}

/* Texts that differ only in blanks and line breaks are one text. */
static struct digest identity(struct str name, struct str text)
{
	struct hash *h = hash_new();
	struct digest d;
	size_t i = 0;

	hash_add_field(h, str_bytes(name));
	while (i < text.len) {
		size_t start = i;

		while (i < text.len && !is_blank(text.ptr[i]) && text.ptr[i] != '\n')
			i++;
		hash_add(h, str_bytes((struct str){ text.ptr + start, i - start }));
		while (i < text.len && (is_blank(text.ptr[i]) || text.ptr[i] == '\n'))
			i++;
		hash_add(h, BYTES_OF(" "));
	}
	d = hash_finish(h);
	hash_free(h);
	return d;
}

static struct str text_of(struct copyright_work *w, struct str name, struct str text)
{
	uint32_t i;

	if (!text.len && strtab_find(&w->alone, copyright_lower(name, w->arena), &i))
		return w->texts_alone[i];
	return text;
}

/* The digest tells licences of one name and different texts apart: "public-domain". */
struct str copyright_reference(struct copyright_work *w, struct str name, struct str text)
{
	CLEANUP_BUF struct buf id = BUF_INIT(256);
	char hex[DIGEST_HEX_MAX];
	struct digest d;
	uint32_t known;
	struct str key;

	text = text_of(w, name, text);
	d = identity(name, text);
	buf_add_cstr(&id, "LicenseRef-");
	add_sanitised(name, &id);
	buf_printf(&id, "-%.8s", digest_hex(&d, hex));
	if (strtab_find(&w->ids, buf_str(&id), &known) && known < w->n_texts &&
	    str_equal(w->texts[known].id, buf_str(&id)))
		return w->texts[known].id;
	if (w->n_texts == COPYRIGHT_TEXTS_MAX) {
		w->too_much = true;
		return STR("LicenseRef-unnamed");
	}
	ARENA_GROW(w->arena, w->texts, w->n_texts, w->texts_capacity);
	key = arena_str(w->arena, buf_str(&id));
	strtab_put(&w->ids, key, (uint32_t)w->n_texts);
	w->texts[w->n_texts++] = (struct copyright_text){ key, text_utf8(name, w->arena), text };
	return key;
}
