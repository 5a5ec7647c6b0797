#include "attest/elf_parts.h"

#include <gelf.h>
#include <libelf.h>

#include <stdlib.h>

#include "base/mem.h"

struct reading {
	Elf *elf;
	struct bytes file;
	struct arena *arena;
	struct elf_parts parts;
	size_t parts_capacity, symbols_capacity;
	uint32_t *part_of_section; /* by index of the section; UINT32_MAX: none */
	size_t n_sections;
	GElf_Ehdr header;
	uint64_t content; /* bytes of all parts: sections that overlap must not add up */
};

static bool add_part(struct reading *r, struct str name, uint64_t start, uint64_t size)
{
	if (start > r->file.len || size > r->file.len - start || r->parts.n_parts == ELF_PARTS_MAX)
		return false;
	r->content += size;
	if (r->content > 2 * (uint64_t)r->file.len)
		return false;
	ARENA_GROW(r->arena, r->parts.parts, r->parts.n_parts, r->parts_capacity);
	r->parts.parts[r->parts.n_parts++] = (struct elf_part){
		.name = name,
		.content = { r->file.ptr + start, (size_t)size },
		.start = start,
	};
	return true;
}

static bool add_headers(struct reading *r)
{
	const GElf_Ehdr *h = &r->header;
	size_t n_programs;

	if (elf_getphdrnum(r->elf, &n_programs) < 0)
		return false;
	return add_part(r, STR("ELF header"), 0, h->e_ehsize) &&
	       add_part(r, STR("program headers"), h->e_phoff,
			(uint64_t)n_programs * h->e_phentsize) &&
	       add_part(r, STR("section headers"), h->e_shoff,
			(uint64_t)r->n_sections * h->e_shentsize);
}

/* Cut, so that a million symbols which share a long one don't add up. */
static struct str name_at(struct reading *r, size_t table, size_t offset)
{
	const char *name = elf_strptr(r->elf, table, offset);

	if (!name)
		return STR("");
	return arena_str(r->arena, (struct str){ name, strnlen(name, ELF_NAME_MAX) });
}

static bool add_section(struct reading *r, Elf_Scn *scn, size_t names)
{
	size_t index = elf_ndxscn(scn);
	GElf_Shdr h;

	if (!gelf_getshdr(scn, &h) || index >= r->n_sections)
		return false;
	if (h.sh_type == SHT_NOBITS || h.sh_type == SHT_NULL || h.sh_size == 0)
		return true;
	if (!add_part(r, name_at(r, names, h.sh_name), h.sh_offset, h.sh_size))
		return false;
	r->parts.parts[r->parts.n_parts - 1].is_section = true;
	r->part_of_section[index] = (uint32_t)r->parts.n_parts - 1;
	return true;
}

static bool add_sections(struct reading *r)
{
	size_t names;

	if (elf_getshdrnum(r->elf, &r->n_sections) < 0 || r->n_sections > ELF_PARTS_MAX ||
	    !add_headers(r))
		return false;
	r->part_of_section = arena_array(r->arena, r->n_sections, sizeof(uint32_t));
	for (size_t i = 0; i < r->n_sections; i++)
		r->part_of_section[i] = UINT32_MAX;
	if (r->n_sections == 0)
		return true;
	if (elf_getshdrstrndx(r->elf, &names) < 0)
		return false;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(r->elf, s));)
		if (!add_section(r, s, names))
			return false;
	return true;
}

/* ---- symbols ---- */

