/*
 * Facts of all modules of a kernel at once: decompressing and parsing thousands of
 * modules takes seconds, what is learnt takes a few hundred kilobytes.
 */
#include "base/endian.h"
#include "base/strtab.h"
#include "crypto/hash.h"
#include "debian/depmod_module.h"
#include "io/workers.h"

#define MODULE_MAX (512u << 20) /* bytes of one decompressed module */
#define FACTS_MAX (64u << 20)	/* bytes of an encoding */
#define BATCH 64u		/* modules that one thread reads in one go */

static int load(const struct content_reader *reader, const struct module_source *s, struct buf *to,
		struct error *err)
{
	CLEANUP_SOURCE struct source *plain = NULL;
	struct source *packed = NULL;

	if (content_open(reader, &s->content, &packed, err) < 0)
		return -1;
	plain = decompress(packed, COMPRESS_AUTO, MODULE_MAX, s->name.ptr);
	return source_read_all(plain, to, err);
}

/* Copies what is kept out of @text, which is a buffer that is used again. */
static void keep(struct arena *arena, const struct str *from, size_t n, struct str **ret)
{
	*ret = arena_array(arena, n, sizeof(**ret));
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = arena_str(arena, from[i]);
}

/* Modules from @first on, as a thread reads them: all in memory of its own. */
struct batch {
	size_t first, n;
	struct arena arena;
};

struct reading {
	const struct content_reader *reader;
	const struct module_source *sources;
	struct module_facts *facts;
	struct batch *batches;
};

static void copy_facts(struct arena *arena, const struct module_facts *f, struct module_facts *ret)
{
	*ret = *f;
	keep(arena, f->info, f->n_info, &ret->info);
	keep(arena, f->exported, f->n_exported, &ret->exported);
	keep(arena, f->needed, f->n_needed, &ret->needed);
}

static int read_batch(void *context, size_t i, struct error *err)
{
	const struct reading *r = context;
	struct batch *b = &r->batches[i];
	CLEANUP_BUF struct buf text = BUF_INIT(MODULE_MAX + 1u);

	for (size_t k = b->first; k < b->first + b->n; k++) {
		const struct module_source *s = &r->sources[k];
		CLEANUP_ARENA struct arena scratch = ARENA_INIT;
		struct module_facts f;

		buf_reset(&text);
		if (load(r->reader, s, &text, err) < 0 ||
		    module_facts_read(buf_bytes(&text), s->name, &scratch, &f, err) < 0)
			return err_while(err, "reading '" STR_FMT "'", STR_ARG(s->name));
		copy_facts(&b->arena, &f, &r->facts[k]);
	}
	return 0;
}

static int read_all(const struct content_reader *reader, const struct module_source *sources,
		    size_t n, struct arena *arena, struct module_facts *facts, struct error *err)
{
	size_t n_batches = (n + BATCH - 1) / BATCH;
	struct batch *batches = arena_array(arena, n_batches, sizeof(*batches));
	struct reading r = { reader, sources, facts, batches };
	int result;

	for (size_t i = 0; i < n_batches; i++) {
		batches[i].first = i * BATCH;
		batches[i].n = n - i * BATCH < BATCH ? n - i * BATCH : BATCH;
	}
	result = workers_run(workers_default(), n_batches, read_batch, &r, err);
	for (size_t i = 0; i < n_batches; i++) {
		for (size_t k = 0; result == 0 && k < batches[i].n; k++) {
			const struct module_facts f = facts[batches[i].first + k];

			copy_facts(arena, &f, &facts[batches[i].first + k]);
		}
		arena_release(&batches[i].arena);
	}
	return result;
}

/* Most undefined symbols are the kernel's own: no module has them. */
static void drop_unknown(struct module_facts *facts, size_t n)
{
	CLEANUP_STRTAB struct strtab exported = STRTAB_INIT;
	uint32_t owner;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < facts[i].n_exported; k++)
			strtab_put(&exported, facts[i].exported[k], 0);
	for (size_t i = 0; i < n; i++) {
		size_t kept = 0;

		for (size_t k = 0; k < facts[i].n_needed; k++)
			if (strtab_find(&exported, facts[i].needed[k], &owner))
				facts[i].needed[kept++] = facts[i].needed[k];
		facts[i].n_needed = kept;
	}
}

