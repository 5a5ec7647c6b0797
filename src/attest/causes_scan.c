#include "attest/causes_scan.h"

#include "base/hex.h"

int scan_wrong(struct causes_scan *s, const char *what)
{
	size_t line = 1;

	for (const char *c = s->start; c < s->at; c++)
		line += *c == '\n';
	return err_set(s->err, ERR_FORMAT, "'%s' is damaged: line %zu: %s", s->name, line, what);
}

bool scan_take(struct causes_scan *s, const char *literal)
{
	struct str next = { s->at, (size_t)(s->end - s->at) }, wanted = str_of(literal);

	if (!str_has_prefix(next, wanted))
		return false;
	s->at += wanted.len;
	return true;
}

int scan_expect(struct causes_scan *s, const char *literal)
{
	return scan_take(s, literal) ? 0 : scan_wrong(s, "it is not as ingot writes it");
}

int scan_number(struct causes_scan *s, uint32_t *ret)
{
	const char *from = s->at;
	uint64_t value = 0;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(*s->at++ - '0');
	if (s->at == from || value > UINT32_MAX || (*from == '0' && s->at - from > 1))
		return scan_wrong(s, "a number was expected");
	*ret = (uint32_t)value;
	return 0;
}

static int take_escape(struct causes_scan *s)
{
	static const char names[] = "btnfr\"\\";
	static const char values[] = "\b\t\n\f\r\"\\";
	const char *at = s->at < s->end && *s->at ? strchr(names, *s->at) : NULL;
	uint8_t c = 0;

	if (at) {
		buf_add_char(&s->text, values[at - names]);
		s->at++;
		return 0;
	}
	if (!scan_take(s, "u00") || s->end - s->at < 2 ||
	    !hex_parse((struct str){ s->at, 2 }, &c, 1) || c == 0 || c >= 0x20 ||
	    strchr("\b\t\n\f\r", c))
		return scan_wrong(s, "unknown escape in a text");
	buf_add_char(&s->text, (char)c);
	s->at += 2;
	return 0;
}

int scan_text(struct causes_scan *s, struct str *ret)
{
	const char *from;

	if (!scan_take(s, "\""))
		return scan_wrong(s, "a text was expected");
	buf_reset(&s->text);
	for (from = s->at;;) {
		while (s->at < s->end && *s->at != '"' && *s->at != '\\' && (uint8_t)*s->at >= 0x20)
			s->at++;
		if (s->at == s->end || (uint8_t)*s->at < 0x20)
			return scan_wrong(s, "a text does not end");
		if (*s->at == '"' && !s->text.len) {
			*ret = (struct str){ from, (size_t)(s->at++ - from) };
			return 0;
		}
		buf_add(&s->text, from, (size_t)(s->at - from));
		if (*s->at++ == '"') {
			*ret = buf_str(&s->text);
			return 0;
		}
		if (take_escape(s) < 0)
			return -1;
		from = s->at;
	}
}

int scan_member(struct causes_scan *s, const char *literal, struct str *ret)
{
	struct str text;

	if (scan_expect(s, literal) < 0 || scan_text(s, &text) < 0)
		return -1;
	*ret = arena_str(s->arena, text);
	return 0;
}

int scan_bytes(struct causes_scan *s, struct str *ret)
{
	uint8_t *to, byte = 0;
	struct str text;

	if (scan_text(s, &text) < 0)
		return -1;
	if (str_find_char(text, '\\') == text.len) {
		*ret = text;
		return 0;
	}
	/* A backslash in the text was an escape in the file: the text lies in our buffer. */
	to = s->text.ptr;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\\') {
			*to++ = (uint8_t)text.ptr[i];
		} else if (i + 1 < text.len && text.ptr[i + 1] == '\\') {
			*to++ = '\\';
			i++;
		} else if (text.len - i >= 4 && text.ptr[i + 1] == 'x' &&
			   hex_parse((struct str){ text.ptr + i + 2, 2 }, &byte, 1) &&
			   byte >= 0x80) {
			*to++ = byte;
			i += 3;
		} else {
			return scan_wrong(s, "unknown escape in a name");
		}
	}
	*ret = (struct str){ (const char *)s->text.ptr, (size_t)(to - s->text.ptr) };
	return 0;
}
