/* Values of GVariant from their text. */
#include <string.h>

#include "base/decimal.h"
#include "debian/gvariant.h"

#define ITEMS_MAX 100000u

struct reader {
	struct str text;
	size_t at;
	struct arena *arena;
	const char *reason;
	unsigned depth;
};

static int bad(struct reader *r, const char *reason)
{
	if (!r->reason)
		r->reason = reason;
	return 1;
}

static int read_value(struct reader *r, struct str type, struct gvariant *ret);

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char peek(struct reader *r)
{
	while (r->at < r->text.len && is_space(r->text.ptr[r->at]))
		r->at++;
	return r->at < r->text.len ? r->text.ptr[r->at] : '\0';
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

/* Letters, digits and what numbers are made of. */
static struct str take_token(struct reader *r)
{
	size_t start;

	(void)peek(r);
	start = r->at;
	while (r->at < r->text.len) {
		char c = r->text.ptr[r->at];

		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '+' ||
		      c == '-' || c == '.'))
			break;
		r->at++;
	}
	return (struct str){ r->text.ptr + start, r->at - start };
}

/* ---- strings ---- */

static size_t put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* \uXXXX, \UXXXXXXXX. 0: malformed. */
static size_t take_unicode(struct reader *r, size_t digits, char *out)
{
	uint32_t code = 0;

	for (size_t i = 0; i < digits; i++) {
		char c = r->at < r->text.len ? r->text.ptr[r->at++] : '\0';
		uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0')
				 : (c | 32) >= 'a' && (c | 32) <= 'f'
					 ? (uint32_t)((c | 32) - 'a' + 10)
					 : 99;

		if (digit > 15 || code > 0x10ffff)
			return 0;
		code = code << 4 | digit;
	}
	if (!code || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return put_utf8(out, code);
}

static int read_string(struct reader *r, struct gvariant *ret)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	char quote = peek(r), *out;
	size_t n = 0, len;

	if (quote != '\'' && quote != '"')
		return bad(r, "a string is expected");
	r->at++;
	for (len = 0; r->at + len < r->text.len && r->text.ptr[r->at + len] != quote; len++)
		len += r->text.ptr[r->at + len] == '\\';
	/* An escape is at least as long as what it means. */
	out = arena_alloc(r->arena, len + 1);
	while (r->at < r->text.len && r->text.ptr[r->at] != quote) {
		char c = r->text.ptr[r->at++];
		const char *known;

		if (c != '\\') {
			out[n++] = c;
			continue;
		}
		if (r->at == r->text.len)
			break;
		c = r->text.ptr[r->at++];
		known = strchr(from, c);
		if (c == 'u' || c == 'U') {
			len = take_unicode(r, c == 'u' ? 4 : 8, out + n);
			if (!len)
				return bad(r, "a malformed escape");
			n += len;
		} else if (c != '\n') {
			out[n++] = known ? to[known - from] : c;
		}
	}
	if (r->at == r->text.len)
		return bad(r, "a string without an end");
	r->at++;
	ret->text = (struct str){ out, n };
	return 0;
}

/* ---- numbers ---- */

static int read_double(struct reader *r, struct str token, struct gvariant *ret)
{
	return decimal_double_bits(token, &ret->bits) ? 0 : bad(r, "a decimal number is expected");
}

/* strtoull(, 0) of GLib: decimal, 0x, octal. */
static int read_digits(struct reader *r, struct str s, uint64_t *ret)
{
	uint64_t n = 0, base = 10;

	if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 32) == 'x') {
		base = 16;
		s = (struct str){ s.ptr + 2, s.len - 2 };
	} else if (s.len > 1 && s.ptr[0] == '0') {
		base = 8;
	}
	if (!s.len)
		return bad(r, "a number is expected");
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0')
				 : (c | 32) >= 'a' && (c | 32) <= 'f'
					 ? (uint64_t)((c | 32) - 'a' + 10)
					 : 99;

		if (digit >= base || n > (UINT64_MAX - digit) / base)
			return bad(r, "a whole number is expected");
		n = n * base + digit;
	}
	*ret = n;
	return 0;
}

