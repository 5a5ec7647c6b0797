#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "format/json/json_value.h"

struct parser {
	const char *at, *end, *start;
	const char *name;
	struct arena *arena;
	struct buf text; /* the string being read */
	unsigned depth;
	size_t n_values; /* that may still come */
	struct error *err;
};

static int parse_value(struct parser *p, struct json **ret);

static int wrong(struct parser *p, enum err_code code, const char *what)
{
	unsigned line = 1, column = 1;

	for (const char *c = p->start; c < p->at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	return err_set(p->err, code, "%s:%u:%u: %s", p->name, line, column, what);
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end &&
	       (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
		p->at++;
}

static bool next_is(const struct parser *p, char c)
{
	return p->at < p->end && *p->at == c;
}

static bool is_digit(const struct parser *p)
{
	return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static int parse_integer(struct parser *p, struct json **ret)
{
	bool negative = next_is(p, '-');
	const char *first;
	uint64_t value = 0;

	p->at += negative;
	first = p->at;
	while (is_digit(p)) {
		if (value > (uint64_t)INT64_MAX / 10)
			return wrong(p, ERR_FORMAT, "a number does not fit 64 bits");
		value = value * 10 + (uint64_t)(*p->at++ - '0');
	}
	if (p->at == first)
		return wrong(p, ERR_FORMAT, "a digit was expected");
	if (*first == '0' && p->at - first > 1)
		return wrong(p, ERR_FORMAT, "a number starts with 0");
	if (next_is(p, '.') || next_is(p, 'e') || next_is(p, 'E'))
		return wrong(p, ERR_FORMAT, "a number is not an integer");
	if (value > (uint64_t)INT64_MAX + negative)
		return wrong(p, ERR_FORMAT, "a number does not fit 64 bits");
	*ret = json_int(p->arena, negative ? (int64_t)-value : (int64_t)value);
	return 0;
}

static int parse_hex4(struct parser *p, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p->at < p->end ? *p->at : 0;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return wrong(p, ERR_FORMAT, "four hexadecimal digits were expected");
		p->at++;
	}
	*ret = v;
	return 0;
}

static void add_utf8(struct buf *to, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(to, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_add_char(to, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_add_char(to, (char)(0xe0 | c >> 12));
		} else {
			buf_add_char(to, (char)(0xf0 | c >> 18));
			buf_add_char(to, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_add_char(to, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_add_char(to, (char)(0x80 | (c & 0x3f)));
}

/* After "\u". A lone surrogate and U+0000 are refused: no text of ours holds them. */
static int parse_unicode(struct parser *p)
{
	uint32_t c = 0, low = 0;

	if (parse_hex4(p, &c) < 0)
		return -1;
	if (c >= 0xd800 && c < 0xdc00) {
		if (p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
			return wrong(p, ERR_FORMAT, "half a surrogate pair");
		p->at += 2;
		if (parse_hex4(p, &low) < 0)
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(p, ERR_FORMAT, "half a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		return wrong(p, ERR_FORMAT, "half a surrogate pair");
	}
	if (c == 0)
		return wrong(p, ERR_FORMAT, "a text holds NUL");
	add_utf8(&p->text, c);
	return 0;
}

static int parse_escape(struct parser *p)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	char c = p->at < p->end ? *p->at++ : 0;
	const char *at = c ? strchr(names, c) : NULL;

	if (at) {
		buf_add_char(&p->text, values[at - names]);
		return 0;
	}
	if (c == 'u')
		return parse_unicode(p);
	return wrong(p, ERR_FORMAT, "unknown escape in a text");
}

/* Up to what ends the text, an escape, or what may not stand in one. */
static struct str take_plain(struct parser *p)
{
	const char *from = p->at;

	while (p->at < p->end && *p->at != '"' && *p->at != '\\' &&
	       (unsigned char)*p->at >= 0x20)
		p->at++;
	return (struct str){ from, (size_t)(p->at - from) };
}

/* UTF-8 of the whole input was checked before. */
static int parse_text(struct parser *p, struct str *ret)
{
	struct str plain;

	if (!next_is(p, '"'))
		return wrong(p, ERR_FORMAT, "a text in double quotes was expected");
	p->at++;
	plain = take_plain(p);
	if (next_is(p, '"')) { /* most of them */
		p->at++;
		*ret = arena_str(p->arena, plain);
		return 0;
	}
	buf_reset(&p->text);
	for (;;) {
		buf_add_str(&p->text, plain);
		if (next_is(p, '"')) {
			p->at++;
			*ret = arena_str(p->arena, buf_str(&p->text));
			return 0;
		}
		if (!next_is(p, '\\'))
			return wrong(p, ERR_FORMAT,
				     p->at == p->end ? "a text does not end"
						     : "a control character in a text");
		p->at++;
		if (parse_escape(p) < 0)
			return -1;
		plain = take_plain(p);
	}
}

static int by_name(const void *a, const void *b)
{
	return json_name_compare(((const struct json_member *)a)->name,
				 ((const struct json_member *)b)->name);
}

/* As canonical texts have them. */
static bool is_sorted(const struct json *object)
{
	for (size_t i = 1; i < object->n; i++)
		if (json_name_compare(object->members[i - 1].name, object->members[i].name) >= 0)
			return false;
	return true;
}

static int sort_members(struct parser *p, struct json *object)
{
	if (is_sorted(object))
		return 0;
	if (object->n > 1)
		qsort(object->members, object->n, sizeof(*object->members), by_name);
	for (size_t i = 1; i < object->n; i++)
		if (str_equal(object->members[i - 1].name, object->members[i].name)) {
			CLEANUP_BUF struct buf what = BUF_INIT(1000);
			struct str name = object->members[i].name;

			if (name.len > 80)
				name.len = 80;
			buf_add_cstr(&what, "member '");
			text_add_safe(&what, name);
			buf_add_cstr(&what, "' stands twice in the object that ends here");
			return wrong(p, ERR_FORMAT, buf_cstr(&what));
		}
	return 0;
}

static int parse_member(struct parser *p, struct json *object)
{
	struct str name;
	struct json *value;

	if (parse_text(p, &name) < 0)
		return -1;
	skip_blanks(p);
	if (!next_is(p, ':'))
		return wrong(p, ERR_FORMAT, "':' was expected");
	p->at++;
	if (parse_value(p, &value) < 0)
		return -1;
	json_append(object, name, value);
	return 0;
}

static int parse_item(struct parser *p, struct json *array)
{
	struct json *value;

	if (parse_value(p, &value) < 0)
		return -1;
	json_append(array, STR(""), value);
	return 0;
}

/* An array or an object, at its bracket. */
static int parse_many(struct parser *p, struct json *v)
{
	bool object = v->kind == JSON_OBJECT;
	char close = object ? '}' : ']';

	if (++p->depth > LIMIT_JSON_DEPTH)
		return wrong(p, ERR_LIMIT, "nested too deeply");
	p->at++;
	skip_blanks(p);
	if (!next_is(p, close)) {
		for (;;) {
			skip_blanks(p);
			if ((object ? parse_member : parse_item)(p, v) < 0)
				return -1;
			skip_blanks(p);
			if (!next_is(p, ','))
				break;
			p->at++;
		}
		if (!next_is(p, close))
			return wrong(p, ERR_FORMAT,
				     object ? "',' or '}' was expected" : "',' or ']' was expected");
	}
	p->at++;
	p->depth--;
	return object ? sort_members(p, v) : 0;
}

static bool take_word(struct parser *p, struct str word)
{
	if (!str_has_prefix((struct str){ p->at, (size_t)(p->end - p->at) }, word))
		return false;
	p->at += word.len;
	return true;
}

static int parse_value(struct parser *p, struct json **ret)
{
	struct str text;

	if (p->n_values-- == 0)
		return wrong(p, ERR_LIMIT, "too many values");
	skip_blanks(p);
	if (next_is(p, '{') || next_is(p, '[')) {
		*ret = json_make(p->arena, *p->at == '{' ? JSON_OBJECT : JSON_ARRAY);
		return parse_many(p, *ret);
	}
	if (next_is(p, '"')) {
		if (parse_text(p, &text) < 0)
			return -1;
		*ret = json_make(p->arena, JSON_STRING);
		(*ret)->text = text;
		return 0;
	}
	if (next_is(p, '-') || is_digit(p))
		return parse_integer(p, ret);
	if (take_word(p, STR("true")))
		*ret = json_bool(p->arena, true);
	else if (take_word(p, STR("false")))
		*ret = json_bool(p->arena, false);
	else if (take_word(p, STR("null")))
		*ret = json_null(p->arena);
	else
		return wrong(p, ERR_FORMAT, "a value was expected");
	return 0;
}

int json_parse_limited(struct bytes text, const char *name, const struct json_limits *limits,
		       struct arena *a, struct json **ret, struct error *err)
{
	CLEANUP_BUF struct buf scratch = BUF_INIT(limits->size + 1);
	struct parser p = { .at = (const char *)text.ptr, .name = name, .arena = a,
			    .n_values = limits->values, .err = err };
	struct json *value = NULL;
	int r;

	if (text.len > limits->size)
		return err_set(err, ERR_LIMIT, "'%s' has %zu bytes; JSON is read up to %zu", name,
			       text.len, limits->size);
	if (!text_is_utf8(bytes_str(text)))
		return err_set(err, ERR_FORMAT, "'%s' is not UTF-8", name);
	p.start = p.at;
	p.end = p.at + text.len;
	p.text = scratch;
	r = parse_value(&p, &value);
	skip_blanks(&p);
	if (r == 0 && p.at < p.end)
		r = wrong(&p, ERR_FORMAT, "something follows the value");
	scratch = p.text;
	if (r == 0)
		*ret = value;
	return r;
}

int json_parse(struct bytes text, const char *name, struct arena *a, struct json **ret,
	       struct error *err)
{
	static const struct json_limits limits = { LIMIT_JSON_SIZE, LIMIT_JSON_VALUES };

	return json_parse_limited(text, name, &limits, a, ret, err);
}
