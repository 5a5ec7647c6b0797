/*
 * Patterns of gitignore(5). Both '*' and '**' can match in many ways, so all of
 * them are followed at once: time is pattern times path, whatever the pattern.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "recipe/gitignore.h"

enum token_kind {
	TOKEN_CHAR = 1,
	TOKEN_ONE,     /* '?': any but '/' */
	TOKEN_CLASS,   /* [...] */
	TOKEN_MANY,    /* '*': any number, but no '/' */
	TOKEN_FOLDERS, /* a leading or inner double star with its '/': any number of folders */
	TOKEN_ALL,     /* a trailing double star: anything */
};

struct token {
	enum token_kind kind;
	char c;
	struct str class; /* between the brackets */
};

/* Length of a bracket expression at @p with its brackets, or 0. */
static size_t class_length(struct str p)
{
	size_t i = 1;

	if (i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^'))
		i++;
	for (bool first = true; i < p.len; i++, first = false) {
		if (p.ptr[i] == ']' && !first)
			return i + 1;
		if (p.ptr[i] == '\\')
			i++;
	}
	return 0;
}

static bool class_has(struct str class, char c)
{
	bool negated = class.len && (class.ptr[0] == '!' || class.ptr[0] == '^');
	bool found = false;

	for (size_t i = negated; i < class.len; i++) {
		char low, high;

		if (class.ptr[i] == '\\' && i + 1 < class.len)
			i++;
		low = high = class.ptr[i];
		if (i + 2 < class.len && class.ptr[i + 1] == '-') {
			i += 2;
			if (class.ptr[i] == '\\' && i + 1 < class.len)
				i++;
			high = class.ptr[i];
		}
		found = found || ((unsigned char)c >= (unsigned char)low &&
				  (unsigned char)c <= (unsigned char)high);
	}
	return c != '/' && found != negated;
}

/* One token off @p; @at_start: at the start of a path component. */
static struct token next_token(struct str *p, bool at_start)
{
	struct token t = { .kind = TOKEN_CHAR, .c = p->ptr[0] };
	size_t len = 1;

	if (t.c == '*') {
		while (len < p->len && p->ptr[len] == '*')
			len++;
		t.kind = TOKEN_MANY;
		if (len == 2 && at_start && len == p->len) {
			t.kind = TOKEN_ALL;
		} else if (len == 2 && at_start && p->ptr[len] == '/') {
			t.kind = TOKEN_FOLDERS;
			len++;
		}
	} else if (t.c == '?') {
		t.kind = TOKEN_ONE;
	} else if (t.c == '[') { /* one that is not closed matches nothing, as in git */
		t.kind = TOKEN_CLASS;
		if (class_length(*p)) {
			len = class_length(*p);
			t.class = (struct str){ p->ptr + 1, len - 2 };
		}
	} else if (t.c == '\\' && p->len > 1) {
		t.c = p->ptr[1];
		len = 2;
	}
	*p = (struct str){ p->ptr + len, p->len - len };
	return t;
}

static size_t tokenize(struct str pattern, struct token *ret)
{
	const char *start = pattern.ptr;
	size_t n = 0;

	while (pattern.len)
		ret[n++] = next_token(&pattern, pattern.ptr == start || pattern.ptr[-1] == '/');
	return n;
}

static bool takes(const struct token *t, char c)
{
	switch (t->kind) {
	case TOKEN_CHAR:
		return c == t->c;
	case TOKEN_ONE:
		return c != '/';
	case TOKEN_CLASS:
		return class_has(t->class, c);
	default:
		return false;
	}
}

/* Marks token @i as expected, and what may follow it without a character. */
static void expect(const struct token *tokens, size_t n, bool *at, size_t i)
{
	for (; i <= n && !at[i]; i++) {
		at[i] = true;
		if (i == n || tokens[i].kind < TOKEN_MANY)
			break;
	}
}

static void step(const struct token *tokens, size_t n, const bool *at, const bool *in_folder,
		 char c, bool *next_at, bool *next_in_folder)
{
	for (size_t i = 0; i < n; i++) {
		const struct token *t = &tokens[i];

		if (at[i] && takes(t, c))
			expect(tokens, n, next_at, i + 1);
		if (at[i] && ((t->kind == TOKEN_MANY && c != '/') || t->kind == TOKEN_ALL))
			expect(tokens, n, next_at, i);
		if (t->kind != TOKEN_FOLDERS || !(at[i] || in_folder[i]))
			continue;
		if (c != '/')
			next_in_folder[i] = true;
		else if (in_folder[i])
			expect(tokens, n, next_at, i);
	}
}

bool gitignore_match(struct str pattern, struct str path)
{
	CLEANUP_FREE struct token *tokens = mem_array(pattern.len + 1, sizeof(*tokens));
	size_t n = tokenize(pattern, tokens), width = n + 1;
	CLEANUP_FREE bool *sets = mem_array(4 * width, sizeof(*sets));
	bool *now = sets, *next = sets + 2 * width; /* each: expected, then in a folder */

	expect(tokens, n, now, 0);
	for (size_t i = 0; i < path.len; i++) {
		bool *swap = now;

		memset(next, 0, 2 * width * sizeof(*sets));
		step(tokens, n, now, now + width, path.ptr[i], next, next + width);
		now = next;
		next = swap;
	}
	return now[n];
}
