#pragma once

/*
 * attest/database_records.h - generated files as lists of records. Pure.
 *
 * A record has a key, by which it is found again in another tree's file, and a value,
 * which must then be the same. Members of a group, and lines of a list, are records that
 * are there or not: their value is "".
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"

struct database_record {
	struct str key, value;
};

/* Whether the file @path (no leading slash) is one that is compared by records. */
bool database_is_one(struct str path);

/*
 * Sorted by key; keys that stand twice get " (2)" and so on. In @arena, with views into
 * @data. ERR_FORMAT if it is not what the database's format is.
 */
int database_read(struct str path, struct bytes data, struct arena *arena,
		  struct database_record **ret, size_t *ret_n, struct error *err) MUST_CHECK;
