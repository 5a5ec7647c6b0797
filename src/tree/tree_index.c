/*
 * (folder, name) to node: open addressing, linear probing, at most 7/8 full.
 * The order of slots reaches no output: there is no iteration.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "tree/tree_private.h"

#define SLOTS_MIN 64u

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(uint32_t folder, struct str name)
{
	uint64_t h = mix(folder ^ 0x9e3779b97f4a7c15u, name.len ^ 0xd6e8feb86659fd93u);
	size_t i = 0;

	for (; i < name.len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, name.ptr + i, name.len - i < 8 ? name.len - i : 8);
		h = mix(h ^ word, 0xa0761d6478bd642fu);
	}
	return h;
}

void index_release(struct tree *t)
{
	free(t->slots);
}

/* The slot that holds it, or the free one where it belongs. */
static struct index_slot *slot_of(const struct tree *t, uint32_t folder, struct str name,
				  uint64_t hash)
{
	uint32_t i = (uint32_t)hash & t->slot_mask, tag = (uint32_t)(hash >> 32);

	for (;; i = (i + 1) & t->slot_mask) {
		struct index_slot *slot = &t->slots[i];
		const struct node *node;

		if (!slot->serial_1)
			return slot;
		if (slot->tag != tag)
			continue;
		node = node_at(t, slot->serial_1 - 1);
		if (node->parent->serial == folder && str_equal(node->name, name))
			return slot;
	}
}

struct node *index_find(const struct tree *t, uint32_t folder, struct str name)
{
	const struct index_slot *slot;

	if (!t->slots)
		return NULL;
	slot = slot_of(t, folder, name, hash_of(folder, name));
	return slot->serial_1 ? node_at(t, slot->serial_1 - 1) : NULL;
}

static void grow(struct tree *t)
{
	uint32_t old_n = t->slots ? t->slot_mask + 1 : 0, n = old_n ? 2 * old_n : SLOTS_MIN;
	struct index_slot *old = t->slots;

	t->slots = mem_array(n, sizeof(*t->slots));
	t->slot_mask = n - 1;
	for (uint32_t i = 0; i < old_n; i++) {
		const struct node *node;
		uint64_t hash;
		uint32_t at;

		if (!old[i].serial_1)
			continue;
		node = node_at(t, old[i].serial_1 - 1);
		hash = hash_of(node->parent->serial, node->name);
		for (at = (uint32_t)hash & t->slot_mask; t->slots[at].serial_1;)
			at = (at + 1) & t->slot_mask;
		t->slots[at] = old[i];
	}
	free(old);
}

void index_put(struct tree *t, struct node *node)
{
	uint64_t hash = hash_of(node->parent->serial, node->name);
	struct index_slot *slot;

	if (!t->slots || t->n_slots_used + 1 > (t->slot_mask + 1) / 8 * 7)
		grow(t);
	slot = slot_of(t, node->parent->serial, node->name, hash);
	if (!slot->serial_1)
		t->n_slots_used++;
	slot->serial_1 = node->serial + 1;
	slot->tag = (uint32_t)(hash >> 32);
}
