#include "debian/gvdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/mem.h"

/* ---- GHashTable ---- */

static const uint32_t prime_of_shift[] = { 1,	  2,	 3,	7,	13,	31,	61,
					   127,	  251,	 509,	1021,	2039,	4093,	8191,
					   16381, 32749, 65521, 131071, 262139, 524287, 1048573 };

#define SHIFT_LEAST 3u
#define SHIFT_MOST (sizeof(prime_of_shift) / sizeof(*prime_of_shift) - 1)

static void set_shift(struct glib_table *t, size_t shift)
{
	t->size = 1u << shift;
	t->mod = prime_of_shift[shift];
}

void glib_table_init(struct glib_table *t, struct arena *arena)
{
	*t = (struct glib_table){ .arena = arena };
	set_shift(t, SHIFT_LEAST);
	t->slots = arena_array(arena, t->size, sizeof(*t->slots));
	memset(t->slots, 0, t->size * sizeof(*t->slots));
}

static uint32_t hash_of(struct str key)
{
	uint32_t h = 5381;

	/* Bytes are signed there. */
	for (size_t i = 0; i < key.len; i++) {
		uint8_t c = (uint8_t)key.ptr[i];

		h = h * 33 + c - (c < 128 ? 0u : 256u);
	}
	return h;
}

/* 0 and 1 mark slots. */
static uint32_t slot_hash(struct str key)
{
	uint32_t h = hash_of(key);

	return h < 2 ? 2 : h;
}

static uint32_t find_slot(const struct glib_table *t, struct str key)
{
	uint32_t hash = slot_hash(key), at = hash * 11 % t->mod, step = 0;

	while (t->slots[at].hash) {
		if (t->slots[at].hash == hash && str_equal(t->slots[at].key, key))
			break;
		at = (at + ++step) & (t->size - 1);
	}
	return at;
}

void *glib_table_find(const struct glib_table *t, struct str key)
{
	const struct glib_slot *slot = &t->slots[find_slot(t, key)];

	return slot->hash ? slot->value : NULL;
}

/* Entries move to their new places one by one, each turning out who is there. */
static void move_all(struct glib_table *t, uint32_t old_size)
{
	bool *placed = mem_alloc(t->size * sizeof(*placed));

	memset(placed, 0, t->size * sizeof(*placed));
	for (uint32_t i = 0; i < old_size; i++) {
		struct glib_slot moving = t->slots[i];

		if (!moving.hash || placed[i])
			continue;
		t->slots[i].hash = 0;
		for (;;) {
			uint32_t at = moving.hash * 11 % t->mod, step = 0;
			struct glib_slot evicted;

			while (placed[at])
				at = (at + ++step) & (t->size - 1);
			placed[at] = true;
			evicted = t->slots[at];
			t->slots[at] = moving;
			if (!evicted.hash)
				break;
			moving = evicted;
		}
	}
	free(placed);
}

static void grow(struct glib_table *t)
{
	uint32_t old_size = t->size, wanted = (uint32_t)((uint64_t)t->n * 1333 / 1000);
	struct glib_slot *old = t->slots;
	size_t shift = 0;

	for (; wanted; wanted >>= 1)
		shift++;
	set_shift(t, shift < SHIFT_LEAST ? SHIFT_LEAST : shift > SHIFT_MOST ? SHIFT_MOST : shift);
	t->slots = arena_array(t->arena, t->size, sizeof(*t->slots));
	memset(t->slots, 0, t->size * sizeof(*t->slots));
	memcpy(t->slots, old, old_size * sizeof(*old));
	move_all(t, old_size);
}

void glib_table_put(struct glib_table *t, struct str key, void *value)
{
	t->slots[find_slot(t, key)] = (struct glib_slot){ slot_hash(key), key, value };
	t->n++;
	if (t->size <= t->n + t->n / 16)
		grow(t);
}

const struct glib_slot *glib_table_next(const struct glib_table *t, uint32_t *at)
{
	while (*at < t->size)
		if (t->slots[(*at)++].hash)
			return &t->slots[*at - 1];
	return NULL;
}

