#include "io/block_map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define CHUNK_SIZE (1u << 20)	 /* bytes that are read at once */
#define WINDOW_MAX (64ull << 40) /* bytes; what a VM disk can have anywhere */

static size_t smaller(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

static void mark(struct block_map *m, uint64_t offset, const uint8_t *chunk, size_t size)
{
	for (size_t i = 0; i < size; i += m->block_size) {
		uint64_t block = (offset + i) / m->block_size;

		if (bytes_are_zero(chunk + i, smaller(size - i, m->block_size)))
			continue;
		m->bits[block / 8] |= (uint8_t)(1u << block % 8);
		m->n_data++;
	}
}

static int scan(struct block_map *m, struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = mem_alloc(CHUNK_SIZE);
	const struct window *w = &m->window;

	for (uint64_t at = 0; at < w->size;) {
		uint64_t next = window_next_data(w, at) & ~(uint64_t)(CHUNK_SIZE - 1);
		size_t size;

		if (next > at) {
			at = next;
			continue;
		}
		size = smaller(w->size - at, CHUNK_SIZE);
		if (window_read(w, at, chunk, size, err) < 0)
			return -1;
		mark(m, at, chunk, size);
		at += size;
	}
	return 0;
}

int block_map_make(const struct window *w, uint32_t block_size, struct block_map *ret,
		   struct error *err)
{
	CLEANUP_BLOCK_MAP struct block_map m = { .window = *w, .block_size = block_size };

	assert(block_size && CHUNK_SIZE % block_size == 0);
	if (w->size > WINDOW_MAX)
		return err_set(err, ERR_LIMIT, "a disk of %llu bytes; the limit is %llu",
			       (unsigned long long)w->size, WINDOW_MAX);
	m.n = (w->size + block_size - 1) / block_size;
	m.bits = mem_alloc((size_t)(m.n / 8 + 1));
	if (scan(&m, err) < 0)
		return -1;
	*ret = m;
	m.bits = NULL;
	return 0;
}

void block_map_release(struct block_map *m)
{
	free(m->bits);
	m->bits = NULL;
}

bool block_map_has(const struct block_map *m, uint64_t i)
{
	assert(i < m->n);
	return m->bits[i / 8] >> i % 8 & 1;
}

int block_map_read(const struct block_map *m, uint64_t i, uint8_t *to, struct error *err)
{
	uint64_t offset = i * m->block_size;
	size_t size = smaller(m->window.size - offset, m->block_size);

	assert(i < m->n);
	memset(to + size, 0, m->block_size - size);
	return window_read(&m->window, offset, to, size, err);
}
