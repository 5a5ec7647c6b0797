/*
 * Kernel modules are relocatable objects: sections .modinfo (strings), .symtab with
 * .strtab. What a module exports are its symbols __crc_NAME, or, without any, the
 * strings of __ksymtab_strings. Needed are the undefined symbols, and what
 * __versions names beyond them.
 */
#include "debian/depmod_module.h"

#include "base/endian.h"
#include "base/strtab.h"

#define MODULE_SECTIONS_MAX 65536u
#define SHN_UNDEF 0u

struct section {
	uint64_t offset, size;
	bool present;
};

struct module {
	struct bytes text;
	bool is_64, big;
	struct section modinfo, symtab, strtab, ksymtab, versions;
};

static uint64_t get(const struct module *m, uint64_t offset, unsigned size)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < size; i++) {
		unsigned at = m->big ? i : size - 1 - i;

		v = v << 8 | m->text.ptr[offset + at];
	}
	return v;
}

static bool fits(const struct module *m, uint64_t offset, uint64_t size)
{
	return offset <= m->text.len && size <= m->text.len - offset;
}

/* The string at @offset, inside @s. False if it isn't. */
static bool string_in(const struct module *m, const struct section *s, uint64_t offset,
		      struct str *ret)
{
	const uint8_t *from, *end;

	if (offset >= s->size)
		return false;
	from = m->text.ptr + s->offset + offset;
	end = memchr(from, '\0', s->size - offset);
	if (!end)
		return false;
	*ret = (struct str){ (const char *)from, (size_t)(end - from) };
	return true;
}

static struct section section_at(const struct module *m, uint64_t header)
{
	struct section s = { .present = true };

	s.offset = get(m, header + (m->is_64 ? 24 : 16), m->is_64 ? 8 : 4);
	s.size = get(m, header + (m->is_64 ? 32 : 20), m->is_64 ? 8 : 4);
	if (get(m, header + 4, 4) == 8 || !fits(m, s.offset, s.size)) /* SHT_NOBITS */
		s.present = false;
	return s;
}

/* gABI figure 4-8: the headers of sections, then those that count by name. */
static bool find_sections(struct module *m)
{
	uint64_t offset = get(m, m->is_64 ? 40 : 32, m->is_64 ? 8 : 4);
	uint64_t size = get(m, m->is_64 ? 58 : 46, 2), n = get(m, m->is_64 ? 60 : 48, 2);
	uint64_t names_at = get(m, m->is_64 ? 62 : 50, 2);
	struct section names;

	if (size < (m->is_64 ? 64u : 40u) || n > MODULE_SECTIONS_MAX || names_at >= n ||
	    !fits(m, offset, n * size))
		return false;
	names = section_at(m, offset + names_at * size);
	if (!names.present)
		return false;
	for (uint64_t i = 1; i < n; i++) {
		uint64_t header = offset + i * size;
		struct str name;

		if (!string_in(m, &names, get(m, header, 4), &name))
			return false;
		if (str_equal_cstr(name, ".modinfo"))
			m->modinfo = section_at(m, header);
		else if (str_equal_cstr(name, ".symtab"))
			m->symtab = section_at(m, header);
		else if (str_equal_cstr(name, ".strtab"))
			m->strtab = section_at(m, header);
		else if (str_equal_cstr(name, "__ksymtab_strings"))
			m->ksymtab = section_at(m, header);
		else if (str_equal_cstr(name, "__versions"))
			m->versions = section_at(m, header);
	}
	return true;
}

struct list {
	struct str *items;
	size_t n, capacity;
};

static void list_add(struct list *l, struct arena *arena, struct str s)
{
	if (l->n == l->capacity) {
		size_t wider = l->capacity ? 2 * l->capacity : 16;
		struct str *grown = arena_array(arena, wider, sizeof(*grown));

		if (l->n)
			memcpy(grown, l->items, l->n * sizeof(*grown));
		l->items = grown;
		l->capacity = wider;
	}
	l->items[l->n++] = s;
}

/* Strings of a section, empty ones left out. */
static void add_strings(const struct module *m, const struct section *s, struct arena *arena,
			struct list *to)
{
	uint64_t at = 0;
	struct str text;

	while (s->present && string_in(m, s, at, &text)) {
		if (text.len)
			list_add(to, arena, text);
		at += text.len + 1;
	}
}

static bool is_wanted(struct str info)
{
	return str_has_prefix(info, STR("alias=")) || str_has_prefix(info, STR("softdep=")) ||
	       str_has_prefix(info, STR("weakdep="));
}

/* Names of "struct modversion_info" that are no undefined symbols. */
static void add_versions(const struct module *m, struct strtab *known, struct arena *arena,
			 struct list *to)
{
	uint64_t crc = m->is_64 ? 8 : 4;

	if (!m->versions.present || m->versions.size % 64)
		return;
	for (uint64_t at = 0; at < m->versions.size; at += 64) {
		const struct section name = { m->versions.offset + at + crc, 64 - crc, true };
		struct str text;
		uint32_t i;

		if (string_in(m, &name, 0, &text) && text.len && !strtab_find(known, text, &i))
			list_add(to, arena, text);
	}
}

static bool read_symbols(const struct module *m, struct arena *arena, struct list *exported,
			 struct list *needed)
{
	CLEANUP_STRTAB struct strtab known = STRTAB_INIT;
	uint64_t size = m->is_64 ? 24 : 16;

	if (!m->symtab.present || !m->strtab.present || m->symtab.size % size)
		return false;
	for (uint64_t at = size; at < m->symtab.size; at += size) {
		uint64_t symbol = m->symtab.offset + at;
		struct str name;

		if (!string_in(m, &m->strtab, get(m, symbol, 4), &name))
			return false;
		if (name.len && get(m, symbol + (m->is_64 ? 6 : 14), 2) == SHN_UNDEF) {
			list_add(needed, arena, name);
			strtab_put(&known, name, 0);
		}
		if (str_has_prefix(name, STR("__crc_")))
			list_add(exported, arena, (struct str){ name.ptr + 6, name.len - 6 });
	}
	add_versions(m, &known, arena, needed);
	return true;
}

int module_facts_read(struct bytes text, struct str name, struct arena *arena,
		      struct module_facts *ret, struct error *err)
{
	struct module m = { .text = text };
	struct list info = { 0 }, wanted = { 0 }, exported = { 0 }, needed = { 0 };

	if (text.len < 64 || memcmp(text.ptr, "\177ELF", 4) != 0 || text.ptr[4] < 1 ||
	    text.ptr[4] > 2 || text.ptr[5] < 1 || text.ptr[5] > 2)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is no ELF file", STR_ARG(name));
	m.is_64 = text.ptr[4] == 2;
	m.big = text.ptr[5] == 2;
	if (!find_sections(&m) || !m.modinfo.present ||
	    !read_symbols(&m, arena, &exported, &needed))
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is no kernel module", STR_ARG(name));
	if (!exported.n)
		add_strings(&m, &m.ksymtab, arena, &exported);
	add_strings(&m, &m.modinfo, arena, &info);
	for (size_t i = 0; i < info.n; i++)
		if (is_wanted(info.items[i]))
			list_add(&wanted, arena, info.items[i]);
	*ret = (struct module_facts){
		.info = wanted.items,
		.n_info = wanted.n,
		.exported = exported.items,
		.n_exported = exported.n,
		.needed = needed.items,
		.n_needed = needed.n,
	};
	return 0;
}
