#pragma once

/*
 * attest/elf_parts.h - what an ELF file is made of, by name. The door to libelf.
 *
 * Spec: System V gABI, chapters 4 (sections, symbols) and 5 (program headers). All ranges lie
 * inside the file. libelf is not trusted with hostile files: call it in a child.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"

#define ELF_PARTS_MAX   65536u     /* sections; Linux modules have 60, -ffunction-sections 9,000 */
#define ELF_SYMBOLS_MAX (1u << 20) /* vmlinux has 120,000 */
#define ELF_NAME_MAX    200u       /* bytes; the rest of a name is left out */

struct elf_part { /* a header ("ELF header", ...) or a section with content, ".text" */
	struct str name; /* as in the file: not safe to print */
	bool is_section;
	uint32_t serial; /* of those that share a name, from 0 */
	struct bytes content;
	uint64_t start; /* bytes from the file's start */
};

struct elf_symbol { /* of a function or an object, defined in a part */
	struct str name;
	bool is_function;
	uint32_t part;
	uint64_t start, size; /* bytes from the file's start; size > 0 */
};

struct elf_parts {
	struct elf_part *parts; /* headers, then sections in order of the table */
	size_t n_parts;
	struct elf_symbol *symbols; /* sorted by part, start, size; one of those that share all */
	size_t n_symbols;
};

/* False if it is no ELF file, or an odd one. In @arena; contents are views into @file. */
bool elf_parts_read(struct bytes file, struct arena *arena, struct elf_parts *ret);