/* ---- the file ---- */

#define HEADER_SIZE 24u
#define ITEM_SIZE 24u

static void align(struct buf *to, size_t multiple)
{
	buf_add_zeros(to, (multiple - to->len % multiple) % multiple);
}

static void put_range(struct buf *to, size_t at, size_t start)
{
	put_le32((uint8_t *)to->ptr + at, (uint32_t)start);
	put_le32((uint8_t *)to->ptr + at + 4, (uint32_t)to->len);
}

static void write_value(const struct gvariant *value, struct buf *to)
{
	struct gvariant copy = *value, variant = { .type = STR("v"), .items = &copy, .n = 1 };

	align(to, 8);
	gvariant_serialise(&variant, to);
}

/* Buckets by hash modulo their number; in each the last of the table comes first. */
static struct gvdb_item **fill_buckets(const struct glib_table *t)
{
	struct gvdb_item **buckets = mem_alloc((t->n + 1) * sizeof(struct gvdb_item *));
	const struct glib_slot *slot;
	uint32_t at = 0, index = 0;

	for (uint32_t i = 0; i < t->n; i++)
		buckets[i] = NULL;
	while ((slot = glib_table_next(t, &at))) {
		struct gvdb_item *item = slot->value;
		uint32_t bucket = hash_of(item->key) % t->n;

		item->next = buckets[bucket];
		buckets[bucket] = item;
	}
	for (uint32_t i = 0; i < t->n; i++)
		for (struct gvdb_item *item = buckets[i]; item; item = item->next)
			item->index = index++;
	return buckets;
}

static void write_table(const struct glib_table *t, struct buf *to, size_t range_at);

static void write_item(const struct gvdb_item *item, struct buf *to, size_t at)
{
	uint8_t *record = (uint8_t *)to->ptr + at;
	size_t before = item->parent ? item->parent->key.len : 0, start;
	char type;

	put_le32(record, hash_of(item->key));
	put_le32(record + 4, item->parent ? item->parent->index : UINT32_MAX);
	put_le32(record + 8, (uint32_t)to->len);
	put_le16(record + 12, (uint16_t)(item->key.len - before));
	type = item->value ? 'v' : item->table ? 'H' : 'L';
	record[14] = (uint8_t)type;
	buf_add(to, item->key.ptr + before, item->key.len - before);
	if (type == 'H') {
		write_table(item->table, to, at + 16);
		return;
	}
	if (type == 'v') {
		align(to, 8);
		start = to->len;
		write_value(item->value, to);
	} else {
		align(to, 4);
		start = to->len;
		for (size_t i = 0; i < item->n_children; i++) {
			uint8_t word[4];

			put_le32(word, item->children[i]->index);
			buf_add(to, word, sizeof(word));
		}
	}
	put_range(to, at + 16, start);
}

/* Tables nest once: the file's and those of schemas. */
static void write_table(const struct glib_table *t, struct buf *to, size_t range_at)
{
	struct gvdb_item **buckets = fill_buckets(t);
	size_t start, bucket_at, item_at;
	uint32_t index = 0;

	align(to, 4);
	start = to->len;
	buf_add_zeros(to, 8 + (size_t)t->n * (4 + ITEM_SIZE));
	put_range(to, range_at, start);
	put_le32((uint8_t *)to->ptr + start, 5u << 27); /* a bloom filter of no words */
	put_le32((uint8_t *)to->ptr + start + 4, t->n);
	bucket_at = start + 8;
	item_at = bucket_at + 4 * (size_t)t->n;
	for (uint32_t i = 0; i < t->n; i++) {
		put_le32((uint8_t *)to->ptr + bucket_at + 4 * (size_t)i, index);
		for (struct gvdb_item *item = buckets[i]; item; item = item->next, index++)
			write_item(item, to, item_at + ITEM_SIZE * (size_t)index);
	}
	free(buckets);
}

void gvdb_write(const struct glib_table *root, struct buf *to)
{
	buf_add_zeros(to, HEADER_SIZE);
	memcpy(to->ptr, "GVariant", 8);
	write_table(root, to, 16);
}
