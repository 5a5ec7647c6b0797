#include "debian/gvariant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/mem.h"

/* ---- types ---- */

static size_t type_length(struct str s, unsigned depth)
{
	size_t at = 1, n;

	if (!s.len || depth > GVARIANT_DEPTH_MAX)
		return 0;
	switch (*s.ptr) {
	case 'a':
	case 'm':
		n = type_length((struct str){ s.ptr + 1, s.len - 1 }, depth + 1);
		return n ? n + 1 : 0;
	case '(':
		while (at < s.len && s.ptr[at] != ')') {
			n = type_length((struct str){ s.ptr + at, s.len - at }, depth + 1);
			if (!n)
				return 0;
			at += n;
		}
		return at < s.len ? at + 1 : 0;
	case '{':
		if (s.len < 4 || !strchr("bynqiuxthdsog", s.ptr[1]))
			return 0;
		n = type_length((struct str){ s.ptr + 2, s.len - 2 }, depth + 1);
		return n && 2 + n < s.len && s.ptr[2 + n] == '}' ? n + 3 : 0;
	default:
		return *s.ptr && strchr("bynqiuxthdsogv", *s.ptr) ? 1 : 0;
	}
}

size_t gvariant_type_length(struct str s)
{
	return type_length(s, 0);
}

bool gvariant_type_valid(struct str s)
{
	size_t n = s.len <= GVARIANT_TYPE_MAX ? gvariant_type_length(s) : 0;

	return n && n == s.len;
}

static struct str element_of(struct str type)
{
	return (struct str){ type.ptr + 1, type.len - 1 };
}

/* The next member of a tuple or an entry; *rest starts behind the bracket. */
static bool next_member(struct str *rest, struct str *ret)
{
	size_t n;

	if (!rest->len || *rest->ptr == ')' || *rest->ptr == '}')
		return false;
	n = gvariant_type_length(*rest);
	*ret = (struct str){ rest->ptr, n };
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	return n != 0;
}

static size_t alignment(struct str type)
{
	struct str rest, member;
	size_t most = 1;

	switch (*type.ptr) {
	case 'n':
	case 'q':
		return 2;
	case 'i':
	case 'u':
	case 'h':
		return 4;
	case 'x':
	case 't':
	case 'd':
	case 'v':
		return 8;
	case 'a':
	case 'm':
		return alignment(element_of(type));
	case '(':
	case '{':
		rest = element_of(type);
		while (next_member(&rest, &member)) {
			size_t one = alignment(member);

			most = one > most ? one : most;
		}
		return most;
	default:
		return 1;
	}
}