static int read_integer(struct reader *r, struct str token, char type, struct gvariant *ret)
{
	static const struct {
		char type;
		uint64_t most, least; /* the latter as a magnitude */
	} table[] = {
		{ 'y', UINT8_MAX, 0 },	{ 'n', INT16_MAX, (uint64_t)INT16_MAX + 1 },
		{ 'q', UINT16_MAX, 0 }, { 'i', INT32_MAX, (uint64_t)INT32_MAX + 1 },
		{ 'u', UINT32_MAX, 0 }, { 'x', INT64_MAX, (uint64_t)INT64_MAX + 1 },
		{ 't', UINT64_MAX, 0 },
	};
	bool negative = token.len && *token.ptr == '-';
	uint64_t n = 0;

	if (negative || (token.len && *token.ptr == '+'))
		token = (struct str){ token.ptr + 1, token.len - 1 };
	if (read_digits(r, token, &n))
		return 1;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].type != type)
			continue;
		if (n > (negative ? table[i].least : table[i].most))
			return bad(r, "a number out of range");
		ret->bits = negative ? (uint64_t)0 - n : n;
		return 0;
	}
	return bad(r, "a type that is not read");
}

static int read_boolean(struct reader *r, struct gvariant *ret)
{
	struct str token = take_token(r);

	ret->bits = str_equal_cstr(token, "true");
	return ret->bits || str_equal_cstr(token, "false") ? 0
							   : bad(r, "true or false is expected");
}

/* ---- containers ---- */

static int add_item(struct reader *r, struct gvariant *list, size_t *capacity, struct str type,
		    const struct gvariant *ready)
{
	if (list->n == ITEMS_MAX)
		return bad(r, "too many items");
	if (list->n == *capacity) {
		size_t wider = *capacity ? 2 * *capacity : 4;
		struct gvariant *grown = arena_array(r->arena, wider, sizeof(*grown));

		if (list->n)
			memcpy(grown, list->items, list->n * sizeof(*grown));
		list->items = grown;
		*capacity = wider;
	}
	if (ready)
		list->items[list->n] = *ready;
	else if (read_value(r, type, &list->items[list->n]))
		return 1;
	list->n++;
	return 0;
}

static int read_entry(struct reader *r, struct str type, struct gvariant *ret)
{
	struct str key = { type.ptr + 1, 1 }, value = { type.ptr + 2, type.len - 3 };

	ret->type = type;
	ret->items = arena_array(r->arena, 2, sizeof(*ret->items));
	ret->n = 2;
	if (read_value(r, key, &ret->items[0]))
		return 1;
	if (!take(r, ':'))
		return bad(r, "':' is expected");
	return read_value(r, value, &ret->items[1]);
}

static int read_array(struct reader *r, struct str type, struct gvariant *ret)
{
	struct str element = { type.ptr + 1, type.len - 1 };
	bool entries = *element.ptr == '{' && peek(r) == '{';
	char end = entries ? '}' : ']';
	size_t capacity = 0;

	if (!take(r, entries ? '{' : '['))
		return bad(r, "an array is expected");
	if (take(r, end))
		return 0;
	do {
		struct gvariant entry = { .n = 0 };

		if (entries && read_entry(r, element, &entry))
			return 1;
		if (add_item(r, ret, &capacity, element, entries ? &entry : NULL))
			return 1;
	} while (take(r, ','));
	return take(r, end) ? 0 : bad(r, "',' or the end of an array is expected");
}

static int read_tuple(struct reader *r, struct str type, struct gvariant *ret)
{
	struct str rest = { type.ptr + 1, type.len - 2 };
	size_t capacity = 0;

	if (!take(r, '('))
		return bad(r, "a tuple is expected");
	while (rest.len) {
		size_t n = gvariant_type_length(rest);

		if (ret->n && !take(r, ','))
			return bad(r, "',' is expected");
		if (add_item(r, ret, &capacity, (struct str){ rest.ptr, n }, NULL))
			return 1;
		rest = (struct str){ rest.ptr + n, rest.len - n };
	}
	if (ret->n == 1 && !take(r, ','))
		return bad(r, "',' is expected");
	return take(r, ')') ? 0 : bad(r, "')' is expected");
}

static bool take_word(struct reader *r, const char *word)
{
	size_t before = r->at;

	if (str_equal_cstr(take_token(r), word))
		return true;
	r->at = before;
	return false;
}

