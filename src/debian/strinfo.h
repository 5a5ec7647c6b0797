#pragma once

/*
 * debian/strinfo.h - GLib's map of strings and numbers in a schema: words of a number and
 * a string "\377NAME\0...\377" (an alias: "\376"). docs/formats/gvdb.md.
 */

#include "base/arena.h"
#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

#define STRINFO_NAME_MAX 65u /* bytes */

struct strinfo {
	uint32_t *words;
	size_t n, capacity;
};

bool strinfo_has(const struct strinfo *s, struct str name); /* not as an alias */
bool strinfo_has_any(const struct strinfo *s, struct str name);
bool strinfo_has_number(const struct strinfo *s, uint32_t number);
/* @name is at most STRINFO_NAME_MAX bytes. */
void strinfo_add(struct strinfo *s, struct arena *arena, struct str name, uint32_t number);
/* False: no such @target. */
bool strinfo_add_alias(struct strinfo *s, struct arena *arena, struct str alias, struct str target);
