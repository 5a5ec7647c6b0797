#pragma once

/*
 * format/json/json_value.h - what a JSON value is made of. Private.
 *
 * Spec:    json.h.
 * Units:   integers are int64.
 * Bytes:   names and texts are UTF-8 in the value's arena.
 * Depends: base/.
 */

#include "format/json/json.h"

struct json_member {
	struct str name; /* "" in arrays */
	struct json *value;
};

struct json {
	enum json_kind kind;
	int64_t integer;             /* also of a bool */
	struct str text;
	struct json_member *members; /* of an object: sorted, but while it is parsed */
	size_t n, capacity;
	struct arena *arena;
};

struct json *json_make(struct arena *a, enum json_kind kind);

/* At the end, unsorted. @name is borrowed from the arena. */
void json_append(struct json *v, struct str name, struct json *value);

/* Order of members: by UTF-16 units (RFC 8785, 3.2.3). Both are UTF-8. */
int json_name_compare(struct str a, struct str b);
