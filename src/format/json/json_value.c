#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/json/json_value.h"

struct json *json_make(struct arena *a, enum json_kind kind)
{
	struct json *v = arena_alloc(a, sizeof(*v));

	v->kind = kind;
	v->arena = a;
	return v;
}

struct json *json_null(struct arena *a)
{
	return json_make(a, JSON_NULL);
}

struct json *json_bool(struct arena *a, bool value)
{
	struct json *v = json_make(a, JSON_BOOL);

	v->integer = value;
	return v;
}

struct json *json_int(struct arena *a, int64_t value)
{
	struct json *v = json_make(a, JSON_INT);

	v->integer = value;
	return v;
}

struct json *json_str(struct arena *a, struct str text)
{
	struct json *v = json_make(a, JSON_STRING);

	assert(text_is_utf8(text));
	v->text = arena_str(a, text);
	return v;
}

/* Names of this machine's files come this way: they may be any bytes. */
struct json *json_text(struct arena *a, const char *text)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 2);

	if (text_is_utf8(str_of(text)))
		return json_str(a, str_of(text));
	text_add_safe(&safe, str_of(text));
	return json_str(a, buf_str(&safe));
}

struct json *json_array(struct arena *a)
{
	return json_make(a, JSON_ARRAY);
}

struct json *json_object(struct arena *a)
{
	return json_make(a, JSON_OBJECT);
}

void json_append(struct json *v, struct str name, struct json *value)
{
	if (v->n == v->capacity) {
		size_t capacity = v->capacity ? 2 * v->capacity : 4;
		struct json_member *members =
			arena_array(v->arena, capacity, sizeof(*members));

		if (v->n)
			memcpy(members, v->members, v->n * sizeof(*members));
		v->members = members;
		v->capacity = capacity;
	}
	v->members[v->n++] = (struct json_member){ name, value };
}

struct json *json_add(struct json *array, struct json *value)
{
	assert(array->kind == JSON_ARRAY);
	json_append(array, STR(""), value);
	return array;
}

/*
 * RFC 8785, 3.2.3 sorts by UTF-16 units. In UTF-8 that is bytewise, but that
 * U+E000..U+FFFF (first byte EE, EF) come after the supplementary planes (F0 on),
 * which UTF-16 spells with surrogates D800..DFFF.
 */
int json_name_compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		uint8_t x = (uint8_t)a.ptr[i], y = (uint8_t)b.ptr[i];

		if (x == y)
			continue;
		if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
			return x >= 0xf0 ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* The place of @name among the sorted members; *ret_found whether it is there. */
static size_t place(const struct json *object, struct str name, bool *ret_found)
{
	size_t low = 0, high = object->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = json_name_compare(object->members[middle].name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

struct json *json_set_str(struct json *object, struct str name, struct json *value)
{
	bool found;
	size_t at;

	assert(object->kind == JSON_OBJECT && text_is_utf8(name));
	at = place(object, name, &found);
	assert(!found);
	json_append(object, arena_str(object->arena, name), value);
	if (at + 1 < object->n) {
		struct json_member added = object->members[object->n - 1];

		memmove(object->members + at + 1, object->members + at,
			(object->n - 1 - at) * sizeof(added));
		object->members[at] = added;
	}
	return object;
}

struct json *json_set(struct json *object, const char *name, struct json *value)
{
	return json_set_str(object, str_of(name), value);
}

enum json_kind json_kind_of(const struct json *v)
{
	return v->kind;
}

struct str json_as_str(const struct json *v)
{
	assert(v->kind == JSON_STRING);
	return v->text;
}

int64_t json_as_int(const struct json *v)
{
	assert(v->kind == JSON_INT);
	return v->integer;
}

bool json_as_bool(const struct json *v)
{
	assert(v->kind == JSON_BOOL);
	return v->integer;
}

size_t json_length(const struct json *v)
{
	assert(v->kind == JSON_ARRAY || v->kind == JSON_OBJECT);
	return v->n;
}

const struct json *json_item(const struct json *array, size_t i)
{
	assert(array->kind == JSON_ARRAY && i < array->n);
	return array->members[i].value;
}

struct str json_member_name(const struct json *object, size_t i)
{
	assert(object->kind == JSON_OBJECT && i < object->n);
	return object->members[i].name;
}

const struct json *json_member(const struct json *object, size_t i)
{
	assert(object->kind == JSON_OBJECT && i < object->n);
	return object->members[i].value;
}

const struct json *json_get(const struct json *object, const char *name)
{
	bool found;
	size_t at;

	assert(object->kind == JSON_OBJECT);
	at = place(object, str_of(name), &found);
	return found ? object->members[at].value : NULL;
}

struct json *json_copy(struct arena *a, const struct json *v)
{
	struct json *copy = NULL;

	switch (json_kind_of(v)) {
	case JSON_NULL:
		return json_null(a);
	case JSON_BOOL:
		return json_bool(a, json_as_bool(v));
	case JSON_INT:
		return json_int(a, json_as_int(v));
	case JSON_STRING:
		return json_str(a, json_as_str(v));
	case JSON_ARRAY:
		copy = json_array(a);
		for (size_t i = 0; i < json_length(v); i++)
			json_add(copy, json_copy(a, json_item(v, i)));
		break;
	case JSON_OBJECT:
		copy = json_object(a);
		for (size_t i = 0; i < json_length(v); i++)
			json_set_str(copy, json_member_name(v, i), json_copy(a, json_member(v, i)));
		break;
	}
	return copy;
}
