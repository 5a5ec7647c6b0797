#pragma once

/*
 * debian/elf.h - the name of a shared library, read from its headers.
 *
 * Spec: System V gABI chapters 4 and 5; ELF-64. Private to debian/.
 */

#include <stdint.h>

#include "base/arena.h"
#include "tree/reader.h"

struct elf_library {
	uint16_t machine;  /* e_machine */
	bool is_64;
	uint32_t flags;    /* e_flags */
	struct str soname; /* "" if it has none; in the arena */
	bool names_libc;   /* 32 bit: needs libc.so.6 or libm.so.6, or has ld-linux.so.2 as
			    * interpreter; ldconfig before 2.37 asked for that */
};

#define ELF_NOT_A_LIBRARY 1

/* Reads only what it needs. ELF_NOT_A_LIBRARY for any other file, also a broken one. */
int elf_read(const struct content_reader *reader, const struct content *content,
	     struct arena *arena, struct elf_library *ret, struct error *err) MUST_CHECK;
