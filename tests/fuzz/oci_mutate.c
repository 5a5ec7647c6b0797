/*
 * Changes of an OCI layout tar that keep it one: libFuzzer alone never gets past checksums and
 * digests. A member, a header or the order is changed; then checksums, sizes and the digests
 * by which blobs name each other are made to fit again, or (now and then) are not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define BLOCK 512
#define MEMBERS_MAX 32
#define ROUNDS 5 /* an index names a manifest, that one a config, that one layers */
#define HEX_LEN 64

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

struct member {
	uint8_t header[BLOCK];
	uint8_t *data; /* owned */
	size_t size;
};

struct layout {
	struct member members[MEMBERS_MAX];
	size_t n;
	size_t tail; /* bytes behind the last member */
};

static size_t round_up(size_t n)
{
	return (n + BLOCK - 1) / BLOCK * BLOCK;
}

static size_t octal(const uint8_t *field, size_t len)
{
	size_t value = 0;

	for (size_t i = 0; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value * 8 + (size_t)(field[i] - '0');
	return value;
}

static bool take_apart(const uint8_t *data, size_t size, struct layout *l)
{
	size_t at = 0;

	while (size - at >= BLOCK && data[at] && l->n < MEMBERS_MAX) {
		struct member *m = &l->members[l->n];
		size_t len = octal(data + at + 124, 11);

		if (len > size - at - BLOCK)
			break;
		memcpy(m->header, data + at, BLOCK);
		m->data = mem_array(len + 1, 1);
		memcpy(m->data, data + at + BLOCK, len);
		m->size = len;
		l->n++;
		at += BLOCK + len;
		at = round_up(at) < size ? round_up(at) : size;
	}
	l->tail = size - at;
	return l->n > 0;
}

static void release(struct layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->members[i].data);
}

/* ---- changes ---- */

static void change_data(struct member *m)
{
	size_t max = m->size + 64;

	m->data = mem_resize(m->data, max, 1);
	m->size = LLVMFuzzerMutate(m->data, m->size, max);
}

static void change_order(struct layout *l, size_t a, size_t b)
{
	struct member kept = l->members[a];

	l->members[a] = l->members[b];
	l->members[b] = kept;
}

static void change_number(struct layout *l, size_t which, bool twice)
{
	struct member *m = &l->members[which];

	if (twice && l->n < MEMBERS_MAX) {
		struct member *last = &l->members[l->n++];

		*last = *m;
		last->data = mem_array(m->size + 1, 1);
		memcpy(last->data, m->data, m->size);
	} else if (!twice && l->n > 1) {
		free(m->data);
		*m = l->members[--l->n];
	}
}

static void change(struct layout *l, unsigned random)
{
	size_t which = random / 16 % l->n;

	switch (random % 16) {
	case 0:
		(void)LLVMFuzzerMutate(l->members[which].header, BLOCK, BLOCK);
		break;
	case 1:
		change_order(l, which, random / 512 % l->n);
		break;
	case 2:
	case 3:
		change_number(l, which, random % 16 == 2);
		break;
	case 4:
		l->tail = random / 512 % 8 * (BLOCK / 2);
		break;
	default:
		change_data(&l->members[which]);
	}
}

/* ---- all made to fit ---- */

static bool is_blob(const struct member *m)
{
	return memcmp(m->header, "blobs/sha256/", 13) == 0 && m->header[13 + HEX_LEN] == 0 &&
	       m->header[13] != 0;
}

/* The number behind "size": in the object that begins or ends about @at. */
static void fix_size(struct member *m, size_t at, size_t size)
{
	static const char key[] = "\"size\":";
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 24);
	size_t end;

	while (at + sizeof(key) < m->size && m->data[at] != '}' &&
	       memcmp(m->data + at, key, sizeof(key) - 1) != 0)
		at++;
	if (at + sizeof(key) >= m->size || m->data[at] == '}')
		return;
	at += sizeof(key) - 1;
	for (end = at; end < m->size && m->data[end] >= '0' && m->data[end] <= '9';)
		end++;
	buf_add(&text, m->data, at);
	buf_printf(&text, "%zu", size);
	buf_add(&text, m->data + end, m->size - end);
	free(m->data);
	m->size = text.len;
	m->data = (uint8_t *)buf_take(&text);
}

static void rename_in(struct member *m, const char *from, const char *to, size_t size)
{
	for (size_t i = 0; i + HEX_LEN <= m->size; i++) {
		if (memcmp(m->data + i, from, HEX_LEN) != 0)
			continue;
		memcpy(m->data + i, to, HEX_LEN);
		fix_size(m, i, size);
	}
}

static bool fix_digests(struct layout *l)
{
	bool changed = false;

	for (size_t i = 0; i < l->n; i++) {
		struct member *m = &l->members[i];
		struct digest d = hash_bytes((struct bytes){ m->data, m->size });
		char from[HEX_LEN], to[DIGEST_HEX_MAX];

		if (!is_blob(m))
			continue;
		memcpy(from, m->header + 13, HEX_LEN);
		if (memcmp(digest_hex(&d, to), from, HEX_LEN) == 0)
			continue;
		changed = true;
		memcpy(m->header + 13, to, HEX_LEN);
		for (size_t k = 0; k < l->n; k++)
			if (k != i)
				rename_in(&l->members[k], from, to, m->size);
	}
	return changed;
}

static int by_name(const void *a, const void *b)
{
	return memcmp(((const struct member *)a)->header, ((const struct member *)b)->header, 100);
}

static void fix_header(struct member *m)
{
	char text[16];
	unsigned sum = 0;

	snprintf(text, sizeof(text), "%011zo", m->size);
	memcpy(m->header + 124, text, 11);
	memset(m->header + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += m->header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(m->header + 148, text, 7);
}

static void fix(struct layout *l, unsigned random)
{
	for (unsigned i = 0; random % 32 && i < ROUNDS && fix_digests(l);)
		i++;
	if (random / 32 % 16)
		qsort(l->members, l->n, sizeof(*l->members), by_name);
	for (size_t i = 0; i < l->n; i++)
		if ((random / 512 + i) % 32)
			fix_header(&l->members[i]);
}

static size_t put_together(const struct layout *l, uint8_t *to, size_t max)
{
	size_t at = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct member *m = &l->members[i];

		if (BLOCK + round_up(m->size) > max - at)
			break;
		memcpy(to + at, m->header, BLOCK);
		memset(to + at + BLOCK, 0, round_up(m->size));
		memcpy(to + at + BLOCK, m->data, m->size);
		at += BLOCK + round_up(m->size);
	}
	if (l->tail <= max - at) {
		memset(to + at, 0, l->tail);
		at += l->tail;
	}
	return at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static unsigned random;
	struct layout l = { 0 };
	size_t n;

	random = (random + seed) * 1103515245u + 12345u;
	if (random >> 24 == 0 || !take_apart(data, size, &l))
		return LLVMFuzzerMutate(data, size, max);
	for (unsigned i = 0; i <= (random >> 8) % 3; i++)
		change(&l, random >> (4 + 5 * i));
	fix(&l, random >> 12);
	n = put_together(&l, data, max);
	release(&l);
	return n;
}
