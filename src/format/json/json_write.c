#include "format/json/json_value.h"

/* How many bytes from @at on stand for themselves. */
static size_t plain_run(struct str text, size_t at)
{
	size_t from = at;

	while (at < text.len && (unsigned char)text.ptr[at] >= 0x20 && text.ptr[at] != '"' &&
	       text.ptr[at] != '\\')
		at++;
	return at - from;
}

/* RFC 8785, 3.2.2.2: short escapes where JSON has them, else \u00xx. */
void json_write_str(struct str text, struct buf *to)
{
	static const char shorts[] = "\b\t\n\f\r\"\\";
	static const char names[] = "btnfr\"\\";

	buf_add_char(to, '"');
	for (size_t i = 0; i < text.len; i++) {
		size_t plain = plain_run(text, i);
		const char *at;
		char c;

		buf_add(to, text.ptr + i, plain);
		i += plain;
		if (i == text.len)
			break;
		c = text.ptr[i];
		at = c ? strchr(shorts, c) : NULL;
		if (at) {
			buf_add_char(to, '\\');
			buf_add_char(to, names[at - shorts]);
		} else {
			buf_printf(to, "\\u%04x", (unsigned)c);
		}
	}
	buf_add_char(to, '"');
}

static void new_line(struct buf *to, unsigned depth)
{
	buf_add_char(to, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_add_cstr(to, "  ");
}

/* Recursion ends: values are trees, built by us or no deeper than the reader allows. */
static void write_value(const struct json *v, bool pretty, unsigned depth, struct buf *to)
{
	bool object = v->kind == JSON_OBJECT;

	switch (v->kind) {
	case JSON_NULL:
		buf_add_cstr(to, "null");
		return;
	case JSON_BOOL:
		buf_add_cstr(to, v->integer ? "true" : "false");
		return;
	case JSON_INT:
		buf_printf(to, "%lld", (long long)v->integer);
		return;
	case JSON_STRING:
		json_write_str(v->text, to);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	buf_add_char(to, object ? '{' : '[');
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			buf_add_char(to, ',');
		if (pretty)
			new_line(to, depth + 1);
		if (object) {
			json_write_str(v->members[i].name, to);
			buf_add_cstr(to, pretty ? ": " : ":");
		}
		write_value(v->members[i].value, pretty, depth + 1, to);
	}
	if (pretty && v->n)
		new_line(to, depth);
	buf_add_char(to, object ? '}' : ']');
}

void json_write(const struct json *v, struct buf *to)
{
	write_value(v, false, 0, to);
}

void json_write_pretty(const struct json *v, struct buf *to)
{
	write_value(v, true, 0, to);
	buf_add_char(to, '\n');
}
