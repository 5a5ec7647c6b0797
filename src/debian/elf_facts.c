#include "debian/elf_facts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/endian.h"
#include "crypto/hash.h"

#define FACTS_MAX (16u << 20) /* bytes of an encoding: 100,000 libraries */

/* One fact: flags, e_machine, e_flags, length of the name, the name. */
enum { FACT_LIBRARY = 1, FACT_64 = 2, FACT_LIBC = 4 };
#define FACT_HEAD 9

static int by_digest(const void *a, const void *b)
{
	return digest_compare(&((const struct content *)a)->digest,
			      &((const struct content *)b)->digest);
}

static size_t sort_unique(struct content *list, size_t n)
{
	size_t k = 0;

	if (n)
		qsort(list, n, sizeof(*list), by_digest);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || by_digest(&list[k - 1], &list[i]) != 0)
			list[k++] = list[i];
	return k;
}

static struct digest key_of(const struct content *contents, size_t n)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("elf")));
	hash_add_u64(h, ELF_FACTS_VERSION);
	for (size_t i = 0; i < n; i++)
		hash_add(h, BYTES_OF(contents[i].digest.bytes));
	key = hash_finish(h);
	hash_free(h);
	return key;
}

static void encode(const struct elf_fact *facts, size_t n, struct buf *to)
{
	for (size_t i = 0; i < n; i++) {
		const struct elf_library *l = &facts[i].library;
		uint8_t head[FACT_HEAD];

		head[0] = (uint8_t)((facts[i].is_library ? FACT_LIBRARY : 0) |
				    (l->is_64 ? FACT_64 : 0) | (l->names_libc ? FACT_LIBC : 0));
		put_le16(head + 1, l->machine);
		put_le32(head + 3, l->flags);
		put_le16(head + 7, (uint16_t)l->soname.len);
		buf_add(to, head, sizeof(head));
		buf_add_str(to, l->soname);
	}
}

/* False if @text is not the encoding of exactly @n facts. */
static bool decode(struct bytes text, const struct content *contents, size_t n, struct arena *arena,
		   struct elf_fact *ret)
{
	for (size_t i = 0; i < n; i++) {
		size_t len;

		if (text.len < FACT_HEAD)
			return false;
		len = get_le16(text.ptr + 7);
		if (text.len - FACT_HEAD < len)
			return false;
		ret[i] = (struct elf_fact){
			.digest = contents[i].digest,
			.is_library = text.ptr[0] & FACT_LIBRARY,
			.library = { .machine = get_le16(text.ptr + 1),
				     .is_64 = text.ptr[0] & FACT_64,
				     .flags = get_le32(text.ptr + 3),
				     .names_libc = text.ptr[0] & FACT_LIBC },
		};
		ret[i].library.soname =
			arena_str(arena, (struct str){ (const char *)text.ptr + FACT_HEAD, len });
		text = (struct bytes){ text.ptr + FACT_HEAD + len, text.len - FACT_HEAD - len };
	}
	return text.len == 0;
}

static int read_all(const struct content_reader *reader, const struct content *contents, size_t n,
		    struct arena *arena, struct elf_fact *ret, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = elf_read(reader, &contents[i], arena, &ret[i].library, err);

		if (r < 0)
			return -1;
		ret[i].digest = contents[i].digest;
		ret[i].is_library = r == 0;
		if (r)
			ret[i].library = (struct elf_library){ 0 };
	}
	return 0;
}

int elf_facts_learn(const struct content_reader *reader, struct content *contents, size_t n,
		    struct arena *arena, struct elf_fact **ret, size_t *ret_n, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FACTS_MAX);
	struct elf_fact *facts;
	struct digest key;
	char *inputs;
	int r = CONTENT_UNKNOWN;

	n = sort_unique(contents, n);
	facts = arena_array(arena, n, sizeof(*facts));
	key = key_of(contents, n);
	if (reader && reader->recall)
		r = reader->recall(reader, "elf", &key, &text, err);
	if (r < 0)
		return -1;
	if (r == CONTENT_UNKNOWN || !decode(buf_bytes(&text), contents, n, arena, facts)) {
		if (read_all(reader, contents, n, arena, facts, err) < 0)
			return -1;
		buf_reset(&text);
		encode(facts, n, &text);
		inputs = arena_printf(arena, "headers of %zu libraries\nversion %d\n", n,
				      ELF_FACTS_VERSION);
		if (reader && reader->remember &&
		    reader->remember(reader, "elf", &key, buf_bytes(&text), str_of(inputs), err) <
			    0)
			return -1;
	}
	*ret = facts;
	*ret_n = n;
	return 0;
}

const struct elf_fact *elf_facts_find(const struct elf_fact *facts, size_t n,
				      const struct digest *digest)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = digest_compare(&facts[middle].digest, digest);

		if (r == 0)
			return &facts[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
