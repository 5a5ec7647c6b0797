/* What scripts have read or parsed once, for those that follow: by digest. */
#include "shell/world_cache.h"

#include "base/arena.h"

struct cached_program {
	struct ast *list;
	size_t size; /* bytes in the arena; 0: not parsed */
};

struct cached {
	struct digest digest;
	struct str text; /* ptr NULL: not read */
	struct cached_program program[2]; /* sh, bash */
	bool used;
};

/* Open addressing; digests are their own hash. Nothing iterates over it. */
struct world_cache {
	struct cached *slots;
	size_t n, capacity; /* capacity: a power of two */
};

struct world_cache *world_cache_new(struct arena *arena)
{
	return arena_alloc(arena, sizeof(struct world_cache));
}

static struct cached *slot_of(const struct world_cache *cache, const struct digest *digest)
{
	size_t at = 0;

	memcpy(&at, digest->bytes, sizeof(at)); /* only where to look first */
	for (at &= cache->capacity - 1;; at = (at + 1) & (cache->capacity - 1)) {
		struct cached *slot = &cache->slots[at];

		if (!slot->used || digest_equal(&slot->digest, digest))
			return slot;
	}
}

static struct cached *room_for(struct world *w, const struct digest *digest)
{
	struct world_cache *cache = w->cache;
	struct cached *slot;

	if (!cache)
		cache = w->cache = world_cache_new(w->arena);
	if (2 * (cache->n + 1) > cache->capacity) {
		struct world_cache old = *cache;

		cache->capacity = old.capacity ? 2 * old.capacity : 64;
		cache->slots = arena_array(w->arena, cache->capacity, sizeof(*cache->slots));
		for (size_t i = 0; i < old.capacity; i++)
			if (old.slots[i].used)
				*slot_of(cache, &old.slots[i].digest) = old.slots[i];
	}
	slot = slot_of(cache, digest);
	if (!slot->used) {
		slot->used = true;
		slot->digest = *digest;
		cache->n++;
	}
	return slot;
}

bool world_cache_text(struct world *w, const struct digest *digest, struct str *ret)
{
	*ret = room_for(w, digest)->text;
	return ret->ptr;
}

void world_cache_put_text(struct world *w, const struct digest *digest, struct str text)
{
	room_for(w, digest)->text = text;
}

bool world_cache_program(struct world *w, const struct digest *digest, bool bash,
			 struct ast **ret, size_t *ret_size)
{
	const struct cached_program *p = &room_for(w, digest)->program[bash];

	*ret = p->list;
	*ret_size = p->size;
	return p->size > 0;
}

void world_cache_put_program(struct world *w, const struct digest *digest, bool bash,
			     struct ast *list, size_t size)
{
	room_for(w, digest)->program[bash] = (struct cached_program){ list, size };
}
