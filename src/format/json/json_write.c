#include "format/json/json_value.h"

/* RFC 8785, 3.2.2.2: short escapes where JSON has them, else \u00xx. */
void json_write_str(struct str text, struct buf *to)
{
	static const char shorts[] = "\b\t\n\f\r\"\\";
	static const char names[] = "btnfr\"\\";

	buf_add_char(to, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		const char *at = c ? strchr(shorts, c) : NULL;

		if (at) {
			buf_add_char(to, '\\');
			buf_add_char(to, names[at - shorts]);
		} else if ((unsigned char)c < 0x20) {
			buf_printf(to, "\\u%04x", (unsigned)c);
		} else {
			buf_add_char(to, c);
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
