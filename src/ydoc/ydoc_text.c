#include "ydoc/ydoc_text.h"

#include "base/text.h"

static size_t character_length(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return len < left ? len : left;
}

size_t ydoc_cursor_next(struct ydoc_cursor *c)
{
	size_t len;

	if (c->byte == c->text.len)
		return 0;
	len = character_length(c->text.ptr + c->byte, c->text.len - c->byte);
	if (c->text.ptr[c->byte] == '\n') {
		c->line++;
		c->column = 1;
	} else {
		c->column++;
	}
	c->byte += len;
	c->index++;
	return len;
}

uint32_t ydoc_character(const char *p, size_t len)
{
	uint32_t c = (unsigned char)p[0];

	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

bool ydoc_is_deceptive(const char *p, size_t len)
{
	uint32_t c = ydoc_character(p, len);

	return (c >= 0x80 && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff;
}

static int refuse(struct src_pos pos, const char *what, const char *hint, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_SYNTAX, pos, "%s", what);
	return err_hint(err, "%s", hint);
}

/* One character, already known to be whole. */
static int check_character(const char *p, size_t len, size_t left, struct src_pos pos,
			   struct error *err)
{
	if (*p == 0)
		return refuse(pos, "the text holds a NUL byte",
			      "save the file as plain text (UTF-8, not UTF-16)", err);
	if (*p == '\r' && (left < 2 || p[1] != '\n'))
		return refuse(pos, "the text holds a carriage return inside a line",
			      "end lines with LF, or write \"\\r\" in double quotes", err);
	if (((unsigned char)*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') || *p == 0x7f)
		return refuse(pos, "the text holds a control character",
			      "write it as an escape in double quotes, \"\\x1b\"", err);
	if (ydoc_is_deceptive(p, len))
		return refuse(pos, "the text holds a character that hides what is written",
			      "byte order marks, unusual line breaks and text direction "
			      "controls are refused; write \"\\uNNNN\" in double quotes", err);
	return 0;
}

int ydoc_text_check(struct str text, const char *file, struct error *err)
{
	struct ydoc_cursor c = YDOC_CURSOR_INIT(text);

	while (c.byte < text.len) {
		struct src_pos pos = { file, c.line, c.column };
		const char *p = text.ptr + c.byte;
		size_t left = text.len - c.byte, len = character_length(p, left);

		if ((unsigned char)*p >= 0x80 && !text_is_utf8((struct str){ p, len }))
			return refuse(pos, "the text is not UTF-8",
				      "save the file as UTF-8; other bytes belong in a file "
				      "named by 'from:'", err);
		if (check_character(p, len, left, pos, err) < 0)
			return -1;
		(void)ydoc_cursor_next(&c);
	}
	return 0;
}