static struct digest key_of(const struct module_source *sources, size_t n)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("modules")));
	hash_add_u64(h, MODULE_FACTS_VERSION);
	for (size_t i = 0; i < n; i++)
		hash_add(h, BYTES_OF(sources[i].content.digest.bytes));
	key = hash_finish(h);
	hash_free(h);
	return key;
}

/* Three lists a module: a count, then strings that end with NUL. */
static void encode_list(const struct str *list, size_t n, struct buf *to)
{
	uint8_t count[4];

	put_le32(count, (uint32_t)n);
	buf_add(to, count, sizeof(count));
	for (size_t i = 0; i < n; i++) {
		buf_add_str(to, list[i]);
		buf_add_char(to, '\0');
	}
}

static size_t size_of(const struct module_facts *facts, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++) {
		size += 12;
		for (size_t k = 0; k < facts[i].n_info; k++)
			size += facts[i].info[k].len + 1;
		for (size_t k = 0; k < facts[i].n_exported; k++)
			size += facts[i].exported[k].len + 1;
		for (size_t k = 0; k < facts[i].n_needed; k++)
			size += facts[i].needed[k].len + 1;
	}
	return size;
}

static bool decode_list(struct bytes *rest, struct arena *arena, struct str **ret, size_t *ret_n)
{
	size_t n;

	if (rest->len < 4)
		return false;
	n = get_le32(rest->ptr);
	*rest = (struct bytes){ rest->ptr + 4, rest->len - 4 };
	if (n > rest->len)
		return false;
	*ret = arena_array(arena, n, sizeof(**ret));
	*ret_n = n;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *end = rest->len ? memchr(rest->ptr, '\0', rest->len) : NULL;
		size_t len;

		if (!end)
			return false;
		len = (size_t)(end - rest->ptr);
		(*ret)[i] = (struct str){ (const char *)rest->ptr, len };
		*rest = (struct bytes){ end + 1, rest->len - len - 1 };
	}
	return true;
}

/* @text must live as long as the facts. */
static bool decode(struct bytes text, struct arena *arena, struct module_facts *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!decode_list(&text, arena, &facts[i].info, &facts[i].n_info) ||
		    !decode_list(&text, arena, &facts[i].exported, &facts[i].n_exported) ||
		    !decode_list(&text, arena, &facts[i].needed, &facts[i].n_needed))
			return false;
	return text.len == 0;
}

static int remember(const struct content_reader *reader, const struct digest *key,
		    const struct module_facts *facts, size_t n, struct arena *arena,
		    struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FACTS_MAX);
	const char *inputs =
		arena_printf(arena, "%zu kernel modules\nversion %d\n", n, MODULE_FACTS_VERSION);

	if (!reader || !reader->remember || size_of(facts, n) > FACTS_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		encode_list(facts[i].info, facts[i].n_info, &text);
		encode_list(facts[i].exported, facts[i].n_exported, &text);
		encode_list(facts[i].needed, facts[i].n_needed, &text);
	}
	return reader->remember(reader, "modules", key, buf_bytes(&text), str_of(inputs), err);
}

int module_facts_learn(const struct content_reader *reader, const struct module_source *sources,
		       size_t n, struct arena *arena, struct module_facts **ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FACTS_MAX);
	struct digest key = key_of(sources, n);
	int r = CONTENT_UNKNOWN;

	*ret = arena_array(arena, n, sizeof(**ret));
	if (reader && reader->recall)
		r = reader->recall(reader, "modules", &key, &text, err);
	if (r < 0)
		return -1;
	if (r == 0 && decode(arena_bytes(arena, buf_bytes(&text)), arena, *ret, n))
		return 0;
	if (read_all(reader, sources, n, arena, *ret, err) < 0)
		return -1;
	drop_unknown(*ret, n);
	return remember(reader, &key, *ret, n, arena, err);
}
