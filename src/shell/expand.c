/* Words to fields: field splitting, quote removal. XCU 2.6. */
#include "shell/expander.h"
#include "shell/world_accounts.h"

#include "base/limits.h"

struct str expander_ifs(const struct shell *sh)
{
	struct str ifs;

	return variable_get(sh, variable_ifs, &ifs) ? ifs : STR(" \t\n");
}

static void append(struct expander *e, struct str text, bool quoted)
{
	uint8_t *notes = buf_reserve(&e->quoted, text.len);

	memset(notes, quoted, text.len);
	e->quoted.len += text.len;
	buf_add_str(&e->text, text);
	if (!quoted && !e->special)
		for (size_t i = 0; i < text.len; i++)
			if (strchr("*?[", text.ptr[i]) && text.ptr[i])
				e->special = true;
}

static void keep(struct expander *e, struct str field)
{
	if (e->n == e->capacity) {
		size_t wider = e->capacity ? 2 * e->capacity : 8;
		struct str *fields =
			scratch_alloc(&e->sh->session->scratch, wider * sizeof(*fields));

		if (e->n)
			memcpy(fields, e->fields, e->n * sizeof(*fields));
		e->fields = fields;
		e->capacity = wider;
	}
	(void)shell_charge(e->sh, sizeof(field));
	e->fields[e->n++] = field;
}

/* The field as a pattern: a backslash before what was quoted. */
static void escape(const struct expander *e, struct buf *to, const char *which)
{
	for (size_t i = 0; i < e->text.len; i++) {
		char c = (char)e->text.ptr[i];

		if (e->quoted.ptr[i] && c && strchr(which, c))
			buf_add_char(to, '\\');
		buf_add_char(to, c);
	}
}

static int end_field(struct expander *e, struct error *err)
{
	struct scratch *scratch = &e->sh->session->scratch;
	struct str field = buf_str(&e->text);

	if (e->special && !(e->sh->state.flags & FLAG_NOGLOB)) {
		CLEANUP_BUF struct buf pattern = BUF_INIT(EXPANDER_MAX);
		struct str *files;
		size_t n = 0;
		int r;

		escape(e, &pattern, "*?[]\\-!^");
		r = expand_files(e->sh, buf_str(&pattern), &files, &n, err);
		if (r)
			return r;
		for (size_t i = 0; i < n; i++)
			keep(e, files[i]);
		if (!n && !(e->sh->state.flags & FLAG_NULLGLOB))
			keep(e, scratch_str(scratch, field));
	} else {
		keep(e, scratch_str(scratch, field.ptr ? field : STR("")));
	}
	buf_reset(&e->text);
	buf_reset(&e->quoted);
	e->started = e->special = false;
	return 0;
}

int expander_break(struct expander *e, bool even_empty, struct error *err)
{
	e->after = AFTER_NOTHING;
	if (!e->started && !even_empty)
		return 0;
	return end_field(e, err);
}

static int split(struct expander *e, struct str text, struct error *err)
{
	size_t at = 0;

	while (at < text.len) {
		size_t end = at;
		char c;

		while (end < text.len && !memchr(e->separators.ptr, text.ptr[end],
						 e->separators.len))
			end++;
		if (end > at) {
			append(e, (struct str){ text.ptr + at, end - at }, false);
			e->started = true;
			e->after = AFTER_NOTHING;
			at = end;
			continue;
		}
		c = text.ptr[at++];
		if (c == ' ' || c == '\t' || c == '\n') {
			if (e->started) {
				if (end_field(e, err))
					return -1;
				e->after = AFTER_WHITE;
			}
		} else if (e->after == AFTER_WHITE) {
			e->after = AFTER_SEPARATOR;
		} else {
			if (end_field(e, err))
				return -1;
			e->after = AFTER_SEPARATOR;
		}
	}
	return 0;
}

int expander_add(struct expander *e, struct str text, bool quoted, bool splits, struct error *err)
{
	struct session *s = e->sh->session;

	if (e->text.len + text.len > LIMIT_SHELL_OUTPUT ||
	    s->held + s->scratch.used + text.len > LIMIT_SHELL_MEMORY)
		return shell_abandon(e->sh, REFUSAL_LIMIT, err, "more than %u bytes in a word",
				     LIMIT_SHELL_OUTPUT);
	(void)shell_charge(e->sh, text.len);
	if (splits && !quoted && e->purpose == EXPAND_FIELDS && e->separators.len)
		return split(e, text, err);
	if (text.len || quoted)
		e->started = true;
	if (text.len || quoted)
		e->after = AFTER_NOTHING;
	append(e, text, quoted);
	return 0;
}

