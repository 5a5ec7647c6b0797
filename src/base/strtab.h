#pragma once

/*
 * base/strtab.h - strings to small numbers.
 *
 * An open-addressing hash table from byte strings to uint32_t. It has no
 * iteration: what is printed or written comes from a sorted array, so the
 * order of a hash never reaches an output. Keys are copied.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"

struct strtab_slot;

struct strtab {
	struct strtab_slot *slots;
	uint32_t n, capacity;
	struct arena keys;
};

#define STRTAB_INIT { 0 }

void strtab_release(struct strtab *t);
#define CLEANUP_STRTAB CLEANUP(strtab_release)

/* False if @key is absent; *ret is then untouched. */
bool strtab_find(const struct strtab *t, struct str key, uint32_t *ret);

/* Sets @key to @value. Returns the table's own copy of the key. */
struct str strtab_put(struct strtab *t, struct str key, uint32_t value);

/*
 * The number of @key; a new key gets number t->n (0, 1, 2, ...).
 * *ret_key (may be NULL) is the table's copy, valid until release.
 */
uint32_t strtab_intern(struct strtab *t, struct str key, struct str *ret_key);
