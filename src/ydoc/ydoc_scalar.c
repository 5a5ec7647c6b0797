/*
 * Writing scalars. Plain only where no YAML reader could take the text for
 * anything but that text: other tools guess numbers, booleans, nulls and dates.
 */
#include "ydoc/ydoc.h"

#include <assert.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"
#include "ydoc/ydoc_text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* YAML 1.1 and 1.2: null, boolean, infinity */
static bool is_guessed_word(struct str s)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on",
					     "off", "y", "n", ".inf", ".nan" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (s.len == strlen(words[i]) && strncasecmp(s.ptr, words[i], s.len) == 0)
			return true;
	return false;
}

/* Integers, floats, base 60, base 2, 8 and 16, with or without exponent. */
static bool is_guessed_number(struct str s)
{
	size_t i = 0, dots = 0;

	if (s.len > 2 && s.ptr[0] == '0' && strchr("xXoObB", s.ptr[1]))
		return true;
	for (; i < s.len && (is_digit(s.ptr[i]) || strchr("_:.", s.ptr[i])); i++)
		dots += s.ptr[i] == '.';
	if (i == 0 || dots > 1)
		return false;
	if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
		i++;
		if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
			i++;
		while (i < s.len && is_digit(s.ptr[i]))
			i++;
	}
	return i == s.len;
}

/* 2026-09-01, with whatever follows */
static bool is_guessed_date(struct str s)
{
	return s.len >= 8 && is_digit(s.ptr[0]) && is_digit(s.ptr[1]) && is_digit(s.ptr[2]) &&
	       is_digit(s.ptr[3]) && s.ptr[4] == '-' && is_digit(s.ptr[5]);
}

static bool is_plain_safe(struct str s)
{
	if (s.len == 0 || !(is_alnum(s.ptr[0]) || s.ptr[0] == '/' || s.ptr[0] == '_'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : ' ';

		if (c == ' ' ? next == ' ' : c == ':' ? !is_alnum(next)
			       : !(is_alnum(c) || strchr("/_.+~=^()<>-", c)))
			return false;
	}
	return !is_guessed_word(s) && !is_guessed_number(s) && !is_guessed_date(s);
}

static void add_escaped(struct buf *to, struct str s)
{
	struct ydoc_cursor c = YDOC_CURSOR_INIT(s);

	while (c.byte < s.len) {
		const unsigned char *p = (const unsigned char *)s.ptr + c.byte;
		size_t len = ydoc_cursor_next(&c);

		if (*p == '"' || *p == '\\')
			buf_printf(to, "\\%c", *p);
		else if (*p == '\n')
			buf_add_cstr(to, "\\n");
		else if (*p == '\t')
			buf_add_cstr(to, "\\t");
		else if (*p < 0x20 || *p == 0x7f)
			buf_printf(to, "\\x%02x", *p);
		else if (ydoc_is_deceptive((const char *)p, len))
			buf_printf(to, "\\u%04x", ydoc_character((const char *)p, len));
		else
			buf_add(to, p, len);
	}
}

void ydoc_add_scalar(struct buf *to, struct str text)
{
	assert(text_is_utf8(text) && (text.len == 0 || !memchr(text.ptr, 0, text.len)));
	if (is_plain_safe(text)) {
		buf_add_str(to, text);
		return;
	}
	buf_add_char(to, '"');
	add_escaped(to, text);
	buf_add_char(to, '"');
}
