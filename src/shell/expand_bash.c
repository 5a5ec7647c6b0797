/* What bash adds to expansions: replacement, slices, case, braces. */
#include "shell/expander.h"

#include "base/limits.h"

/* The longest (bash's rule) match that begins at @at; *ret SIZE_MAX: none. */
static int match_at(struct shell *sh, struct str pattern, struct str text, size_t at, size_t *ret,
		    struct error *err)
{
	*ret = SIZE_MAX;
	for (size_t n = text.len - at + 1; n-- > 0;) {
		bool matches = false;
		int r = shell_match(sh, pattern, (struct str){ text.ptr + at, n }, 0, &matches,
				    err);

		if (r)
			return r;
		if (matches) {
			*ret = n;
			break;
		}
	}
	return 0;
}

static int replace(struct expander *e, const struct part *part, struct str value, struct str *ret,
		   struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT(EXPANDER_MAX);
	struct str pattern, by = STR("");
	size_t at = 0;
	int r = expand_pattern(e->sh, part->word, &pattern, err);

	if (!r && part->second)
		r = expand_text(e->sh, part->second, &by, err);
	if (r)
		return r;
	if (memchr(by.ptr, '&', by.len))
		return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "& in a replacement");
	while (at <= value.len) {
		size_t n = SIZE_MAX;
		bool here = pattern.len && (part->op != PARAM_REPLACE_HEAD || at == 0);

		if (out.len > LIMIT_SHELL_OUTPUT)
			return shell_abandon(e->sh, REFUSAL_LIMIT, err,
					     "more than %u bytes in a word", LIMIT_SHELL_OUTPUT);
		if (here && part->op == PARAM_REPLACE_TAIL) {
			bool matches = false;

			r = shell_match(e->sh, pattern,
					(struct str){ value.ptr + at, value.len - at }, 0,
					&matches, err);
			if (matches)
				n = value.len - at;
		} else if (here) {
			r = match_at(e->sh, pattern, value, at, &n, err);
		}
		if (r)
			return r;
		if (n == 0 && at < value.len && part->op == PARAM_REPLACE_ALL)
			n = SIZE_MAX; /* an empty match in the middle: none */
		if (n != SIZE_MAX && (n || at == 0 || part->op == PARAM_REPLACE_TAIL)) {
			buf_add_str(&out, by);
			at += n;
			if (part->op != PARAM_REPLACE_ALL || !n)
				break;
			continue;
		}
		if (at == value.len || part->op == PARAM_REPLACE_HEAD)
			break;
		buf_add_char(&out, value.ptr[at++]);
	}
	if (at < value.len)
		buf_add(&out, value.ptr + at, value.len - at);
	*ret = scratch_str(&e->sh->session->scratch, buf_str(&out));
	return 0;
}

static int slice(struct expander *e, const struct part *part, struct str value, struct str *ret,
		 struct error *err)
{
	int64_t from, n, len = (int64_t)value.len;
	struct str text;
	int r = expand_text(e->sh, part->word, &text, err);

	r = r ? r : arithmetic_evaluate(e->sh, text, &from, err);
	n = len;
	if (!r && part->second) {
		r = expand_text(e->sh, part->second, &text, err);
		r = r ? r : arithmetic_evaluate(e->sh, text, &n, err);
	}
	if (r)
		return r;
	for (int64_t i = 0; i < len; i++)
		if ((unsigned char)value.ptr[i] >= 128)
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err,
					     "a slice of a text that is not ASCII");
	if (from < 0)
		from += len;
	*ret = STR("");
	if (from < 0 || from > len)
		return 0;
	if (n < 0)
		n += len - from;
	if (n < 0)
		return shell_die(e->sh, 1, "%lld: substring expression < 0", (long long)n);
	if (n > len - from)
		n = len - from;
	*ret = (struct str){ value.ptr + from, (size_t)n };
	return 0;
}

static int change_case(struct expander *e, const struct part *part, struct str value,
		       struct str *ret, struct error *err)
{
	bool all = part->op == PARAM_UPPER_ALL || part->op == PARAM_LOWER_ALL;
	bool upper = part->op == PARAM_UPPER_ALL || part->op == PARAM_UPPER;
	char *copy;