static size_t padded(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* 0: of variable size. */
static size_t fixed_size(struct str type)
{
	struct str rest, member;
	size_t size = 0;

	switch (*type.ptr) {
	case 'b':
	case 'y':
		return 1;
	case 'n':
	case 'q':
		return 2;
	case 'i':
	case 'u':
	case 'h':
		return 4;
	case 'x':
	case 't':
	case 'd':
		return 8;
	case '(':
	case '{':
		rest = element_of(type);
		while (next_member(&rest, &member)) {
			size_t one = fixed_size(member);

			if (!one)
				return 0;
			size = padded(size, alignment(member)) + one;
		}
		return size ? padded(size, alignment(type)) : 1;
	default:
		return 0;
	}
}

/* ---- bytes ---- */

static void pad(struct buf *to, size_t multiple)
{
	buf_add_zeros(to, padded(to->len, multiple) - to->len);
}

/* Ends of members as numbers as wide as the whole container needs them. */
static void add_offsets(struct buf *to, size_t start, const size_t *ends, size_t n)
{
	size_t body = to->len - start, width = 8;
	uint8_t bytes[8];

	if (body + n <= UINT8_MAX)
		width = 1;
	else if (body + 2 * n <= UINT16_MAX)
		width = 2;
	else if (body + 4 * n <= UINT32_MAX)
		width = 4;
	for (size_t i = 0; i < n; i++) {
		put_le64(bytes, ends[i]);
		buf_add(to, bytes, width);
	}
}

static void serialise_array(const struct gvariant *v, struct buf *to, size_t *ends)
{
	size_t start = to->len;
	bool fixed = v->n && fixed_size(v->items[0].type);

	for (size_t i = 0; i < v->n; i++) {
		pad(to, alignment(v->items[i].type));
		gvariant_serialise(&v->items[i], to);
		ends[i] = to->len - start;
	}
	if (!fixed && v->n)
		add_offsets(to, start, ends, v->n);
}

static void serialise_tuple(const struct gvariant *v, struct buf *to, size_t *ends)
{
	size_t start = to->len, n = 0;
	size_t fixed = fixed_size(v->type);

	for (size_t i = 0; i < v->n; i++) {
		pad(to, alignment(v->items[i].type));
		gvariant_serialise(&v->items[i], to);
		if (!fixed_size(v->items[i].type) && i + 1 < v->n)
			ends[n++] = to->len - start;
	}
	if (fixed) {
		buf_add_zeros(to, start + fixed - to->len);
		return;
	}
	for (size_t i = 0; i < n / 2; i++) {
		size_t swap = ends[i];

		ends[i] = ends[n - 1 - i];
		ends[n - 1 - i] = swap;
	}
	add_offsets(to, start, ends, n);
}

void gvariant_serialise(const struct gvariant *v, struct buf *to)
{
	size_t fixed = fixed_size(v->type);
	size_t *ends = v->n ? mem_alloc(v->n * sizeof(*ends)) : NULL;
	uint8_t bytes[8];

	switch (*v->type.ptr) {
	case 's':
		buf_add_str(to, v->text);
		buf_add_char(to, '\0');
		break;
	case 'v':
		gvariant_serialise(&v->items[0], to);
		buf_add_char(to, '\0');
		buf_add_str(to, v->items[0].type);
		break;
	case 'm':
		if (v->n) {
			gvariant_serialise(&v->items[0], to);
			if (!fixed_size(v->items[0].type))
				buf_add_char(to, '\0');
		}
		break;
	case 'a':
		serialise_array(v, to, ends);
		break;
	case '(':
	case '{':
		if (v->n)
			serialise_tuple(v, to, ends);
		else
			buf_add_char(to, '\0');
		break;
	default:
		put_le64(bytes, v->bits);
		buf_add(to, bytes, fixed);
		break;
	}
	free(ends);
}

struct gvariant gvariant_string(struct str text)
{
	return (struct gvariant){ .type = STR("s"), .text = text };
}

struct gvariant gvariant_tuple(struct arena *arena, struct gvariant *items, size_t n)
{
	size_t len = 2;
	char *type, *p;

	for (size_t i = 0; i < n; i++)
		len += items[i].type.len;
	p = type = arena_alloc(arena, len);
	*p++ = '(';
	for (size_t i = 0; i < n; i++) {
		memcpy(p, items[i].type.ptr, items[i].type.len);
		p += items[i].type.len;
	}
	*p = ')';
	return (struct gvariant){ .type = { type, len }, .items = items, .n = n };
}

/* The bits of a double, so that they are ordered as numbers; no NaN is ever read. */
static uint64_t ordered(uint64_t bits)
{
	const uint64_t sign = (uint64_t)1 << 63;

	if (!(bits & ~sign))
		return sign; /* -0 is 0 */
	return bits & sign ? ~bits : bits | sign;
}

/* Narrow signed types are kept sign-extended. */
int gvariant_compare(const struct gvariant *a, const struct gvariant *b)
{
	assert(str_equal(a->type, b->type));
	switch (*a->type.ptr) {
	case 'd': {
		uint64_t x = ordered(a->bits), y = ordered(b->bits);

		return x < y ? -1 : x > y;
	}
	case 'n':
	case 'i':
	case 'x': {
		int64_t x = (int64_t)a->bits, y = (int64_t)b->bits;

		return x < y ? -1 : x > y;
	}
	default:
		return a->bits < b->bits ? -1 : a->bits > b->bits;
	}
}
