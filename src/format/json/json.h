#pragma once

/*
 * format/json/json.h - JSON: one canonical writer, one strict reader.
 *
 * Spec:    RFC 8259; members sorted as RFC 8785 (by UTF-16 units; ours are
 *          ASCII or compared as UTF-8, which agrees below U+D800); I-JSON (RFC 7493).
 * Units:   integers only, int64; no floats at all.
 * Bytes:   compact: no blanks; \u escapes only below 0x20, \" and \\.
 * Depends: base/.
 *
 * A value is built in an arena, then written; writing sorts members, so that
 * callers need not. Two members of one name are a bug (assert).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

enum json_kind { JSON_NULL = 1, JSON_BOOL, JSON_INT, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json; /* lies in an arena */

struct json *json_null(struct arena *a);
struct json *json_bool(struct arena *a, bool value);
struct json *json_int(struct arena *a, int64_t value);
struct json *json_str(struct arena *a, struct str text);  /* copied; must be UTF-8 */
struct json *json_text(struct arena *a, const char *text); /* copied */
struct json *json_array(struct arena *a);
struct json *json_object(struct arena *a);

/* Both take @value; return @array / @object. */
struct json *json_add(struct json *array, struct json *value);
struct json *json_set(struct json *object, const char *name, struct json *value);
struct json *json_set_str(struct json *object, struct str name, struct json *value);

enum json_kind json_kind_of(const struct json *v);
struct str json_as_str(const struct json *v);     /* JSON_STRING */
int64_t json_as_int(const struct json *v);        /* JSON_INT */
bool json_as_bool(const struct json *v);          /* JSON_BOOL */
size_t json_length(const struct json *v);         /* items or members */
const struct json *json_item(const struct json *array, size_t i);
struct str json_member_name(const struct json *object, size_t i); /* in sorted order after parse */
const struct json *json_member(const struct json *object, size_t i);
const struct json *json_get(const struct json *object, const char *name); /* or NULL */

/* A deep copy in @a. @v is at most LIMIT_JSON_DEPTH deep. */
struct json *json_copy(struct arena *a, const struct json *v);

/* One text in double quotes, as json_write() does: for writers of large values. */
void json_write_str(struct str text, struct buf *to);

/* Compact canonical bytes. */
void json_write(const struct json *v, struct buf *to);
/* The same with line breaks and two blanks a level, for people; final newline. */
void json_write_pretty(const struct json *v, struct buf *to);

/*
 * Strict: UTF-8, no duplicate members, integers that fit int64 (a fraction or
 * exponent is ERR_FORMAT), depth LIMIT_JSON_DEPTH, size LIMIT_JSON_SIZE, nothing
 * after the value but white space. @name is for messages.
 */
int json_parse(struct bytes text, const char *name, struct arena *a, struct json **ret,
	       struct error *err) MUST_CHECK;

/* The same with other limits: @size bytes, @values values (80 bytes of memory each). */
struct json_limits {
	size_t size, values;
};
int json_parse_limited(struct bytes text, const char *name, const struct json_limits *limits,
		       struct arena *a, struct json **ret, struct error *err) MUST_CHECK;
