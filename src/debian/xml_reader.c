#include "debian/xml_reader.h"

#include <string.h>

#include "base/text.h"

void xml_init(struct xml_reader *r, struct str text, struct arena *arena)
{
	*r = (struct xml_reader){ .text = text, .arena = arena };
	if (!text_is_utf8(text) || memchr(text.ptr ? text.ptr : "", '\0', text.len))
		r->reason = "it is not UTF-8";
}

unsigned xml_line(const struct xml_reader *r)
{
	unsigned line = 1;

	for (size_t i = 0; i < r->at && i < r->text.len; i++)
		line += r->text.ptr[i] == '\n';
	return line;
}

static int bad(struct xml_reader *r, const char *reason)
{
	r->reason = reason;
	return 1;
}

static struct str rest_of(const struct xml_reader *r)
{
	return (struct str){ r->text.ptr + r->at, r->text.len - r->at };
}

/* Moves behind the next @mark. */
static bool skip_past(struct xml_reader *r, const char *mark)
{
	size_t len = strlen(mark);

	for (; r->at + len <= r->text.len; r->at++)
		if (memcmp(r->text.ptr + r->at, mark, len) == 0) {
			r->at += len;
			return true;
		}
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct xml_reader *r)
{
	while (r->at < r->text.len && is_space(r->text.ptr[r->at]))
		r->at++;
}

static bool is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static struct str take_name(struct xml_reader *r)
{
	size_t start = r->at;

	while (r->at < r->text.len && is_name_char(r->text.ptr[r->at], r->at == start))
		r->at++;
	return (struct str){ r->text.ptr + start, r->at - start };
}

