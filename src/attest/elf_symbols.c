#include "attest/elf_symbols.h"

#include <stdlib.h>

struct symbols {
	struct elf_symbol *list; /* sorted by name, then place */
	size_t n;
};

static int by_name(const void *x, const void *y)
{
	const struct elf_symbol *a = x, *b = y;
	int c = str_compare(a->name, b->name);

	if (c)
		return c;
	return a->start < b->start ? -1 : a->start > b->start;
}

static struct symbols symbols_of(const struct elf_parts *p, const struct elf_part *part,
				 struct arena *arena)
{
	uint32_t index = (uint32_t)(part - p->parts);
	size_t start = 0, end = p->n_symbols;
	struct symbols s;

	while (start < end) {
		size_t mid = start + (end - start) / 2;

		if (p->symbols[mid].part < index)
			start = mid + 1;
		else
			end = mid;
	}
	while (end < p->n_symbols && p->symbols[end].part == index)
		end++;
	s = (struct symbols){ arena_array(arena, end - start, sizeof(*s.list)), end - start };
	if (s.n) {
		memcpy(s.list, p->symbols + start, s.n * sizeof(*s.list));
		qsort(s.list, s.n, sizeof(*s.list), by_name);
	}
	return s;
}

static enum elf_symbol_change change_of(const struct elf_side *a, const struct elf_side *b,
					const struct elf_symbol_pair *p)
{
	if (!p->a || !p->b || p->a->size != p->b->size)
		return ELF_SYMBOL_SIZE;
	return bytes_equal(elf_symbol_content(a, p->a), elf_symbol_content(b, p->b))
		       ? ELF_SYMBOL_SAME
		       : ELF_SYMBOL_BYTES;
}

static int by_weight(const void *x, const void *y)
{
	const struct elf_symbol_pair *a = x, *b = y;
	const struct elf_symbol *p = a->a ? a->a : a->b, *q = b->a ? b->a : b->b;

	if (a->change != b->change)
		return a->change > b->change ? -1 : 1;
	if (!a->a != !b->a)
		return a->a ? -1 : 1;
	if (p->start != q->start)
		return p->start < q->start ? -1 : 1;
	if (p->size != q->size)
		return p->size < q->size ? -1 : 1;
	return str_compare(p->name, q->name);
}

size_t elf_symbols_pair(const struct elf_side *a, const struct elf_part *part_a,
			const struct elf_side *b, const struct elf_part *part_b,
			struct arena *arena, struct elf_symbol_pair **ret)
{
	struct symbols x = symbols_of(&a->parts, part_a, arena);
	struct symbols y = symbols_of(&b->parts, part_b, arena);
	struct elf_symbol_pair *list = arena_array(arena, x.n + y.n, sizeof(*list));
	size_t n = 0, i = 0, k = 0;

	while (i < x.n || k < y.n) {
		int c = i == x.n ? 1 : k == y.n ? -1 : str_compare(x.list[i].name, y.list[k].name);
		struct elf_symbol_pair p = { .a = c <= 0 ? &x.list[i] : NULL,
					     .b = c >= 0 ? &y.list[k] : NULL };

		i += c <= 0;
		k += c >= 0;
		p.change = change_of(a, b, &p);
		if (p.change != ELF_SYMBOL_SAME)
			list[n++] = p;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_weight);
	*ret = list;
	return n;
}