static int read_maybe(struct reader *r, struct str type, struct gvariant *ret)
{
	if (take_word(r, "nothing"))
		return 0;
	(void)take_word(r, "just");
	ret->items = arena_array(r->arena, 1, sizeof(*ret->items));
	ret->n = 1;
	return read_value(r, (struct str){ type.ptr + 1, type.len - 1 }, &ret->items[0]);
}

/* "@TYPE", "uint32": 1 with the type; 0: no annotation. */
static int take_annotation(struct reader *r, struct str *ret)
{
	static const struct {
		const char *word, *type;
	} words[] = { { "boolean", "b" }, { "byte", "y" },   { "int16", "n" }, { "uint16", "q" },
		      { "int32", "i" },	  { "uint32", "u" }, { "int64", "x" }, { "uint64", "t" },
		      { "double", "d" },  { "string", "s" } };
	char c = peek(r);

	if (c == '@') {
		struct str rest = { r->text.ptr + r->at + 1, r->text.len - r->at - 1 };

		*ret = (struct str){ rest.ptr, gvariant_type_length(rest) };
		if (ret->len > GVARIANT_TYPE_MAX)
			ret->len = 0;
		r->at += 1 + ret->len;
		return 1;
	}
	for (size_t i = 0; c >= 'a' && c <= 'z' && i < sizeof(words) / sizeof(*words); i++)
		if (take_word(r, words[i].word)) {
			*ret = str_of(words[i].type);
			return 1;
		}
	return 0;
}

/* <VALUE>: of an annotated type, or one of those that a word tells. */
static int read_variant(struct reader *r, struct gvariant *ret)
{
	struct str type = STR("");
	size_t before;
	char c;

	if (!take(r, '<'))
		return bad(r, "'<' is expected");
	before = r->at;
	if (take_annotation(r, &type)) {
		if (!type.len)
			return bad(r, "a malformed type");
	} else {
		c = peek(r);
		if (c == '\'' || c == '"') {
			type = STR("s");
		} else if (c == '<') {
			type = STR("v");
		} else {
			struct str token = take_token(r);

			if (str_equal_cstr(token, "true") || str_equal_cstr(token, "false"))
				type = STR("b");
			else if (token.len && (str_find_char(token, '.') < token.len))
				type = STR("d");
			else if (token.len && strchr("+-0123456789", *token.ptr) &&
				 str_find_char(token, 'e') == token.len &&
				 str_find_char(token, 'E') == token.len)
				type = STR("i");
			else
				return bad(r, "a value without a type in '<>'");
		}
	}
	r->at = before;
	ret->items = arena_array(r->arena, 1, sizeof(*ret->items));
	ret->n = 1;
	if (read_value(r, type, &ret->items[0]))
		return 1;
	return take(r, '>') ? 0 : bad(r, "'>' is expected");
}

static int dispatch(struct reader *r, struct str type, struct gvariant *ret)
{
	switch (*type.ptr) {
	case 's':
		return read_string(r, ret);
	case 'b':
		return read_boolean(r, ret);
	case 'd':
		return read_double(r, take_token(r), ret);
	case 'a':
		return read_array(r, type, ret);
	case '(':
		return read_tuple(r, type, ret);
	case 'm':
		return read_maybe(r, type, ret);
	case 'v':
		return read_variant(r, ret);
	default:
		return read_integer(r, take_token(r), *type.ptr, ret);
	}
}

static int read_value(struct reader *r, struct str type, struct gvariant *ret)
{
	struct str annotated = STR("");
	int status;

	*ret = (struct gvariant){ .type = type };
	if (r->depth == GVARIANT_DEPTH_MAX)
		return bad(r, "it nests too deeply");
	if (strchr("ogh{", *type.ptr) || (str_equal_cstr(type, "ay") && peek(r) == 'b'))
		return bad(r, "a type that is not read");
	/* An annotation of a part of the type is possible in GLib; here it must be the whole. */
	if (take_annotation(r, &annotated) && !str_equal(annotated, type))
		return bad(r, "an annotation of another type");
	r->depth++;
	status = dispatch(r, type, ret);
	r->depth--;
	return status;
}

const char *gvariant_parse(struct arena *arena, struct str type, struct str text,
			   struct gvariant *ret)
{
	struct reader r = { .text = text, .arena = arena };

	if (read_value(&r, type, ret))
		return r.reason;
	return peek(&r) || r.at < r.text.len ? "more than one value" : NULL;
}