/* "lt", "#10", "#xA": at most four bytes of UTF-8; 0: unknown. */
static size_t decode_entity(struct str name, char ret[static 4])
{
	static const struct {
		const char *name;
		char c;
	} table[] = {
		{ "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
	};
	uint32_t code = 0;
	bool hex = name.len > 2 && name.ptr[1] == 'x';

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (str_equal_cstr(name, table[i].name)) {
			*ret = table[i].c;
			return 1;
		}
	if (name.len < 2 || name.len > 9 || name.ptr[0] != '#')
		return 0;
	for (size_t i = hex ? 2 : 1; i < name.len; i++) {
		char c = name.ptr[i];
		uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0')
				 : (c | 32) >= 'a' && (c | 32) <= 'f'
					 ? (uint32_t)((c | 32) - 'a' + 10)
					 : 99;

		if (digit >= (hex ? 16u : 10u))
			return 0;
		code = code * (hex ? 16 : 10) + digit;
		if (code > 0x10ffff)
			return 0;
	}
	if (!code || (code >= 0xd800 && code < 0xe000))
		return 0;
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (char)(0xc0 | code >> 6);
		ret[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		ret[0] = (char)(0xe0 | code >> 12);
		ret[1] = (char)(0x80 | (code >> 6 & 63));
		ret[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	ret[0] = (char)(0xf0 | code >> 18);
	ret[1] = (char)(0x80 | (code >> 12 & 63));
	ret[2] = (char)(0x80 | (code >> 6 & 63));
	ret[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* Entities, and ends of lines as XML 1.0, 2.11 and 3.3.3 have them. */
static int decode(struct xml_reader *r, struct str raw, bool attribute, struct str *ret)
{
	char *out = arena_alloc(r->arena, raw.len + 1), entity[4];
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (c == '\r') {
			if (i + 1 < raw.len && raw.ptr[i + 1] == '\n')
				i++;
			c = '\n';
		}
		if (attribute && (c == '\n' || c == '\t'))
			c = ' ';
		if (c != '&') {
			out[n++] = c;
			continue;
		}
		{
			struct str name = { raw.ptr + i + 1, raw.len - i - 1 };
			size_t len;

			name.len = str_find_char(name, ';');
			if (i + 1 + name.len >= raw.len)
				return bad(r, "an entity without an end");
			len = decode_entity(name, entity);
			if (!len)
				return bad(r, "an entity that is not known");
			memcpy(out + n, entity, len); /* never longer than its name */
			n += len;
			i += name.len + 1;
		}
	}
	*ret = (struct str){ out, n };
	return 0;
}

static int take_attribute(struct xml_reader *r, size_t *n)
{
	struct xml_attribute *a = &r->attributes[*n];
	size_t start;
	char quote;

	if (*n == XML_ATTRIBUTES_MAX)
		return bad(r, "too many attributes");
	a->name = take_name(r);
	skip_space(r);
	if (!a->name.len || r->at == r->text.len || r->text.ptr[r->at++] != '=')
		return bad(r, "an attribute without a value");
	skip_space(r);
	if (r->at == r->text.len || (r->text.ptr[r->at] != '"' && r->text.ptr[r->at] != '\''))
		return bad(r, "a value without quotes");
	quote = r->text.ptr[r->at++];
	start = r->at;
	while (r->at < r->text.len && r->text.ptr[r->at] != quote)
		if (r->text.ptr[r->at++] == '<')
			return bad(r, "'<' in a value");
	if (r->at == r->text.len)
		return bad(r, "a value without an end");
	for (size_t i = 0; i < *n; i++)
		if (str_equal(r->attributes[i].name, a->name))
			return bad(r, "an attribute twice");
	if (decode(r, (struct str){ r->text.ptr + start, r->at - start }, true, &a->value))
		return 1;
	r->at++;
	++*n;
	return 0;
}

static int start_tag(struct xml_reader *r, struct xml_event *ret)
{
	struct str name = take_name(r);
	size_t n = 0;

	if (!name.len)
		return bad(r, "'<' without a name");
	if (!r->depth && r->seen_root)
		return bad(r, "a second element at the top");
	if (r->depth == XML_DEPTH_MAX)
		return bad(r, "it nests too deeply");
	for (;;) {
		size_t before = r->at;

		skip_space(r);
		if (r->at == r->text.len)
			return bad(r, "a tag without an end");
		if (r->text.ptr[r->at] == '>' || r->text.ptr[r->at] == '/')
			break;
		if (r->at == before)
			return bad(r, "a tag that is malformed");
		if (take_attribute(r, &n))
			return 1;
	}
	if (r->text.ptr[r->at] == '/') {
		r->at++;
		if (r->at == r->text.len || r->text.ptr[r->at] != '>')
			return bad(r, "'/' inside a tag");
		r->pending_end = true;
	}
	r->at++;
	r->seen_root = true;
	r->open[r->depth++] = name;
	*ret = (struct xml_event){
		.kind = XML_START, .name = name, .attributes = r->attributes, .n_attributes = n
	};
	return 0;
}

static int end_tag(struct xml_reader *r, struct xml_event *ret)
{
	struct str name = take_name(r);

	skip_space(r);
	if (r->at == r->text.len || r->text.ptr[r->at++] != '>')
		return bad(r, "an end tag that is malformed");
	if (!r->depth || !str_equal(r->open[r->depth - 1], name))
		return bad(r, "an end tag of another element");
	r->depth--;
	*ret = (struct xml_event){ .kind = XML_END, .name = name };
	return 0;
}

/* "<!--", "<![CDATA[" and "<?": 1 bad, 0 with text, 2: nothing to report. */
static int declaration(struct xml_reader *r, struct xml_event *ret)
{
	if (str_has_prefix(rest_of(r), STR("<?"))) {
		return skip_past(r, "?>") ? 2 : bad(r, "an instruction without an end");
	}
	if (str_has_prefix(rest_of(r), STR("<!--"))) {
		r->at += 4;
		return skip_past(r, "-->") ? 2 : bad(r, "a comment without an end");
	}
	if (str_has_prefix(rest_of(r), STR("<![CDATA[")) && r->depth) {
		size_t start = r->at += 9;

		if (!skip_past(r, "]]>"))
			return bad(r, "CDATA without an end");
		*ret = (struct xml_event){ .kind = XML_TEXT,
					   .text = { r->text.ptr + start, r->at - 3 - start } };
		return 0;
	}
	return bad(r, "a declaration");
}

static int take_text(struct xml_reader *r, struct xml_event *ret)
{
	size_t start = r->at;

	while (r->at < r->text.len && r->text.ptr[r->at] != '<')
		r->at++;
	*ret = (struct xml_event){ .kind = XML_TEXT };
	return decode(r, (struct str){ r->text.ptr + start, r->at - start }, false, &ret->text);
}

int xml_next(struct xml_reader *r, struct xml_event *ret)
{
	if (r->reason)
		return 1;
	if (r->pending_end) {
		r->pending_end = false;
		*ret = (struct xml_event){ .kind = XML_END, .name = r->open[--r->depth] };
		return 0;
	}
	for (;;) {
		int status;

		if (!r->depth)
			skip_space(r);
		if (r->at == r->text.len) {
			if (r->depth || !r->seen_root)
				return bad(r, "it ends too early");
			*ret = (struct xml_event){ .kind = XML_EOF };
			return 0;
		}
		if (r->text.ptr[r->at] != '<')
			return r->depth ? take_text(r, ret) : bad(r, "text outside of elements");
		if (r->at + 1 < r->text.len &&
		    (r->text.ptr[r->at + 1] == '!' || r->text.ptr[r->at + 1] == '?')) {
			status = declaration(r, ret);
			if (status != 2)
				return status;
			continue;
		}
		r->at++;
		if (r->at < r->text.len && r->text.ptr[r->at] == '/') {
			r->at++;
			return end_tag(r, ret);
		}
		return start_tag(r, ret);
	}
}
