#pragma once

/* attest/elf_symbols.h - the symbols of two sections that differ. Pure. */

#include "attest/elf_parts.h"

/* One has no counterpart, or another size; or it has other bytes. */
enum elf_symbol_change { ELF_SYMBOL_SAME = 0, ELF_SYMBOL_BYTES, ELF_SYMBOL_SIZE };

struct elf_symbol_pair {
	const struct elf_symbol *a, *b; /* one may be NULL */
	enum elf_symbol_change change;  /* never ELF_SYMBOL_SAME */
};

struct elf_side {
	struct bytes file;
	struct elf_parts parts;
};

/*
 * The symbols of @part_a and @part_b that differ, paired by name. *ret in @arena. Those of
 * another size come first: a function that grew moves others, which then differ in addresses
 * only.
 */
size_t elf_symbols_pair(const struct elf_side *a, const struct elf_part *part_a,
			const struct elf_side *b, const struct elf_part *part_b,
			struct arena *arena, struct elf_symbol_pair **ret);

static inline struct bytes elf_symbol_content(const struct elf_side *s, const struct elf_symbol *y)
{
	return (struct bytes){ s->file.ptr + y->start, (size_t)y->size };
}