static int tilde(struct expander *e, struct str user, struct error *err)
{
	struct str home;
	int r;

	if (!user.len && variable_get(e->sh, variable_home, &home))
		return expander_add(e, home, true, false, err);
	if (user.len && world_account_line(e->sh, "/etc/passwd", 0, user, &home))
		return expander_add(e, world_account_field(home, 5), true, false, err);
	/* An unknown user's word stays as it is. */
	r = expander_add(e, STR("~"), true, false, err);
	return r || !user.len ? r : expander_add(e, user, true, false, err);
}

static int arithmetic(struct expander *e, const struct part *part, struct error *err)
{
	struct str text;
	int64_t value = 0;
	char number[32];
	int r = expand_text(e->sh, part->word, &text, err);

	if (!r)
		r = arithmetic_evaluate(e->sh, text, &value, err);
	if (r)
		return r;
	snprintf(number, sizeof(number), "%lld", (long long)value);
	return expander_add(e, str_of(number), part->quoted, true, err);
}

int expander_parts(struct expander *e, const struct word *w, bool in_parameter, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < w->n && !r; i++) {
		const struct part *part = &w->parts[i];
		struct str text;

		switch (part->kind) {
		case PART_TEXT:
			r = expander_add(e, part->text, part->quoted, in_parameter, err);
			break;
		case PART_TILDE:
			r = tilde(e, part->text, err);
			break;
		case PART_PARAM:
			r = expander_parameter(e, part, err);
			break;
		case PART_ARITH:
			r = arithmetic(e, part, err);
			break;
		case PART_COMMAND:
			r = evaluate_substitution(e->sh, part->command, &text, err);
			if (!r)
				r = expander_add(e, text, part->quoted, true, err);
			break;
		}
	}
	return r;
}

static int one_word(struct expander *e, const struct word *w, struct error *err)
{
	int r;

	if (w->plain) {
		keep(e, w->text);
		return 0;
	}
	e->separators = expander_ifs(e->sh);
	e->after = AFTER_NOTHING;
	r = expander_parts(e, w, false, err);
	return r ? r : expander_break(e, false, err);
}

int expand_words(struct shell *sh, struct word *const *words, size_t n, struct str **ret,
		 size_t *ret_n, struct error *err)
{
	CLEANUP_EXPANDER struct expander e = EXPANDER_INIT(sh, EXPAND_FIELDS);

	for (size_t i = 0; i < n; i++) {
		const struct word *const *braced = NULL;
		const struct word *w = words[i];
		size_t n_braced = 0;
		int r = 0;

		if (sh->bash && !w->plain)
			n_braced = expand_braces(sh, w, &braced);
		if (n_braced == SIZE_MAX)
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "this brace expansion");
		if (n_braced) {
			for (size_t k = 0; k < n_braced && !r; k++)
				r = one_word(&e, braced[k], err);
		} else {
			r = one_word(&e, w, err);
		}
		if (r)
			return r;
	}
	*ret = e.fields;
	*ret_n = e.n;
	return 0;
}

struct str expander_text(struct expander *e)
{
	struct scratch *scratch = &e->sh->session->scratch;

	if (e->purpose == EXPAND_PATTERN || e->purpose == EXPAND_REGEX) {
		CLEANUP_BUF struct buf pattern = BUF_INIT(EXPANDER_MAX);

		escape(e, &pattern,
		       e->purpose == EXPAND_PATTERN ? "*?[]\\-!^()|@+" : ".*?[]\\^$()|+{}");
		return scratch_str(scratch, buf_str(&pattern));
	}
	return scratch_str(scratch, buf_str(&e->text));
}

static int one_text(struct shell *sh, const struct word *w, enum expand_purpose purpose,
		    struct str *ret, struct error *err)
{
	CLEANUP_EXPANDER struct expander e = EXPANDER_INIT(sh, purpose);
	int r;

	if (w->plain && purpose == EXPAND_TEXT) {
		*ret = w->text;
		return 0;
	}
	e.separators = expander_ifs(sh);
	r = expander_parts(&e, w, false, err);
	if (!r)
		*ret = expander_text(&e);
	return r;
}

int expand_text(struct shell *sh, const struct word *w, struct str *ret, struct error *err)
{
	return one_text(sh, w, EXPAND_TEXT, ret, err);
}

int expand_pattern(struct shell *sh, const struct word *w, struct str *ret, struct error *err)
{
	return one_text(sh, w, EXPAND_PATTERN, ret, err);
}

int expand_regex(struct shell *sh, const struct word *w, struct str *ret, struct error *err)
{
	return one_text(sh, w, EXPAND_REGEX, ret, err);
}