/* Where it lies in the file: in a relocatable one its value counts from the section. */
static void add_symbol(struct reading *r, const GElf_Sym *y, size_t names)
{
	uint64_t start = y->st_value;
	const struct elf_part *p;
	uint32_t part;
	GElf_Shdr h;
	int type = GELF_ST_TYPE(y->st_info);
	bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;

	if ((!is_function && type != STT_OBJECT) || y->st_size == 0 ||
	    y->st_shndx >= r->n_sections || r->parts.n_symbols == ELF_SYMBOLS_MAX)
		return;
	part = r->part_of_section[y->st_shndx];
	if (part == UINT32_MAX || !gelf_getshdr(elf_getscn(r->elf, y->st_shndx), &h))
		return;
	p = &r->parts.parts[part];
	if (r->header.e_type != ET_REL)
		start -= h.sh_addr;
	if (start > p->content.len || y->st_size > p->content.len - start)
		return;
	ARENA_GROW(r->arena, r->parts.symbols, r->parts.n_symbols, r->symbols_capacity);
	r->parts.symbols[r->parts.n_symbols++] = (struct elf_symbol){
		.name = name_at(r, names, y->st_name),
		.is_function = is_function,
		.part = part,
		.start = p->start + start,
		.size = y->st_size,
	};
}

static void add_symbols(struct reading *r)
{
	for (Elf_Scn *s = NULL; (s = elf_nextscn(r->elf, s));) {
		const Elf_Data *data;
		GElf_Shdr h;
		GElf_Sym y;

		if (!gelf_getshdr(s, &h) || (h.sh_type != SHT_SYMTAB && h.sh_type != SHT_DYNSYM))
			continue;
		data = elf_getdata(s, NULL);
		for (int i = 0; data && i < (int)ELF_SYMBOLS_MAX; i++) {
			/* libelf says when there are no more. */
			if (!gelf_getsym((Elf_Data *)data, i, &y))
				break;
			add_symbol(r, &y, h.sh_link);
		}
	}
}

static int by_place(const void *x, const void *y)
{
	const struct elf_symbol *a = x, *b = y;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->is_function != b->is_function)
		return a->is_function ? -1 : 1;
	return str_compare(a->name, b->name);
}

static bool is_alias(const struct elf_symbol *a, const struct elf_symbol *b)
{
	return a->part == b->part && a->start == b->start && a->size == b->size;
}

static void sort_symbols(struct elf_parts *p)
{
	size_t n = 0;

	if (p->n_symbols)
		qsort(p->symbols, p->n_symbols, sizeof(*p->symbols), by_place);
	for (size_t i = 0; i < p->n_symbols; i++)
		if (n == 0 || !is_alias(&p->symbols[n - 1], &p->symbols[i]))
			p->symbols[n++] = p->symbols[i];
	p->n_symbols = n;
}

/* ---- names that stand twice ---- */

struct named {
	struct str name;
	uint32_t part;
};

static int by_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int c = str_compare(a->name, b->name);

	if (c)
		return c;
	return a->part < b->part ? -1 : a->part > b->part;
}

static void number_namesakes(struct elf_parts *p)
{
	struct named *all = mem_array(p->n_parts, sizeof(*all));

	for (size_t i = 0; i < p->n_parts; i++)
		all[i] = (struct named){ p->parts[i].name, (uint32_t)i };
	qsort(all, p->n_parts, sizeof(*all), by_name);
	for (size_t i = 1; i < p->n_parts; i++)
		if (str_equal(all[i].name, all[i - 1].name))
			p->parts[all[i].part].serial = p->parts[all[i - 1].part].serial + 1;
	free(all);
}

bool elf_parts_read(struct bytes file, struct arena *arena, struct elf_parts *ret)
{
	struct reading r = { .file = file, .arena = arena };
	bool good;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return false;
	/* It only reads: the image is not const for those who write. */
	r.elf = elf_memory((char *)(uintptr_t)file.ptr, file.len);
	if (!r.elf)
		return false;
	good = elf_kind(r.elf) == ELF_K_ELF && gelf_getehdr(r.elf, &r.header) && add_sections(&r);
	if (good) {
		add_symbols(&r);
		sort_symbols(&r.parts);
		number_namesakes(&r.parts);
		*ret = r.parts;
	}
	elf_end(r.elf);
	return good;
}