	if (part->word->n)
		return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "a pattern behind ^ or ,");
	*ret = scratch_str(&e->sh->session->scratch, value);
	copy = scratch_alloc(&e->sh->session->scratch, value.len + 1);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if ((unsigned char)c >= 128)
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err,
					     "the case of a letter that is not ASCII");
		if ((all || !i) && upper && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if ((all || !i) && !upper && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		copy[i] = c;
	}
	*ret = (struct str){ copy, value.len };
	return 0;
}

int expand_bash(struct expander *e, const struct part *part, struct str value, struct str *ret,
		struct error *err)
{
	switch (part->op) {
	case PARAM_REPLACE:
	case PARAM_REPLACE_ALL:
	case PARAM_REPLACE_HEAD:
	case PARAM_REPLACE_TAIL:
		return replace(e, part, value, ret, err);
	case PARAM_SLICE:
		return slice(e, part, value, ret, err);
	case PARAM_UPPER:
	case PARAM_UPPER_ALL:
	case PARAM_LOWER:
	case PARAM_LOWER_ALL:
		return change_case(e, part, value, ret, err);
	default:
		return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "this parameter expansion");
	}
}

/* ---- braces ---- */

struct braces {
	struct shell *sh;
	const struct word **words;
	size_t n, capacity;
	unsigned depth;
	bool unknown; /* a sequence that is not modelled, or too many */
};

/* A place in a word: byte @at of part @part. */
struct place {
	size_t part, at;
};

static bool next_place(const struct word *w, struct place *p)
{
	if (w->parts[p->part].kind == PART_TEXT && !w->parts[p->part].quoted &&
	    p->at + 1 < w->parts[p->part].text.len) {
		p->at++;
		return true;
	}
	p->part++;
	p->at = 0;
	return p->part < w->n;
}

static char char_at(const struct word *w, struct place p)
{
	const struct part *part = &w->parts[p.part];

	return part->kind == PART_TEXT && !part->quoted && p.at < part->text.len
		       ? part->text.ptr[p.at]
		       : 0;
}

/* The parts of @w from @from to before @to. */
static size_t copy_parts(const struct word *w, struct place from, struct place to,
			 struct part *out)
{
	size_t n = 0;

	for (size_t i = from.part; i < w->n && i <= to.part; i++) {
		struct part part = w->parts[i];
		size_t start = i == from.part ? from.at : 0;
		size_t end = i == to.part ? to.at : SIZE_MAX;

		if (part.kind != PART_TEXT || part.quoted) {
			if (end)
				out[n++] = part;
			continue;
		}
		if (end > part.text.len)
			end = part.text.len;
		if (start >= end)
			continue;
		part.text = (struct str){ part.text.ptr + start, end - start };
		out[n++] = part;
	}
	return n;
}

static void keep_word(struct braces *b, const struct word *w)
{
	if (b->n == b->capacity) {
		size_t wider = b->capacity ? 2 * b->capacity : 8;
		const struct word **words =
			scratch_alloc(&b->sh->session->scratch, wider * sizeof(*words));

		if (b->n)
			memcpy(words, b->words, b->n * sizeof(*words));
		b->words = words;
		b->capacity = wider;
	}
	b->words[b->n++] = w;
}

static void expand_one(struct braces *b, const struct word *w, struct place from);

/* @w with what stands between @open and @close (both included) replaced. */
static void with_piece(struct braces *b, const struct word *w, struct place open,
		       struct place close, const struct part *piece, size_t n_piece)
{
	struct scratch *s = &b->sh->session->scratch;
	struct word *copy = scratch_alloc(s, sizeof(*copy));
	size_t n;
	struct place end = { w->n, 0 };

	*copy = *w;
	copy->plain = false;
	copy->parts = scratch_alloc(s, (2 * w->n + n_piece + 4) * sizeof(*copy->parts));
	n = copy_parts(w, (struct place){ 0, 0 }, open, copy->parts);
	memcpy(copy->parts + n, piece, n_piece * sizeof(*piece));
	{
		/* Nested braces are in the piece: look from its start on. */
		struct place next = { n, 0 };

		n += n_piece;
		close.at++;
		n += copy_parts(w, close, end, copy->parts + n);
		copy->n = n;
		expand_one(b, copy, next);
	}
}

