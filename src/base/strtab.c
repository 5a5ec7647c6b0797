#include "base/strtab.h"

#include <stdlib.h>

#include "base/mem.h"

struct strtab_slot {
	struct str key; /* key.ptr == NULL: free */
	uint64_t hash;
	uint32_t value;
};

/* FNV-1a, 64 bits. Only speed depends on it, never an output. */
static uint64_t hash_of(struct str key)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (uint8_t)key.ptr[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

void strtab_release(struct strtab *t)
{
	free(t->slots);
	arena_release(&t->keys);
	*t = (struct strtab)STRTAB_INIT;
}

static struct strtab_slot *slot_of(const struct strtab *t, struct str key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (t->capacity - 1);

	while (t->slots[i].key.ptr &&
	       (t->slots[i].hash != hash || !str_equal(t->slots[i].key, key)))
		i = (i + 1) & (t->capacity - 1);
	return &t->slots[i];
}

bool strtab_find(const struct strtab *t, struct str key, uint32_t *ret)
{
	const struct strtab_slot *slot;

	if (!t->capacity)
		return false;
	slot = slot_of(t, key, hash_of(key));
	if (!slot->key.ptr)
		return false;
	*ret = slot->value;
	return true;
}

static void grow(struct strtab *t)
{
	struct strtab old = *t;

	t->capacity = old.capacity ? 2 * old.capacity : 64;
	t->slots = mem_array(t->capacity, sizeof(*t->slots));
	for (uint32_t i = 0; i < old.capacity; i++)
		if (old.slots[i].key.ptr)
			*slot_of(t, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

static struct strtab_slot *put_slot(struct strtab *t, struct str key)
{
	uint64_t hash = hash_of(key);
	struct strtab_slot *slot;

	if (4 * (t->n + 1) > 3 * t->capacity)
		grow(t);
	slot = slot_of(t, key, hash);
	if (!slot->key.ptr) {
		slot->key = arena_str(&t->keys, key);
		slot->hash = hash;
		slot->value = t->n++;
	}
	return slot;
}

struct str strtab_put(struct strtab *t, struct str key, uint32_t value)
{
	struct strtab_slot *slot = put_slot(t, key);

	slot->value = value;
	return slot->key;
}

uint32_t strtab_intern(struct strtab *t, struct str key, struct str *ret_key)
{
	struct strtab_slot *slot = put_slot(t, key);

	if (ret_key)
		*ret_key = slot->key;
	return slot->value;
}
