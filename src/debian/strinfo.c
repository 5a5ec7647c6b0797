#include "debian/strinfo.h"

#include <assert.h>
#include <string.h>

#include "base/endian.h"

#define NAME_WORDS 17u

static size_t words_of(struct str name, uint32_t *words, bool alias)
{
	uint8_t bytes[4 * NAME_WORDS] = { alias ? 0xfe : 0xff };
	size_t n = (name.len + 6) / 4;

	n = n < 2 ? 2 : n;
	assert(n <= NAME_WORDS);
	memcpy(bytes + 1, name.ptr, name.len);
	bytes[4 * n - 1] = 0xff;
	for (size_t i = 0; i < n; i++)
		words[i] = get_le32(bytes + 4 * i);
	return n;
}

/* The index of the number before @name, or -1. Compares from the second word on. */
static ptrdiff_t find(const struct strinfo *s, struct str name, bool alias)
{
	uint32_t words[NAME_WORDS];
	size_t n, i = 0;

	if (!s->n || name.len > STRINFO_NAME_MAX)
		return -1;
	n = words_of(name, words, alias);
	while (i + n <= s->n - 1) {
		size_t k = 0;

		while (k < n && s->words[1 + i + k] == words[k])
			k++;
		if (k == n)
			return (ptrdiff_t)i;
		i += k ? k : 1;
	}
	return -1;
}

bool strinfo_has(const struct strinfo *s, struct str name)
{
	return find(s, name, false) >= 0;
}

bool strinfo_has_any(const struct strinfo *s, struct str name)
{
	return find(s, name, false) >= 0 || find(s, name, true) >= 0;
}

/* Numbers stand between two strings, so that 0xff or the beginning is on either side. */
bool strinfo_has_number(const struct strinfo *s, uint32_t number)
{
	for (size_t i = 0; i + 1 < s->n; i++)
		if (s->words[i] == number && (i == 0 || s->words[i - 1] >> 24 == 0xff) &&
		    (s->words[i + 1] & 0xff) == 0xff)
			return true;
	return false;
}

static void append(struct strinfo *s, struct arena *arena, const uint32_t *words, size_t n)
{
	if (s->n + n > s->capacity) {
		size_t wider = 2 * (s->n + n);
		uint32_t *grown = arena_array(arena, wider, sizeof(*grown));

		if (s->n)
			memcpy(grown, s->words, s->n * sizeof(*grown));
		s->words = grown;
		s->capacity = wider;
	}
	memcpy(s->words + s->n, words, n * sizeof(*words));
	s->n += n;
}

void strinfo_add(struct strinfo *s, struct arena *arena, struct str name, uint32_t number)
{
	uint32_t words[1 + NAME_WORDS] = { number };

	append(s, arena, words, 1 + words_of(name, words + 1, false));
}

bool strinfo_add_alias(struct strinfo *s, struct arena *arena, struct str alias, struct str target)
{
	ptrdiff_t at = find(s, target, false);
	uint32_t words[1 + NAME_WORDS] = { (uint32_t)at };

	if (at < 0)
		return false;
	append(s, arena, words, 1 + words_of(alias, words + 1, true));
	return true;
}