static bool sequence(struct braces *b, const struct word *w, struct place open,
		     struct place close)
{
	struct part piece = { .kind = PART_TEXT };
	struct str text, first, last;
	char *end;
	long long from, to, step;
	char number[32];
	size_t dots;

	if (open.part != close.part)
		return false;
	text = (struct str){ w->parts[open.part].text.ptr + open.at + 1, close.at - open.at - 1 };
	for (dots = 0; dots + 1 < text.len; dots++)
		if (text.ptr[dots] == '.' && text.ptr[dots + 1] == '.')
			break;
	if (dots + 2 >= text.len || !dots)
		return false;
	first = (struct str){ text.ptr, dots };
	last = (struct str){ text.ptr + dots + 2, text.len - dots - 2 };
	if (first.len > 9 || last.len > 9)
		return false;
	memcpy(number, first.ptr, first.len);
	number[first.len] = 0;
	from = strtoll(number, &end, 10);
	if (*end || (number[0] == '0' && first.len > 1)) {
		b->unknown = true;
		return false;
	}
	memcpy(number, last.ptr, last.len);
	number[last.len] = 0;
	to = strtoll(number, &end, 10);
	if (*end || (number[0] == '0' && last.len > 1) || to - from > 10000 || from - to > 10000) {
		b->unknown = true;
		return false;
	}
	step = from <= to ? 1 : -1;
	for (long long i = from;; i += step) {
		snprintf(number, sizeof(number), "%lld", i);
		piece.text = scratch_str(&b->sh->session->scratch, str_of(number));
		with_piece(b, w, open, close, &piece, 1);
		if (i == to || b->unknown)
			break;
	}
	return true;
}

/* The '}' of the '{' at @open, and whether a comma is in it; false: none. */
static bool find_close(const struct word *w, struct place open, struct place *ret, bool *ret_comma)
{
	struct place p = open;
	unsigned nested = 0;

	*ret_comma = false;
	while (next_place(w, &p)) {
		char c = char_at(w, p);

		if (c == '{')
			nested++;
		else if (c == ',' && !nested)
			*ret_comma = true;
		else if (c == '}' && nested)
			nested--;
		else if (c == '}') {
			*ret = p;
			return true;
		}
	}
	return false;
}

static void alternatives(struct braces *b, const struct word *w, struct place open,
			 struct place close)
{
	struct place start = open, p = open;
	struct part *piece = scratch_alloc(&b->sh->session->scratch,
					   (w->n + 2) * sizeof(*piece));
	unsigned nested = 0;

	start.at++;
	while (next_place(w, &p)) {
		char c = char_at(w, p);
		bool end = p.part == close.part && p.at == close.at;

		nested += c == '{';
		nested -= c == '}' && nested;
		if (!end && (c != ',' || nested))
			continue;
		with_piece(b, w, open, close, piece, copy_parts(w, start, p, piece));
		if (end || b->unknown)
			return;
		start = p;
		start.at++;
	}
}

static void expand_one(struct braces *b, const struct word *w, struct place from)
{
	struct place p = from, close;
	bool more = from.part < w->n, comma;

	b->unknown = b->unknown || b->depth > 20 || b->n > 10000;
	for (; more && !b->unknown; more = next_place(w, &p)) {
		if (char_at(w, p) != '{' || !find_close(w, p, &close, &comma))
			continue;
		b->depth++;
		if (comma) {
			alternatives(b, w, p, close);
			b->depth--;
			return;
		}
		if (sequence(b, w, p, close)) {
			b->depth--;
			return;
		}
		b->depth--;
	}
	keep_word(b, w);
}

size_t expand_braces(struct shell *sh, const struct word *w, const struct word *const **ret)
{
	struct braces b = { .sh = sh };
	bool any = false;

	for (size_t i = 0; i < w->n && !any; i++)
		any = w->parts[i].kind == PART_TEXT && !w->parts[i].quoted &&
		      memchr(w->parts[i].text.ptr, '{', w->parts[i].text.len);
	if (!any)
		return 0;
	expand_one(&b, w, (struct place){ 0, 0 });
	*ret = b.words;
	return b.unknown ? SIZE_MAX : b.n;
}
