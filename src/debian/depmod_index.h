#pragma once

/*
 * debian/depmod_index.h - kmod's index files (modules.*.bin): tries from keys to values.
 *
 * Spec: docs/formats/depmod.md. Private to debian/.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define DEPMOD_INDEX_MAX (64u << 20) /* bytes of a file */

struct index_node;

struct index_trie {
	struct arena *arena;
	struct index_node *top;
};

void index_trie_init(struct index_trie *t, struct arena *arena);

/*
 * Values are in order of @priority, of equal ones the newest first. False: a
 * character that is not 7-bit ASCII, for which depmod has no room.
 */
bool index_trie_add(struct index_trie *t, struct str key, struct str value, uint32_t priority)
	MUST_CHECK;

/* @parent_first: as kmod 34 lays nodes out; before it, children came first. */
int index_trie_encode(const struct index_trie *t, bool parent_first, struct buf *to,
		      struct error *err) MUST_CHECK;
